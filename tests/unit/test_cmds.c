/* SPDX-License-Identifier: ISC */
/*
 * Commands that need the agent, and those that need nobody (protocol 7): what
 * is asked, what is replied.
 */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/vpath.h"
#include "tests/unit/ctrl_rig.h"
#include "tests/unit/suites.h"

#define NOOP_OK "200 NOOP ok.\r\n"
#define BROKEN "421 Service not available, file service failed.\r\n"
#define T2020 UINT64_C(1577836800) /* 20200101000000 */

static struct ctrl_rig rig;

static void
setup(void)
{
	crig_start(&rig);
	crig_login(&rig);
}

static void
teardown(void)
{
	crig_stop(&rig);
}

static void
say(const char *cmd, const char *reply)
{
	crig_say(&rig, cmd, reply);
}

static void
expect_reply(const char *text)
{
	ck_assert_str_eq(crig_reply(&rig), text);
}

/* The command makes the worker ask this. */
static void
ask(const char *cmd, const char *question)
{
	crig_cmd(&rig, cmd);
	ck_assert_str_eq(crig_asked(&rig), question);
}

/* ------------------------------------------------ replies without the agent */

static const struct {
	const char *cmd, *reply;
} alone[] = {
	{ "PWD", "257 \"/home\" is the current directory.\r\n" },
	{ "XPWD ignored", "257 \"/home\" is the current directory.\r\n" },
	{ "TYPE I", "200 Type set to I.\r\n" },
	{ "type i n", "200 Type set to I.\r\n" },
	{ "TYPE L 8", "200 Type set to L 8.\r\n" },
	{ "TYPE A N", "200 Type set to A.\r\n" },
	{ "TYPE a t", "200 Type set to A.\r\n" },
	{ "TYPE A C", "504 Type not supported.\r\n" },
	{ "TYPE E", "504 Type not supported.\r\n" },
	{ "TYPE L 7", "504 Type not supported.\r\n" },
	{ "TYPE X", "501 Unknown type.\r\n" },
	{ "TYPE", "501 TYPE needs an argument.\r\n" },
	{ "STRU F", "200 Structure set to F.\r\n" },
	{ "STRU R", "504 Structure not supported.\r\n" },
	{ "STRU X", "501 Unknown structure.\r\n" },
	{ "MODE S", "200 Mode set to S.\r\n" },
	{ "MODE Z", "504 Mode not supported.\r\n" },
	{ "MODE X", "501 Unknown mode.\r\n" },
	{ "OPTS utf8", "200 UTF8 is always on.\r\n" },
	{ "OPTS UTF-8 ON", "200 UTF8 is always on.\r\n" },
	{ "OPTS UTF8 OFF", "501 UTF8 cannot be turned off.\r\n" },
	{ "OPTS MLST", "200 MLST OPTS\r\n" },
	{ "OPTS MLST SIZE;nonsense;unix.mode",
	    "200 MLST OPTS size;UNIX.mode;\r\n" },
	{ "OPTS MLST size; type;", "501 Invalid MLST options.\r\n" },
	{ "OPTS FOO", "501 OPTS FOO not understood.\r\n" },
	{ "OPTS", "501 OPTS needs an argument.\r\n" },
	{ "LANG en-GB", "200 Language is EN.\r\n" },
	{ "LANG xx", "504 Language not supported.\r\n" },
	{ "LANG 1", "501 Invalid language tag.\r\n" },
	{ "HELP retr", "214 Syntax: RETR <sp> pathname\r\n" },
	{ "HELP FOO", "501 Unknown command FOO.\r\n" },
	{ "HELP HOST", "214 Syntax: HOST <sp> hostname\r\n" },
	{ "ALLO 10 R 5", "200 ALLO command successful; no storage allocation "
			 "necessary.\r\n" }, /* R interop 15 */
	{ "ALLO x", "501 Invalid ALLO argument.\r\n" },
	{ "REST 9223372036854775808", "501 Invalid restart offset.\r\n" },
	{ "RNTO x", "503 RNFR required first.\r\n" }, /* one reply */
	{ "SMNT x", "502 SMNT not implemented.\r\n" },
	{ "DELE", "501 DELE needs an argument.\r\n" },
	{ "DELE ", "501 DELE needs an argument.\r\n" },
	{ "SITE", "501 SITE needs an argument.\r\n" },
	{ "SITE FOO x", "500 'SITE FOO': command not understood.\r\n" },
	{ "SITE EXEC ls", "500 'SITE EXEC': command not understood.\r\n" },
	{ "SITE HELP chmod",
	    "214 Syntax: SITE CHMOD <sp> mode <sp> pathname\r\n" },
	{ "SITE HELP FOO", "501 Unknown SITE command FOO.\r\n" },
	{ "SITE CHMOD 7777 f", "501 Invalid SITE CHMOD arguments.\r\n" },
	{ "SITE CHMOD 648 f", "501 Invalid SITE CHMOD arguments.\r\n" },
	{ "SITE CHMOD 644", "501 Invalid SITE CHMOD arguments.\r\n" },
	{ "SITE UMASK 888", "501 Invalid SITE UMASK arguments.\r\n" },
	{ "SITE UMASK ", "200 Current UMASK is 022\r\n" },
	{ "SITE UTIME 2020 f", "501 Invalid SITE UTIME arguments.\r\n" },
	{ "SITE UTIME", "501 Invalid SITE UTIME arguments.\r\n" },
	{ "SITE SYMLINK a", "501 Invalid SITE SYMLINK arguments.\r\n" },
	{ "SITE SYMLINK a b c", "501 Invalid SITE SYMLINK arguments.\r\n" },
	{ "SITE RMDIR ..", "550 ..: Directory is in use by this session.\r\n" },
	{ "RMD /", "550 /: Directory is in use by this session.\r\n" },
	{ "RMD .", "550 .: Directory is in use by this session.\r\n" },
	{ "MFMT 20230229000000 f", "501 Invalid time.\r\n" },
	{ "MFMT 20240229000000", "501 Invalid time.\r\n" },
	{ "MFF size=1; f", "504 Fact size not supported.\r\n" },
	{ "MFF modify=1; f", "501 Invalid value of fact modify.\r\n" },
	{ "MFF UNIX.mode=1777; f", "501 Invalid value of fact UNIX.mode.\r\n" },
	{ "MFF modify; f", "501 Invalid facts.\r\n" },
	{ "MFF f", "501 MFF needs facts and a pathname.\r\n" },
};

START_TEST(test_alone)
{
	say(alone[_i].cmd, alone[_i].reply);
	ck_assert_str_eq(crig_asked(&rig), "");
	say("NOOP", NOOP_OK);
}
END_TEST

/* ------------------------------------------- one question without an answer */

/* Successful, and what the client hears when the agent refuses. */
static const struct {
	const char *cmd, *question, *reply, *missing;
} simple[] = {
	{ "CWD a b ", "chdir /home/a b ",
	    "250 Directory successfully changed.\r\n",
	    "550 a b : No such file or directory.\r\n" },
	{ "XCWD /x//y/./../z/", "chdir /x/z",
	    "250 Directory successfully changed.\r\n",
	    "550 /x//y/./../z/: No such file or directory.\r\n" },
	{ "CWD", "chdir /home", "250 Directory successfully changed.\r\n",
	    "550 /home: No such file or directory.\r\n" },
	{ "CDUP x", "chdir /", "250 Directory successfully changed.\r\n",
	    "550 ..: No such file or directory.\r\n" },
	{ "MKD a\"b", "mkdir /home/a\"b 0",
	    "257 \"/home/a\"\"b\" directory created.\r\n",
	    "550 a\"b: No such file or directory.\r\n" },
	{ "XMKD /n", "mkdir /n 0", "257 \"/n\" directory created.\r\n",
	    "550 /n: No such file or directory.\r\n" },
	{ "RMD d", "rmdir /home/d 0", "250 Directory removed.\r\n",
	    "550 d: No such file or directory.\r\n" },
	{ "DELE  x", "delete /home/ x", "250 File deleted.\r\n",
	    "550  x: No such file or directory.\r\n" },
	{ "DELE \xff\xff\xe4", "delete /home/\xff\xe4", "250 File deleted.\r\n",
	    "550 \xff\xff\xe4: No such file or directory.\r\n" },
	{ "RNFR a", "rename-from /home/a", "350 Ready for RNTO.\r\n",
	    "550 a: No such file or directory.\r\n" },
	{ "SITE CHMOD 0644 a b", "chmod 420 /home/a b",
	    "200 SITE CHMOD command successful.\r\n",
	    "550 a b: No such file or directory.\r\n" },
	{ "site mkdir a/b", "mkdir /home/a/b 1",
	    "200 SITE MKDIR command successful.\r\n",
	    "550 a/b: No such file or directory.\r\n" },
	{ "SITE RMDIR a", "rmdir /home/a 1",
	    "200 SITE RMDIR command successful.\r\n",
	    "550 a: No such file or directory.\r\n" },
	{ "SITE SYMLINK \"../t x\" l", "symlink ../t x /home/l",
	    "200 SITE SYMLINK command successful.\r\n",
	    "550 l: No such file or directory.\r\n" },
	{ "SITE UMASK 027", "umask 23", "200 UMASK set to 027 (was 022)\r\n",
	    "550 No such file or directory.\r\n" },
};

START_TEST(test_simple)
{
	ask(simple[_i].cmd, simple[_i].question);
	crig_answer(&rig, FS_OK, "");
	expect_reply(simple[_i].reply);
	crig_told_nothing(&rig);
}
END_TEST

START_TEST(test_refused)
{
	ask(simple[_i].cmd, simple[_i].question);
	crig_answer(&rig, FS_MISSING, "");
	expect_reply(simple[_i].missing);
	say("PWD", "257 \"/home\" is the current directory.\r\n");
}
END_TEST

/* Codes by circumstance (protocol 3, 7.4, 7.5; R interop 56). */
static const struct {
	const char *cmd;
	enum fs_status status;
	const char *reply;
} codes[] = {
	{ "MKD a", FS_EXISTS, "550 a: File exists.\r\n" },
	{ "MKD a", FS_BAD_NAME, "553 a: File name not allowed.\r\n" },
	{ "MKD a", FS_FORBIDDEN, "550 a: Permission denied.\r\n" },
	{ "MKD a", FS_NO_SPACE, "452 a: Insufficient storage space.\r\n" },
	{ "RMD a", FS_NOT_EMPTY, "550 a: Directory not empty.\r\n" },
	{ "RMD a", FS_NOT_DIR, "550 a: Not a directory.\r\n" },
	{ "DELE a", FS_IS_DIR, "550 a: Is a directory.\r\n" },
	{ "DELE a", FS_BUSY, "450 a: File busy.\r\n" },
	{ "DELE a", FS_BAD_NAME, "550 a: File name not allowed.\r\n" },
	{ "DELE a", FS_IO, "451 a: Local error in processing.\r\n" },
	{ "CWD a", FS_DENIED, "550 a: Permission denied.\r\n" },
};

START_TEST(test_codes)
{
	crig_cmd(&rig, codes[_i].cmd);
	ck_assert_str_ne(crig_asked(&rig), "");
	crig_answer(&rig, codes[_i].status, "");
	expect_reply(codes[_i].reply);
}
END_TEST

/* Every refusal has words and a code that ends a command. */
START_TEST(test_every_status)
{
	int status;

	for (status = FS_OK + 1; status < FS_STATUS_COUNT; status++) {
		crig_cmd(&rig, "DELE a");
		ck_assert_str_eq(crig_asked(&rig), "delete /home/a");
		crig_answer(&rig, (enum fs_status)status, "");
		ck_assert_msg(crig_reply(&rig)[0] == '4' || rig.sent[0] == '5',
		    "%d: %s", status, rig.sent);
		ck_assert_ptr_null(strstr(rig.sent, "(null)"));
	}
}
END_TEST

/* -------------------------------------------------- directories and renames */

START_TEST(test_cwd)
{
	ask("CWD d", "chdir /home/d");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 Directory successfully changed.\r\n");
	ask("CWD ..", "chdir /home");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 Directory successfully changed.\r\n");
	say("PWD", "257 \"/home\" is the current directory.\r\n");
}
END_TEST

/* R36: home, unless there is something of that name. */
static const struct {
	const char *cmd, *first, *second;
} tildes[] = {
	{ "CWD ~", "chdir /home/~", "chdir /home" },
	{ "CWD ~/x", "chdir /home/~/x", "chdir /home/x" },
	{ "CWD ~x", "chdir /home/~x", "" },
};

START_TEST(test_tilde)
{
	ask(tildes[_i].cmd, tildes[_i].first);
	crig_answer(&rig, FS_MISSING, "");
	ck_assert_str_eq(crig_asked(&rig), tildes[_i].second);
	if (tildes[_i].second[0] != '\0')
		crig_answer(&rig, FS_OK, "");
	expect_reply(tildes[_i].second[0] != '\0'
			 ? "250 Directory successfully changed.\r\n"
			 : "550 ~x: No such file or directory.\r\n");
}
END_TEST

static void
rename_from(void)
{
	ask("RNFR a", "rename-from /home/a");
	crig_answer(&rig, FS_OK, "");
	expect_reply("350 Ready for RNTO.\r\n");
}

START_TEST(test_rename)
{
	rename_from();
	ask("RNTO /b c", "rename /home/a /b c");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 Rename successful.\r\n");
	say("RNTO b", "503 RNFR required first.\r\n");
}
END_TEST

/* A failed RNTO uses RNFR up, too. */
START_TEST(test_rename_fails)
{
	rename_from();
	ask("RNTO b", "rename /home/a /home/b");
	crig_answer(&rig, FS_EXISTS, "");
	expect_reply("553 b: File exists.\r\n");
	say("RNTO b", "503 RNFR required first.\r\n");
	ask("RNFR a", "rename-from /home/a");
	crig_answer(&rig, FS_DENIED, "");
	expect_reply("550 a: Permission denied.\r\n");
	say("RNTO b", "503 RNFR required first.\r\n");
}
END_TEST

/* T22: also NOOP, STAT, refused and unknown commands. */
static const char *const cancels[] = { "NOOP", "STAT", "AUTH TLS", "FOO",
	"DELE", "PWD", "ABOR" };

START_TEST(test_rename_cancelled)
{
	rename_from();
	crig_cmd(&rig, cancels[_i]);
	ck_assert_str_ne(crig_reply(&rig), "");
	say("RNTO b", "503 RNFR required first.\r\n");
}
END_TEST

/* ------------------------------------------------------------ size and time */

START_TEST(test_size)
{
	ask("SIZE a", "stat /home/a");
	crig_answer(&rig, FS_OK, "4881", S_IFREG | 0644u, UINT64_C(5000000000),
	    T2020, 0u);
	expect_reply("213 5000000000\r\n");
	ask("SIZE a", "stat /home/a");
	crig_answer(
	    &rig, FS_OK, "4881", S_IFDIR | 0755u, UINT64_C(4096), T2020, 0u);
	expect_reply("550 a: Not a regular file.\r\n");
}
END_TEST

/* R29.2: the real size unless TYPE A converts. */
START_TEST(test_size_ascii)
{
	say("TYPE A", "200 Type set to A.\r\n");
	ask("SIZE a", "stat /home/a");
	crig_answer(
	    &rig, FS_OK, "4881", S_IFREG | 0644u, UINT64_C(7), T2020, 0u);
	expect_reply("213 7\r\n");
	rig.conf.ascii = CONF_ASCII_CONVERT;
	say("SIZE a", "550 SIZE not allowed in ASCII mode.\r\n");
}
END_TEST

START_TEST(test_mdtm)
{
	ask("MDTM d", "stat /home/d");
	crig_answer(
	    &rig, FS_OK, "4881", S_IFDIR | 0755u, UINT64_C(0), T2020, 0u);
	expect_reply("213 20200101000000\r\n");
}
END_TEST

/* R32: a file that really is named like that wins. */
START_TEST(test_mdtm_set)
{
	ask("MDTM 20200101000000 a b", "stat /home/20200101000000 a b");
	crig_answer(&rig, FS_MISSING, "");
	ck_assert_str_eq(crig_asked(&rig), "utime 1577836800 /home/a b");
	crig_answer(&rig, FS_OK, "8", T2020);
	expect_reply("213 File modification time set.\r\n");
	ask("MDTM 20200101000000 a b", "stat /home/20200101000000 a b");
	crig_answer(
	    &rig, FS_OK, "4881", S_IFREG | 0644u, UINT64_C(0), T2020, 0u);
	expect_reply("213 20200101000000\r\n");
	rig.conf.mdtm_set = false;
	ask("MDTM 20200101000000 a b", "stat /home/20200101000000 a b");
	crig_answer(&rig, FS_MISSING, "");
	expect_reply("550 20200101000000 a b: No such file or directory.\r\n");
}
END_TEST

/* The time that was really set, the path as given (mfxx). */
START_TEST(test_mfmt)
{
	ask("MFMT 20200101000001.999 a; b", "utime 1577836801 /home/a; b");
	crig_answer(&rig, FS_OK, "8", T2020);
	expect_reply("213 Modify=20200101000000; a; b\r\n");
}
END_TEST

START_TEST(test_mff)
{
	ask("MFF Modify=20200101000000;unix.MODE=0640; a;b",
	    "facts 1577836800 416 /home/a;b");
	crig_answer(&rig, FS_OK, "84", T2020, 0640u);
	expect_reply("213 Modify=20200101000000;UNIX.mode=0640; a;b\r\n");
	ask("MFF UNIX.mode=600; a", "facts -1 384 /home/a");
	crig_answer(&rig, FS_OK, "84", T2020, 0600u);
	expect_reply("213 UNIX.mode=0600; a\r\n");
}
END_TEST

/* Both forms; the name may have blanks and end in anything. */
static const struct {
	const char *cmd, *question;
} utime_forms[] = {
	{ "SITE UTIME 20200101000000 a b", "utime 1577836800 /home/a b" },
	{ "SITE UTIME 202001010000 a", "utime 1577836800 /home/a" },
	{ "SITE UTIME a b 19990101000000 20200101000000 19990101000000 UTC",
	    "utime 1577836800 /home/a b" },
	{ "SITE UTIME 20200101000000 x UTC", "utime 1577836800 /home/x UTC" },
};

START_TEST(test_utime)
{
	ask(utime_forms[_i].cmd, utime_forms[_i].question);
	crig_answer(&rig, FS_OK, "8", T2020);
	expect_reply("200 SITE UTIME command successful.\r\n");
}
END_TEST

START_TEST(test_avbl)
{
	ask("AVBL", "space /home");
	crig_answer(&rig, FS_OK, "8", UINT64_C(12345));
	expect_reply("213 12345\r\n");
}
END_TEST

/* ---------------------------------------------------------- MLST and STAT */

START_TEST(test_mlst)
{
	ask("MLST a", "list 2 4 255 0 /home/a a");
	crig_answer(&rig, FS_OK, "1b", LIST_END, "type=file; /home/a\r\n");
	expect_reply("250-Listing a\r\n type=file; /home/a\r\n250 End\r\n");
	say("OPTS MLST", "200 MLST OPTS\r\n");
	ask("MLST", "list 2 4 0 0 /home ");
	crig_answer(&rig, FS_OK, "1b", LIST_END, " /home\r\n");
	expect_reply("250-Listing .\r\n  /home\r\n250 End\r\n");
}
END_TEST

static void
answer_kind(mode_t type)
{
	crig_answer(
	    &rig, FS_OK, "4881", (unsigned)type, UINT64_C(0), T2020, 0u);
}

START_TEST(test_stat_file)
{
	ask("STAT a", "stat /home/a");
	answer_kind(S_IFREG);
	ck_assert_str_eq(crig_asked(&rig), "list 0 1024 0 10000 /home/a a");
	crig_answer(&rig, FS_OK, "1b", LIST_END, "-rw a\r\n");
	expect_reply("213-Status of a:\r\n -rw a\r\n213 End of status\r\n");
}
END_TEST

/* Pages; what is cut says so. */
START_TEST(test_stat_dir)
{
	ask("STAT -a", "stat /home");
	answer_kind(S_IFDIR);
	ck_assert_str_eq(crig_asked(&rig), "list 0 1025 0 10000 /home ");
	crig_answer(&rig, FS_OK, "1b", LIST_MORE, "one\r\n");
	expect_reply("212-Status of /home:\r\n one\r\n");
	ck_assert_str_eq(crig_asked(&rig), "next");
	crig_answer(&rig, FS_OK, "1b", LIST_TRUNCATED, "two\r\n");
	expect_reply(" two\r\n212 Too many entries, list truncated.\r\n");
	say("NOOP", NOOP_OK);
}
END_TEST

START_TEST(test_stat_missing)
{
	ask("STAT a", "stat /home/a");
	crig_answer(&rig, FS_MISSING, "");
	ck_assert_str_ne(crig_asked(&rig), "");
	crig_answer(&rig, FS_NO_MATCH, "");
	expect_reply("550 No files found.\r\n");
}
END_TEST

/* A reply that has begun with 212 ends with 212. */
START_TEST(test_stat_breaks)
{
	ask("STAT .", "stat /home");
	answer_kind(S_IFDIR);
	ck_assert_str_ne(crig_asked(&rig), "");
	crig_answer(&rig, FS_OK, "1b", LIST_MORE, "one\r\n");
	expect_reply("212-Status of .:\r\n one\r\n");
	ck_assert_str_eq(crig_asked(&rig), "next");
	crig_answer(&rig, FS_IO, "");
	expect_reply("212 Local error in processing, list truncated.\r\n");
}
END_TEST

static char page[40000 + 1], all[(1 << 18) + 1];

static void
fill_page(void)
{
	size_t i;

	for (i = 0; i + 8 < sizeof(page); i += 8)
		memcpy(page + i, "abcdef\r\n", 8);
}

/* No page is asked for while the client has not read the last one. */
START_TEST(test_stat_reader_sleeps)
{
	struct session *s = worker_find(rig.w, rig.sid);
	size_t got = 0, pages = 0;
	ssize_t n;

	fill_page();
	ask("STAT .", "stat /home");
	answer_kind(S_IFDIR);
	for (; pages < 100 && crig_asked(&rig)[0] != '\0'; pages++)
		crig_answer(&rig, FS_OK, "1b", LIST_MORE, page);
	ck_assert_uint_lt(pages, 100);
	ck_assert(s->blocked);
	ck_assert_uint_lt(s->out.len, 3 * sizeof(page));
	while ((n = recv(rig.client, all, sizeof(all) - 1, 0)) > 0) {
		got += (size_t)n;
		crig_turn(&rig);
	}
	/* Every line has become a byte longer. */
	ck_assert_uint_eq(got, strlen("212-Status of .:\r\n") +
				   pages * (sizeof(page) - 1) / 8 * 9);
	ck_assert_str_eq(crig_asked(&rig), "next");
	crig_answer(&rig, FS_OK, "1b", LIST_END, "");
	expect_reply("212 End of status\r\n");
}
END_TEST

/* 421 is the last word, whatever the agent still answers. */
START_TEST(test_stat_kicked)
{
	struct session *s = worker_find(rig.w, rig.sid);
	struct wbuf *b;
	ssize_t n, last = 0;

	fill_page();
	ask("STAT .", "stat /home");
	answer_kind(S_IFDIR);
	ck_assert_str_ne(crig_asked(&rig), "");
	while (!s->blocked) {
		crig_answer(&rig, FS_OK, "1b", LIST_MORE, page);
		ck_assert_str_eq(crig_asked(&rig), "next");
	}
	b = crig_begin(MW_KICK);
	put_u64(b, rig.sid);
	put_str(b, "Enough");
	crig_tell(&rig, -1);
	crig_answer(&rig, FS_OK, "1b", LIST_MORE, page);
	while ((n = recv(rig.client, all, sizeof(all) - 1, 0)) > 0) {
		last = n;
		crig_turn(&rig);
	}
	all[last] = '\0';
	ck_assert_ptr_nonnull(strstr(all, "421 Enough"));
	ck_assert_str_eq(strstr(all, "421 Enough"),
	    "421 Enough, closing control connection.\r\n");
}
END_TEST

/* The agent dies while the client sleeps over a page of its own. */
START_TEST(test_stat_agent_dies)
{
	struct session *s = worker_find(rig.w, rig.sid);

	fill_page();
	ask("STAT .", "stat /home");
	answer_kind(S_IFDIR);
	while (crig_asked(&rig)[0] != '\0')
		crig_answer(&rig, FS_OK, "1b", LIST_MORE, page);
	ck_assert(s->blocked);
	fd_close(&rig.agent);
	crig_turn(&rig);
	while (recv(rig.client, all, sizeof(all) - 1, 0) > 0)
		crig_turn(&rig);
	expect_reply("EOF");
}
END_TEST

/* ----------------------------------------------------------- broken agents */

START_TEST(test_agent_dies)
{
	ask("DELE a", "delete /home/a");
	fd_close(&rig.agent);
	expect_reply(BROKEN);
	expect_reply("EOF");
}
END_TEST

START_TEST(test_agent_dies_idle)
{
	fd_close(&rig.agent);
	expect_reply(BROKEN);
}
END_TEST

START_TEST(test_agent_speaks_unasked)
{
	ask("DELE a", "delete /home/a");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 File deleted.\r\n");
	crig_answer(&rig, FS_OK, "");
	expect_reply(BROKEN);
}
END_TEST

/* Wrong fields, in every command that reads some. */
static const char *const readers[] = { "SIZE a", "MDTM a", "AVBL",
	"MFMT 20200101000000 a", "MFF UNIX.mode=644; a", "MLST a" };

START_TEST(test_agent_short_fields)
{
	crig_cmd(&rig, readers[_i]);
	ck_assert_str_ne(crig_asked(&rig), "");
	crig_answer(&rig, FS_OK, "1", 1u);
	expect_reply(BROKEN);
}
END_TEST

START_TEST(test_agent_unknown_status)
{
	ask("DELE a", "delete /home/a");
	crig_answer(&rig, FS_STATUS_COUNT, "");
	expect_reply(BROKEN);
}
END_TEST

/* A descriptor nobody asked for would be lost. */
START_TEST(test_agent_stray_descriptor)
{
	int before, fds[2];

	ask("DELE a", "delete /home/a");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	crig_answer_fd(&rig, FS_OK, fds[0]);
	close(fds[0]);
	expect_reply(BROKEN);
	before = (int)read(fds[1], &before, 1);
	ck_assert_int_eq(before, 0); /* every copy is closed */
	close(fds[1]);
}
END_TEST

/* What is longer than the agent takes is refused here. */
static const char *const longs[] = { "DELE ", "CWD ", "MLST ", "STAT ",
	"SITE SYMLINK ", "MFMT 20200101000000 ", "SITE MKDIR " };

START_TEST(test_long_argument)
{
	char cmd[VPATH_MAX + 64];
	size_t n = strlen(longs[_i]), i;

	strlcpy(cmd, longs[_i], sizeof(cmd));
	for (i = n; i < n + VPATH_MAX; i += 2)
		memcpy(cmd + i, "./", 2);
	cmd[i] = '\0';
	if (strstr(cmd, "SYMLINK") != NULL)
		strlcat(cmd, " l", sizeof(cmd));
	crig_cmd(&rig, cmd);
	ck_assert_int_eq(crig_reply(&rig)[0], '5');
	ck_assert_str_eq(crig_asked(&rig), "");
	say("NOOP", NOOP_OK);
}
END_TEST

/* One command at a time; the rest waits for its turn. */
START_TEST(test_order)
{
	crig_text(&rig, "DELE a\r\nNOOP\r\nDELE b\r\nSYST\r\n");
	ck_assert_str_eq(crig_asked(&rig), "delete /home/a");
	ck_assert_str_eq(crig_asked(&rig), "");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 File deleted.\r\n" NOOP_OK);
	ck_assert_str_eq(crig_asked(&rig), "delete /home/b");
	crig_answer(&rig, FS_OK, "");
	expect_reply("250 File deleted.\r\n215 UNIX Type: L8\r\n");
}
END_TEST

static TCase *
case_simple(void)
{
	TCase *tc = tcase_create("simple");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_alone, 0, NELEM(alone));
	tcase_add_loop_test(tc, test_simple, 0, NELEM(simple));
	tcase_add_loop_test(tc, test_refused, 0, NELEM(simple));
	tcase_add_loop_test(tc, test_codes, 0, NELEM(codes));
	tcase_add_test(tc, test_every_status);
	tcase_add_test(tc, test_cwd);
	tcase_add_loop_test(tc, test_tilde, 0, NELEM(tildes));
	tcase_add_test(tc, test_rename);
	tcase_add_test(tc, test_rename_fails);
	tcase_add_loop_test(tc, test_rename_cancelled, 0, NELEM(cancels));
	tcase_add_loop_test(tc, test_long_argument, 0, NELEM(longs));
	tcase_add_test(tc, test_order);
	return tc;
}

static TCase *
case_facts(void)
{
	TCase *tc = tcase_create("facts");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_size);
	tcase_add_test(tc, test_size_ascii);
	tcase_add_test(tc, test_mdtm);
	tcase_add_test(tc, test_mdtm_set);
	tcase_add_test(tc, test_mfmt);
	tcase_add_test(tc, test_mff);
	tcase_add_loop_test(tc, test_utime, 0, NELEM(utime_forms));
	tcase_add_test(tc, test_avbl);
	tcase_add_test(tc, test_mlst);
	tcase_add_test(tc, test_stat_file);
	tcase_add_test(tc, test_stat_dir);
	tcase_add_test(tc, test_stat_missing);
	tcase_add_test(tc, test_stat_breaks);
	tcase_add_test(tc, test_stat_reader_sleeps);
	return tc;
}

static TCase *
case_broken(void)
{
	TCase *tc = tcase_create("broken agents");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_stat_agent_dies);
	tcase_add_test(tc, test_stat_kicked);
	tcase_add_test(tc, test_agent_dies);
	tcase_add_test(tc, test_agent_dies_idle);
	tcase_add_test(tc, test_agent_speaks_unasked);
	tcase_add_loop_test(tc, test_agent_short_fields, 0, NELEM(readers));
	tcase_add_test(tc, test_agent_unknown_status);
	tcase_add_test(tc, test_agent_stray_descriptor);
	return tc;
}

Suite *
suite_cmds(void)
{
	Suite *suite = suite_create("cmds");

	suite_add_tcase(suite, case_simple());
	suite_add_tcase(suite, case_facts());
	suite_add_tcase(suite, case_broken());
	return suite;
}
