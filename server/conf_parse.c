/* SPDX-License-Identifier: ISC */
/*
 * libConfuse over the table of keys. Its callbacks carry no argument of ours,
 * so what is being loaded stands in one static variable during a load.
 *
 * Each value is checked where it is parsed, because only then is its line
 * known. A wrong value is noted and parsing goes on, so that one run shows all
 * of them; wrong syntax ends the file.
 */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_parse.h"
#include "server/conf_rules.h"
#include "server/conf_text.h"
#include "server/conf_value.h"

#define INCLUDE_DEPTH 10
#define BLOCK_DEPTH 8

/* A file that is being parsed; they nest with include(). */
struct conf_file {
	struct conf_file *parent;
	const char *name;
	char *dir;
	int depth;
	int *blocks; /* line of each block, in the order of their ends */
	size_t nblocks, next_block;
};

static struct {
	struct conf_load *load;
	struct conf_file *file;
	struct conf_user user; /* the block that is being parsed */
	struct conf_group group;
	struct conf_place place;
	struct conf_listen listen;
	struct conf_cert cert;
	struct conf_host host;
	bool in_host; /* what is read stands in a host block */
} cur;

static const struct {
	void *block; /* NULL: the keys are struct config's */
	size_t size;
	conf_block_end *end;
} titled[SECTION_COUNT] = {
	[SECTION_LISTEN] = { &cur.listen, sizeof(cur.listen), conf_listen_end },
	[SECTION_CERTIFICATE] = { &cur.cert, sizeof(cur.cert), conf_cert_end },
	[SECTION_HOST] = { &cur.host, sizeof(cur.host), conf_host_end },
	[SECTION_GROUP] = { &cur.group, sizeof(cur.group), conf_group_end },
	[SECTION_USER] = { &cur.user, sizeof(cur.user), conf_user_end },
	[SECTION_MOUNT] = { &cur.place, sizeof(cur.place), conf_mount_end },
	[SECTION_PATH] = { &cur.place, sizeof(cur.place), conf_path_end },
};

static const struct {
	const char *start; /* of a message of libConfuse */
	const char *hint;
} syntax_hints[] = {
	{ "missing equal sign", "write key = value" },
	{ "premature end of file", "a closing brace } is missing" },
	{ "unexpected closing brace", "remove it" },
	{ "missing title", "write its name in quotes before the brace {" },
	{ "missing opening brace", "write the keys between { and }" },
	{ "missing parenthesis", "write include(\"file\")" },
	{ "syntax error in call", "write include(\"file\")" },
	{ "unexpected token", "write key = value, one on each line" },
	{ "", "see ftpd.conf(5)" },
};

/* --------------------------------------------------------- complaints */
static struct conf_where
where_now(const cfg_t *cfg)
{
	struct conf_where w = { cur.file->name, cfg->line };

	return w;
}

static enum conf_section_id
section_of(const cfg_t *cfg)
{
	return strcmp(cfg->name, "root") == 0 ? SECTION_TOP
					      : conf_section_find(cfg->name);
}

static void
complain_unknown(cfg_t *cfg, const char *name)
{
	enum conf_section_id id = section_of(cfg);
	const struct conf_key *other = conf_key_elsewhere(id, name);
	const char *near = conf_key_nearest(id, name);
	struct conf_where w = where_now(cfg);
	const char *in = id == SECTION_TOP ? "" : " in ";
	const char *section = conf_sections[id].name;

	if (cur.load->users_only && id == SECTION_TOP)
		conf_complain(cur.load, &w,
		    "unknown key \"%s\"; a users file "
		    "has only blocks user \"name\" { ... } and group "
		    "\"name\" { ... }",
		    name);
	else if (near != NULL)
		conf_complain(cur.load, &w,
		    "unknown key \"%s\"%s%s; did you "
		    "mean \"%s\"?",
		    name, in, section, near);
	else if (other != NULL && other->section == SECTION_TOP)
		conf_complain(cur.load, &w,
		    "unknown key \"%s\"%s%s; it stands "
		    "outside of all blocks",
		    name, in, section);
	else if (other != NULL)
		conf_complain(cur.load, &w,
		    "unknown key \"%s\"%s%s; it belongs "
		    "in the block %s",
		    name, in, section, conf_sections[other->section].name);
	else
		conf_complain(cur.load, &w,
		    "unknown key \"%s\"%s%s; ternftpd "
		    "--keys shows all keys",
		    name, in, section);
}

static void on_error(cfg_t *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/* What libConfuse says, with our place and a hint. */
static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	static const char unknown[] = "no such option '";
	struct conf_where w = where_now(cfg);
	char text[256];
	size_t i;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (strncmp(text, unknown, sizeof(unknown) - 1) == 0) {
		text[strcspn(text, "\n")] = '\0';
		if (text[strlen(text) - 1] == '\'')
			text[strlen(text) - 1] = '\0';
		complain_unknown(cfg, text + sizeof(unknown) - 1);
		return;
	}
	for (i = 0; strncmp(text, syntax_hints[i].start,
			strlen(syntax_hints[i].start)) != 0;
	     i++)
		;
	conf_complain(cur.load, &w, "%s; %s", text, syntax_hints[i].hint);
}

/* --------------------------------------------------------------- keys */
static void *
base_of(enum conf_section_id id)
{
	if (titled[id].block != NULL)
		return titled[id].block;
	return cur.in_host ? conf_host_own(&cur.host) : cur.load->conf;
}

/* Where it was set, in this block or the only one of its kind. */
static struct conf_where *
seen_of(const struct conf_key *k)
{
	bool once = !conf_sections[k->section].titled;
	struct conf_where *all =
	    cur.in_host && once ? cur.load->seen_in_host : cur.load->seen;

	return &all[k - conf_keys];
}

/* A key was read. Complains instead of failing, so that parsing goes on. */
static int
on_key(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct conf_key *k = conf_key_find(section_of(cfg), opt->name);
	struct conf_where w = where_now(cfg), *seen;
	struct conf_input in = { .text = cfg_opt_getnstr(opt, 0),
		.dir = cur.file->dir,
		.load = cur.load };

	if (k == NULL) {
		complain_unknown(cfg, opt->name);
		return 0;
	}
	seen = seen_of(k);
	if (seen->file != NULL) {
		conf_complain(cur.load, &w,
		    "%s was set before, at %s:%d; keep "
		    "one of them",
		    k->name, seen->file, seen->line);
		return 0;
	}
	*seen = w;
	conf_rules_seen(k, base_of(k->section), &w);
	if (conf_value_set(k, &in, base_of(k->section)) != 0)
		conf_complain(cur.load, &w, "%s", in.why);
	return 0;
}

static int
on_host_key(cfg_t *cfg, cfg_opt_t *opt)
{
	int rc;

	cur.in_host = true;
	rc = on_key(cfg, opt);
	cur.in_host = false;
	return rc;
}

/* ------------------------------------------------------------- blocks */
/* The next block of a kind that may come again starts from nothing. */
static void
block_reset(enum conf_section_id id)
{
	size_t i;

	memset(titled[id].block, 0, titled[id].size);
	conf_defaults(id, titled[id].block, "");
	for (i = 0; i < conf_nkeys; i++)
		if (conf_keys[i].section == id)
			cur.load->seen[i] = (struct conf_where){ 0 };
	if (id == SECTION_HOST)
		memset(cur.load->seen_in_host, 0,
		    conf_nkeys * sizeof(*cur.load->seen_in_host));
}

/*
 * A block ended. Blocks with a title become array elements, and libConfuse
 * may forget them: it compares each new title with all it knows.
 */
static int
on_block(cfg_t *cfg, cfg_opt_t *opt)
{
	enum conf_section_id id = conf_section_find(opt->name);
	struct conf_file *f = cur.file;
	struct conf_where w = where_now(cfg);
	cfg_t *sec;

	if (f->next_block < f->nblocks)
		w.line = f->blocks[f->next_block++];
	if (!conf_sections[id].titled)
		return 0;
	sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	if (conf_sections[id].nested)
		cur.load->outer =
		    conf_rules_of(section_of(cfg), base_of(section_of(cfg)));
	titled[id].end(cur.load, &w, cfg_title(sec), titled[id].block);
	block_reset(id);
	cfg_opt_rmnsec(opt, cfg_opt_size(opt) - 1);
	return 0;
}

/* The block of guests alone makes a host have accounts of its own. */
static int
on_host_block(cfg_t *cfg, cfg_opt_t *opt)
{
	struct conf_load *l = cur.load;
	int rc;

	cur.in_host = true;
	l->into = conf_host_own(&cur.host);
	if (conf_section_find(opt->name) == SECTION_ANONYMOUS)
		cur.host.has_accounts = true;
	rc = on_block(cfg, opt);
	l->into = l->conf;
	cur.in_host = false;
	return rc;
}

/* -------------------------------------------------------------- files */
/* The name in memory that lives as long as the configuration. */
static const char *
keep_name(struct conf_load *l, const char *path)
{
	struct config *conf = l->conf;

	conf->files =
	    conf_grow(conf->files, conf->nfiles, sizeof(*conf->files));
	return conf->files[conf->nfiles++] = xstrdup(path);
}

/* Complains about the token with what, and returns -1. */
static int
bad_token(const struct conf_token *t, const char *what)
{
	struct conf_where w = { cur.file->name, t->line };

	conf_complain(cur.load, &w, "%s", what);
	return -1;
}

/* After the word include: its parenthesis. */
static int
check_include(struct conf_scanner *sc)
{
	struct conf_token open = conf_scan_code(sc);
	struct conf_token name = conf_scan_code(sc);
	struct conf_token close = conf_scan_code(sc);

	if (conf_token_is(&open, '(') && conf_token_is(&close, ')') &&
	    (name.kind == TOKEN_WORD || name.kind == TOKEN_STRING))
		return 0;
	return bad_token(&open, "this is no include; write include(\"file\")");
}

/*
 * Notes the line of every block, in the order in which they end, and finds what
 * libConfuse misses: a block without an end, and a wrong include, of which it
 * leaks.
 */
static int
check_structure(struct conf_file *f, const char *text, size_t len)
{
	struct conf_token t, start = { .line = 1 };
	struct conf_scanner sc;
	int depth = 0, is_value = 0, line = 1, open[BLOCK_DEPTH];

	conf_scan_init(&sc, text, len);
	for (; (t = conf_scan(&sc)).kind != TOKEN_END;
	     is_value = conf_token_is(&t, '=')) {
		if (t.kind == TOKEN_WORD && !is_value)
			line = t.line;
		if (t.kind == TOKEN_WORD && depth == 0 && !is_value) {
			start = t;
			if (t.len == 7 && memcmp(t.p, "include", 7) == 0 &&
			    check_include(&sc) != 0)
				return -1;
		}
		if (conf_token_is(&t, '{')) {
			if (depth == BLOCK_DEPTH)
				return bad_token(&t, "blocks are nested too "
						     "deep; close some first");
			open[depth++] = line;
		}
		if (conf_token_is(&t, '}') && depth > 0) {
			f->blocks =
			    conf_grow(f->blocks, f->nblocks, sizeof(int));
			f->blocks[f->nblocks++] = open[--depth];
		}
	}
	if (depth <= 0)
		return 0;
	return bad_token(&start, "this block has no end; a closing brace } is "
				 "missing");
}

static int
parse_text(cfg_t *cfg, char *text, size_t len)
{
	struct conf_token bad;
	FILE *in;
	int rc;

	if (conf_text_blank_comments(text, len, &bad) != 0)
		return bad_token(&bad, bad.what);
	if (check_structure(cur.file, text, len) != 0)
		return -1;
	if (len == 0)
		return 0;
	in = fmemopen(text, len, "r");
	if (in == NULL) {
		conf_complain(cur.load, NULL, "%s: %s; try again",
		    cur.file->name, strerror(errno));
		return -1;
	}
	rc = cfg_parse_fp(cfg, in);
	fclose(in);
	return rc == CFG_SUCCESS ? 0 : -1;
}

/* Parses one file, which from (NULL: the command line) asked for. */
static int
parse_file(cfg_t *cfg, const char *path, const struct conf_where *from)
{
	struct conf_file f = { .parent = cur.file,
		.name = keep_name(cur.load, path) };
	size_t len;
	char *text = conf_source(cur.load, path, &len), *slash;
	int rc;

	if (text == NULL) {
		conf_complain(cur.load, from,
		    "cannot read %s: %s; check its "
		    "name and permissions",
		    path, strerror(errno));
		return -1;
	}
	f.depth = cur.file != NULL ? cur.file->depth + 1 : 0;
	f.dir = xstrdup(path);
	slash = strrchr(f.dir, '/');
	(void)strlcpy(
	    slash != NULL ? slash : f.dir, slash != NULL ? "" : ".", 2);
	cur.file = &f;
	rc = parse_text(cfg, text, len);
	cur.file = f.parent;
	free(f.dir);
	free(f.blocks);
	free_secret(text, len);
	return rc;
}

/* include("file") */
static int
on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	struct conf_where w = where_now(cfg);
	int line = cfg->line, rc;
	char *path;

	if (argc != 1 || argv[0][0] == '\0') {
		conf_complain(cur.load, &w,
		    "include takes the name of one "
		    "file; write include(\"file\")");
		return -1;
	}
	if (cur.file->depth >= INCLUDE_DEPTH) {
		conf_complain(cur.load, &w,
		    "includes are nested more than %d "
		    "deep; does a file include itself?",
		    INCLUDE_DEPTH);
		return -1;
	}
	if (argv[0][0] == '/')
		path = xstrdup(argv[0]);
	else
		xasprintf(&path, "%s/%s", cur.file->dir, argv[0]);
	rc = parse_file(cfg, path, &w);
	free(path);
	cfg->line = line;
	return rc;
}

/* ----------------------------------------------- libConfuse's tables */
/* The tables while they are made: each kind of block has room for its keys and
 * the blocks in it, and twice, for those in a host call other functions. */
struct tables {
	cfg_opt_t *opts;
	size_t room; /* of one kind */
	bool users_only;
};

static cfg_opt_t *
room_of(const struct tables *t, enum conf_section_id id, bool in_host)
{
	return t->opts + ((size_t)id + (in_host ? SECTION_COUNT : 0)) * t->room;
}

static void
add_keys(cfg_opt_t *opts, enum conf_section_id id, bool in_host)
{
	size_t i, n = 0;

	for (i = 0; i < conf_nkeys; i++) {
		if (conf_keys[i].section != id)
			continue;
		opts[n] =
		    (cfg_opt_t)CFG_STR(conf_keys[i].name, NULL, CFGF_NODEFAULT);
		opts[n++].validcb = in_host ? on_host_key : on_key;
	}
	opts[n] = (cfg_opt_t)CFG_END();
}

static cfg_opt_t
block_opt(enum conf_section_id id, cfg_opt_t *keys, bool in_host)
{
	cfg_opt_t opt = CFG_SEC(conf_sections[id].name, keys,
	    conf_sections[id].titled ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE);

	add_keys(keys, id, in_host);
	opt.validcb = in_host ? on_host_block : on_block;
	return opt;
}

/* The blocks that may stand in those of outer, behind its keys. */
static cfg_opt_t *
add_blocks(const struct tables *t, cfg_opt_t *opts, enum conf_section_id outer,
    bool in_host)
{
	enum conf_section_id id;
	cfg_opt_t *keys;
	size_t i;

	while (opts->name != NULL)
		opts++;
	for (i = SECTION_COUNT; i-- > 0;) {
		id = (enum conf_section_id)i;
		if (!conf_section_holds(outer, id) ||
		    (t->users_only && !conf_sections[id].in_users_file))
			continue;
		keys = room_of(t, id, in_host);
		*opts++ = block_opt(id, keys, in_host);
		if (id == SECTION_HOST || conf_sections[id].rules != NO_RULES)
			add_blocks(t, keys, id, in_host || id == SECTION_HOST);
	}
	return opts;
}

/* A context that knows every key, or what a users file may have. libConfuse
 * copies the tables. */
static cfg_t *
new_context(bool users_only)
{
	struct tables t = { .room = conf_nkeys + SECTION_COUNT + 2,
		.users_only = users_only };
	cfg_opt_t *end;
	cfg_t *cfg;

	t.opts = xcalloc(2 * SECTION_COUNT * t.room, sizeof(*t.opts));
	if (!users_only)
		add_keys(t.opts, SECTION_TOP, false);
	end = add_blocks(&t, t.opts, SECTION_TOP, false);
	*end++ = (cfg_opt_t)CFG_FUNC("include", on_include);
	*end = (cfg_opt_t)CFG_END();
	cfg = cfg_init(t.opts, CFGF_NONE);
	free(t.opts);
	if (cfg != NULL)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

void
conf_parse_file(struct conf_load *l, const char *path, bool users_only)
{
	cfg_t *cfg = new_context(users_only);
	const struct conf_where *from =
	    users_only ? conf_where_key(l, SECTION_TOP, "users_file") : NULL;
	int id;

	if (cfg == NULL) {
		conf_complain(l, NULL, "out of memory; try again");
		return;
	}
	cur.load = l;
	l->users_only = users_only;
	for (id = 0; id < SECTION_COUNT; id++)
		if (conf_sections[id].titled)
			block_reset((enum conf_section_id)id);
	parse_file(cfg, path, from);
	for (id = 0; id < SECTION_COUNT; id++)
		if (conf_sections[id].titled)
			conf_values_clear(
			    (enum conf_section_id)id, titled[id].block);
	conf_free(cur.host.own); /* of a block without an end */
	cur.host.own = NULL;
	cfg_free(cfg);
}
