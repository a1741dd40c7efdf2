/* SPDX-License-Identifier: ISC */
/*
 * The resolver process: looks up the host names of passive_address, which may
 * take long and reads what the network sends, tells the monitor and ends.
 */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/log.h"
#include "common/privdrop.h"
#include "common/sandbox.h"
#include "server/conf.h"
#include "server/proto.h"
#include "server/roles.h"

static int
tell(int fd, unsigned rule, const struct addr *addr, const char *why)
{
	uint8_t mem[256];
	struct wbuf b;

	ipc_begin(&b, mem, sizeof(mem), RM_ADDRESS);
	put_u16(&b, (uint16_t)rule);
	addr_put(&b, addr);
	put_str(&b, why);
	return ipc_send(fd, &b, -1) == IPC_OK ? 0 : -1;
}

void
resolver_main(const struct config *conf, int fd)
{
	/* Where the name service has its files is not known. */
	static const struct landlock_place all = { "/", false };
	const struct nat *nat = &conf->passive_address;
	char why[PROTO_REASON_MAX];
	struct ident id;
	unsigned i;

	log_set_role("resolver");
	if (conf_service_ident(conf, &id) != 0)
		diex("there is no service user");
	privdrop(&id, NULL); /* resolving needs /etc */
	sandbox_enter(SANDBOX_RESOLVER, conf->sandbox, &all, 1);
	if (fd_set_nonblock(fd, false) != 0)
		die("resolver channel");
	for (i = 0; i < nat->n; i++) {
		struct addr addr = { 0 };

		why[0] = '\0';
		if (nat->rule[i].kind != NAT_NAME)
			continue;
		(void)nat_resolve(nat->rule[i].name, &addr, why, sizeof(why));
		if (tell(fd, i, &addr, why) == -1)
			break;
	}
	_exit(EXIT_SUCCESS);
}
