/* SPDX-License-Identifier: ISC */
/*
 * Rows of the control socket: whatever they are made of, reading comes to an
 * end, and every field that is given has a name, a unit and a text.
 */
#include "server/control.h"
#include "tests/fuzz/fuzz.h"

static void
check_row(const struct control_fields *row)
{
	unsigned i;

	REQUIRE(row->n <= CONTROL_FIELDS_MAX);
	for (i = 0; i < row->n; i++) {
		REQUIRE(row->f[i].name[0] != '\0');
		REQUIRE(row->f[i].unit < UNIT_COUNT);
		REQUIRE(strlen(row->f[i].text) < CONTROL_ROW_MAX);
		REQUIRE(control_find(row, row->f[i].name) != NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct control_fields row;
	const uint8_t *before;
	struct rbuf r;
	int result;

	rbuf_init(&r, data, size);
	do {
		before = r.p;
		result = control_get_row(&r, &row);
		REQUIRE(result != 1 || r.p > before);
		if (result == 1)
			check_row(&row);
	} while (result == 1);
	REQUIRE(result == 0 ? r.p == r.end : result == -1);
	return 0;
}
