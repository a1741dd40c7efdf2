/* SPDX-License-Identifier: ISC */
/*
 * Text of strangers in the log, in all its forms: one event is one line, no
 * byte of it can move a terminal, and what was escaped can be told again.
 *
 * Input: format, room for an escaped text, event, reason, user, path, detail.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_event.h"
#include "common/log_line.h"
#include "common/str.h"
#include "tests/fuzz/fuzz.h"

/* ---------------------------------------------------------------- escaping */

/* No control bytes, of ASCII or of Latin-1, and no bare quote inside. */
static void
check_harmless(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, unit;

	for (i = 0; i < n; i += unit) {
		unit = 1;
		REQUIRE(p[i] >= 0x20 && p[i] != 0x7f);
		if (p[i] >= 0x80 && (unit = utf8_len(p + i, n - i)) == 0) {
			REQUIRE(p[i] >= 0xa0);
			unit = 1;
		}
	}
}

/* The bytes that \ooo, \" and \\ stand for; their number. */
static size_t
unescape(const char *s, unsigned char *out)
{
	size_t n = 0;

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			REQUIRE(*s != '"');
			out[n++] = (unsigned char)*s;
		} else if (*++s == '"' || *s == '\\') {
			out[n++] = (unsigned char)*s;
		} else {
			REQUIRE(strspn(s, "01234567") >= 3);
			out[n++] =
			    (unsigned char)((s[0] - '0') << 6 |
					    (s[1] - '0') << 3 | (s[2] - '0'));
			s += 2;
		}
	}
	return n;
}

static void
check_vis(const char *text, size_t room)
{
	size_t len = strlen(text), whole = 4 * len + 1;
	char *out = malloc(whole), *cut = malloc(room);
	unsigned char *again = malloc(whole);

	REQUIRE(out != NULL && cut != NULL && again != NULL);
	REQUIRE(log_vis(out, whole, text, len) == out);
	check_harmless(out, strlen(out));
	REQUIRE(unescape(out, again) == len);
	REQUIRE(memcmp(again, text, len) == 0);
	log_vis(cut, room, text, len);
	REQUIRE(strnlen(cut, room) < room);
	check_harmless(cut, strlen(cut));
	free(out);
	free(cut);
	free(again);
}

/* A string of JSON is UTF-8, and every backslash begins an escape. */
static void
check_json_string(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, unit;

	for (i = 0; i < n; i += unit) {
		REQUIRE(p[i] >= 0x20 && p[i] != 0x7f && p[i] != '"');
		unit = p[i] < 0x80 ? 1 : utf8_len(p + i, n - i);
		REQUIRE(unit > 0);
		if (p[i] != '\\')
			continue;
		REQUIRE(i + 1 < n);
		unit = p[i + 1] == 'u' ? 6 : 2;
		REQUIRE(i + unit <= n);
		REQUIRE(unit == 6 ? strspn(s + i + 2, "0123456789abcdef") >= 4
				  : p[i + 1] == '"' || p[i + 1] == '\\');
	}
}

static void
check_json(const char *text, size_t room)
{
	char *out = malloc(room);

	REQUIRE(out != NULL);
	log_json(out, room, text, strlen(text));
	REQUIRE(strnlen(out, room) < room);
	check_json_string(out, strlen(out));
	free(out);
}

/* ------------------------------------------------------------------- lines */

/* Every string of a line of JSON by itself. */
static void
check_json_line(const char *s, size_t n)
{
	const char *p = s, *end = s + n, *start;

	REQUIRE(*p == '{' && end[-1] == '}');
	while ((p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		for (start = ++p; *p != '"'; p++) {
			p += *p == '\\';
			REQUIRE(p < end);
		}
		check_json_string(start, (size_t)(p - start));
		p++;
		REQUIRE(strchr(":,}", *p) != NULL);
	}
}

/* What was written since the last call, which is one line. */
static void
check_line(int fd, bool json)
{
	char line[2 * LOG_LINE_MAX];
	ssize_t n = pread(fd, line, sizeof(line), 0);

	REQUIRE(n > 0 && n <= LOG_LINE_MAX);
	REQUIRE(line[n - 1] == '\n');
	REQUIRE(memchr(line, '\n', (size_t)n) == line + n - 1);
	if (json)
		check_json_line(line, (size_t)n - 1);
	else
		check_harmless(line, (size_t)n - 1);
	REQUIRE(ftruncate(fd, 0) == 0);
	REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
}

/* The line of xferlog has its 18 words (the time has five), whatever the
 * names. */
static void
check_xferlog(int fd)
{
	char line[2 * LOG_LINE_MAX];
	ssize_t n = pread(fd, line, sizeof(line), 0), i;
	unsigned blanks = 0;

	REQUIRE(n >= 0);
	if (n == 0)
		return; /* no transfer, or too long */
	REQUIRE(line[n - 1] == '\n');
	for (i = 0; i < n - 1; i++) {
		REQUIRE((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
		blanks += line[i] == ' ';
	}
	/* "Nov  1" has two blanks. */
	REQUIRE(blanks == 17 || blanks == 18);
	REQUIRE(ftruncate(fd, 0) == 0);
}

static int
open_transfers(void)
{
	char path[64];
	int fd = memfd_create("xferlog", MFD_CLOEXEC);

	REQUIRE(fd != -1);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	REQUIRE(log_open_sink(LOG_TRANSFERS, path) == 0);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1, transfers = -1;
	struct input in = { data, size };
	bool json = (input_uint(&in, 1) & 1) != 0;
	size_t room = 1 + input_uint(&in, 1);
	struct addr peer = { .family = 4, .ip = { 192, 0, 2, 1 } };
	struct log_event e = { .peer = &peer, .command = "STOR" };
	char *user, *path, *detail;

	if (fd == -1) {
		fd = memfd_create("log", MFD_CLOEXEC);
		transfers = open_transfers();
		log_set_level(LOG_LV_DEBUG);
	}
	e.id = (enum event_id)(input_uint(&in, 1) % EVENT_COUNT);
	e.reason = (enum reason)(input_uint(&in, 1) % REASON_COUNT);
	e.user = user = input_str(&in);
	e.path = path = input_str(&in);
	e.detail = detail = input_str(&in);
	e.to = path;
	check_vis(path, room);
	check_json(path, room);
	log_set_format(json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
	log_set_fd(fd);
	log_event(&e);
	check_line(fd, json);
	log_info("a library says: %s", detail);
	check_line(fd, json);
	log_set_fd(-1);
	check_xferlog(transfers);
	free(user);
	free(path);
	free(detail);
	return 0;
}
