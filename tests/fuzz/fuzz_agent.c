/* SPDX-License-Identifier: ISC */
/*
 * What a broken worker may send to its file agent: a row of requests, each
 * with its length before it, to a session on a directory of its own. Nothing
 * outside of that directory changes, and every answer is one.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "server/agent/ops.h"
#include "server/agent/rmtree.h"
#include "server/rights.h"
#include "tests/fuzz/fuzz.h"

#define REQUESTS_MAX 64 /* of one input */

static char top[] = "/tmp/ternftpd-fuzz-XXXXXX";
static int topfd;
static struct config conf;
static struct ident ident;
static struct account account;

static void
remove_top(void)
{
	(void)unlinkat(topfd, "outside", 0);
	(void)rmdir(top);
}

static void
prepare(void)
{
	int fd;

	if (topfd != 0)
		return;
	log_open("none");
	REQUIRE(mkdtemp(top) != NULL);
	topfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(topfd > 0);
	fd = openat(topfd, "outside", O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	REQUIRE(fd != -1);
	close(fd);
	atexit(remove_top);
	ident_self(&ident);
	conf.upload_resume = true;
	conf.list_sort_max = 3;
	strlcpy(account.name, "fuzz", sizeof(account.name));
	snprintf(account.root, sizeof(account.root), "%s/root", top);
	account.rights = RIGHTS_FULL;
	account.umask = 022;
}

/* Half of the configurations, by the input's first byte. */
static struct agent_session *
start(struct input *in)
{
	uint64_t how = input_uint(in, 1);
	struct agent_session *s;

	conf.upload_mode = how & 1 ? CONF_UPLOAD_IN_PLACE : CONF_UPLOAD_ATOMIC;
	conf.mlsd_links = how & 2 ? CONF_LINKS_SLINK : CONF_LINKS_FOLLOW;
	conf.hide_ids = how & 4;
	conf.list_localtime = how & 8;
	REQUIRE(mkdirat(topfd, "root", 0755) == 0);
	REQUIRE(symlinkat("../outside", topfd, "root/out") == 0);
	REQUIRE(symlinkat("..", topfd, "root/up") == 0);
	REQUIRE(mkfifoat(topfd, "root/fifo", 0666) == 0);
	s = agent_session_new(&conf, &ident, 1, -1, &account);
	REQUIRE(s != NULL);
	return s;
}

static void
finish(struct agent_session *s)
{
	struct stat st;
	int err;

	agent_session_free(s);
	REQUIRE(fstatat(topfd, "outside", &st, AT_SYMLINK_NOFOLLOW) == 0);
	REQUIRE(S_ISREG(st.st_mode) && st.st_size == 0);
	REQUIRE((st.st_mode & 0777) == 0640);
	REQUIRE(fchmodat(topfd, "root", 0700, 0) == 0);
	REQUIRE(rmtree(topfd, "root", &err) == FS_OK);
}

/* What comes along where it should, and now and then something else. */
static int
descriptor_for(uint16_t type, struct input *in)
{
	if (type == FS_KEEP && input_uint(in, 1) < 250)
		return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	return type == FS_KEEP ? dup(0) : -1;
}

/* One request; false if the channel would be closed. */
static bool
request(struct agent_session *s, struct agent_bufs *b, struct input *in)
{
	size_t len = (size_t)input_uint(in, 2);
	struct ipc_msg m = { .fd = -1 };
	enum fs_status status;

	if (len > in->n)
		len = in->n;
	rbuf_init(&m.body, in->p, len);
	in->p += len;
	in->n -= len;
	m.type = get_u16(&m.body);
	m.fd = descriptor_for(m.type, in);
	status = op_run(s, b, &m);
	ipc_msg_done(&m);
	REQUIRE(status <= FS_STATUS_COUNT);
	if (status == REQ_MALFORMED)
		return false;
	REQUIRE(b->req.out.err == 0 && b->req.out.len <= IPC_MAX);
	REQUIRE(b->req.out.p[2] == status);
	REQUIRE(status == FS_OK || b->req.fd == -1);
	/* Uploads of a few bytes, whatever is asked. */
	if (b->req.fd_stays)
		REQUIRE(write(b->req.fd, "text", 4) == 4);
	else if (b->req.fd != -1)
		close(b->req.fd);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct agent_bufs *bufs;
	struct input in = { data, size };
	struct agent_session *s;
	int i;

	if (bufs == NULL)
		bufs = xcalloc(1, sizeof(*bufs));
	umask(0);
	prepare();
	s = start(&in);
	for (i = 0; i < REQUESTS_MAX && in.n > 0; i++) {
		if (!request(s, bufs, &in))
			break;
	}
	finish(s);
	return 0;
}
