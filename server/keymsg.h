/* SPDX-License-Identifier: ISC */
/*
 * What a worker and its key process say to each other (KW_ in proto.h). Neither
 * trusts the other's bytes.
 */
#ifndef SERVER_KEYMSG_H
#define SERVER_KEYMSG_H

#include "common/buf.h"
#include "tls/tls_keyop.h"

#define KEYMSG_WHY_MAX 256 /* with NUL */
#define KEYMSG_MAX (TLS_KEYOP_IN_MAX + KEYMSG_WHY_MAX + 64)

struct keymsg_reply {
	const uint8_t *out; /* of the operation */
	size_t len; /* 0: it was not done */
	const char *why; /* ... for this reason; else NULL */
};

/* Each get returns 0, or -1 if anything is odd; pointers are into the message.
 * why: the caller's memory for a reason. */
void keymsg_put_request(struct wbuf *, const struct tls_keyop *);
int keymsg_get_request(struct rbuf *, struct tls_keyop *);
void keymsg_put_reply(struct wbuf *, const struct keymsg_reply *);
int keymsg_get_reply(
    struct rbuf *, struct keymsg_reply *, char why[KEYMSG_WHY_MAX]);

#endif
