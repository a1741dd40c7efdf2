/* SPDX-License-Identifier: ISC */
/*
 * Passwords come from a terminal or a pipe, never from the command line, where
 * every user of the machine could read them.
 */
#include "config.h"

#include <err.h>
#include <readpassphrase.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "server/ctl/password.h"
#include "server/password_hash.h"
#include "server/proto.h"

static int
ask_terminal(const char *user, char *first, size_t size)
{
	char prompt[PROTO_USER_MAX + 32], again[PROTO_PASS_MAX];
	int same;

	snprintf(prompt, sizeof(prompt), "New password for %s: ", user);
	if (readpassphrase(prompt, first, size, RPP_REQUIRE_TTY) == NULL ||
	    readpassphrase("The same again: ", again, sizeof(again),
		RPP_REQUIRE_TTY) == NULL) {
		warn("cannot read the password");
		return -1;
	}
	same = strcmp(first, again) == 0;
	explicit_bzero(again, sizeof(again));
	if (!same)
		warnx("the two passwords differ; nothing was changed");
	return same ? 0 : -1;
}

/* Byte by byte: what follows the line is not ours, and stdio would keep a copy
 * of the password. */
static int
read_line(char *p, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, p + len, 1)) == 1 && p[len] != '\n')
		if (++len == size) {
			warnx(
			    "the password is longer than %zu bytes", size - 1);
			return -1;
		}
	if (n == -1) {
		warn("cannot read the password");
		return -1;
	}
	if (len > 0 && p[len - 1] == '\r')
		len--;
	p[len] = '\0';
	return 0;
}

char *
password_ask(const char *user)
{
	char password[PROTO_PASS_MAX];
	char *hash = NULL;
	int rc;

	if (isatty(STDIN_FILENO))
		rc = ask_terminal(user, password, sizeof(password));
	else
		rc = read_line(password, sizeof(password));
	if (rc == 0 && password[0] == '\0')
		warnx("an empty password is refused");
	else if (rc == 0) {
		hash = password_hash(password);
		if (hash == NULL)
			warn("cannot hash the password");
	}
	explicit_bzero(password, sizeof(password));
	return hash;
}
