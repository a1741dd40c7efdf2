/* SPDX-License-Identifier: ISC */
/*
 * PORT, EPRT, PASV and EPSV: where the next transfer goes (RFC 959 4.1.2,
 * RFC 2428).
 *
 * We connect to the control connection's peer only, never below port 1024
 * (RFC 2577): nobody attacks others through us.
 */
#include <errno.h>

#include "common/ftpaddr.h"
#include "common/log.h"
#include "common/str.h"
#include "server/worker/cmd.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"
#include "tls/tls_reuse.h"

#define PORT_MIN 1024

/* The number of the control connection's family in EPRT and EPSV. */
static int
own_family(const struct session *s)
{
	return s->peer.family == 6 ? 2 : 1;
}

static void
reply_family(struct session *s)
{
	reply(
	    s, 522, "Network protocol not supported, use (%d)", own_family(s));
}

/* -------------------------------------------------------------- active */

/* Refuses what PORT and EPRT have in common before they look closer. */
static bool
active_is_allowed(struct session *s, const char *verb)
{
	if (s->epsv_all)
		reply(s, 501, "%s not allowed after EPSV ALL.", verb);
	else if (!s->w->conf->active)
		refuse(s, REASON_ACTIVE_OFF, 502,
		    "Active mode is disabled; use EPSV or PASV.");
	else
		return true;
	return false;
}

static enum cmd_result
set_target(struct session *s, const char *verb, struct addr *target)
{
	/* A link-local address names its interface only to its own host. */
	target->scope = s->peer.scope;
	if (target->port < PORT_MIN)
		refuse(s, REASON_LOW_PORT, 504, "Port below %d refused.",
		    PORT_MIN);
	else if (!addr_ip_equal(target, &s->peer))
		refuse(s, REASON_FOREIGN_ADDRESS, 501,
		    "%s address must be yours.", verb);
	else {
		data_target(s, target);
		tls_stream_new_ticket(&s->ctl); /* R1.1 */
		reply(s, 200, "%s command successful.", verb);
	}
	return CMD_DONE;
}

enum cmd_result
cmd_port(struct session *s, char *arg)
{
	struct addr addr;

	if (!active_is_allowed(s, "PORT"))
		return CMD_DONE;
	if (s->peer.family == 6)
		reply(s, 501, "Use EPRT on IPv6.");
	else if (ftpaddr_parse_port(arg, &addr) != FTPADDR_OK)
		reply(s, 501, "Invalid PORT argument.");
	else
		return set_target(s, "PORT", &addr);
	return CMD_DONE;
}

enum cmd_result
cmd_eprt(struct session *s, char *arg)
{
	struct addr addr;

	if (!active_is_allowed(s, "EPRT"))
		return CMD_DONE;
	switch (ftpaddr_parse_eprt(arg, &addr)) {
	case FTPADDR_SYNTAX:
		reply(s, 501, "Invalid EPRT argument.");
		break;
	case FTPADDR_FAMILY:
		reply_family(s);
		break;
	case FTPADDR_OK:
		if (addr.family == s->peer.family)
			return set_target(s, "EPRT", &addr);
		reply_family(s);
		break;
	}
	return CMD_DONE;
}

/* ------------------------------------------------------------- passive */

/* Opens the listener or says why not. */
static bool
open_passive(struct session *s, struct addr *addr_r)
{
	const struct config *conf = s->w->conf;

	if (data_listen(s, addr_r) == 0) {
		/* R1.1: with the reply, which stands alone. */
		ctrl_flush(s);
		tls_stream_new_ticket(&s->ctl);
		return true;
	}
	s->w->counters[COUNT_DATA_NO_PORT]++;
	if (errno == EADDRINUSE)
		refuse(s, REASON_NO_PASSIVE_PORT, 425,
		    "No passive port free (range %u-%u in use).",
		    conf->passive_min, conf->passive_max);
	else {
		session_log(s, "no passive port: errno %d", errno);
		refuse(s, REASON_NO_PASSIVE_PORT, 425,
		    "Can't open a passive port.");
	}
	return false;
}

/* R4.2: behind NAT, and nobody has said so. */
static void
warn_of_nat(const struct session *s, const struct addr *addr)
{
	char ours[ADDR_STRLEN], theirs[ADDR_STRLEN];

	if (s->w->nat_warned || !nat_is_unreachable(addr, &s->peer))
		return;
	s->w->nat_warned = true;
	log_warnx("PASV announces %s to %s, who cannot reach it; set "
		  "passive_address in the block data",
	    addr_ip_str(addr, ours, sizeof(ours)),
	    addr_ip_str(&s->peer, theirs, sizeof(theirs)));
}

enum cmd_result
cmd_pasv(struct session *s, char *arg)
{
	struct addr addr;
	char text[24];

	if (s->epsv_all)
		reply(s, 501, "PASV not allowed after EPSV ALL.");
	else if (s->peer.family == 6)
		reply(s, 501, "Use EPSV on IPv6.");
	else if (open_passive(s, &addr)) {
		warn_of_nat(s, &addr);
		ftpaddr_format_port(text, sizeof(text), &addr);
		reply_alone(s, 227, "Entering Passive Mode (%s).", text);
	}
	return CMD_DONE;
}

enum cmd_result
cmd_epsv(struct session *s, char *arg)
{
	struct addr addr;
	uint64_t family = (uint64_t)own_family(s);

	if (ascii_casecmp(arg, "ALL") == 0) {
		s->epsv_all = true;
		reply(s, 200, "EPSV ALL command successful.");
		return CMD_DONE;
	}
	if (arg[0] != '\0' && parse_u64(arg, UINT16_MAX, &family) < 0)
		reply(s, 501, "Invalid EPSV argument.");
	else if (family != (uint64_t)own_family(s))
		reply_family(s);
	else if (open_passive(s, &addr))
		reply_alone(s, 229, "Entering Extended Passive Mode (|||%u|)",
		    addr.port);
	return CMD_DONE;
}
