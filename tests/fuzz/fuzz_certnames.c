/* SPDX-License-Identifier: ISC */
/*
 * Names of certificates: what matches is a whole line, and every valid name
 * matches itself.
 */
#include "common/str.h"
#include "server/certnames.h"
#include "tests/fuzz/fuzz.h"

static int
has_line(const char *names, const char *wanted)
{
	size_t len, n = strlen(wanted);

	for (; *names != '\0'; names += len + (names[len] == '\n')) {
		len = strcspn(names, "\n");
		if (len == n && ascii_ncasecmp(names, wanted, n) == 0)
			return 1;
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *wanted = input_str(&in), *names = input_str(&in);

	if (certnames_match(names, wanted))
		REQUIRE(has_line(names, wanted));
	if (certnames_valid(wanted)) {
		REQUIRE(strlen(wanted) < CERTNAMES_MAX);
		REQUIRE(certnames_match(wanted, wanted));
	}
	free(wanted);
	free(names);
	return 0;
}
