/* SPDX-License-Identifier: ISC */
/*
 * The file of the control socket: made, checked, replaced and removed.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/control.h"

#define BACKLOG 16
#define GROUPS_MAX 1024

/* The path of this configuration, or NULL for none. */
static const char *
socket_path(const struct monitor *m, const struct config *conf)
{
	const char *path = conf->control_socket;

	if (m->inetd)
		return NULL;
	if (path == NULL)
		return m->privileged ? CONF_CONTROL_SOCKET : NULL;
	return strcmp(path, "none") == 0 ? NULL : path;
}

/* ------------------------------------------------------------------- peer */
static bool
peer_in_group(int fd, const struct ucred *peer, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups), i;

	if (peer->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1)
		return false;
	for (i = 0; i < len / sizeof(gid_t); i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool
control_peer_allowed(const struct monitor *m, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return false;
	return peer.uid == 0 || peer.uid == geteuid() ||
	       (m->conf->control_group.set &&
		   peer_in_group(fd, &peer, m->conf->control_group.id));
}

/* ------------------------------------------------------------------- file */
static int
fail(char *err, size_t size, const char *path, const char *why)
{
	snprintf(err, size, "control_socket %s: %s", path, why);
	return -1;
}

/* Removes the file that a dead server has left. */
static int
clear_path(const struct sockaddr_un *sun, char *err, size_t size)
{
	struct stat st;
	int fd, living;

	if (lstat(sun->sun_path, &st) == -1)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return fail(err, size, sun->sun_path,
		    "something that is no socket is there; remove it or name "
		    "another path");
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return fail(err, size, sun->sun_path, strerror(errno));
	living = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
		 errno != ECONNREFUSED;
	close(fd);
	if (living)
		return fail(err, size, sun->sun_path,
		    "another server answers there; stop it, or give this one a "
		    "control_socket of its own");
	(void)unlink(sun->sun_path);
	return 0;
}

/* Gives it to the group that may use it too. 0, or -1 with errno. */
static int
set_group(const char *path, const struct config *conf)
{
	const struct conf_id *group = &conf->control_group;

	if (chown(path, (uid_t)-1, group->set ? group->id : getegid()) == -1)
		return -1;
	return chmod(path, group->set ? 0660 : 0600);
}

/* From the beginning nobody but its owner may connect. */
static int
bind_path(int fd, const struct sockaddr_un *sun, const struct config *conf)
{
	mode_t mask = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)sun, sizeof(*sun));

	umask(mask);
	if (rc == 0)
		rc = set_group(sun->sun_path, conf);
	return rc == 0 ? listen(fd, BACKLOG) : -1;
}

static int
open_socket(const char *path, const struct config *conf, char *err, size_t size)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		return fail(err, size, path,
		    "the path is too long for a socket; name a shorter one");
	if (clear_path(&sun, err, size) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 || bind_path(fd, &sun, conf) == -1) {
		(void)fail(err, size, path, strerror(errno));
		fd_close(&fd);
		return -1;
	}
	return fd;
}

int
control_open(const struct monitor *m, const struct config *conf,
    struct control_socket *s, char *err, size_t size)
{
	const char *path = socket_path(m, conf);
	const struct control_socket *old = &m->control.sock;
	struct stat st;

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	if (path == NULL)
		return 0;
	s->keep = old->path != NULL && strcmp(old->path, path) == 0;
	if (s->keep)
		return set_group(path, conf) == 0
			   ? 0
			   : fail(err, size, path, strerror(errno));
	if (conf->control_socket == NULL)
		monitor_make_parent(path);
	s->fd = open_socket(path, conf, err, size);
	if (s->fd == -1 && conf->control_socket == NULL) {
		/* Nobody asked for it: the server is of use without. */
		log_warnx("no control socket: %s", err);
		return 0;
	}
	if (s->fd == -1)
		return -1;
	s->path = xstrdup(path);
	if (lstat(path, &st) == 0)
		s->ino = st.st_ino;
	return 0;
}

/* The file goes if it is still the one that was made. */
void
control_socket_close(struct control_socket *s)
{
	struct stat st;

	if (s->fd != -1 && lstat(s->path, &st) == 0 && st.st_ino == s->ino)
		(void)unlink(s->path);
	fd_close(&s->fd);
	free(s->path);
	s->path = NULL;
}
