/* SPDX-License-Identifier: ISC */
/*
 * One agent session on a temporary directory.
 */
#include "agent_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"

struct fixture f;
int store_fd = -1;
uint64_t store_at, store_limit;
char store_path[VPATH_MAX];

static void
become_nobody(void)
{
	ck_assert_int_eq(chown(f.top, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
}

void
fixture_dir(void)
{
	memset(&f, 0, sizeof(f));
	strlcpy(f.top, "/tmp/ternftpd-agent-XXXXXX", sizeof(f.top));
	ck_assert_ptr_nonnull(mkdtemp(f.top));
	if (geteuid() == 0)
		become_nobody();
	umask(0);
	log_open("none");
	snprintf(f.dir, sizeof(f.dir), "%.200s/root", f.top);
	ck_assert_int_eq(mkdir(f.dir, 0755), 0);
	ident_self(&f.ident);
	f.conf.upload_mode = CONF_UPLOAD_ATOMIC;
	f.conf.upload_resume = true;
	f.conf.show_dotfiles = true;
	f.conf.list_sort_max = 2000;
	f.conf.mlsd_links = CONF_LINKS_FOLLOW;
	strlcpy(f.acct.name, "anna", sizeof(f.acct.name));
	strlcpy(f.acct.root, f.dir, sizeof(f.acct.root));
	strlcpy(f.acct.start_dir, "/", sizeof(f.acct.start_dir));
	f.acct.ident = f.ident;
	f.acct.rights = RIGHTS_FULL;
	f.acct.umask = 022;
	f.chan = f.m.fd = -1;
	f.bufs = xcalloc(1, sizeof(*f.bufs));
}

void
fixture_session(void)
{
	int fds[2];

	agent_session_free(f.s);
	if (f.chan != -1)
		close(f.chan);
	ck_assert_int_eq(ipc_pair(fds), 0);
	f.chan = fds[0];
	f.s = agent_session_new(&f.conf, &f.ident, 7, fds[1], &f.acct);
	ck_assert_ptr_nonnull(f.s);
}

void
fixture_setup(void)
{
	fixture_dir();
	fixture_session();
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	return remove(path);
}

/* So that what a test has locked can be removed. */
static int
unlock_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	if (type == FTW_D || type == FTW_DNR)
		chmod(path, 0700);
	return 0;
}

void
fixture_teardown(void)
{
	if (f.s != NULL) {
		ipc_msg_done(&f.m);
		agent_session_free(f.s);
		close(f.chan);
	}
	if (store_fd != -1)
		close(store_fd);
	free(f.bufs);
	chmod(f.dir, 0700);
	nftw(f.top, unlock_one, 16, FTW_PHYS);
	nftw(f.top, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

int
ask_raw(int fd)
{
	ipc_msg_done(&f.m);
	f.m.fd = -1;
	ck_assert_int_eq(ipc_send(f.chan, &f.w, fd), IPC_OK);
	if (agent_session_handle(f.s, f.bufs) != HANDLE_DONE)
		return ASK_CLOSED;
	ck_assert_int_eq(ipc_recv(f.chan, f.in, &f.m), IPC_OK);
	return get_u8(&f.m.body);
}

int
ask(uint16_t type, const char *fields, ...)
{
	va_list ap;
	int status;

	ipc_begin(&f.w, f.out, sizeof(f.out), type);
	va_start(ap, fields);
	for (; *fields != '\0'; fields++) {
		if (*fields == '1')
			put_u8(&f.w, (uint8_t)va_arg(ap, unsigned));
		else if (*fields == '4')
			put_u32(&f.w, va_arg(ap, unsigned));
		else if (*fields == '8')
			put_u64(&f.w, va_arg(ap, uint64_t));
		else
			put_str(&f.w, va_arg(ap, const char *));
	}
	va_end(ap);
	status = ask_raw(-1);
	if (status != ASK_CLOSED)
		ck_assert_int_eq(f.m.type, type);
	if (status != FS_OK && status != ASK_CLOSED) {
		ask_end();
		ck_assert_int_eq(f.m.fd, -1);
	}
	return status;
}

int
opened(void)
{
	return f.m.fd != -1 ? f.m.fd : f.s->file;
}

const char *
host(const char *name)
{
	static char path[4][PATH_MAX];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%.300s/%.3000s", f.dir, name);
	return path[i];
}

void
put_file(const char *name, const char *text)
{
	size_t n = strlen(text);
	int fd;

	fd = open(host(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	close(fd);
}

const char *
get_file(const char *name)
{
	static char text[64 * 1024];
	ssize_t n;
	int fd;

	fd = open(host(name), O_RDONLY | O_NONBLOCK);
	if (fd == -1)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	return text;
}

bool
is_there(const char *name)
{
	struct stat st;

	return lstat(host(name), &st) == 0;
}

mode_t
mode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(host(name), &st), 0);
	return st.st_mode & 07777;
}

int
count_names(const char *name)
{
	DIR *d = opendir(host(name));
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

/* ------------------------------------------------------------- uploads */

int
store(unsigned mode, uint64_t offset, const char *path)
{
	int status;

	status = ask(FS_STORE, "118p", mode, 0u, offset, path);
	if (status != FS_OK)
		return status;
	get_str(&f.m.body, store_path, sizeof(store_path));
	store_at = get_u64(&f.m.body);
	store_limit = get_u64(&f.m.body);
	ck_assert_uint_eq(get_u8(&f.m.body), FILE_READY);
	ask_end();
	ck_assert_int_ne(f.m.fd, -1);
	if (store_fd != -1)
		close(store_fd);
	store_fd = f.m.fd;
	f.m.fd = -1;
	return FS_OK;
}

int
commit(uint64_t size)
{
	int status = ask(FS_COMMIT, "8", size);

	if (status == FS_OK)
		ask_end();
	return status;
}

int
abandon(int keep)
{
	int status = ask(FS_ABANDON, "1", (unsigned)keep);

	ask_end();
	return status;
}

int
upload(unsigned mode, uint64_t offset, const char *path, const char *text)
{
	size_t n = strlen(text);
	int status;

	status = store(mode, offset, path);
	if (status != FS_OK)
		return status;
	ck_assert_int_eq(write(store_fd, text, n), (ssize_t)n);
	return commit(store_at + n);
}

int
check_only(unsigned mode, uint64_t offset, const char *path)
{
	int status = ask(FS_STORE, "118p", mode, 1u, offset, path);

	if (status == FS_OK) {
		get_str(&f.m.body, store_path, sizeof(store_path));
		ask_end();
		ck_assert_int_eq(f.m.fd, -1);
	}
	return status;
}

void
feed(const char *text)
{
	size_t n = strlen(text);

	ck_assert_int_eq(write(store_fd, text, n), (ssize_t)n);
}

int64_t
size_of(const char *path, bool *partial_r)
{
	uint64_t size;

	if (ask(FS_STAT, "p", path) != FS_OK)
		return -1;
	get_u32(&f.m.body);
	size = get_u64(&f.m.body);
	get_i64(&f.m.body);
	*partial_r = get_u8(&f.m.body);
	ask_end();
	return (int64_t)size;
}

void
tick(void)
{
	struct stat first, now;
	int i;

	put_file("tick", "");
	ck_assert_int_eq(stat(host("tick"), &first), 0);
	for (i = 0; i < 1000; i++) {
		put_file("tick", "x");
		ck_assert_int_eq(stat(host("tick"), &now), 0);
		if (now.st_ctim.tv_nsec != first.st_ctim.tv_nsec)
			break;
		poll(NULL, 0, 1);
	}
	unlink(host("tick"));
}

void
swap_session(struct other *o)
{
	struct other now = { f.s, f.chan };

	f.s = o->s;
	f.chan = o->chan;
	*o = now;
}

void
second_session(struct other *first)
{
	first->s = f.s;
	first->chan = f.chan;
	f.s = NULL;
	f.chan = -1;
	fixture_session();
}

void
close_session(struct other *o)
{
	agent_session_free(o->s);
	close(o->chan);
}

/* ------------------------------------------------------------ listings */

const char *
list_all(unsigned style, unsigned flags, unsigned facts, const char *path,
    const char *arg, int *status_r)
{
	static char *all;
	size_t len = 0, n;
	const void *text;
	uint8_t more;

	all = xrealloc(all, 1);
	*status_r = ask(FS_LIST, "1444ps", style, flags, facts, 0u, path, arg);
	while (*status_r == FS_OK) {
		more = get_u8(&f.m.body);
		text = get_bytes(&f.m.body, &n);
		ask_end();
		all = xrealloc(all, len + n + 1);
		memcpy(all + len, text, n);
		len += n;
		if (more != LIST_MORE)
			break;
		*status_r = ask(FS_LIST_NEXT, "");
	}
	all[len] = '\0';
	return all;
}
