/* SPDX-License-Identifier: ISC */
/*
 * ternctl user: what users have and other blocks have not, passwords above all.
 */
#include "config.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_text.h"
#include "server/ctl/ctl_block.h"
#include "server/ctl/password.h"
#include "server/rights.h"
#include "server/totp.h"

/* Options of add; each is the key of the same name. */
static const struct option add_options[] = {
	{ "root", required_argument, NULL, 'k' },
	{ "group", required_argument, NULL, 'k' },
	{ "rights", required_argument, NULL, 'k' },
	{ "uid", required_argument, NULL, 'k' },
	{ "gid", required_argument, NULL, 'k' },
	{ "start-dir", required_argument, NULL, 'k' },
	{ "umask", required_argument, NULL, 'k' },
	{ "idle-timeout", required_argument, NULL, 'k' },
	{ NULL, 0, NULL, 0 },
};

static char *
quote(const char *s)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		die("open_memstream");
	conf_text_quote(out, s);
	fclose(out);
	return text;
}

/* The one argument of passwd and totp; NULL if that is not what there is. */
static const char *
only_name(int argc, char **argv)
{
	return argc == 2 && argv[1][0] != '-' ? argv[1] : NULL;
}

/* ---------------------------------------------------------------- add */
static int
add_option(struct block_change *ch, const char *option, const char *text)
{
	char key[32], what[40], *p;

	(void)strlcpy(key, option, sizeof(key));
	for (p = key; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	if (block_has(ch, key)) {
		warnx("--%s stands twice", option);
		return -1;
	}
	snprintf(what, sizeof(what), "--%s", option);
	return block_value(ch, what, key, text);
}

/* 0; 1 after a message; -1 for a wrong command line. */
static int
parse_add(struct block_change *ch, int argc, char **argv)
{
	int c, index;

	ch->kind = "user";
	optind = 0;
	while ((c = getopt_long(argc, argv, "", add_options, &index)) == 'k')
		if (add_option(ch, add_options[index].name, optarg) != 0)
			return 1;
	if (c != -1 || argc - optind != 1)
		return -1;
	ch->name = argv[optind];
	if (!block_name_is_good(ch->kind, ch->name))
		return 1;
	if (!block_has(ch, "root") && !block_has(ch, "group")) {
		warnx("where shall %s be at home? Say --root DIR", ch->name);
		return 1;
	}
	if (block_has(ch, "uid") && !block_has(ch, "gid")) {
		warnx("--uid and --gid go together");
		return 1;
	}
	return 0;
}

/* Is the user in the file? -1 after saying what is wrong with it. */
static int
exists(const struct block_change *ch)
{
	struct config *conf;
	int found;

	if (access(ch->path, F_OK) != 0)
		return 0;
	conf = users_file_load(ch->path);
	if (conf == NULL)
		return -1;
	found = conf_find_user(conf, ch->name) != NULL;
	conf_free(conf);
	return found;
}

/*
 * Finds the users file and, unless the user is there although he should not be
 * or the other way round, asks for a password. 0, or -1 after saying why.
 */
static int
ask_password(const struct ctl *ctl, struct block_change *ch, bool is_new)
{
	int found;
	char *hash;

	if (block_open(ch, ctl, "user", ch->name) != 0)
		return -1;
	found = exists(ch);
	if (found == -1)
		return -1;
	if (found == is_new) {
		block_complain(ch, is_new);
		return -1;
	}
	hash = password_ask(ch->name);
	if (hash == NULL)
		return -1;
	(void)block_field(ch, "password", quote(hash));
	free_secret(hash, strlen(hash));
	return 0;
}

int
ctl_user_add(struct ctl *ctl, int argc, char **argv)
{
	struct block_change ch = { 0 };
	int rc = parse_add(&ch, argc, argv);

	if (rc == 0 && ask_password(ctl, &ch, true) == 0)
		return block_apply(&ch, ctl, block_add, "added");
	block_clear(&ch);
	return rc == -1 ? -1 : EXIT_FAILURE;
}

int
ctl_user_passwd(struct ctl *ctl, int argc, char **argv)
{
	struct block_change ch = { .name = only_name(argc, argv) };

	if (ch.name == NULL)
		return -1;
	if (ask_password(ctl, &ch, false) == 0)
		return block_apply(&ch, ctl, block_set, "has a new password");
	block_clear(&ch);
	return EXIT_FAILURE;
}

/* --------------------------------------------------------------- totp */
/* Bytes that a URI would understand otherwise. */
static void
print_uri_text(const char *s)
{
	for (; *s != '\0'; s++)
		if (strchr(
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			"0123456789-._~",
			*s) != NULL)
			putchar(*s);
		else
			printf("%%%02X", (unsigned char)*s);
}

int
ctl_user_totp(struct ctl *ctl, int argc, char **argv)
{
	bool off = argc == 3 && strcmp(argv[2], "--off") == 0;
	struct block_change ch = { 0 };
	char text[TOTP_TEXT_MAX];
	uint8_t key[20];
	int status;

	if (!off && only_name(argc, argv) == NULL)
		return -1;
	if (block_open(&ch, ctl, "user", argv[1]) != 0)
		return EXIT_FAILURE;
	arc4random_buf(key, sizeof(key));
	totp_key_text(key, sizeof(key), text);
	(void)block_field(&ch, "totp", off ? NULL : quote(text));
	status = block_apply(&ch, ctl, block_set,
	    off ? "needs no one-time password any more"
		: "needs a one-time password from now on");
	if (status == EXIT_SUCCESS && !off) {
		printf("key: %s\notpauth://totp/", text);
		print_uri_text(argv[1]);
		printf("?secret=%s&issuer=ftp\n", text);
	}
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return status;
}

/* --------------------------------------------------------------- list */
int
ctl_user_list(struct ctl *ctl, int argc, char **argv)
{
	const struct conf_user *u;
	struct config *conf;
	struct block_change ch = { 0 };
	char rights[256];

	if (argc != 1)
		return -1;
	if (block_open(&ch, ctl, "user", "") != 0)
		return EXIT_FAILURE;
	conf = users_file_load(ch.path);
	block_clear(&ch);
	if (conf == NULL)
		return EXIT_FAILURE;
	ARRAY_FOREACH (u, conf->users, conf->nusers)
		printf("%-20s %-12s %s%s\n", u->name,
		    rights_str(u->rules.rights, rights, sizeof(rights)),
		    u->rules.root != NULL ? u->rules.root : "-",
		    u->disabled ? " (disabled)" : "");
	conf_free(conf);
	return EXIT_SUCCESS;
}
