/* SPDX-License-Identifier: ISC */
/*
 * Rights as text, the way configuration and logs write them.
 */
#include <stdbool.h>
#include <string.h>

#include "common/mem.h"
#include "server/rights.h"

#define SEPARATORS " \t,"

/* In the order of the bits of enum right. */
static const char *const names[] = { "list", "read", "write", "overwrite",
	"append", "delete", "rename", "mkdir", "rmdir", "chmod", "mtime",
	"hash" };

static const struct preset {
	const char *name;
	uint32_t rights;
} presets[] = {
	{ "none", 0 },
	{ "read-only", RIGHTS_READ_ONLY },
	{ "upload-only", RIGHTS_UPLOAD_ONLY },
	{ "full", RIGHTS_FULL },
};

const char *
right_name(enum right right)
{
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		if ((unsigned)right == 1u << i)
			return names[i];
	}
	return "unknown";
}

static bool
word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(word, name, len) == 0;
}

/* The bit of a name, or 0. */
static uint32_t
right_find(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		if (word_is(word, len, names[i]))
			return 1u << i;
	}
	return 0;
}

static const struct preset *
preset_find(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < NELEM(presets); i++) {
		if (word_is(word, len, presets[i].name))
			return &presets[i];
	}
	return NULL;
}

/* A preset stands alone: "none read" would mean what? */
int
rights_parse(const char *text, uint32_t *out)
{
	const struct preset *preset;
	uint32_t rights = 0, bit;
	size_t len;

	text += strspn(text, SEPARATORS);
	len = strcspn(text, SEPARATORS);
	preset = preset_find(text, len);
	if (preset != NULL) {
		text += len;
		text += strspn(text, SEPARATORS);
		*out = preset->rights;
		return *text == '\0' ? 0 : -1;
	}
	while (*text != '\0') {
		len = strcspn(text, SEPARATORS);
		bit = right_find(text, len);
		if (bit == 0)
			return -1;
		rights |= bit;
		text += len;
		text += strspn(text, SEPARATORS);
	}
	*out = rights;
	return rights != 0 ? 0 : -1;
}

const char *
rights_str(uint32_t rights, char *out, size_t size)
{
	size_t i;

	for (i = 0; i < NELEM(presets); i++) {
		if (presets[i].rights == rights) {
			(void)strlcpy(out, presets[i].name, size);
			return out;
		}
	}
	if (size > 0)
		out[0] = '\0';
	for (i = 0; i < NELEM(names); i++) {
		if ((rights & 1u << i) == 0)
			continue;
		if (size > 0 && out[0] != '\0')
			(void)strlcat(out, " ", size);
		(void)strlcat(out, names[i], size);
	}
	return out;
}
