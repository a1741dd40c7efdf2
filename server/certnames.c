/* SPDX-License-Identifier: ISC */
/*
 * Client certificates as names, and the names that accounts go by.
 *
 * What a certificate says is its owner's choice, within what the CA lets pass:
 * a name with a line end in it must not become two.
 */
#include "server/certnames.h"

#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tls/tls_info.h"

#define SHA256_TEXT (32 * 3 - 1) /* AB:CD:... */

struct kind {
	const char *prefix; /* with its colon */
	bool any_case;
};

static const struct kind kinds[] = {
	{ "sha256:", true },
	{ "cn:", false },
	{ "subject:", false },
	{ "email:", true },
	{ "dns:", true },
	{ "uri:", false },
	{ "upn:", false },
};

static const struct kind *
kind_of(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(kinds); i++)
		if (strncmp(name, kinds[i].prefix, strlen(kinds[i].prefix)) ==
		    0)
			return &kinds[i];
	return NULL;
}

static bool
is_clean(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' || *value == 0x7f)
			return false;
	return true;
}

/* ---------------------------------------------------------------- making */

/* Appends a line; a name that is odd or too long is left out as a whole. */
static void
add(char *out, const char *prefix, const char *value)
{
	size_t have = strlen(out), line;

	if (value == NULL || *value == '\0' || !is_clean(value))
		return;
	line = strlen(prefix) + strlen(value) + 1;
	if (have + line >= CERTNAMES_MAX)
		return;
	(void)strlcat(out, prefix, CERTNAMES_MAX);
	(void)strlcat(out, value, CERTNAMES_MAX);
	(void)strlcat(out, "\n", CERTNAMES_MAX);
}

void
certnames_make(const struct stream *st, char out[CERTNAMES_MAX])
{
	static const char *const sans[] = {
		[TLS_SAN_DNS] = "dns:",
		[TLS_SAN_EMAIL] = "email:",
		[TLS_SAN_URI] = "uri:",
		[TLS_SAN_UPN] = "upn:",
	};
	struct tls_client_cert *c = tls_client_cert_get(st);
	size_t i;

	out[0] = '\0';
	if (c == NULL)
		return;
	add(out, "sha256:", c->fingerprint);
	add(out, "cn:", c->cn);
	add(out, "subject:", c->subject);
	for (i = 0; i < c->nsans; i++)
		add(out, sans[c->sans[i].kind], c->sans[i].value);
	tls_client_cert_free(c);
}

/* -------------------------------------------------------------- matching */

static bool
equal(const struct kind *k, const char *a, const char *b, size_t n)
{
	return k->any_case ? ascii_ncasecmp(a, b, n) == 0
			   : memcmp(a, b, n) == 0;
}

bool
certnames_match(const char *names, const char *wanted)
{
	const struct kind *k = kind_of(wanted);
	size_t want = strlen(wanted), len;

	if (k == NULL || want == strlen(k->prefix))
		return false;
	for (; *names != '\0'; names += len + (names[len] == '\n')) {
		len = strcspn(names, "\n");
		if (len == want &&
		    strncmp(names, k->prefix, strlen(k->prefix)) == 0 &&
		    equal(k, names, wanted, len))
			return true;
	}
	return false;
}

/* Pairs of hexadecimal digits with colons between them. */
static bool
is_fingerprint(const char *text)
{
	size_t i;

	if (strlen(text) != SHA256_TEXT)
		return false;
	for (i = 0; i < SHA256_TEXT; i++)
		if (i % 3 == 2
			? text[i] != ':'
			: strchr("0123456789abcdefABCDEF", text[i]) == NULL)
			return false;
	return true;
}

bool
certnames_valid(const char *wanted)
{
	const struct kind *k = kind_of(wanted);
	const char *value;

	if (k == NULL || strlen(wanted) + 2 > CERTNAMES_MAX)
		return false;
	value = wanted + strlen(k->prefix);
	if (k == &kinds[0])
		return is_fingerprint(value);
	return *value != '\0' && is_clean(value);
}
