/* SPDX-License-Identifier: ISC */
/*
 * The messages between a worker and its key process.
 */
#include "server/keymsg.h"

#include <string.h>

void
keymsg_put_request(struct wbuf *w, const struct tls_keyop *op)
{
	tls_keyop_put(w, op);
}

int
keymsg_get_request(struct rbuf *r, struct tls_keyop *op)
{
	tls_keyop_get(r, op);
	return rbuf_end(r);
}

void
keymsg_put_reply(struct wbuf *w, const struct keymsg_reply *reply)
{
	char why[KEYMSG_WHY_MAX];

	(void)strlcpy(why, reply->why != NULL ? reply->why : "", sizeof(why));
	put_bytes(w, reply->out, reply->len);
	put_str(w, why);
}

/* Either something came out or there is a reason why not. */
int
keymsg_get_reply(
    struct rbuf *r, struct keymsg_reply *reply, char why[KEYMSG_WHY_MAX])
{
	size_t len;

	reply->out = get_bytes(r, &reply->len);
	len = get_str(r, why, KEYMSG_WHY_MAX);
	reply->why = len > 0 ? why : NULL;
	if (rbuf_end(r) == -1 || reply->len > TLS_KEYOP_OUT_MAX ||
	    (reply->len > 0) == (len > 0))
		return -1;
	return 0;
}
