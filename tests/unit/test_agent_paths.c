/* SPDX-License-Identifier: ISC */
/*
 * The agent's walls: paths never leave the root (R37, proftpd and LightFTP
 * style escapes), nothing but regular files is opened, and a worker that sends
 * nonsense loses its channel.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent_fixture.h"
#include "common/mem.h"
#include "suites.h"

/* A file beside the root that must never be reached, and links to it. */
static void
setup_outside(void)
{
	char secret[PATH_MAX];

	fixture_setup();
	snprintf(secret, sizeof(secret), "%.300s/secret", f.top);
	ck_assert_int_eq(symlink(secret, host("absolute")), 0);
	ck_assert_int_eq(symlink("../secret", host("relative")), 0);
	ck_assert_int_eq(symlink("..", host("up")), 0);
	ck_assert_int_eq(symlink(f.top, host("top")), 0);
	ck_assert_int_eq(symlink("up", host("upup")), 0);
	ck_assert_int_eq(mkdir(host("d"), 0755), 0);
	ck_assert_int_eq(symlink("../../..", host("d/far")), 0);
	put_file("../secret", "outside");
}

static const char *const escapes[] = {
	"/absolute",
	"/relative",
	"/up/secret",
	"/top/secret",
	"/upup/secret",
	"/d/far/secret",
	"/up/up/up/secret",
};

START_TEST(no_reading_outside)
{
	const char *path = escapes[_i];
	int status;

	ck_assert_str_eq(get_file("../secret"), "outside");
	ck_assert_int_eq(ask(FS_STAT, "p", path), FS_MISSING);
	ck_assert_int_eq(ask(FS_OPEN, "p", path), FS_MISSING);
	list_all(LIST_LONG, LISTF_SELF | LISTF_FOLLOW, 0, path, path, &status);
	ck_assert_int_ne(status, ASK_CLOSED);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0600u, path), FS_MISSING);
	ck_assert_int_eq(ask(FS_UTIME, "8p", (uint64_t)1, path), FS_MISSING);
	ck_assert_int_eq(mode_of("../secret"), 0644);
}
END_TEST

/* "up" leads to the root itself, so what is created there is inside. */
START_TEST(no_writing_outside)
{
	ck_assert_int_eq(ask(FS_MKDIR, "p1", "/up/new", 0u), FS_OK);
	ck_assert(is_there("new"));
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/up/secret", "x"), FS_OK);
	ck_assert_str_eq(get_file("secret"), "x");
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/d/far/s2", "y"), FS_OK);
	ck_assert_str_eq(get_file("s2"), "y");
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/relative", "z"), FS_OK);
	ck_assert_str_eq(get_file("secret"), "z");
	/* An absolute link means a directory that the root does not have. */
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/absolute"), FS_NO_PARENT);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/top/x"), FS_NO_PARENT);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/s2", "/up/s3"), FS_OK);
	ck_assert(is_there("s3"));
	ck_assert_int_eq(ask(FS_DELETE, "p", "/up/secret"), FS_OK);
	ck_assert_int_eq(ask(FS_RMDIR, "p1", "/up/new", 0u), FS_OK);
	ck_assert_str_eq(get_file("../secret"), "outside");
	ck_assert_int_eq(count_names(".."), 2);
}
END_TEST

/* Links inside the root work, absolute ones count from it. */
START_TEST(links_inside_work)
{
	char target[16];

	put_file("d/file", "inside");
	ck_assert_int_eq(symlink("/d/file", host("l1")), 0);
	ck_assert_int_eq(symlink("d", host("l2")), 0);
	ck_assert_int_eq(symlink("l1", host("l3")), 0);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/l3"), FS_OK);
	ck_assert_int_eq(get_u64(&f.m.body), 6);
	ck_assert_int_eq(read(opened(), target, sizeof(target)), 6);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/l2"), FS_OK);
	ck_assert_int_eq(ask(FS_STAT, "p", "/l2/file"), FS_OK);
	/* An upload goes where the link leads; the link stays a link. */
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/l3", "new"), FS_OK);
	ck_assert_str_eq(get_file("d/file"), "new");
	ck_assert_int_eq(readlink(host("l3"), target, sizeof(target)), 2);
	ck_assert_int_eq(symlink("d/later", host("l4")), 0);
	ck_assert_int_eq(upload(STORE_REPLACE, 0, "/l4", "late"), FS_OK);
	ck_assert_str_eq(get_file("d/later"), "late");
}
END_TEST

START_TEST(link_loops)
{
	ck_assert_int_eq(symlink("b", host("a")), 0);
	ck_assert_int_eq(symlink("a", host("b")), 0);
	ck_assert_int_eq(ask(FS_STAT, "p", "/a"), FS_LOOP);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/a"), FS_LOOP);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/a"), FS_LOOP);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/a"), FS_OK);
}
END_TEST

/* With "/" as root even the links of /proc are refused. */
START_TEST(no_magic_links)
{
	int status;

	strlcpy(f.acct.root, "/", sizeof(f.acct.root));
	fixture_session();
	status = ask(FS_OPEN, "p", "/proc/self/root/etc/passwd");
	ck_assert(status == FS_LOOP || status == FS_MISSING);
	status = ask(FS_OPEN, "p", "/proc/self/exe");
	ck_assert(status == FS_LOOP || status == FS_MISSING);
}
END_TEST

/* ----------------------------------------------------- what is no file */

/* Each would hang or have effects if it were opened; R8 and protocol 7.3. */
START_TEST(no_fifo_no_socket)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	ck_assert_int_eq(mkfifo(host("fifo"), 0666), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%.90s/sock", f.dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/fifo"), FS_NOT_REGULAR);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/sock"), FS_NOT_REGULAR);
	ck_assert_int_eq(ask(FS_OPEN, "p", "/"), FS_NOT_REGULAR);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/fifo"), FS_NOT_REGULAR);
	ck_assert_int_eq(store(STORE_APPEND, 0, "/fifo"), FS_NOT_REGULAR);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/sock"), FS_NOT_REGULAR);
	ck_assert_int_eq(ask(FS_CHMOD, "4p", 0600u, "/fifo"), FS_NOT_REGULAR);
	ck_assert_int_eq(ask(FS_CHDIR, "p", "/fifo"), FS_NOT_DIR);
	/* They exist and can be removed all the same. */
	ck_assert_int_eq(ask(FS_STAT, "p", "/fifo"), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/fifo"), FS_OK);
	ck_assert_int_eq(ask(FS_DELETE, "p", "/sock"), FS_OK);
	close(fd);
}
END_TEST

START_TEST(no_device)
{
	strlcpy(f.acct.root, "/dev", sizeof(f.acct.root));
	fixture_session();
	ck_assert_int_eq(ask(FS_OPEN, "p", "/null"), FS_NOT_REGULAR);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/null"), FS_NOT_REGULAR);
}
END_TEST

START_TEST(in_place_refuses_too)
{
	ck_assert_int_eq(mkfifo(host("fifo"), 0666), 0);
	f.conf.upload_mode = CONF_UPLOAD_IN_PLACE;
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/fifo"), FS_NOT_REGULAR);
}
END_TEST

/* ------------------------------------------------------ broken workers */

static const char *const bad_paths[] = {
	"",
	"a",
	"//",
	"/a/",
	"/a//b",
	"/.",
	"/..",
	"/a/../b",
	"/a/..",
	"/./a",
	"../a",
	"./a",
};

START_TEST(bad_paths_close)
{
	const char *bad = bad_paths[_i];

	put_file("a", "");
	ck_assert_int_eq(ask(FS_STAT, "p", bad), ASK_CLOSED);
	ck_assert_int_eq(ask(FS_RENAME, "pp", "/a", bad), ASK_CLOSED);
	ck_assert_int_eq(ask(FS_RENAME, "pp", bad, "/b"), ASK_CLOSED);
	ck_assert_int_eq(ask(FS_SYMLINK, "sp", "a", bad), ASK_CLOSED);
	ck_assert_int_eq(count_names("."), 1);
}
END_TEST

START_TEST(odd_names_are_names)
{
	ck_assert_int_eq(ask(FS_STAT, "p", "/..."), FS_MISSING);
	ck_assert_int_eq(ask(FS_STAT, "p", "/.a"), FS_MISSING);
	ck_assert_int_eq(ask(FS_STAT, "p", "/..a"), FS_MISSING);
	ck_assert_int_eq(ask(FS_STAT, "p", "/a/.../b"), FS_MISSING);
	ck_assert_int_eq(ask(FS_STAT, "p", "/~"), FS_MISSING);
	ck_assert_int_eq(ask(FS_STAT, "p", "/a\\b"), FS_MISSING);
}
END_TEST

START_TEST(untimely_requests_close)
{
	put_file("a", "");
	ck_assert_int_eq(ask(FS_LIST_NEXT, ""), ASK_CLOSED);
	ck_assert_int_eq(ask(FS_COMMIT, "8", (uint64_t)0), ASK_CLOSED);
	ck_assert_int_eq(abandon(0), FS_OK);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/x"), FS_OK);
	ck_assert_int_eq(store(STORE_REPLACE, 0, "/y"), ASK_CLOSED);
}
END_TEST

START_TEST(other_request_ends_listing)
{
	char name[64];
	int i, status;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "a-name-of-some-length-%d", i);
		put_file(name, "");
	}
	status = ask(FS_LIST, "1444ps", LIST_NAMES, 0u, 0u, 0u, "/", "");
	ck_assert_int_eq(status, FS_OK);
	ck_assert_int_eq(get_u8(&f.m.body), LIST_MORE);
	ck_assert_int_eq(ask(FS_STAT, "p", "/"), FS_OK);
	ck_assert_int_eq(ask(FS_LIST_NEXT, ""), ASK_CLOSED);
}
END_TEST

START_TEST(bad_numbers_close)
{
	ck_assert_int_eq(
	    ask(FS_LIST, "1444ps", 3u, 0u, 0u, 0u, "/", ""), ASK_CLOSED);
	ck_assert_int_eq(
	    ask(FS_STORE, "118p", 3u, 0u, (uint64_t)0, "/x"), ASK_CLOSED);
	ck_assert_int_eq(ask(FS_UMASK, "4", 01000u), ASK_CLOSED);
}
END_TEST

START_TEST(unknown_types_close)
{
	static const uint16_t types[] = { 0, 1, MG_GRANT, FS_STAT - 1,
		FS_FACTS + 1, 0xffff };

	ck_assert_int_eq(ask(types[_i], "p", "/"), ASK_CLOSED);
}
END_TEST

/* Every request cut at every length, and with one byte too many. */
START_TEST(cut_messages_close)
{
	static const struct {
		uint16_t type;
		const char *fields;
	} rows[] = { { FS_STAT, "p" }, { FS_LIST, "1444ps" },
		{ FS_STORE, "118p" }, { FS_MKDIR, "p1" }, { FS_RENAME, "pp" },
		{ FS_FACTS, "84p" }, { FS_SYMLINK, "sp" }, { FS_UMASK, "4" } };
	uint8_t whole[256];
	size_t len, i;
	const char *p;

	ipc_begin(&f.w, f.out, sizeof(f.out), rows[_i].type);
	for (p = rows[_i].fields; *p != '\0'; p++) {
		if (*p == '1')
			put_u8(&f.w, 0);
		else if (*p == '4')
			put_u32(&f.w, 0);
		else if (*p == '8')
			put_u64(&f.w, 0);
		else
			put_str(&f.w, "/a");
	}
	len = f.w.len;
	memcpy(whole, f.out, len);
	for (i = sizeof(uint16_t); i < len; i++) {
		f.w.len = i;
		ck_assert_int_eq(ask_raw(-1), ASK_CLOSED);
	}
	f.w.len = len;
	put_u8(&f.w, 0);
	ck_assert_int_eq(ask_raw(-1), ASK_CLOSED);
	ck_assert_int_eq(count_names("."), 0);
}
END_TEST

START_TEST(descriptors_close)
{
	ipc_begin(&f.w, f.out, sizeof(f.out), FS_STAT);
	put_str(&f.w, "/");
	ck_assert_int_eq(ask_raw(STDERR_FILENO), ASK_CLOSED);
}
END_TEST

START_TEST(strange_strings_close)
{
	static char path[VPATH_MAX + 2];

	ipc_begin(&f.w, f.out, sizeof(f.out), FS_STAT);
	put_u16(&f.w, 3);
	put_u8(&f.w, '/');
	put_u8(&f.w, 0);
	put_u8(&f.w, 'a');
	ck_assert_int_eq(ask_raw(-1), ASK_CLOSED);
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	ck_assert_int_eq(ask(FS_STAT, "p", path), ASK_CLOSED);
	path[VPATH_MAX - 1] = '\0';
	ck_assert_int_eq(ask(FS_STAT, "p", path), FS_NAME_TOO_LONG);
}
END_TEST

START_TEST(not_a_message_closes)
{
	ck_assert_int_eq(send(f.chan, "", 0, 0), 0);
	ck_assert_int_eq(agent_session_handle(f.s, f.bufs), HANDLE_CLOSE);
	ck_assert_int_eq(send(f.chan, "x", 1, 0), 1);
	ck_assert_int_eq(agent_session_handle(f.s, f.bufs), HANDLE_CLOSE);
}
END_TEST

START_TEST(idle_and_eof)
{
	ck_assert_int_eq(agent_session_handle(f.s, f.bufs), HANDLE_IDLE);
	shutdown(f.chan, SHUT_RDWR);
	ck_assert_int_eq(agent_session_handle(f.s, f.bufs), HANDLE_CLOSE);
}
END_TEST

START_TEST(missing_root)
{
	f.acct.root[0] = '\0';
	ck_assert_ptr_null(
	    agent_session_new(&f.conf, &f.ident, 1, -1, &f.acct));
	put_file("file", "");
	strlcpy(f.acct.root, host("file"), sizeof(f.acct.root));
	ck_assert_ptr_null(
	    agent_session_new(&f.conf, &f.ident, 1, -1, &f.acct));
	ck_assert_int_eq(mkdir(host("locked"), 0600), 0);
	strlcpy(f.acct.root, host("locked"), sizeof(f.acct.root));
	ck_assert_ptr_null(
	    agent_session_new(&f.conf, &f.ident, 1, -1, &f.acct));
}
END_TEST

Suite *
suite_agent_paths(void)
{
	Suite *s = suite_create("agent_paths");
	TCase *t;

	t = tcase_create("escapes");
	tcase_add_checked_fixture(t, setup_outside, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, no_reading_outside, 0, NELEM(escapes));
	tcase_add_test(t, no_writing_outside);
	tcase_add_test(t, links_inside_work);
	suite_add_tcase(s, t);
	t = tcase_create("walls");
	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, link_loops);
	tcase_add_test(t, no_magic_links);
	tcase_add_test(t, no_fifo_no_socket);
	tcase_add_test(t, no_device);
	tcase_add_test(t, in_place_refuses_too);
	tcase_add_loop_test(t, bad_paths_close, 0, NELEM(bad_paths));
	tcase_add_test(t, odd_names_are_names);
	tcase_add_test(t, untimely_requests_close);
	tcase_add_test(t, other_request_ends_listing);
	tcase_add_test(t, bad_numbers_close);
	tcase_add_loop_test(t, unknown_types_close, 0, 6);
	tcase_add_loop_test(t, cut_messages_close, 0, 8);
	tcase_add_test(t, descriptors_close);
	tcase_add_test(t, strange_strings_close);
	tcase_add_test(t, not_a_message_closes);
	tcase_add_test(t, idle_and_eof);
	tcase_add_test(t, missing_root);
	suite_add_tcase(s, t);
	return s;
}
