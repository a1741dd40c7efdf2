/* SPDX-License-Identifier: ISC */
/*
 * ternctl user, group and host: what is the same for all three.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf_text.h"
#include "server/ctl/ctl_block.h"

/* Words without an equals sign in front: the block inside that is meant. How
 * many they are, or -1. */
static int
take_steps(struct block_change *ch, int argc, char **argv)
{
	int i = 0, n;

	while (i < argc && strchr(argv[i], '=') == NULL) {
		n = block_step(ch, argc - i, argv + i);
		if (n == -1)
			return -1;
		i += n;
	}
	return i;
}

/* NAME [BLOCK [NAME]]... KEY=VALUE... Returns as a command does. */
static int
change(const struct ctl *ctl, int argc, char **argv, const char *kind,
    users_change *how, const char *done)
{
	struct block_change ch = { 0 };
	int i, n;

	if (argc < 2 || argv[1][0] == '-')
		return -1;
	if (!block_name_is_good(kind, argv[1]) ||
	    block_open(&ch, ctl, kind, argv[1]) != 0)
		return EXIT_FAILURE;
	n = how == block_add ? 0 : take_steps(&ch, argc - 2, argv + 2);
	if (n == -1) {
		block_clear(&ch);
		return EXIT_FAILURE;
	}
	if (how == block_del && 2 + n < argc) {
		block_clear(&ch);
		return -1;
	}
	for (i = 2 + n; i < argc; i++)
		if (block_argument(&ch, argv[i]) != 0) {
			block_clear(&ch);
			return EXIT_FAILURE;
		}
	return block_apply(&ch, ctl, how, done);
}

static int
set(const struct ctl *ctl, int argc, char **argv, const char *kind)
{
	return argc < 3 ? -1
			: change(ctl, argc, argv, kind, block_set, "changed");
}

static int
del(const struct ctl *ctl, int argc, char **argv, const char *kind)
{
	int i;

	for (i = 2; i < argc; i++)
		if (argv[i][0] == '-')
			return -1;
	return argc < 2 ? -1
			: change(ctl, argc, argv, kind, block_del,
			      argc == 2 ? "deleted" : "changed");
}

/* ------------------------------------------------------- list and show */
static char *
read_text(const struct block_change *ch)
{
	size_t len;
	char *text = conf_text_read(ch->path, &len);

	if (text == NULL)
		warn("%s", ch->path);
	return text;
}

static int
list(const struct ctl *ctl, int argc, const char *kind)
{
	struct block_change ch = { 0 };
	struct conf_scanner sc;
	struct users_block b;
	char *text;

	if (argc != 1)
		return -1;
	if (block_open(&ch, ctl, kind, "") != 0)
		return EXIT_FAILURE;
	text = read_text(&ch);
	if (text != NULL) {
		conf_scan_init(&sc, text, strlen(text));
		while (users_block_next(&sc, kind, &b)) {
			puts(b.name);
			users_block_clear(&b);
		}
	}
	block_clear(&ch);
	free(text);
	return text != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool
is_secret(const struct conf_token *key)
{
	static const char *const secrets[] = { "password", "totp" };
	size_t i;

	for (i = 0; i < NELEM(secrets); i++)
		if (key->kind == TOKEN_WORD && key->len == strlen(secrets[i]) &&
		    memcmp(key->p, secrets[i], key->len) == 0)
			return true;
	return false;
}

/* The block as it stands there, but for secrets, also of blocks in it. */
static void
print_block(const struct users_block *b)
{
	struct conf_token key = { .kind = TOKEN_END }, equals = key, t;
	const char *from = b->start;
	struct conf_scanner sc;

	conf_scan_init(&sc, b->start, (size_t)(b->end - b->start));
	for (;;) {
		t = conf_scan_code(&sc);
		if (t.kind == TOKEN_END || t.kind == TOKEN_BAD)
			break;
		if (conf_token_is(&equals, '=') && is_secret(&key)) {
			printf("%.*s(not shown)", (int)(t.p - from), from);
			from = t.p + t.len;
		}
		key = equals;
		equals = t;
	}
	printf("%.*s\n", (int)(b->end - from), from);
}

static int
show(const struct ctl *ctl, int argc, char **argv, const char *kind)
{
	struct block_change ch = { 0 };
	struct users_block b;
	char *text;
	bool found = false;

	if (argc != 2 || argv[1][0] == '-')
		return -1;
	if (block_open(&ch, ctl, kind, argv[1]) != 0)
		return EXIT_FAILURE;
	text = read_text(&ch);
	if (text != NULL) {
		found = users_block_find(text, kind, ch.name, &b);
		if (found) {
			print_block(&b);
			users_block_clear(&b);
		} else
			block_complain(&ch, false);
	}
	block_clear(&ch);
	free(text);
	return found ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ------------------------------------------------------------- commands */
int
ctl_user_set(struct ctl *ctl, int argc, char **argv)
{
	return set(ctl, argc, argv, "user");
}

int
ctl_user_del(struct ctl *ctl, int argc, char **argv)
{
	return del(ctl, argc, argv, "user");
}

int
ctl_user_show(struct ctl *ctl, int argc, char **argv)
{
	return show(ctl, argc, argv, "user");
}

/* user set NAME disabled=... */
static int
set_disabled(
    struct ctl *ctl, int argc, char **argv, const char *value, const char *done)
{
	char arg[32], *args[] = { argv[0], argv[1], arg, NULL };

	if (argc != 2)
		return -1;
	snprintf(arg, sizeof(arg), "disabled=%s", value);
	return change(ctl, 3, args, "user", block_set, done);
}

int
ctl_user_disable(struct ctl *ctl, int argc, char **argv)
{
	return set_disabled(ctl, argc, argv, "yes", "disabled");
}

int
ctl_user_enable(struct ctl *ctl, int argc, char **argv)
{
	return set_disabled(ctl, argc, argv, "", "enabled");
}

int
ctl_group_add(struct ctl *ctl, int argc, char **argv)
{
	return change(ctl, argc, argv, "group", block_add, "added");
}

int
ctl_group_set(struct ctl *ctl, int argc, char **argv)
{
	return set(ctl, argc, argv, "group");
}

int
ctl_group_del(struct ctl *ctl, int argc, char **argv)
{
	return del(ctl, argc, argv, "group");
}

int
ctl_group_list(struct ctl *ctl, int argc, char **argv)
{
	return list(ctl, argc, "group");
}

int
ctl_group_show(struct ctl *ctl, int argc, char **argv)
{
	return show(ctl, argc, argv, "group");
}

int
ctl_host_add(struct ctl *ctl, int argc, char **argv)
{
	return change(ctl, argc, argv, "host", block_add, "added");
}

int
ctl_host_set(struct ctl *ctl, int argc, char **argv)
{
	return set(ctl, argc, argv, "host");
}

int
ctl_host_del(struct ctl *ctl, int argc, char **argv)
{
	return del(ctl, argc, argv, "host");
}

int
ctl_host_show(struct ctl *ctl, int argc, char **argv)
{
	return show(ctl, argc, argv, "host");
}
