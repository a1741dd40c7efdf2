/* SPDX-License-Identifier: ISC */
/*
 * Text of strangers made harmless: for a line of the log, and for a string of
 * JSON.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"

#define UNIT_MAX 6 /* bytes that one unit becomes: "\u00ff" */

/* Writes one escaped or plain unit to out (UNIT_MAX bytes); its length. */
static size_t
vis_unit(char *out, const unsigned char *p, size_t left, size_t *used_r)
{
	size_t n = 1;

	*used_r = 1;
	if (*p == '"' || *p == '\\') {
		out[0] = '\\';
		out[1] = (char)*p;
		return 2;
	}
	if (*p < 0x20 || *p == 0x7f || (*p >= 0x80 && *p <= 0x9f) ||
	    (*p == 0xc2 && left > 1 && p[1] <= 0x9f && p[1] >= 0x80)) {
		out[0] = '\\';
		out[1] = (char)('0' + (*p >> 6));
		out[2] = (char)('0' + (*p >> 3 & 7));
		out[3] = (char)('0' + (*p & 7));
		return 4;
	}
	if (*p >= 0x80 && (n = utf8_len(p, left)) == 0)
		n = 1;
	memcpy(out, p, n);
	*used_r = n;
	return n;
}

/*
 * A byte that is not UTF-8 is taken for Latin-1, which old clients speak: JSON
 * must be UTF-8 throughout.
 */
static size_t
json_unit(char *out, const unsigned char *p, size_t left, size_t *used_r)
{
	size_t n = *p < 0x80 ? 1 : utf8_len(p, left);
	char text[UNIT_MAX + 1];

	*used_r = 1;
	if (*p == '"' || *p == '\\') {
		out[0] = '\\';
		out[1] = (char)*p;
		return 2;
	}
	if (*p < 0x20 || *p == 0x7f || n == 0) {
		(void)snprintf(text, sizeof(text), "\\u%04x", *p);
		memcpy(out, text, UNIT_MAX);
		return UNIT_MAX;
	}
	memcpy(out, p, n);
	*used_r = n;
	return n;
}

static char *
escape(char *dst, size_t size, const void *text, size_t len,
    size_t (*unit)(char *, const unsigned char *, size_t, size_t *))
{
	const unsigned char *p = text, *end = p + len;
	size_t n, used, out = 0, cut = 0;
	char made[UNIT_MAX];

	if (size == 0)
		return dst;
	while (p < end) {
		n = unit(made, p, (size_t)(end - p), &used);
		if (out + n + 1 > size) {
			(void)strlcpy(dst + cut, "...", size - cut);
			return dst;
		}
		memcpy(dst + out, made, n);
		out += n;
		p += used;
		/* The last place between two units where "..." still fits. */
		if (out + sizeof("...") <= size)
			cut = out;
	}
	dst[out] = '\0';
	return dst;
}

char *
log_vis(char *dst, size_t size, const void *text, size_t len)
{
	return escape(dst, size, text, len, vis_unit);
}

char *
log_json(char *dst, size_t size, const void *text, size_t len)
{
	return escape(dst, size, text, len, json_unit);
}
