/* SPDX-License-Identifier: ISC */
/*
 * Origins in tickets: putting them in, reading them, judging them.
 */
#include "tls/tls_reuse.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

#define ORIGIN_VERSION 2

/* As it stands in the ticket's application data. */
struct wire {
	uint8_t version;
	uint8_t profile; /* of the context */
	struct tls_origin origin;
};

void
tls_reuse_share(void)
{
	tls_bindings_share();
	tls_sessions_share();
}

void
tls_reuse_forget(void)
{
	tls_bindings_forget();
	tls_sessions_forget();
}

static bool
is_bound(const struct tls_origin *o)
{
	static const uint8_t nothing[TLS_ID_LEN];

	return memcmp(o->bind, nothing, TLS_ID_LEN) != 0;
}

/* --------------------------------------------------------------- in tickets */

static int
put_origin(SSL_SESSION *ss, const struct tls_stream *t)
{
	struct wire w = { .version = ORIGIN_VERSION,
		.profile = (uint8_t)t->ctx->profile,
		.origin = t->own };

	return SSL_SESSION_set1_ticket_appdata(ss, &w, sizeof(w));
}

static bool
get_origin(SSL_SESSION *ss, struct tls_stream *t)
{
	struct wire w;
	void *p = NULL;
	size_t len = 0;

	if (ss == NULL || SSL_SESSION_get0_ticket_appdata(ss, &p, &len) != 1 ||
	    p == NULL || len != sizeof(w))
		return false;
	memcpy(&w, p, sizeof(w));
	t->offered = w.origin;
	/* What an old device may negotiate is not good for all others. */
	return w.version == ORIGIN_VERSION && w.profile == t->ctx->profile;
}

/* Of the session that a control connection resumes. */
static void
inherit(struct tls_stream *t)
{
	if (t->role == TLS_ROLE_CONTROL && t->has_offered)
		memcpy(t->own.root, t->offered.root, TLS_ID_LEN);
}

/* The old functions end in 2038, and newer headers say so. */
static time_t
get_time(const SSL_SESSION *ss)
{
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
	return SSL_SESSION_get_time_ex(ss);
#else
	return (time_t)SSL_SESSION_get_time(ss);
#endif
}

static void
set_time(SSL_SESSION *ss, time_t t)
{
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
	(void)SSL_SESSION_set_time_ex(ss, t);
#else
	(void)SSL_SESSION_set_time(ss, (long)t);
#endif
}

/* A ticket is about to be made of the connection's session. */
static int
on_make(SSL *ssl, void *arg)
{
	struct tls_stream *t = tls_stream_of_ssl(ssl);
	SSL_SESSION *ss = SSL_get_session(ssl);

	/* A session found by its id is shared: it stays what it is. */
	if (t == NULL || (SSL_session_reused(ssl) == 1 && !t->has_offered))
		return 1;
	if (SSL_session_reused(ssl) == 1)
		inherit(t);
	/* In 1.2 it may be a renewed one: its life begins anew (R1.5). */
	if (SSL_version(ssl) < TLS1_3_VERSION)
		set_time(ss, time(NULL));
	/* Whoever connected to a data port of a session is not its client for
	 * that. A renewed ticket is its owner's; a new one is of no use. */
	return t->role == TLS_ROLE_DATA ? 1 : put_origin(ss, t);
}

/*
 * A resumed session stands for the certificate that was checked when it began,
 * perhaps by another listener, with other rules or an older revocation list. So
 * where certificates are asked for, control connections always show theirs, and
 * a data connection resumes only a session with the same one (R22.2).
 */
static bool
cert_is_good(const struct tls_stream *t, SSL_SESSION *ss)
{
	const X509 *x = SSL_SESSION_get0_peer(ss);

	if (!t->ctx->asks_certs)
		return true;
	if (t->role == TLS_ROLE_CONTROL)
		return false;
	if (x == NULL || t->cert == NULL)
		return x == t->cert;
	return X509_cmp(x, t->cert) == 0 &&
	       X509_cmp_current_time(X509_get0_notAfter(x)) > 0;
}

/*
 * May and should a connection get a new ticket for the one it offers? Under
 * 1.2, where tickets come with the handshake: a control connection, for its own
 * id; a data connection when half of the ticket's life is over.
 */
static bool
should_renew(
    const struct tls_stream *t, const SSL_SESSION *ss, SSL_TICKET_STATUS status)
{
	time_t age = time(NULL) - get_time(ss);

	if (SSL_version(t->ssl) >= TLS1_3_VERSION)
		return false;
	return status == SSL_TICKET_SUCCESS_RENEW ||
	       t->role == TLS_ROLE_CONTROL ||
	       age > SSL_SESSION_get_timeout(ss) / 2;
}

static SSL_TICKET_RETURN
on_offered(SSL *ssl, SSL_SESSION *ss, const unsigned char *name,
    size_t name_len, SSL_TICKET_STATUS status, void *arg)
{
	struct tls_stream *t = tls_stream_of_ssl(ssl);

	if (t == NULL || (status != SSL_TICKET_SUCCESS &&
			     status != SSL_TICKET_SUCCESS_RENEW))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (!cert_is_good(t, ss) || !get_origin(ss, t))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	t->has_offered = true;
	return should_renew(t, ss, status) ? SSL_TICKET_RETURN_USE_RENEW
					   : SSL_TICKET_RETURN_USE;
}

/* What a ticket must fulfil, a session found by its id must too. */
static SSL_SESSION *
on_lookup(SSL *ssl, const unsigned char *id, int len, int *is_shared_r)
{
	struct tls_stream *t = tls_stream_of_ssl(ssl);
	SSL_SESSION *ss = tls_sessions_get(id, (size_t)len);

	*is_shared_r = 0;
	if (t != NULL && ss != NULL && cert_is_good(t, ss) && get_origin(ss, t))
		return ss;
	SSL_SESSION_free(ss);
	return NULL;
}

void
tls_reuse_install(SSL_CTX *ctx)
{
	SSL_CTX_set_session_ticket_cb(ctx, on_make, on_offered, NULL);
	SSL_CTX_set_session_cache_mode(
	    ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_get_cb(ctx, on_lookup);
}

/* ---------------------------------------------------- control connections */

void
tls_reuse_start(struct tls_stream *t)
{
	arc4random_buf(t->own.id, sizeof(t->own.id));
	memcpy(t->own.root, t->own.id, sizeof(t->own.root));
}

/*
 * A client without tickets (TLS 1.2) names its session by its id, and the
 * session lies in our memory: there the origin can be written into it at any
 * time. The one who made the session writes; that of a data connection is not
 * kept.
 */
static void
mark_session(struct tls_stream *t)
{
	SSL_SESSION *ss;

	if (t->role == TLS_ROLE_DATA || t->ssl == NULL || t->phase != TLS_UP ||
	    SSL_version(t->ssl) >= TLS1_3_VERSION ||
	    SSL_session_reused(t->ssl) == 1)
		return;
	ss = SSL_get_session(t->ssl);
	if (put_origin(ss, t) == 1)
		tls_sessions_put(ss);
}

void
tls_reuse_up(struct tls_stream *t)
{
	if (SSL_session_reused(t->ssl) == 0) {
		t->has_offered = false;
		mark_session(t);
		return;
	}
	if (!t->has_offered)
		t->has_offered = get_origin(SSL_get_session(t->ssl), t);
	inherit(t);
}

/* A digest of the account and the address, equal for equal ones. */
static void
digest(uint8_t out[TLS_ID_LEN], const char *account, const struct addr *a)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	char *text, ip[ADDR_STRLEN];
	unsigned len = 0;
	int n;

	n = xasprintf(&text, "%s %s", addr_ip_str(a, ip, sizeof(ip)), account);
	(void)EVP_Digest(text, (size_t)n, md, &len, EVP_sha256(), NULL);
	free(text);
	memcpy(out, md, TLS_ID_LEN);
}

void
tls_stream_set_account(struct stream *control, const char *account)
{
	struct tls_stream *t = tls_stream_of(control);

	if (t == NULL)
		return;
	memset(t->own.bind, 0, sizeof(t->own.bind));
	if (account != NULL) {
		digest(t->own.bind, account, &t->client);
		tls_bindings_put(&t->own);
	} else
		tls_bindings_drop(t->own.id);
	mark_session(t);
}

void
tls_stream_new_ticket(struct stream *control)
{
	struct tls_stream *t = tls_stream_of(control);

	if (t != NULL && t->role == TLS_ROLE_CONTROL && t->phase == TLS_UP &&
	    SSL_version(t->ssl) >= TLS1_3_VERSION)
		t->ticket = true;
}

/* ------------------------------------------------------------------ judging */

enum tls_reuse
tls_stream_reuse(const struct stream *data)
{
	const struct tls_stream *t = tls_stream_of(data);
	struct tls_origin o;

	if (t == NULL || t->phase != TLS_UP || SSL_session_reused(t->ssl) == 0)
		return TLS_REUSE_NONE;
	if (!t->has_offered)
		return TLS_REUSE_FOREIGN;
	o = t->offered;
	if (memcmp(o.root, t->own.root, TLS_ID_LEN) == 0)
		return TLS_REUSE_OWN;
	if (!is_bound(&o) && !(tls_bindings_get(&o) && is_bound(&o)))
		return TLS_REUSE_UNKNOWN;
	return memcmp(o.bind, t->own.bind, TLS_ID_LEN) == 0
		   ? TLS_REUSE_SAME_ACCOUNT
		   : TLS_REUSE_FOREIGN;
}

const char *
tls_reuse_str(enum tls_reuse reuse)
{
	static const char *const names[] = {
		[TLS_REUSE_NONE] = "none",
		[TLS_REUSE_OWN] = "own",
		[TLS_REUSE_SAME_ACCOUNT] = "same account",
		[TLS_REUSE_UNKNOWN] = "unknown",
		[TLS_REUSE_FOREIGN] = "foreign",
	};

	return names[reuse];
}
