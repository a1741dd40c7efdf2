/* SPDX-License-Identifier: ISC */
/*
 * The list of what an agent may reach. Nothing is opened for it that could make
 * us wait: for what lies on another machine, the directory above its mount
 * point is in the list.
 */
#include "server/agent/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/landlock.h"
#include "common/mem.h"
#include "common/sandbox.h"
#include "common/sockutil.h"
#include "common/vpath.h"
#include "server/agent/session.h"

#define MOUNTS "/proc/self/mounts"

struct mount {
	char *dir;
	size_t len;
	bool local;
};

struct mounts {
	struct mount *v;
	size_t n;
};

struct list {
	struct mounts mounts;
	struct landlock_place *v;
	size_t n;
};

/* --------------------------------------------------------------- mounts */
static bool
is_local(const char *type)
{
	static const char *const types[] = { "ext2", "ext3", "ext4", "xfs",
		"btrfs", "zfs", "f2fs", "bcachefs", "overlay", "tmpfs", "ramfs",
		"vfat", "exfat", "ntfs3", "squashfs", "erofs", "iso9660",
		"rootfs" };
	size_t i;

	for (i = 0; i < NELEM(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static void
mounts_read(struct mounts *all, const char *file)
{
	FILE *f = setmntent(file, "re");
	char buf[2 * PATH_MAX];
	struct mntent m;

	while (f != NULL && getmntent_r(f, &m, buf, sizeof(buf)) != NULL) {
		all->v = xrealloc(all->v, (all->n + 1) * sizeof(*all->v));
		all->v[all->n++] = (struct mount){ xstrdup(m.mnt_dir),
			strlen(m.mnt_dir), is_local(m.mnt_type) };
	}
	if (f != NULL)
		endmntent(f);
}

static void
mounts_free(struct mounts *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->v[i].dir);
	free(all->v);
}

/* What path is on; the later mount is on top. NULL: unknown. */
static const struct mount *
mount_of(const struct mounts *all, const char *path)
{
	const struct mount *best = NULL;
	size_t i;

	for (i = 0; i < all->n; i++)
		if ((best == NULL || all->v[i].len >= best->len) &&
		    vpath_is_within(path, all->v[i].dir))
			best = &all->v[i];
	return best;
}

static void
cut_to_local(const struct mounts *all, char *path)
{
	const struct mount *m;
	char *slash;

	while ((m = mount_of(all, path)) != NULL && !m->local && m->len > 1) {
		path[m->len] = '\0';
		slash = strrchr(path, '/');
		slash[slash == path ? 1 : 0] = '\0';
	}
}

void
confine_local_part(const char *mounts, char *path)
{
	struct mounts all = { .n = 0 };

	mounts_read(&all, mounts);
	cut_to_local(&all, path);
	mounts_free(&all);
}

/* ----------------------------------------------------------------- list */
static void
add(struct list *l, const char *path, bool changes)
{
	char *p = xmalloc(PATH_MAX);

	(void)strlcpy(p, path, PATH_MAX);
	cut_to_local(&l->mounts, p);
	l->v = xrealloc(l->v, (l->n + 1) * sizeof(*l->v));
	l->v[l->n++] = (struct landlock_place){ p, changes };
}

static void
add_account(struct list *l, const struct account *acct)
{
	char at[VPATH_MAX], host[PATH_MAX];
	struct account_place p;
	struct rbuf r;

	add(l, acct->root, true);
	rbuf_init(&r, acct->places, acct->places_len);
	while (account_place_get(&r, &p, at, host))
		if (host[0] != '\0')
			add(l, host, true);
}

/* Is that who we are? */
static bool
is_us(const struct conf_rules *r, const struct ident *service,
    const struct ident *us)
{
	struct ident id;

	if (service == NULL)
		return true;
	id = *service;
	conf_rules_ident(r, &id);
	return ident_equal(&id, us);
}

static void
add_rules(struct list *l, const struct conf_rules *r)
{
	const struct conf_place *p;

	if (r->root != NULL)
		add(l, r->root, true);
	for (p = r->places; p < r->places + r->nplaces; p++)
		if (p->is_mount)
			add(l, p->path, true);
}

static void
add_users(struct list *l, const struct config *conf, const struct ident *us,
    const struct ident *service)
{
	size_t i;

	if (conf->anonymous && is_us(&conf->anonymous_rules, service, us))
		add_rules(l, &conf->anonymous_rules);
	for (i = 0; i < conf->nusers; i++)
		if (is_us(&conf->users[i].rules, service, us))
			add_rules(l, &conf->users[i].rules);
	for (i = 0; i < conf->nhosts; i++)
		add_users(l, conf->hosts[i].own, us, service);
}

/* Names of users and groups, for listings. */
static void
add_name_service(struct list *l)
{
	static const char *const dirs[] = { "/etc", "/var/lib/sss/mc",
		"/var/lib/extrausers" };
	size_t i;

	for (i = 0; i < NELEM(dirs); i++)
		add(l, dirs[i], false);
}

void
agent_confine(const struct config *conf, const struct ident *us,
    const struct ident *service, const struct account *first)
{
	struct list l = { .n = 0 };
	int home;
	size_t i;

	if (conf->sandbox == SANDBOX_OFF)
		return;
	/* Made now if at all: what is around it is out of reach later. */
	home = agent_home_open(first);
	mounts_read(&l.mounts, MOUNTS);
	add_name_service(&l);
	add_account(&l, first);
	add_users(&l, conf, us, service);
	sandbox_enter(SANDBOX_AGENT, conf->sandbox, l.v, l.n);
	for (i = 0; i < l.n; i++)
		free((char *)(uintptr_t)l.v[i].path);
	free(l.v);
	mounts_free(&l.mounts);
	fd_close(&home);
}

bool
agent_reaches(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		close(fd);
	return fd != -1 || errno != EACCES ||
	       faccessat(dir, ".", R_OK, 0) == -1;
}
