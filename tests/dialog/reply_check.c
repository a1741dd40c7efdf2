/* SPDX-License-Identifier: ISC */
/*
 * The grammar of replies (protocol 2.5) and the codes of each command
 * (protocol 3 and 7, RFC 959 5.4 and its successors).
 */
#include "tests/dialog/reply_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

/* Any command may get these. */
#define COMMON "421 500 501 502 530"

/* Final codes besides those. */
static const struct {
	const char *verb, *codes;
} legal[] = {
	{ "ABOR", "225 226" },
	{ "ACCT", "202 230 503" },
	{ "ALLO", "200 202 504 552" },
	{ "APPE", "226 250 425 426 450 451 452 504 550 551 552 553 554 522" },
	{ "AUTH", "234 431 503 504 534" },
	{ "AVBL", "213 550" },
	{ "CCC", "200 533 534" },
	{ "CDUP", "200 250 550" },
	{ "CLNT", "200" },
	{ "CSID", "200" },
	{ "CWD", "250 550" },
	{ "DELE", "250 450 550" },
	{ "EPRT", "200 504 522" },
	{ "EPSV", "200 229 425 522" },
	{ "FEAT", "211" },
	{ "HELP", "211 214" },
	{ "LANG", "200 504" },
	{ "LIST", "226 250 425 426 450 451 550 522" },
	{ "MDTM", "213 550" },
	{ "MFF", "213 504 550" },
	{ "MFMT", "213 550" },
	{ "MKD", "257 550 553" },
	{ "MLSD", "226 250 425 426 450 451 550 522" },
	{ "MLST", "250 550" },
	{ "MODE", "200 504" },
	{ "NLST", "226 250 425 426 450 451 550 522" },
	{ "NOOP", "200" },
	{ "OPTS", "200 451" },
	{ "PASS", "202 230 332 503" },
	{ "PASV", "227 425" },
	{ "PBSZ", "200 503" },
	{ "PORT", "200 504" },
	{ "PROT", "200 503 504 534 536" },
	{ "PWD", "257 550" },
	{ "QUIT", "221" },
	{ "REIN", "220" },
	{ "REST", "350 504" },
	{ "RETR", "226 250 425 426 450 451 504 550 554 522" },
	{ "RMD", "250 550" },
	{ "RNFR", "350 450 550" },
	{ "RNTO", "250 503 532 550 553" },
	{ "SITE", "200 202 214 450 451 550" },
	{ "SIZE", "213 550" },
	{ "STAT", "211 212 213 450 550" },
	{ "STOR", "226 250 425 426 450 451 452 504 550 551 552 553 554 522" },
	{ "STOU", "226 250 425 426 450 451 452 550 551 552 553 522" },
	{ "STRU", "200 504" },
	{ "SYST", "215" },
	{ "TYPE", "200 504" },
	{ "USER", "230 232 331 332" },
	{ "XCUP", "200 250 550" },
	{ "XCWD", "250 550" },
	{ "XMKD", "257 550 553" },
	{ "XPWD", "257 550" },
	{ "XRMD", "250 550" },
};

static bool
is_among(int code, const char *codes)
{
	char text[8];

	(void)snprintf(text, sizeof(text), "%03d", code);
	return strstr(codes, text) != NULL;
}

bool
reply_is_legal(const char *verb, int code)
{
	size_t i;

	for (i = 0; i < NELEM(legal); i++)
		if (strcmp(legal[i].verb, verb) == 0 &&
		    is_among(code, legal[i].codes))
			return true;
	return is_among(code, COMMON);
}

/* The code at the start of a line of n bytes, or -1. */
static int
code_of(const char *line, size_t n)
{
	size_t i;

	if (n < 5)
		return -1;
	for (i = 0; i < 3; i++)
		if (!ascii_isdigit((unsigned char)line[i]))
			return -1;
	return (int)strtol(line, NULL, 10);
}

int
reply_next(const char **p, size_t *len)
{
	const char *line, *end;
	int code = 0, c;
	size_t n;

	while (*len > 0) {
		line = *p;
		if ((end = memmem(line, *len, "\r\n", 2)) == NULL)
			return -1;
		n = (size_t)(end - line);
		*p += n + 2;
		*len -= n + 2;
		c = code_of(line, n);
		if (code == 0 && (c < 100 || c > 599))
			return -1;
		if (code == 0)
			code = c;
		if (c == code && line[3] == ' ')
			return code;
		/* T12: inside, "code-" or a blank and free text. */
		if (!(c == code && line[3] == '-') && line[0] != ' ')
			return -1;
	}
	return code == 0 ? 0 : -1;
}
