/* SPDX-License-Identifier: ISC */
/*
 * Edits of a users file: whatever the text, what is found can be changed and
 * deleted, and adding leaves what was there.
 */
#include "server/users_edit.h"
#include "tests/fuzz/fuzz.h"

static void
check_add(const char *text, const char *name)
{
	char value[] = "\"x\"";
	struct users_field field = { "password", value };
	char *added = users_edit_add(text, "user", name, &field, 1), *deleted;
	struct users_block b;

	REQUIRE(added != NULL);
	REQUIRE(strncmp(added, text, strlen(text)) == 0);
	if (users_block_find(added, "user", name, &b)) {
		users_block_clear(&b);
		deleted = users_edit_del(added, "user", name);
		REQUIRE(deleted != NULL);
		REQUIRE(strlen(deleted) < strlen(added));
		free(deleted);
	}
	free(added);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char value[] = "\"new\"";
	struct users_field field = { "password", value };
	struct input in = { data, size };
	char *name = input_str(&in), *text = input_str(&in), *made;
	struct users_block b;

	if (users_block_find(text, "user", name, &b)) {
		REQUIRE(b.start < b.open && b.open < b.end);
		users_block_clear(&b);
		made = users_edit_set(text, "user", name, &field);
		REQUIRE(made != NULL && strstr(made, value) != NULL);
		REQUIRE(users_block_find(made, "user", name, &b));
		users_block_clear(&b);
		free(made);
	} else
		check_add(text, name);
	free(name);
	free(text);
	return 0;
}
