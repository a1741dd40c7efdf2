/* SPDX-License-Identifier: ISC */
/*
 * Numbers and blanks of commands: digits only, as the C library reads them, and
 * back.
 *
 * Input: the most that is allowed, then the text.
 */
#include <errno.h>
#include <inttypes.h>

#include "common/str.h"
#include "tests/fuzz/fuzz.h"

static void
check_number(const char *text, uint64_t max)
{
	size_t len = strlen(text);
	bool digits = len > 0 && strspn(text, "0123456789") == len;
	uint64_t n = 1234567, want;
	char again[21];

	errno = 0;
	want = strtoull(text, NULL, 10);
	if (parse_u64(text, max, &n) == -1) {
		REQUIRE(!digits || errno == ERANGE || want > max);
		return;
	}
	REQUIRE(digits && errno == 0 && n == want && n <= max);
	*fmt_u64(again, n) = '\0';
	REQUIRE(parse_u64(again, max, &want) == 0 && want == n);
}

static void
check_format(uint64_t n)
{
	char out[21], want[24];

	memset(out, 'x', sizeof(out));
	*fmt_u64(out, n) = '\0';
	(void)snprintf(want, sizeof(want), "%" PRIu64, n);
	REQUIRE(strcmp(out, want) == 0);
}

static void
check_trim(char *text)
{
	char *first = str_trim(text);
	size_t n = strlen(first);

	REQUIRE(first >= text);
	REQUIRE(n == 0 || (first[0] != ' ' && first[0] != '\t'));
	REQUIRE(n == 0 || (first[n - 1] != ' ' && first[n - 1] != '\t'));
	REQUIRE(str_trim(first) == first && strlen(first) == n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t max = input_uint(&in, 8);
	char *text = input_str(&in);

	check_format(max);
	check_number(text, max);
	check_number(text, UINT64_MAX);
	check_trim(text);
	free(text);
	return 0;
}
