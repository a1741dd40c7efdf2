/* SPDX-License-Identifier: ISC */
/*
 * Pipes that carry pages from a socket to a file (splice(2)): a few are kept,
 * because making one costs more than moving a small file.
 */
#include <fcntl.h>
#include <unistd.h>

#include "common/sockutil.h"
#include "server/worker/xfer_priv.h"

#define POOL_SIZE 8

static int pool[POOL_SIZE][2];
static unsigned pooled;

/*
 * The kernel limits the memory of all pipes of a user, and then gives small
 * ones: reading and writing is better than those.
 */
static int
pipe_new(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
		fds[0] = fds[1] = -1;
		return -1;
	}
	if (fcntl(fds[1], F_SETPIPE_SZ, XFER_PIPE_SIZE) >= 0)
		return 0;
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	return -1;
}

int
xfer_pipe_get(int fds[2])
{
	if (pooled == 0)
		return pipe_new(fds);
	pooled--;
	fds[0] = pool[pooled][0];
	fds[1] = pool[pooled][1];
	return 0;
}

void
xfer_pipe_put(int fds[2], bool empty)
{
	if (empty && pooled < POOL_SIZE) {
		pool[pooled][0] = fds[0];
		pool[pooled][1] = fds[1];
		pooled++;
		fds[0] = fds[1] = -1;
		return;
	}
	fd_close(&fds[0]);
	fd_close(&fds[1]);
}

void
xfer_pipes_clear(void)
{
	while (pooled > 0) {
		pooled--;
		fd_close(&pool[pooled][0]);
		fd_close(&pool[pooled][1]);
	}
}
