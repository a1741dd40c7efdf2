/* SPDX-License-Identifier: ISC */
/*
 * ternctl bans, ban, unban.
 */
#include "config.h"

#include <string.h>

#include "common/log.h"
#include "server/monitor/bans.h"
#include "server/monitor/control.h"

struct page {
	struct wbuf b;
	uint32_t skip; /* shown before */
	bool full;
};

static void
put_ban(const struct ban_info *ban, void *arg)
{
	struct page *p = arg;
	char ip[ADDR_STRLEN];
	size_t row;

	if (p->full)
		return;
	if (p->skip > 0) {
		p->skip--;
		return;
	}
	row = control_row(&p->b);
	control_text(&p->b, "address", addr_ip_str(&ban->addr, ip, sizeof(ip)));
	control_number(&p->b, "left", UNIT_SECONDS, ban->left);
	control_number(&p->b, "count", UNIT_NUMBER, ban->count);
	control_number(&p->b, "refused", UNIT_NUMBER, ban->refused);
	control_text(&p->b, "reason", ban->reason);
	p->full = !control_row_end(&p->b, row);
}

int
control_bans(struct ctlconn *c, struct rbuf *b)
{
	struct page p = { .skip = get_u32(b) };

	if (rbuf_end(b) == -1)
		return -1;
	control_begin(&p.b, CONTROL_OK, "");
	bans_each(c->m->bans, put_ban, &p);
	if (p.full)
		control_reply_more(&p.b);
	control_send(c, &p.b);
	return 0;
}

/* A word, as it stands in log lines. */
static void
make_word(char *word, size_t size, const char *text)
{
	char *p;

	(void)strlcpy(word, text, size);
	for (p = word; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == '"' || *p == 0x7f)
			*p = '-';
}

int
control_ban(struct ctlconn *c, struct rbuf *b)
{
	char text[CONTROL_WORD_MAX], why[CONTROL_WORD_MAX];
	char reason[BAN_REASON_MAX];
	struct addr addr;
	uint32_t seconds;

	get_str(b, text, sizeof(text));
	seconds = get_u32(b);
	get_str(b, why, sizeof(why));
	if (rbuf_end(b) == -1 || addr_parse_ip(&addr, text) == -1)
		return -1;
	make_word(reason, sizeof(reason), why);
	seconds = bans_add(c->m->bans, &addr, seconds, reason);
	if (seconds == 0) {
		control_say(c, CONTROL_FAILED,
		    "%s is in a network of allow, which is never banned", text);
		return 0;
	}
	log_info("control: ban %s: %u s: %s", text, (unsigned)seconds, reason);
	bans_kick(c->m->bans, &addr, true);
	control_say(
	    c, CONTROL_OK, "%s is banned for %u s", text, (unsigned)seconds);
	return 0;
}

int
control_unban(struct ctlconn *c, struct rbuf *b)
{
	char text[CONTROL_WORD_MAX];
	struct addr addr;

	get_str(b, text, sizeof(text));
	if (rbuf_end(b) == -1 || addr_parse_ip(&addr, text) == -1)
		return -1;
	if (bans_remove(c->m->bans, &addr)) {
		log_info("control: unban %s", text);
		control_say(c, CONTROL_OK, "%s is not banned any more", text);
	} else
		control_say(c, CONTROL_FAILED, "%s is not banned", text);
	return 0;
}
