/* SPDX-License-Identifier: ISC */
/*
 * Failed handshakes in words that an administrator can act on (R38).
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

/* ------------------------------------------------------------- ClientHello */

static bool
is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a; /* RFC 8701 */
}

static uint16_t
highest_of(const unsigned char *p, size_t len)
{
	uint16_t v, highest = 0;
	size_t i;

	for (i = 1; i + 1 < len; i += 2) { /* behind its length */
		v = (uint16_t)(p[i] << 8 | p[i + 1]);
		if (!is_grease(v) && v > highest)
			highest = v;
	}
	return highest;
}

static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls_stream *t = tls_stream_of_ssl(ssl);
	const unsigned char *p;
	size_t len;

	if (t == NULL)
		return SSL_CLIENT_HELLO_SUCCESS;
	t->hello_version = (uint16_t)SSL_client_hello_get0_legacy_version(ssl);
	if (SSL_client_hello_get0_ext(
		ssl, TLSEXT_TYPE_supported_versions, &p, &len) == 1)
		t->hello_version = highest_of(p, len);
	return SSL_CLIENT_HELLO_SUCCESS;
}

void
tls_hello_install(SSL_CTX *ctx)
{
	SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
}

static const char *
version_name(uint16_t v)
{
	static const char *const names[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1",
		"TLS 1.2", "TLS 1.3" };

	if (v < SSL3_VERSION)
		return "SSL 2.0";
	return v <= TLS1_3_VERSION ? names[v - SSL3_VERSION] : "a newer TLS";
}

/* ------------------------------------------------------------------- words */

static char *
explain_version(const struct tls_stream *t)
{
	char *text;

	if (t->hello_version == 0)
		return xstrdup("no TLS version in common");
	xasprintf(&text,
	    "client offers only %s, which this listener does not accept",
	    version_name(t->hello_version));
	return text;
}

static char *
explain_cert(const struct tls_stream *t)
{
	long err = SSL_get_verify_result(t->ssl);
	char *text;

	switch (err) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return xstrdup("client certificate: expired");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return xstrdup("client certificate: not yet valid");
	case X509_V_ERR_CERT_REVOKED:
		return xstrdup("client certificate: revoked");
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return xstrdup("client certificate: our revocation list (CRL) "
			       "has expired; fetch a new one");
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return xstrdup("client certificate: there is no revocation "
			       "list (CRL) of its issuer");
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return xstrdup("client certificate: not signed by a "
			       "certification authority of ours");
	default:
		xasprintf(&text, "client certificate: %s",
		    X509_verify_cert_error_string(err));
		return text;
	}
}

/* Does the connection begin with letters instead of a TLS record? */
static bool
began_plain(const struct tls_stream *t)
{
	uint8_t i;

	for (i = 0; i < t->first_len; i++)
		if ((t->first[i] < ' ' || t->first[i] > '~') &&
		    t->first[i] != '\r' && t->first[i] != '\n')
			return false;
	return t->first_len > 0;
}

static char *
explain_version_number(const struct tls_stream *t)
{
	return xstrdup(began_plain(t) ? "plain text instead of TLS"
				      : "bytes that are not TLS");
}

static char *
explain_plain(const struct tls_stream *t)
{
	return xstrdup("plain text instead of TLS (HTTP)");
}

static char *
explain_ciphers(const struct tls_stream *t)
{
	char *text;

	xasprintf(&text,
	    "no shared cipher: the client offers at most %s and none of the "
	    "ciphers that this listener accepts with its certificates",
	    version_name(t->hello_version));
	return text;
}

static char *
explain_no_cert(const struct tls_stream *t)
{
	return xstrdup("client has sent no certificate, but one is required");
}

static char *
explain_length(const struct tls_stream *t)
{
	return xstrdup("client has sent a record longer than TLS allows");
}

static const struct {
	int reason;
	char *(*explain)(const struct tls_stream *);
} words[] = {
	{ SSL_R_UNSUPPORTED_PROTOCOL, explain_version },
	{ SSL_R_VERSION_TOO_LOW, explain_version },
	{ SSL_R_VERSION_TOO_HIGH, explain_version },
	{ SSL_R_NO_PROTOCOLS_AVAILABLE, explain_version },
	{ SSL_R_UNKNOWN_PROTOCOL, explain_version_number },
	{ SSL_R_WRONG_VERSION_NUMBER, explain_version_number },
	{ SSL_R_WRONG_SSL_VERSION, explain_version_number },
	{ SSL_R_HTTP_REQUEST, explain_plain },
	{ SSL_R_HTTPS_PROXY_REQUEST, explain_plain },
	{ SSL_R_NO_SHARED_CIPHER, explain_ciphers },
	{ SSL_R_CERTIFICATE_VERIFY_FAILED, explain_cert },
	{ SSL_R_PACKET_LENGTH_TOO_LONG, explain_length },
	{ SSL_R_DATA_LENGTH_TOO_LONG, explain_length },
	{ SSL_R_ENCRYPTED_LENGTH_TOO_LONG, explain_length },
	{ SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, explain_no_cert },
};

/* The client's own words, if it has sent an alert. */
static char *
explain_alert(int reason)
{
	char *text;

	if (reason <= SSL_AD_REASON_OFFSET)
		return NULL;
	switch (reason - SSL_AD_REASON_OFFSET) {
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_CERTIFICATE_UNKNOWN:
		return xstrdup("client does not trust our certificate");
	case SSL_AD_CERTIFICATE_EXPIRED:
		return xstrdup("client says that our certificate has expired");
	default:
		xasprintf(&text, "client ended TLS: %s",
		    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
		return text;
	}
}

static char *
explain_reason(const struct tls_stream *t, unsigned long code)
{
	int reason = ERR_GET_REASON(code);
	char *text;
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (words[i].reason == reason)
			return words[i].explain(t);
	text = explain_alert(reason);
	return text != NULL ? text : xstrdup(tls_err_take());
}

/* Nothing is wrong with TLS: the connection is. */
static char *
explain_end(const struct tls_stream *t)
{
	const char *when =
	    t->phase == TLS_HANDSHAKE ? "during handshake" : "in TLS";
	int err = t->recv_errno != 0 ? t->recv_errno : t->send_errno;
	char *text;

	if (began_plain(t))
		return explain_version_number(t);
	if (err != 0)
		xasprintf(&text, "connection lost %s: %s", when, strerror(err));
	else
		xasprintf(&text, "connection closed %s", when);
	return text;
}

void
tls_explain(struct tls_stream *t)
{
	unsigned long code = ERR_peek_error();

	free(t->error);
	t->error =
	    ERR_GET_LIB(code) == ERR_LIB_SSL ? explain_reason(t, code) : NULL;
	if (t->error == NULL && code != 0)
		t->error = xstrdup(tls_err_take());
	if (t->error == NULL)
		t->error = explain_end(t);
	ERR_clear_error();
}
