/* SPDX-License-Identifier: ISC */
/*
 * Runs a fuzz target on files without libFuzzer: every seed, and every prefix
 * of a small one that was made by hand, so that `make check` with any compiler
 * repeats what fuzzing once found.
 */
#include "tests/fuzz/fuzz.h"

#define PREFIXES_UP_TO 300 /* bytes */

/* In memory of exactly its size, where sanitizers see an overrun. */
static void
run_prefix(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	REQUIRE(copy != NULL);
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

/* libFuzzer names what it has found by a hash; there are many. */
static int
is_found(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return strlen(name) == 40 && strspn(name, "0123456789abcdef") == 40;
}

static int
run_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n, i;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	n = fread(data, 1, sizeof(data), f);
	if (ferror(f) || !feof(f)) {
		fprintf(stderr, "%s: cannot be read whole\n", path);
		fclose(f);
		return -1;
	}
	fclose(f);
	for (i = 0; n <= PREFIXES_UP_TO && i < n && !is_found(path); i++)
		run_prefix(data, i);
	run_prefix(data, n);
	return 0;
}

int
main(int argc, char **argv)
{
	int i, failed = argc < 2;

	for (i = 1; i < argc; i++) {
		if (run_file(argv[i]) == -1)
			failed = 1;
	}
	printf("%s: %d files\n", argv[0], argc - 1);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
