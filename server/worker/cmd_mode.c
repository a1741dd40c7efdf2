/* SPDX-License-Identifier: ISC */
/*
 * Transfer parameters and options: TYPE, STRU, MODE (RFC 959 4.1.2), OPTS
 * (RFC 2389), LANG (RFC 2640), and who the client says it is (CLNT, CSID).
 */
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "common/mem.h"
#include "common/str.h"
#include "server/worker/cmd.h"
#include "server/worker/reply.h"

#define CLIENT_MAX 256 /* bytes of CLNT and CSID that are kept */

/* Splits the first word off; returns what is behind it, trimmed. */
static char *
split_word(char *arg)
{
	char *rest = arg + strcspn(arg, " \t");

	if (*rest != '\0')
		*rest++ = '\0';
	return str_trim(rest);
}

static void
set_type(struct session *s, enum xfer_type type, const char *name)
{
	s->type = type;
	reply(s, 200, "Type set to %s.", name);
}

/* "A [N|T|C]", "E [...]", "I", "L 8"; T counts as N (RFC 1123 4.1.5.2). */
enum cmd_result
cmd_type(struct session *s, char *arg)
{
	char *form = split_word(arg);
	unsigned char letter = ascii_toupper((unsigned char)arg[0]);

	if (arg[1] != '\0' || strchr("AEIL", letter) == NULL)
		reply(s, 501, "Unknown type.");
	else if (letter == 'I')
		set_type(s, TYPE_IMAGE, "I");
	else if (letter == 'L' && strcmp(form, "8") == 0)
		set_type(s, TYPE_IMAGE, "L 8");
	else if (letter == 'A' &&
		 (form[0] == '\0' || ascii_casecmp(form, "N") == 0 ||
		     ascii_casecmp(form, "T") == 0))
		set_type(s, TYPE_ASCII, "A");
	else if (letter == 'L' && form[0] == '\0')
		reply(s, 501, "TYPE L needs a byte size.");
	else
		reply(s, 504, "Type not supported.");
	return CMD_DONE;
}

/* STRU and MODE know one value, and some more that are not supported. */
static enum cmd_result
one_letter(
    struct session *s, const char *arg, const char *known, const char *what)
{
	unsigned char letter = ascii_toupper((unsigned char)arg[0]);

	if (arg[1] != '\0' || strchr(known, letter) == NULL)
		reply(s, 501, "Unknown %s.", what);
	else if (letter == (unsigned char)known[0])
		reply(s, 200, "%c%s set to %c.", what[0] - ('a' - 'A'),
		    what + 1, letter);
	else
		reply(s, 504, "%c%s not supported.", what[0] - ('a' - 'A'),
		    what + 1);
	return CMD_DONE;
}

enum cmd_result
cmd_stru(struct session *s, char *arg)
{
	return one_letter(s, arg, "FRP", "structure");
}

enum cmd_result
cmd_mode(struct session *s, char *arg)
{
	return one_letter(s, arg, "SBCZ", "mode");
}

/* ----------------------------------------------------------------- options */

const char *
facts_str(unsigned facts, bool stars, char *out, size_t size)
{
	const char *name;
	unsigned i;

	out[0] = '\0';
	for (i = 0; (name = list_fact_name(1u << i)) != NULL; i++) {
		if (!stars && (facts & 1u << i) == 0)
			continue;
		(void)strlcat(out, name, size);
		(void)strlcat(
		    out, (facts & 1u << i) != 0 && stars ? "*;" : ";", size);
	}
	return out;
}

/* RFC 3659 7.8: unknown facts are dropped; a missing last ';' is forgiven. */
static enum cmd_result
opts_mlst(struct session *s, char *arg)
{
	unsigned facts = 0;
	char text[128];
	size_t n;

	if (strpbrk(arg, " \t") != NULL) {
		reply(s, 501, "Invalid MLST options.");
		return CMD_DONE;
	}
	while (*arg != '\0') {
		n = strcspn(arg, ";");
		facts |= list_fact_find(arg, n);
		arg += n + (arg[n] == ';' ? 1 : 0);
	}
	s->facts = facts;
	facts_str(facts, false, text, sizeof(text));
	reply(s, 200, "MLST OPTS%s%s", text[0] != '\0' ? " " : "", text);
	return CMD_DONE;
}

/* R33: names are bytes, so UTF-8 cannot be switched off. */
static enum cmd_result
opts_utf8(struct session *s, char *arg)
{
	if (ascii_casecmp(arg, "OFF") == 0)
		reply(s, 501, "UTF8 cannot be turned off.");
	else
		reply(s, 200, "UTF8 is always on.");
	return CMD_DONE;
}

static const struct {
	const char *name;
	cmd_handler *handler;
} options[] = {
	{ "MLST", opts_mlst },
	{ "UTF-8", opts_utf8 },
	{ "UTF8", opts_utf8 },
};

enum cmd_result
cmd_opts(struct session *s, char *arg)
{
	char *rest = split_word(arg);
	size_t i;

	for (i = 0; i < NELEM(options); i++)
		if (ascii_casecmp(arg, options[i].name) == 0)
			return options[i].handler(s, rest);
	reply(s, 501, "OPTS %.32s not understood.", arg);
	return CMD_DONE;
}

/* -------------------------------------------------------------- the client */

static void
remember_client(struct session *s, const char *text)
{
	free(s->client);
	s->client = xstrndup(text, CLIENT_MAX);
}

enum cmd_result
cmd_clnt(struct session *s, char *arg)
{
	remember_client(s, arg);
	reply(s, 200, "Noted.");
	return CMD_DONE;
}

enum cmd_result
cmd_csid(struct session *s, char *arg)
{
	remember_client(s, arg);
	if (s->w->conf->hide_version)
		reply(s, 200, "CaseSensitive=1; DirSep=/;");
	else
		reply(s, 200,
		    "Name=ternftpd; Version=%s; CaseSensitive=1; DirSep=/;",
		    PACKAGE_VERSION);
	return CMD_DONE;
}

/* A language tag (RFC 2640 4.1): up to 8 letters or digits, "-", ... */
static bool
is_tag(const char *tag)
{
	size_t n = 0;

	if (strlen(tag) > 40)
		return false;
	for (; *tag != '\0'; tag++) {
		if (*tag == '-') {
			if (n == 0)
				return false;
			n = 0;
		} else if (++n > 8 ||
			   !(ascii_isalpha((unsigned char)*tag) ||
			       (ascii_isdigit((unsigned char)*tag)))) {
			return false;
		}
	}
	return n > 0;
}

enum cmd_result
cmd_lang(struct session *s, char *arg)
{
	if (arg[0] == '\0' || ascii_casecmp(arg, "EN") == 0 ||
	    ascii_ncasecmp(arg, "EN-", 3) == 0)
		reply(s, 200, "Language is EN.");
	else if (is_tag(arg) && ascii_isalpha((unsigned char)arg[0]))
		reply(s, 504, "Language not supported.");
	else
		reply(s, 501, "Invalid language tag.");
	return CMD_DONE;
}
