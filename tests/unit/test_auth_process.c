/* SPDX-License-Identifier: ISC */
/*
 * The auth process over its channel: answers, malformed messages, the end.
 */
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "server/account.h"
#include "server/proto.h"
#include "server/roles.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static struct config *conf;
static pid_t pid;
static int fd;

static void
start(const char *text)
{
	char *err = NULL;
	int fds[2];

	conf = conf_load(temp_file("ftpd.conf", text), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	ck_assert_int_eq(ipc_pair(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(fds[0]);
		log_open("none");
		auth_main(conf, fds[1]);
	}
	close(fds[1]);
	fd = fds[0];
}

/* Waits for the process and returns how it ended. */
static int
end(void)
{
	int status;

	close(fd);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	conf_free(conf);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
put_check(struct wbuf *b, void *mem, size_t size, uint64_t id, const char *user,
    const char *password)
{
	struct addr peer = { .family = 4, .ip = { 127, 0, 0, 1 } };

	ipc_begin(b, mem, size, MA_CHECK);
	put_u64(b, id);
	put_u8(b, ASK_PASSWORD);
	put_str(b, user);
	put_str(b, password);
	addr_put(b, &peer);
	put_u8(b, 0);
	put_str(b, "");
	put_str(b, "");
}

static void
ask(uint64_t id, const char *user, const char *password)
{
	uint8_t mem[4096];
	struct wbuf b;

	put_check(&b, mem, sizeof(mem), id, user, password);
	ck_assert_int_eq(ipc_send(fd, &b, -1), IPC_OK);
}

static enum ipc_result
receive(struct ipc_msg *m)
{
	static uint8_t mem[IPC_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	return ipc_recv(fd, mem, m);
}

static void
expect(uint64_t id, enum verdict verdict, const char *reason,
    struct account *account)
{
	char text[PROTO_REASON_MAX], rule[RULE_MAX];
	struct ipc_msg m;

	ck_assert_int_eq(receive(&m), IPC_OK);
	ck_assert_uint_eq(m.type, AM_RESULT);
	ck_assert_uint_eq(get_u64(&m.body), id);
	ck_assert_uint_eq(get_u8(&m.body), verdict);
	get_str(&m.body, text, sizeof(text));
	get_str(&m.body, rule, sizeof(rule));
	if (verdict == V_OK)
		account_get(&m.body, account);
	ck_assert_int_eq(rbuf_end(&m.body), 0);
	if (reason != NULL)
		ck_assert_str_eq(text, reason);
}

/* Whether root or not: the process becomes the service user. */
static const char text[] = "service_user = nobody\n"
			   "empty_dir = empty\n"
			   "anonymous { enabled = yes root = /srv }\n"
			   "user joe { password = \"*\" root = / }\n";

START_TEST(test_answers)
{
	struct account account;

	ck_assert_int_eq(mkdir(temp_path("empty"), 0755), 0);
	ck_assert_int_eq(chmod(temp_path(""), 0755), 0);
	start(text);
	ask(7, "ftp", "x");
	expect(7, V_OK, NULL, &account);
	ck_assert_str_eq(account.name, "anonymous");
	ck_assert_str_eq(account.root, "/srv");
	/* Several may wait in the channel; each is answered in turn. */
	ask(8, "joe", "x");
	ask(1ULL << 60, "eve", "");
	expect(8, V_DENIED, "bad-password", NULL);
	expect(1ULL << 60, V_DENIED, "no-such-user", NULL);
	ck_assert_int_eq(end(), 0);
}
END_TEST

/* What the monitor must not send; the process ends with an error. */
START_TEST(test_malformed)
{
	uint8_t mem[4096], name[PROTO_USER_MAX + 1];
	struct ipc_msg m;
	struct wbuf b;
	int extra = -1;

	ck_assert_int_eq(mkdir(temp_path("empty"), 0755), 0);
	start(text);
	put_check(&b, mem, sizeof(mem), 1, "ftp", "x");
	switch (_i) {
	case 0:
		b.len--;
		break;
	case 1:
		put_u8(&b, 0);
		break;
	case 2:
		ipc_begin(&b, mem, sizeof(mem), AM_RESULT);
		break;
	case 3:
		memset(name, 'x', sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		put_check(&b, mem, sizeof(mem), 1, (char *)name, "x");
		break;
	default:
		extra = open("/dev/null", O_RDONLY);
	}
	ck_assert_int_eq(ipc_send(fd, &b, extra), IPC_OK);
	ck_assert_int_eq(receive(&m), IPC_EOF);
	ck_assert_int_eq(end(), 1);
	if (extra != -1)
		close(extra);
}
END_TEST

/* The monitor is gone: a good end. */
START_TEST(test_eof)
{
	ck_assert_int_eq(mkdir(temp_path("empty"), 0755), 0);
	start(text);
	ck_assert_int_eq(end(), 0);
}
END_TEST

/* As root: no privilege is left, and no way back to the files. */
START_TEST(test_privilege)
{
	char path[64], line[256], root[PATH_MAX];
	struct account account;
	int found = 0;
	FILE *f;
	ssize_t n;

	if (geteuid() != 0) {
		fprintf(stderr, "test_privilege: skipped, needs root\n");
		return;
	}
	ck_assert_int_eq(mkdir(temp_path("empty"), 0755), 0);
	start(text);
	ask(1, "ftp", "x");
	expect(1, V_OK, NULL, &account);
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "Uid:", 4) == 0)
			found += strstr(line, "\t0\t") == NULL;
		if (strncmp(line, "CapEff:", 7) == 0 ||
		    strncmp(line, "CapPrm:", 7) == 0)
			found += strspn(line + 8, "0") == 16;
	}
	fclose(f);
	ck_assert_int_eq(found, 3);
	snprintf(path, sizeof(path), "/proc/%ld/root", (long)pid);
	n = readlink(path, root, sizeof(root) - 1);
	ck_assert_int_gt(n, 0);
	root[n] = '\0';
	ck_assert_str_eq(root, temp_path("empty"));
	ck_assert_int_eq(end(), 0);
}
END_TEST

Suite *
suite_auth_process(void)
{
	Suite *s = suite_create("auth_process");
	TCase *tc = tcase_create("process");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_test(tc, test_answers);
	tcase_add_loop_test(tc, test_malformed, 0, 5);
	tcase_add_test(tc, test_eof);
	tcase_add_test(tc, test_privilege);
	suite_add_tcase(s, tc);
	return s;
}
