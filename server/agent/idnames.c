/* SPDX-License-Identifier: ISC */
/*
 * Names of users and groups for LIST, remembered.
 *
 * A look-up may ask a directory service, so the lock protects the table alone
 * and is not held meanwhile; two threads may then ask the same. The table is
 * a ring: when it is full the oldest entry goes.
 */
#include "server/agent/idnames.h"

#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define IDNAMES 128

struct idname {
	uint32_t id;
	char name[IDNAME_MAX];
};

struct table {
	struct idname v[IDNAMES];
	unsigned n, next;
	void (*lookup)(char *out, uint32_t id);
};

static void lookup_user(char *out, uint32_t uid);
static void lookup_group(char *out, uint32_t gid);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct table users = { .lookup = lookup_user };
static struct table groups = { .lookup = lookup_group };

void
idname_digits(char *out, uint32_t id)
{
	snprintf(out, IDNAME_MAX, "%u", (unsigned)id);
}

/* A name that would break the columns of a line is not used. */
static bool
set_name(char *out, const char *name)
{
	const char *p;

	if (name[0] == '\0' || strlen(name) >= IDNAME_MAX)
		return false;
	for (p = name; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	}
	(void)strlcpy(out, name, IDNAME_MAX);
	return true;
}

static void
lookup_user(char *out, uint32_t uid)
{
	struct passwd pw, *found = NULL;
	char buf[1024];

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) != 0 ||
	    found == NULL || !set_name(out, pw.pw_name))
		idname_digits(out, uid);
}

static void
lookup_group(char *out, uint32_t gid)
{
	struct group gr, *found = NULL;
	char buf[8192]; /* the members are in there too */

	if (getgrgid_r(gid, &gr, buf, sizeof(buf), &found) != 0 ||
	    found == NULL || !set_name(out, gr.gr_name))
		idname_digits(out, gid);
}

static bool
table_get(struct table *t, char *out, uint32_t id)
{
	bool found = false;
	unsigned i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < t->n && !found; i++) {
		found = t->v[i].id == id;
		if (found)
			(void)strlcpy(out, t->v[i].name, IDNAME_MAX);
	}
	pthread_mutex_unlock(&lock);
	return found;
}

static void
table_put(struct table *t, const char *name, uint32_t id)
{
	pthread_mutex_lock(&lock);
	t->v[t->next].id = id;
	(void)strlcpy(t->v[t->next].name, name, IDNAME_MAX);
	t->next = (t->next + 1) % IDNAMES;
	if (t->n < IDNAMES)
		t->n++;
	pthread_mutex_unlock(&lock);
}

static void
find(struct table *t, char *out, uint32_t id)
{
	if (table_get(t, out, id))
		return;
	t->lookup(out, id);
	table_put(t, out, id);
}

void
idname_user(char *out, uint32_t uid)
{
	find(&users, out, uid);
}

void
idname_group(char *out, uint32_t gid)
{
	find(&groups, out, gid);
}

void
idnames_init(uint32_t uid, uint32_t gid)
{
	char name[IDNAME_MAX];

	idname_user(name, uid);
	idname_group(name, gid);
}
