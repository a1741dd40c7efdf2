/* SPDX-License-Identifier: ISC */
/*
 * Changes to one block: their fields, the file, and the server that shall know.
 */
#include "config.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_value.h"
#include "server/ctl/ctl_block.h"
#include "server/ctl/link.h"

/* As ftpd.conf says, in fresh memory; NULL after saying why not. */
static char *
users_path(const struct ctl *ctl, const struct config *conf)
{
	const struct conf_host *h;

	if (ctl->host == NULL && conf->users_file != NULL)
		return xstrdup(conf->users_file);
	if (ctl->host == NULL) {
		warnx("%s names no users_file; add the line users_file = "
		      "\"ftpd.users\", or use -f",
		    conf->path);
		return NULL;
	}
	h = conf_find_host(conf, ctl->host);
	if (h != NULL && h->users_file != NULL)
		return xstrdup(h->users_file);
	if (h == NULL)
		warnx("%s has no host %s", conf->path, ctl->host);
	else
		warnx("host %s has no users_file; give it one: ternctl host "
		      "set %s users_file=/etc/%s.users",
		    h->name, h->name, h->name);
	return NULL;
}

/* The file with the block, or where a new one goes. */
static char *
host_path(const struct ctl *ctl, const struct config *conf, const char *name)
{
	const struct conf_host *h = conf_find_host(conf, name);

	return xstrdup(h != NULL ? h->file : ctl->conf_path);
}

static char *
path_of(const struct ctl *ctl, const char *kind, const char *name)
{
	struct config *conf;
	char *err, *path;

	conf = conf_load(ctl->conf_path, &err);
	if (conf == NULL) {
		fputs(err, stderr);
		free(err);
		return NULL;
	}
	path = strcmp(kind, "host") == 0 ? host_path(ctl, conf, name)
					 : users_path(ctl, conf);
	conf_free(conf);
	return path;
}

int
block_open(struct block_change *ch, const struct ctl *ctl, const char *kind,
    const char *name)
{
	ch->kind = kind;
	ch->name = name;
	if (ctl->users_path != NULL && strcmp(kind, "host") != 0) {
		ch->path = xstrdup(ctl->users_path);
	} else {
		ch->path = path_of(ctl, kind, name);
		ch->where.conf_path = ctl->conf_path;
	}
	ch->where.path = ch->path;
	return ch->path != NULL ? 0 : -1;
}

void
block_clear(struct block_change *ch)
{
	while (ch->nfields > 0) {
		char *value = ch->fields[--ch->nfields].value;

		if (value != NULL)
			free_secret(value, strlen(value));
	}
	free(ch->path);
	ch->path = NULL;
}

/* -------------------------------------------------------------- fields */
bool
block_has(const struct block_change *ch, const char *key)
{
	size_t i;

	for (i = 0; i < ch->nfields; i++)
		if (strcmp(ch->fields[i].key, key) == 0)
			return true;
	return false;
}

int
block_field(struct block_change *ch, const char *key, char *value)
{
	if (block_has(ch, key) || ch->nfields == BLOCK_FIELDS) {
		warnx("%s stands twice", key);
		free(value);
		return -1;
	}
	ch->fields[ch->nfields].key = key;
	ch->fields[ch->nfields++].value = value;
	return 0;
}

/* Room for what any section fills. */
union any_block {
	struct config config;
	struct conf_user user;
	struct conf_group group;
	struct conf_host host;
};

/* The value as it stands in a file, in fresh memory; NULL with in->why. */
static char *
normal(const struct conf_key *k, struct conf_input *in)
{
	union any_block *scratch = xcalloc(1, sizeof(*scratch));
	char *value = NULL;
	size_t len;
	FILE *out;

	if (conf_value_set(k, in, scratch) == 0) {
		out = open_memstream(&value, &len);
		if (out == NULL)
			die("open_memstream");
		k->type->print(k, conf_value_at(k, scratch), out);
		fclose(out);
	}
	conf_values_clear(k->section, scratch);
	free(scratch);
	return value;
}

int
block_value(struct block_change *ch, const char *what, const char *key,
    const char *text)
{
	enum conf_section_id id = conf_section_find(ch->kind);
	const struct conf_key *k = conf_key_find(id, key);
	const char *near = conf_key_nearest(id, key);
	char cwd[PATH_MAX], *value = NULL;
	struct conf_input in = { .text = text, .dir = cwd };

	if (k == NULL) {
		warnx("a %s has no key %s%s%s%s", ch->kind, key,
		    near != NULL ? "; did you mean " : "",
		    near != NULL ? near : "", near != NULL ? "?" : "");
		return -1;
	}
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		cwd[0] = '\0';
	if (text != NULL) {
		value = normal(k, &in);
		if (value == NULL) {
			warnx("%s: %s", what, in.why);
			return -1;
		}
	}
	return block_field(ch, k->name, value);
}

int
block_argument(struct block_change *ch, const char *arg)
{
	const char *value = strchr(arg, '=');
	char *key;
	int rc;

	if (value++ == NULL) {
		warnx("%s is not KEY=VALUE", arg);
		return -1;
	}
	key = xstrdup(arg);
	key[strcspn(key, "=")] = '\0';
	rc = block_value(ch, key, key, value[0] != '\0' ? value : NULL);
	free(key);
	return rc;
}

bool
block_name_is_good(const char *kind, const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			break;
	if (*p == '\0' && p != name && p - name < CONF_NAME_MAX)
		return true;
	warnx("a %s's name has 1 to %d bytes and no control character", kind,
	    CONF_NAME_MAX - 1);
	return false;
}

/* -------------------------------------------------------------- changes */
void
block_complain(const struct block_change *ch, bool exists)
{
	if (exists)
		warnx("%s has a %s %s already", ch->path, ch->kind, ch->name);
	else
		warnx("%s has no %s %s", ch->path, ch->kind, ch->name);
}

char *
block_add(const char *text, void *arg)
{
	const struct block_change *ch = arg;
	struct users_block b;

	if (users_block_find(text, ch->kind, ch->name, &b)) {
		users_block_clear(&b);
		block_complain(ch, true);
		return NULL;
	}
	return users_edit_add(
	    text, ch->kind, ch->name, ch->fields, ch->nfields);
}

char *
block_set(const char *text, void *arg)
{
	const struct block_change *ch = arg;
	char *made = xstrdup(text), *next;
	size_t i;

	for (i = 0; i < ch->nfields && made != NULL; i++) {
		next = users_edit_set(made, ch->kind, ch->name, &ch->fields[i]);
		free(made);
		made = next;
	}
	if (made == NULL)
		block_complain(ch, false);
	return made;
}

char *
block_del(const char *text, void *arg)
{
	const struct block_change *ch = arg;
	char *made = users_edit_del(text, ch->kind, ch->name);

	if (made == NULL)
		block_complain(ch, false);
	return made;
}

/*
 * The running server shall know at once. A file that was named by itself (-f)
 * need not be that server's. Returns the exit status.
 */
static int
tell_server(
    const struct ctl *ctl, const struct block_change *ch, const char *done)
{
	const char *why = NULL;
	struct link_reply *r;
	struct link *l = NULL;
	bool taken;

	if (ctl->users_path == NULL || ctl->socket_path != NULL)
		l = link_find(ctl);
	printf("%s %s %s", ch->kind, ch->name, done);
	if (l == NULL) {
		puts("; no running server was found");
		return EXIT_SUCCESS;
	}
	put_u8(link_ask(l, CT_RELOAD), false);
	r = link_try(l, &why);
	taken = r != NULL && r->ok;
	if (taken) {
		puts("; the running server knows it");
	} else {
		putchar('\n');
		fflush(stdout);
		warnx("the running server has not taken it: %s",
		    r != NULL ? r->text : why);
	}
	link_close(l);
	return taken ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
block_apply(struct block_change *ch, const struct ctl *ctl,
    users_change *change, const char *done)
{
	int rc = users_file_change(&ch->where, change, ch);
	int status = rc == 0 ? tell_server(ctl, ch, done) : EXIT_FAILURE;

	block_clear(ch);
	return status;
}
