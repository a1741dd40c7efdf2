/* SPDX-License-Identifier: ISC */
/*
 * What a directory has to say to who enters it: a file of the name
 * directory_message, shown once in a session. Anybody may have written it, so
 * it is small, a regular file and no link, and its text is cleaned.
 */
#include "server/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sockutil.h"
#include "server/agent/ops.h"
#include "server/agent/resolve.h"

#define TOLD_MAX 64 /* of more the oldest are forgotten */

struct told {
	dev_t dev;
	ino_t ino;
};

static int
open_file(int dir, const char *name)
{
	struct stat st;
	int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)))
		fd_close(&fd);
	return fd;
}

/* False if there is nothing to be said. */
static bool
read_text(int dir, const char *name, char text[MESSAGE_SIZE])
{
	int fd = open_file(dir, name);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, text, MESSAGE_SIZE - 1);
	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	message_clean(text, MESSAGE_MAX_LINES);
	return text[0] != '\0';
}

/* Was it told before? If not, it is now. */
static bool
is_told(struct agent_session *s, int dir)
{
	struct told *t;
	struct stat st;
	unsigned i, n = s->ntold < TOLD_MAX ? s->ntold : TOLD_MAX;

	if (fstat(dir, &st) == -1)
		return true;
	for (i = 0; i < n; i++)
		if (s->told[i].dev == st.st_dev && s->told[i].ino == st.st_ino)
			return true;
	if (n < TOLD_MAX)
		s->told = xrealloc(s->told, (n + 1) * sizeof(*s->told));
	t = &s->told[s->ntold++ % TOLD_MAX];
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	return false;
}

enum fs_status
agent_message(struct agent_session *s, struct agent_req *r)
{
	const char *name = s->conf->directory_message;
	char text[MESSAGE_SIZE];
	int dir = resolve_open(s, r->path, O_PATH | O_DIRECTORY);

	if (dir == -1)
		return req_errno(r);
	if (name == NULL || !read_text(dir, name, text) || is_told(s, dir))
		text[0] = '\0';
	fd_close(&dir);
	put_str(&r->out, text);
	return FS_OK;
}
