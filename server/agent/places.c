/* SPDX-License-Identifier: ISC */
/*
 * Places of a session: mounts and rights per path.
 *
 * They are sorted with the longest path first, so that the first one that holds
 * a path decides about it. Rights go by the path as the client writes it;
 * therefore in a root that has such paths inside, no symbolic link is followed:
 * a link would give a directory a second path with other rights.
 */
#include "server/agent/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/sockutil.h"

int
root_open(const char *path)
{
	int fd, err;

	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	/* Real and effective ids are the same here: no AT_EACCESS needed. */
	if (faccessat(fd, ".", X_OK, 0) == -1) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* ------------------------------------------------------------- loading */
static int
longer_first(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return p->len < q->len ? 1 : p->len > q->len ? -1 : 0;
}

static void
note_links(struct agent_session *s)
{
	struct place *p, *mount;

	ARRAY_FOREACH (p, s->places, s->nplaces) {
		if (p->host != NULL || strcmp(p->at, "/") == 0)
			continue;
		mount = places_mount(s, p->at);
		if (mount == NULL)
			s->no_links = true;
		else if (mount->len < p->len)
			mount->no_links = true;
	}
}

int
places_load(struct agent_session *s, const struct account *acct)
{
	char at[VPATH_MAX], host[PATH_MAX];
	struct account_place ap;
	struct place *p;
	struct rbuf r;

	rbuf_init(&r, acct->places, acct->places_len);
	while (account_place_get(&r, &ap, at, host)) {
		s->places =
		    xrealloc(s->places, (s->nplaces + 1) * sizeof(*s->places));
		p = &s->places[s->nplaces++];
		*p = (struct place){ .at = xstrdup(at),
			.len = strlen(at),
			.host = host[0] != '\0' ? xstrdup(host) : NULL,
			.has_rights = ap.has_rights,
			.rights = ap.rights,
			.line = ap.line,
			.fd = -1 };
	}
	if (s->nplaces > 0)
		qsort(s->places, s->nplaces, sizeof(*p), longer_first);
	note_links(s);
	return rbuf_end(&r);
}

void
places_free(struct agent_session *s)
{
	struct place *p;

	ARRAY_FOREACH (p, s->places, s->nplaces) {
		fd_close(&p->fd);
		free(p->at);
		free(p->host);
	}
	free(s->places);
}

/* ------------------------------------------------------------- finding */
struct place *
places_mount(const struct agent_session *s, const char *path)
{
	struct place *p;

	ARRAY_FOREACH (p, s->places, s->nplaces)
		if (p->host != NULL && vpath_is_within(path, p->at))
			return p;
	return NULL;
}

int
place_open(const struct agent_session *s, struct place *p)
{
	char at[LOG_VIS_MAX];

	if (p->fd == -1)
		p->fd = root_open(p->host);
	if (p->fd != -1)
		return p->fd;
	if (!p->complained)
		log_warn("session=%llu mount \"%s\": %s",
		    (unsigned long long)s->sid,
		    log_vis(at, sizeof(at), p->at, p->len), p->host);
	p->complained = true;
	errno = ENOENT;
	return -1;
}

/* The place whose rights are in force there; NULL: none has any. */
static const struct place *
place_of(const struct agent_session *s, const char *path)
{
	const struct place *p;

	ARRAY_FOREACH (p, s->places, s->nplaces)
		if (p->has_rights && vpath_is_within(path, p->at))
			return p;
	return NULL;
}

static uint32_t
any_rights(const struct agent_session *s)
{
	uint32_t any = s->rights;
	size_t i;

	for (i = 0; i < s->nplaces; i++)
		any |= s->places[i].has_rights ? s->places[i].rights : 0;
	return any;
}

uint32_t
places_rights(const struct agent_session *s, const char *path)
{
	const struct place *p;

	if (path[0] == '\0')
		return any_rights(s);
	p = place_of(s, path);
	return p != NULL ? p->rights : s->rights;
}

static const char *
text_of(
    const struct agent_session *s, int32_t line, const char *what, char *out)
{
	return rule_text(s->rule_files[line < 0], abs(line), what, out);
}

const char *
place_rule(const struct agent_session *s, const struct place *p, char *out)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "%s %.50s",
	    p->host != NULL ? "mount" : "path", p->at);
	return text_of(s, p->line, what, out);
}

const char *
places_rule(const struct agent_session *s, const char *path, char *out)
{
	const struct place *p = path[0] != '\0' ? place_of(s, path) : NULL;

	return p != NULL ? place_rule(s, p, out)
			 : text_of(s, s->rights_line, "rights", out);
}

const struct place *
places_hold(const struct agent_session *s, const char *path)
{
	const struct place *p;

	ARRAY_FOREACH (p, s->places, s->nplaces)
		if (vpath_is_within(p->at, path))
			return p;
	return NULL;
}

bool
places_is_root(const struct agent_session *s, const char *path)
{
	const struct place *p;

	if (strcmp(path, "/") == 0)
		return true;
	p = places_mount(s, path);
	return p != NULL && p->len == strlen(path);
}

const struct place *
places_entry(const struct agent_session *s, const char *dir, const char *name)
{
	const struct place *p;
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir), len = strlen(name);

	ARRAY_FOREACH (p, s->places, s->nplaces)
		if (p->host != NULL && p->len == n + 1 + len &&
		    memcmp(p->at, dir, n) == 0 && p->at[n] == '/' &&
		    memcmp(p->at + n + 1, name, len) == 0)
			return p;
	return NULL;
}
