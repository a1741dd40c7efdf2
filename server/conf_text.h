/* SPDX-License-Identifier: ISC */
/*
 * The text of configuration files as tokens, with true line numbers.
 *
 * libConfuse parses; this stands before it, because its line count goes wrong
 * at comments and it swallows stray characters. ternctl edits the users file
 * with the same tokens, so both see the same text. Private to conf and ctl.
 */
#ifndef SERVER_CONF_TEXT_H
#define SERVER_CONF_TEXT_H

#include <stddef.h>
#include <stdio.h>

enum conf_token_kind {
	TOKEN_WORD, /* unquoted: 900, /srv/ftp, sessions */
	TOKEN_STRING, /* quoted, one quote at each end */
	TOKEN_PUNCT, /* one of { } ( ) = , or += */
	TOKEN_COMMENT,
	TOKEN_END,
	TOKEN_BAD, /* what says why */
};

struct conf_token {
	enum conf_token_kind kind;
	const char *p; /* into the text */
	size_t len;
	int line; /* where it starts */
	const char *what; /* TOKEN_BAD: what is wrong; how to mend it */
};

struct conf_scanner {
	const char *p, *end;
	int line;
};

void conf_scan_init(struct conf_scanner *, const char *text, size_t len);
/* The next token, comments included. */
struct conf_token conf_scan(struct conf_scanner *);
/* The next token that is no comment. */
struct conf_token conf_scan_code(struct conf_scanner *);

int conf_token_is(const struct conf_token *, char punct);
/*
 * The text a word or string stands for, unescaped, in fresh memory. ${NAME} is
 * left alone. NULL if the token is neither.
 */
char *conf_token_text(const struct conf_token *);

/*
 * Overwrites comments with blanks; line ends stay. Returns 0, or -1 with the
 * bad token in *bad_r.
 */
int conf_text_blank_comments(char *text, size_t len, struct conf_token *bad_r);
/* Writes s as a quoted string that parses back to s. */
void conf_text_quote(FILE *out, const char *s);

/*
 * Reads a whole file of at most CONF_FILE_MAX bytes. Returns the text, with a
 * NUL after it, or NULL with errno (EFBIG: too large).
 */
#define CONF_FILE_MAX ((size_t)64 * 1024 * 1024)
char *conf_text_read(const char *path, size_t *len_r);

#endif
