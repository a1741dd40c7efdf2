/* SPDX-License-Identifier: ISC */
/*
 * PORT and EPRT arguments: what is accepted is a usable address and means the
 * same when it is written again.
 */
#include "common/ftpaddr.h"
#include "tests/fuzz/fuzz.h"

static void
check_addr(const struct addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	REQUIRE(a->family == 4 || a->family == 6);
	REQUIRE(a->port != 0);
	REQUIRE(a->scope == 0);
	REQUIRE(a->family == 4 || memcmp(a->ip, mapped, 12) != 0);
}

static void
check_port(const char *arg)
{
	struct addr a, b;
	char text[24];

	if (ftpaddr_parse_port(arg, &a) != FTPADDR_OK)
		return;
	check_addr(&a);
	REQUIRE(a.family == 4);
	ftpaddr_format_port(text, sizeof(text), &a);
	REQUIRE(ftpaddr_parse_port(text, &b) == FTPADDR_OK);
	REQUIRE(addr_ip_equal(&a, &b) && a.port == b.port);
}

static void
check_eprt(const char *arg)
{
	char ip[ADDR_STRLEN], text[ADDR_STRLEN + 16];
	struct addr a, b;

	if (ftpaddr_parse_eprt(arg, &a) != FTPADDR_OK)
		return;
	check_addr(&a);
	snprintf(text, sizeof(text), "|%d|%s|%u|", a.family == 4 ? 1 : 2,
	    addr_ip_str(&a, ip, sizeof(ip)), a.port);
	REQUIRE(ftpaddr_parse_eprt(text, &b) == FTPADDR_OK);
	REQUIRE(addr_ip_equal(&a, &b) && a.port == b.port);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *arg = input_str(&in);

	check_port(arg);
	check_eprt(arg);
	free(arg);
	return 0;
}
