/* SPDX-License-Identifier: ISC */
/*
 * Accounts in messages: what is accepted is sane and goes back into the very
 * bytes it came from.
 */
#include "server/account.h"
#include "server/rights.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct account a;
	static uint8_t mem[3 * 4096];
	struct wbuf w;
	struct rbuf r;

	memset(&a, 0xee, sizeof(a));
	rbuf_init(&r, data, size);
	account_get(&r, &a);
	REQUIRE(a.ident.ngroups >= 0 && a.ident.ngroups <= IDENT_GROUPS);
	if (rbuf_end(&r) == -1)
		return 0;
	REQUIRE(a.name[0] != '\0' && strlen(a.name) < sizeof(a.name));
	REQUIRE(a.root[0] == '/' && strlen(a.root) < sizeof(a.root));
	REQUIRE(a.start_dir[0] == '/');
	REQUIRE((a.rights & ~RIGHTS_FULL) == 0);
	wbuf_init(&w, mem, sizeof(mem));
	account_put(&w, &a);
	REQUIRE(w.err == 0 && w.len == size);
	REQUIRE(memcmp(mem, data, size) == 0);
	return 0;
}
