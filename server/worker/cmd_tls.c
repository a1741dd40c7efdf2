/* SPDX-License-Identifier: ISC */
/*
 * AUTH, PBSZ, PROT and CCC (RFC 2228, RFC 4217): whether the control
 * connection is in TLS, and whether data connections will be.
 */
#include "common/mem.h"
#include "common/str.h"
#include "server/worker/cmd.h"
#include "server/worker/ctrl.h"
#include "server/worker/data.h"
#include "server/worker/refusal.h"
#include "server/worker/reply.h"
#include "tls/tls_reuse.h"

/* RFC 4217 4.1 has TLS and TLS-C; the older two begin with PROT P. */
static const struct {
	const char *name;
	bool private;
} mechanisms[] = {
	{ "TLS", false },
	{ "TLS-C", false },
	{ "SSL", true },
	{ "TLS-P", true },
};

/* What this key of the listener switches off. */
static void
refuse_by_listen(struct session *s, const char *key, int code, const char *text)
{
	char rule[RULE_MAX];

	refusal_by(s, rule_listen(session_listen(s), key, rule));
	reply(s, code, "%s", text);
}

/* The row, or -1. */
static int
find_mechanism(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(mechanisms); i++)
		if (ascii_casecmp(name, mechanisms[i].name) == 0)
			return (int)i;
	return -1;
}

/* Has the client sent anything behind the AUTH? */
static bool
has_more_input(const struct session *s)
{
	return s->in.pos < s->in.len || s->nqueued > 0;
}

static void
begin(struct session *s, bool private)
{
	session_drop_user(s);
	session_reset(s);
	s->private = private;
	reply(s, 234, "Proceed with TLS negotiation.");
	ctrl_tls_begin(s);
}

enum cmd_result
cmd_auth(struct session *s, char *arg)
{
	int row = find_mechanism(arg);

	if (session_listen(s)->tls == CONF_TLS_OFF)
		refuse_by_listen(s, "tls", 502, "AUTH not implemented.");
	else if (row == -1)
		reply(s, 504, "Unknown AUTH mechanism.");
	else if (session_tls(s) == NULL)
		reply(s, 431, "No TLS certificate available.");
	else if (session_is_secure(s))
		reply(s, 534, "Control connection is already protected.");
	else if (s->cleared)
		reply(s, 534, "AUTH not allowed after CCC.");
	else if (has_more_input(s)) {
		/* It was sent in clear and must not run as if it were not. */
		session_bye(s, 503, "No data may follow AUTH.",
		    REASON_INPUT_BEHIND_AUTH);
		return CMD_CLOSE;
	} else
		begin(s, mechanisms[row].private);
	return CMD_DONE;
}

/* What PBSZ and PROT have in common; says why not. */
static bool
is_protected(struct session *s, const char *verb)
{
	if (s->cleared)
		reply(s, 503, "%s not allowed after CCC.", verb);
	else if (!session_is_secure(s))
		reply(s, 503, "%s needs AUTH first.", verb);
	return session_is_secure(s);
}

/* TLS has no use for the size; the answer may always be a smaller one. */
enum cmd_result
cmd_pbsz(struct session *s, char *arg)
{
	uint64_t size;

	if (!is_protected(s, "PBSZ"))
		return CMD_DONE;
	if (parse_u64(arg, UINT32_MAX, &size) < 0) {
		reply(s, 501, "PBSZ needs a number of at most 32 bits.");
		return CMD_DONE;
	}
	s->pbsz = true;
	reply(s, 200, "PBSZ=0");
	return CMD_DONE;
}

/* R0b E: ftplib sends PROT C without PBSZ. */
static void
protect(struct session *s, bool private)
{
	if (!private && (session_listen(s)->tls_data || s->tls_data))
		reply(s, 534, "PROT C refused; data connections need TLS.");
	else if (private && !s->pbsz && !session_listen(s)->implicit)
		reply(s, 503, "PBSZ required before PROT.");
	else {
		s->private = private;
		data_prot(s);
		reply(s, 200, "PROT now %s.", private ? "Private" : "Clear");
	}
}

enum cmd_result
cmd_prot(struct session *s, char *arg)
{
	unsigned char level = ascii_toupper((unsigned char)arg[0]);

	if (!is_protected(s, "PROT"))
		return CMD_DONE;
	if (arg[1] != '\0')
		level = '?';
	if (level == 'C' || level == 'P')
		protect(s, level == 'P');
	else if (level == 'S' || level == 'E')
		reply(s, 536, "PROT level not supported.");
	else
		reply(s, 504, "Unknown PROT level.");
	return CMD_DONE;
}

/* RFC 4217 5: only who has logged in (section 15.3), and only if allowed. */
enum cmd_result
cmd_ccc(struct session *s, char *arg)
{
	if (!session_is_secure(s))
		reply(s, 533, "CCC needs a protected control connection.");
	else if (!session_listen(s)->ccc)
		refuse_by_listen(s, "ccc", 534, "CCC refused.");
	else if (session_listen(s)->implicit || s->login != LOGIN_IN)
		reply(s, 534, "CCC refused.");
	else {
		session_event(s, (struct log_event){ .id = EVENT_TLS_END });
		s->cleared = true;
		/* R1.1: with the reply, for the data connections to come:
		 * there will be no other. */
		ctrl_flush(s);
		tls_stream_new_ticket(&s->ctl);
		ctrl_tls_leave(s, 200, "Control connection is now clear.");
	}
	return CMD_DONE;
}
