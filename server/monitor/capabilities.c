/* SPDX-License-Identifier: ISC */
/*
 * What root's monitor keeps of root's power.
 *
 * The unit for systemd lists the same but CAP_DAC_OVERRIDE, and what it does
 * not give is not missed here.
 */
#include <linux/capability.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/privdrop.h"
#include "server/roles.h"

static const unsigned kept[] = {
	CAP_SETUID, /* children become the service user, agents their users */
	CAP_SETGID,
	CAP_SETPCAP, /* they empty their bounding set */
	CAP_SYS_CHROOT, /* and enter an empty root */
	CAP_KILL, /* agents are other users' processes */
	CAP_CHOWN, /* control_group */
	CAP_NET_BIND_SERVICE, /* port 21, and 20 for active connections */
	CAP_AUDIT_WRITE, /* PAM */
	/* Configuration, keys, logs and state may lie in a directory of
	 * somebody else's. As it can become that user, this is no more. */
	CAP_DAC_OVERRIDE,
};

void
monitor_limit_capabilities(void)
{
	if (privdrop_keep(kept, NELEM(kept)) == -1)
		diex("cannot give up capabilities");
}
