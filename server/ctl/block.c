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
#include "server/conf_keys.h"
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
	struct conf_cert cert;
	struct conf_place place;
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

/* Where the keys are that are changed. */
static const char *
kind_inside(const struct block_change *ch)
{
	return ch->nsteps > 0 ? ch->steps[ch->nsteps - 1].kind : ch->kind;
}

int
block_step(struct block_change *ch, int argc, char **argv)
{
	enum conf_section_id outer = conf_section_find(kind_inside(ch));
	enum conf_section_id id = conf_section_find(argv[0]);
	struct block_step *step = &ch->steps[ch->nsteps];

	if (id == SECTION_COUNT || !conf_section_holds(outer, id)) {
		warnx("%s is neither KEY=VALUE nor a block in a %s", argv[0],
		    kind_inside(ch));
		return -1;
	}
	if (ch->nsteps == BLOCK_DEPTH ||
	    (conf_sections[id].titled && argc < 2)) {
		warnx("%s needs a name", argv[0]);
		return -1;
	}
	step->kind = argv[0];
	step->name = conf_sections[id].titled ? argv[1] : NULL;
	ch->nsteps++;
	return conf_sections[id].titled ? 2 : 1;
}

/* Why there is no such key. */
static void
complain_of_key(const struct block_change *ch, const char *key)
{
	const char *kind = kind_inside(ch);
	enum conf_section_id id = conf_section_find(kind);
	enum conf_section_id block = conf_section_find(key);
	const char *near = conf_key_nearest(id, key);

	if (block != SECTION_COUNT && conf_section_holds(id, block))
		warnx("%s is a block in a %s: ternctl %s set %s ... %s%s "
		      "KEY=VALUE",
		    key, kind, ch->kind, ch->name, key,
		    conf_sections[block].titled ? " NAME" : "");
	else
		warnx("a %s has no key %s%s%s%s", kind, key,
		    near != NULL ? "; did you mean " : "",
		    near != NULL ? near : "", near != NULL ? "?" : "");
}

int
block_value(struct block_change *ch, const char *what, const char *key,
    const char *text)
{
	enum conf_section_id id = conf_section_find(kind_inside(ch));
	const struct conf_key *k = conf_key_find(id, key);
	char cwd[PATH_MAX], *value = NULL;
	struct conf_input in = { .text = text, .dir = cwd };

	if (k == NULL) {
		complain_of_key(ch, key);
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
	else if (ch->nsteps == 0)
		warnx("%s has no %s %s", ch->path, ch->kind, ch->name);
	else
		warnx("%s has no %s %s with such a block %s", ch->path,
		    ch->kind, ch->name, ch->steps[ch->nsteps - 1].kind);
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

/* A block on the way to what is changed, or that itself. */
struct level {
	const struct block_change *ch;
	size_t depth; /* 0: the whole file */
	char *(*last)(const char *, const struct level *);
	bool makes; /* blocks that are missing */
};

static struct block_step
step_of(const struct level *l)
{
	const struct block_change *ch = l->ch;

	return l->depth == 0 ? (struct block_step){ ch->kind, ch->name }
			     : ch->steps[l->depth - 1];
}

static bool
has_block(const char *text, const struct block_step *step)
{
	struct users_block b;

	if (!users_block_find(text, step->kind, step->name, &b))
		return false;
	users_block_clear(&b);
	return true;
}

/* users_edit */
static char *
change_inside(const char *text, void *arg)
{
	const struct level *l = arg;
	struct level deeper = { l->ch, l->depth + 1, l->last, l->makes };
	struct block_step step = step_of(l);
	char *made, *nested = NULL;

	if (!has_block(text, &step)) {
		if (l->depth == 0 || !l->makes) {
			block_complain(l->ch, false);
			return NULL;
		}
		text = nested = users_edit_nest(
		    text, step.kind, step.name, (unsigned)l->depth);
	}
	made = l->depth == l->ch->nsteps
		   ? l->last(text, l)
		   : users_edit_inside(
			 text, step.kind, step.name, change_inside, &deeper);
	free(nested);
	return made;
}

static char *
set_fields(const char *text, const struct level *l)
{
	struct block_step step = step_of(l);
	char *made = xstrdup(text), *next;
	size_t i;

	for (i = 0; i < l->ch->nfields; i++) {
		next = users_edit_set(
		    made, step.kind, step.name, &l->ch->fields[i]);
		free(made);
		made = next;
	}
	return made;
}

static char *
del_block(const char *text, const struct level *l)
{
	struct block_step step = step_of(l);

	return users_edit_del(text, step.kind, step.name);
}

char *
block_set(const char *text, void *arg)
{
	struct level top = { arg, 0, set_fields, true };

	return change_inside(text, &top);
}

char *
block_del(const char *text, void *arg)
{
	struct level top = { arg, 0, del_block, false };

	return change_inside(text, &top);
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
