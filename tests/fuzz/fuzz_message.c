/* SPDX-License-Identifier: ISC */
/*
 * Texts of the administrator with a client's values in them: they stay in their
 * memory, and no value adds a line.
 *
 * Input: room for the result, user, directory, text.
 */
#include "server/message.h"
#include "tests/fuzz/fuzz.h"

static unsigned
lines(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
check(const char *text, const struct message_values *v, size_t size)
{
	char *out = malloc(size);

	REQUIRE(out != NULL);
	memset(out, 'x', size);
	message_expand(text, v, out, size);
	REQUIRE(strnlen(out, size) < size);
	REQUIRE(lines(out) <= lines(text));
	if (size == MESSAGE_SIZE && strlen(out) < size - 1)
		REQUIRE(lines(out) == lines(text));
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t room = 1 + input_uint(&in, 1);
	char *user = input_str(&in), *dir = input_str(&in);
	char *text = input_str(&in);
	struct addr peer = { .family = 4, .ip = { 192, 0, 2, 1 } };
	struct message_values v = { .user = user,
		.peer = &peer,
		.local = &peer,
		.dir = dir,
		.number = (uint32_t)size };

	if (message_error(text) == NULL) {
		check(text, &v, room);
		check(text, &v, MESSAGE_SIZE);
		v.user = NULL;
		check(text, &v, MESSAGE_SIZE);
	}
	free(user);
	free(dir);
	free(text);
	return 0;
}
