/* SPDX-License-Identifier: ISC */
/*
 * Rights as text: what is accepted has known bits only and survives being
 * printed; printing never leaves its buffer.
 */
#include "server/rights.h"
#include "tests/fuzz/fuzz.h"

static void
check_print(uint32_t rights, size_t size)
{
	char *out = malloc(size);

	REQUIRE(out != NULL);
	REQUIRE(rights_str(rights, out, size) == out);
	REQUIRE(strnlen(out, size) < size);
	free(out);
}

static void
check_parse(const char *text)
{
	uint32_t rights, again;
	char out[128];

	if (rights_parse(text, &rights) == -1)
		return;
	REQUIRE((rights & ~RIGHTS_FULL) == 0);
	rights_str(rights, out, sizeof(out));
	REQUIRE(rights_parse(out, &again) == 0);
	REQUIRE(again == rights);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *text;

	check_print((uint32_t)input_uint(&in, 4), 1 + input_uint(&in, 1) % 130);
	in = (struct input){ data, size };
	text = input_str(&in);
	check_parse(text);
	free(text);
	return 0;
}
