/* SPDX-License-Identifier: ISC */
/*
 * ternctl user: accounts in the users file.
 */
#include "config.h"

#include <err.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_keys.h"
#include "server/conf_value.h"
#include "server/ctl/ctl.h"
#include "server/ctl/password.h"
#include "server/ctl/users_edit.h"
#include "server/ctl/users_file.h"
#include "server/rights.h"

/* Options of add; each is the key of the same name. */
static const struct option add_options[] = {
	{ "root", required_argument, NULL, 'k' },
	{ "rights", required_argument, NULL, 'k' },
	{ "uid", required_argument, NULL, 'k' },
	{ "gid", required_argument, NULL, 'k' },
	{ "start-dir", required_argument, NULL, 'k' },
	{ "umask", required_argument, NULL, 'k' },
	{ "idle-timeout", required_argument, NULL, 'k' },
	{ NULL, 0, NULL, 0 },
};

struct user_change {
	char *path; /* of the users file */
	const char *name;
	struct users_field fields[NELEM(add_options) + 1];
	size_t nfields;
};

/* The users file, in fresh memory; NULL after saying why. */
static char *
users_path(const struct ctl *ctl)
{
	struct config *conf;
	char *err, *path = NULL;

	if (ctl->users_path != NULL)
		return xstrdup(ctl->users_path);
	conf = conf_load(ctl->conf_path, &err);
	if (conf == NULL) {
		fputs(err, stderr);
		free(err);
		return NULL;
	}
	if (conf->users_file != NULL)
		path = xstrdup(conf->users_file);
	else
		warnx("%s names no users_file; add the line users_file = "
		      "\"ftpd.users\", or use -f",
		    conf->path);
	conf_free(conf);
	return path;
}

static bool
is_good_name(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			break;
	if (*p == '\0' && p != name && p - name < CONF_NAME_MAX)
		return true;
	warnx("a user's name has 1 to %d bytes and no control character",
	    CONF_NAME_MAX - 1);
	return false;
}

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

/* The user is there already, or he is not. Returns NULL. */
static char *
complain(const struct user_change *ch, bool exists)
{
	if (exists)
		warnx("%s has a user %s already", ch->path, ch->name);
	else
		warnx("%s has no user %s", ch->path, ch->name);
	return NULL;
}

/* The one argument of passwd and del; NULL if that is not what there is. */
static const char *
only_name(int argc, char **argv)
{
	return argc == 2 && argv[1][0] != '-' ? argv[1] : NULL;
}

static void
change_clear(struct user_change *ch)
{
	while (ch->nfields > 0) {
		char *value = ch->fields[--ch->nfields].value;

		free_secret(value, strlen(value));
	}
	free(ch->path);
}

/* Makes the change, says how it went, and forgets it. Returns the status. */
static int
apply(struct user_change *ch, users_change *change, const char *done)
{
	int rc = users_file_change(ch->path, change, ch);

	if (rc == 0)
		printf("user %s %s; a running server knows it after a reload\n",
		    ch->name, done);
	change_clear(ch);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
add_field(struct user_change *ch, const char *key, char *value)
{
	ch->fields[ch->nfields].key = key;
	ch->fields[ch->nfields++].value = value;
}

/* ---------------------------------------------------------------- add */
/* Takes the value of an option through its key's own checks. */
static int
add_option(struct user_change *ch, const char *option, const char *text)
{
	struct conf_user scratch = { 0 };
	char key[32], cwd[PATH_MAX], *value, *p;
	struct conf_input in = { .text = text, .dir = cwd };
	const struct conf_key *k;
	size_t len, i;
	FILE *out;

	strlcpy(key, option, sizeof(key));
	for (p = key; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	k = conf_key_find(SECTION_USER, key);
	for (i = 0; i < ch->nfields; i++)
		if (strcmp(ch->fields[i].key, key) == 0) {
			warnx("--%s stands twice", option);
			return -1;
		}
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		cwd[0] = '\0';
	if (conf_value_set(k, &in, &scratch) != 0) {
		warnx("--%s: %s", option, in.why);
		return -1;
	}
	out = open_memstream(&value, &len);
	if (out == NULL)
		die("open_memstream");
	k->type->print(k, conf_value_at(k, &scratch), out);
	fclose(out);
	conf_values_clear(SECTION_USER, &scratch);
	add_field(ch, k->name, value);
	return 0;
}

static bool
has_field(const struct user_change *ch, const char *key)
{
	size_t i;

	for (i = 0; i < ch->nfields; i++)
		if (strcmp(ch->fields[i].key, key) == 0)
			return true;
	return false;
}

/* 0; 1 after a message; -1 for a wrong command line. */
static int
parse_add(struct user_change *ch, int argc, char **argv)
{
	int c, index;

	optind = 0;
	while ((c = getopt_long(argc, argv, "", add_options, &index)) == 'k')
		if (add_option(ch, add_options[index].name, optarg) != 0)
			return 1;
	if (c != -1 || argc - optind != 1)
		return -1;
	ch->name = argv[optind];
	if (!is_good_name(ch->name))
		return 1;
	if (!has_field(ch, "root")) {
		warnx("where shall %s be at home? Say --root DIR", ch->name);
		return 1;
	}
	if (has_field(ch, "uid") != has_field(ch, "gid")) {
		warnx("--uid and --gid go together");
		return 1;
	}
	return 0;
}

static char *
change_add(const char *text, void *arg)
{
	const struct user_change *ch = arg;
	struct users_block b;

	if (users_block_find(text, ch->name, &b)) {
		users_block_clear(&b);
		return complain(ch, true);
	}
	return users_edit_add(text, ch->name, ch->fields, ch->nfields);
}

/*
 * Finds the users file and, unless the user is there although he should not be
 * or the other way round, asks for a password. 0, or -1 after saying why.
 */
static int
ask_password(const struct ctl *ctl, struct user_change *ch, bool is_new)
{
	struct config *conf;
	bool exists;
	char *hash;

	ch->path = users_path(ctl);
	if (ch->path == NULL)
		return -1;
	if (access(ch->path, F_OK) == 0 || !is_new) {
		conf = users_file_load(ch->path);
		if (conf == NULL)
			return -1;
		exists = conf_find_user(conf, ch->name) != NULL;
		conf_free(conf);
		if (exists == is_new) {
			complain(ch, is_new);
			return -1;
		}
	}
	hash = password_ask(ch->name);
	if (hash == NULL)
		return -1;
	add_field(ch, "password", quote(hash));
	free_secret(hash, strlen(hash));
	return 0;
}

int
ctl_user_add(struct ctl *ctl, int argc, char **argv)
{
	struct user_change ch = { 0 };
	int rc = parse_add(&ch, argc, argv);

	if (rc == 0 && ask_password(ctl, &ch, true) == 0)
		return apply(&ch, change_add, "added");
	change_clear(&ch);
	return rc == -1 ? -1 : EXIT_FAILURE;
}

/* --------------------------------------------------- passwd, del, list */
static char *
change_password(const char *text, void *arg)
{
	struct user_change *ch = arg;
	char *made = users_edit_set(text, ch->name, &ch->fields[0]);

	return made != NULL ? made : complain(ch, false);
}

static char *
change_del(const char *text, void *arg)
{
	struct user_change *ch = arg;
	char *made = users_edit_del(text, ch->name);

	return made != NULL ? made : complain(ch, false);
}

int
ctl_user_passwd(struct ctl *ctl, int argc, char **argv)
{
	struct user_change ch = { .name = only_name(argc, argv) };

	if (ch.name == NULL)
		return -1;
	if (ask_password(ctl, &ch, false) == 0)
		return apply(&ch, change_password, "has a new password");
	change_clear(&ch);
	return EXIT_FAILURE;
}

int
ctl_user_del(struct ctl *ctl, int argc, char **argv)
{
	struct user_change ch = { .name = only_name(argc, argv) };

	if (ch.name == NULL)
		return -1;
	ch.path = users_path(ctl);
	if (ch.path == NULL)
		return EXIT_FAILURE;
	return apply(&ch, change_del, "deleted");
}

int
ctl_user_list(struct ctl *ctl, int argc, char **argv)
{
	const struct conf_user *u;
	struct config *conf;
	char *path, rights[256];

	if (argc != 1)
		return -1;
	path = users_path(ctl);
	if (path == NULL)
		return EXIT_FAILURE;
	conf = users_file_load(path);
	free(path);
	if (conf == NULL)
		return EXIT_FAILURE;
	for (u = conf->users; u < conf->users + conf->nusers; u++)
		printf("%-20s %-12s %s%s\n", u->name,
		    rights_str(u->rules.rights, rights, sizeof(rights)),
		    u->rules.root, u->disabled ? " (disabled)" : "");
	conf_free(conf);
	return EXIT_SUCCESS;
}
