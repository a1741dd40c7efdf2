/* SPDX-License-Identifier: ISC */
/*
 * Contexts: one SSL_CTX with the default certificates, and the certificates of
 * other names beside it.
 *
 * There is only one SSL_CTX on purpose: OpenSSL looks tickets up in the one an
 * SSL was made from, so switching between several would break the resumption
 * of data connections. Certificates are switched instead.
 */
#include "tls/tls_ctx.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

#define SESSION_LIFETIME (24L * 60 * 60) /* R1.5 */

/* --------------------------------------------------------------- callbacks */

/* "ftp" if the client offers it, else nothing: never a reason to fail. */
static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned inlen, void *arg)
{
	static const unsigned char ours[] = { 3, 'f', 't', 'p' };
	unsigned i;

	for (i = 0; i + sizeof(ours) <= inlen; i += 1U + in[i])
		if (memcmp(in + i, ours, sizeof(ours)) == 0) {
			*out = in + i + 1;
			*outlen = 3;
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_NOACK;
}

int
tls_ctx_present(SSL *ssl, const struct tls_name *name)
{
	const struct tls_cert *c;

	SSL_certs_clear(ssl);
	for (c = name->certs; c < name->certs + name->ncerts; c++)
		if (SSL_use_cert_and_key(ssl, c->leaf, c->key, c->chain, 1) !=
		    1)
			return -1;
	return 0;
}

/* An unknown name gets the default certificate, never an alert. A data
 * connection presents what its control connection did (R1.8). */
static int
on_sni(SSL *ssl, int *alert, void *arg)
{
	struct tls_stream *t = tls_stream_of_ssl(ssl);
	const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct tls_name *name;

	if (t == NULL || t->role == TLS_ROLE_DATA || asked == NULL)
		return SSL_TLSEXT_ERR_OK;
	name = tls_names_find(&t->ctx->names, asked);
	if (name != NULL && tls_ctx_present(ssl, name) == 0)
		t->name = name;
	return SSL_TLSEXT_ERR_OK;
}

static const struct tls_cert *
find_cert(const struct tls_cert *certs, size_t n, const X509 *leaf)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (certs[i].leaf == leaf)
			return &certs[i];
	return NULL;
}

static const struct tls_cert *
cert_of(const struct tls_stream *t, const X509 *leaf)
{
	return t->name != NULL
		   ? find_cert(t->name->certs, t->name->ncerts, leaf)
		   : find_cert(t->ctx->certs, t->ctx->ncerts, leaf);
}

static int
on_status(SSL *ssl, void *arg)
{
	struct tls_stream *t = tls_stream_of_ssl(ssl);
	const struct tls_cert *c;
	unsigned char *copy;

	c = t != NULL ? cert_of(t, SSL_get_certificate(ssl)) : NULL;
	if (c == NULL || c->ocsp == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(c->ocsp, c->ocsp_len);
	if (copy == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)c->ocsp_len);
	return SSL_TLSEXT_ERR_OK;
}

/* ----------------------------------------------------------------- building */

static void
set_common(SSL_CTX *ctx)
{
	static const unsigned char id[] = "ternftpd";

	/* Equal everywhere, or sessions with client certificates could not be
	 * resumed. */
	SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
	SSL_CTX_set_timeout(ctx, SESSION_LIFETIME);
	SSL_CTX_set_num_tickets(ctx, 0); /* tls_stream_new_ticket() */
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_sni);
	SSL_CTX_set_tlsext_status_cb(ctx, on_status);
	tls_keys_install(ctx);
	tls_reuse_install(ctx);
	tls_hello_install(ctx);
}

static int
refused(const struct tls_cert *c, char **err_r)
{
	return tls_err_set(err_r, "%s: OpenSSL refuses this certificate: %s",
	    c->file, tls_err_take());
}

static int
load_defaults(struct tls_ctx *ctx, const struct tls_settings *set, char **err_r)
{
	const struct tls_cert *c;

	if (set->npairs == 0)
		return tls_err_set(err_r, "there is no certificate");
	if (tls_certs_load(ctx->certs, &ctx->ncerts, set->pairs, set->npairs,
		set, &ctx->watch, err_r) == -1)
		return -1;
	for (c = ctx->certs; c < ctx->certs + ctx->ncerts; c++)
		if (SSL_CTX_use_cert_and_key(
			ctx->ssl, c->leaf, c->key, c->chain, 0) != 1)
			return refused(c, err_r);
	return 0;
}

/* Would OpenSSL take them? Better to learn it now than in a handshake. */
static int
try_names(struct tls_ctx *ctx, char **err_r)
{
	SSL *ssl = SSL_new(ctx->ssl);
	size_t i;
	int ret = 0;

	if (ssl == NULL)
		return tls_err_set(err_r, "%s", tls_err_take());
	for (i = 0; i < ctx->names.n && ret == 0; i++)
		if (tls_ctx_present(ssl, &ctx->names.v[i]) == -1)
			ret = refused(&ctx->names.v[i].certs[0], err_r);
	SSL_free(ssl);
	return ret;
}

static int
load(struct tls_ctx *ctx, const struct tls_settings *set, char **err_r)
{
	ctx->ssl = SSL_CTX_new(TLS_server_method());
	if (ctx->ssl == NULL)
		return tls_err_set(err_r, "%s", tls_err_take());
	set_common(ctx->ssl);
	if (tls_profile_setup(ctx->ssl, set, err_r) == -1 ||
	    load_defaults(ctx, set, err_r) == -1 ||
	    tls_client_setup(ctx->ssl, set, &ctx->watch, err_r) == -1)
		return -1;
	if (tls_names_load(&ctx->names, set, &ctx->watch, err_r) == -1)
		return -1;
	return ctx->names.n > 0 ? try_names(ctx, err_r) : 0;
}

struct tls_ctx *
tls_ctx_new(const struct tls_settings *set, char **err_r)
{
	struct tls_ctx *ctx = xcalloc(1, sizeof(*ctx));
	int rc;

	tls_wipe_begin();
	ERR_clear_error();
	ctx->refs = 1;
	ctx->profile = set->profile;
	ctx->asks_certs = set->client_certs != TLS_CERTS_NONE;
	ctx->ktls = set->ktls;
	rc = load(ctx, set, err_r);
	tls_wipe_end();
	if (rc == 0)
		return ctx;
	tls_ctx_unref(ctx);
	ERR_clear_error();
	return NULL;
}

struct tls_ctx *
tls_ctx_ref(struct tls_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

void
tls_ctx_unref(struct tls_ctx *ctx)
{
	size_t i;

	if (ctx == NULL || --ctx->refs > 0)
		return;
	SSL_CTX_free(ctx->ssl);
	for (i = 0; i < ctx->ncerts; i++)
		tls_cert_clear(&ctx->certs[i]);
	tls_names_clear(&ctx->names);
	watch_clear(&ctx->watch);
	free(ctx);
}

/* ------------------------------------------------------------------ asking */

bool
tls_ctx_changed(struct tls_ctx *ctx)
{
	return watch_changed(&ctx->watch);
}

static const struct tls_cert *
earliest(const struct tls_cert *first, const struct tls_cert *certs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (tls_cert_not_after(&certs[i]) < tls_cert_not_after(first))
			first = &certs[i];
	return first;
}

static const struct tls_cert *
first_to_expire(const struct tls_ctx *ctx)
{
	const struct tls_cert *first =
	    earliest(&ctx->certs[0], ctx->certs, ctx->ncerts);
	size_t i;

	for (i = 0; i < ctx->names.n; i++)
		first = earliest(
		    first, ctx->names.v[i].certs, ctx->names.v[i].ncerts);
	return first;
}

int64_t
tls_ctx_not_after(const struct tls_ctx *ctx)
{
	return tls_cert_not_after(first_to_expire(ctx));
}

const char *
tls_ctx_not_after_file(const struct tls_ctx *ctx)
{
	return first_to_expire(ctx)->file;
}

const char *
tls_ctx_fingerprint(const struct tls_ctx *ctx, size_t n)
{
	return n < ctx->ncerts ? ctx->certs[n].fingerprint : NULL;
}
