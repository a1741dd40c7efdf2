/* SPDX-License-Identifier: ISC */
/*
 * Networks, lists of them and the rules of passive_address: what is accepted
 * means the same when it is written again, and contains what it names.
 */
#include "common/network.h"
#include "common/sockutil.h"
#include "server/nat.h"
#include "tests/fuzz/fuzz.h"

static void
check_one(const struct network *n)
{
	struct addr addr = { .family = n->family };
	char text[NETWORK_STRLEN];
	struct network again;

	REQUIRE(n->family == 4 || n->family == 6);
	REQUIRE(n->bits <= (n->family == 4 ? 32 : 128));
	network_str(n, text, sizeof(text));
	REQUIRE(network_parse(&again, text) == 0);
	REQUIRE(memcmp(&again, n, sizeof(again)) == 0);
	memcpy(addr.ip, n->ip, sizeof(addr.ip));
	REQUIRE(network_contains(n, &addr));
	if (n->bits > 0) {
		addr.ip[(n->bits - 1) / 8] ^=
		    (uint8_t)(0x80 >> (n->bits - 1) % 8);
		REQUIRE(!network_contains(n, &addr));
	}
}

static void
check_list(const char *text)
{
	char out[NETWORKS_MAX * NETWORK_STRLEN], bad[16];
	struct networks list, again;
	unsigned i;

	memset(&list, 0, sizeof(list));
	memset(&again, 0, sizeof(again));
	if (networks_parse(&list, text, bad, sizeof(bad)) == -1) {
		REQUIRE(strnlen(bad, sizeof(bad)) < sizeof(bad));
		return;
	}
	REQUIRE(list.n <= NETWORKS_MAX && bad[0] == '\0');
	for (i = 0; i < list.n; i++)
		check_one(&list.net[i]);
	networks_str(&list, out, sizeof(out));
	REQUIRE(networks_parse(&again, out, bad, sizeof(bad)) == 0);
	REQUIRE(again.n == list.n);
	REQUIRE(memcmp(again.net, list.net, list.n * sizeof(*list.net)) == 0);
}

static void
check_nat(const char *text)
{
	static struct nat nat, again;
	char out[4096 + 1024], third[sizeof(out)], why[128] = "";

	if (nat_parse(&nat, text, why, sizeof(why)) == -1) {
		REQUIRE(why[0] != '\0');
		return;
	}
	REQUIRE(nat.n <= NAT_MAX);
	nat_str(&nat, out, sizeof(out));
	REQUIRE(nat_parse(&again, out, why, sizeof(why)) == 0);
	nat_str(&again, third, sizeof(third));
	REQUIRE(strcmp(out, third) == 0 && again.n == nat.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *text = input_str(&in);
	struct network net;

	if (network_parse(&net, text) == 0)
		check_one(&net);
	check_list(text);
	check_nat(text);
	free(text);
	return 0;
}
