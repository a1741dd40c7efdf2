/* SPDX-License-Identifier: ISC */
/*
 * Facts about a connection in TLS, and the client's certificate as strings.
 */
#include "tls/tls_info.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

/* ------------------------------------------------------------- connections */

static const struct tls_stream *
up(const struct stream *st)
{
	const struct tls_stream *t = tls_stream_of(st);

	return t != NULL && t->phase == TLS_UP ? t : NULL;
}

static X509 *
client_cert(const struct tls_stream *t)
{
	return SSL_get0_peer_certificate(t->ssl);
}

bool
tls_info_get(const struct stream *st, struct tls_info *info)
{
	const struct tls_stream *t = up(st);
	const char *s;

	memset(info, 0, sizeof(*info));
	if (t == NULL)
		return false;
	info->protocol = SSL_get_version(t->ssl);
	info->cipher = SSL_get_cipher_name(t->ssl);
	s = SSL_group_to_name(t->ssl, (int)SSL_get_negotiated_group(t->ssl));
	(void)strlcpy(info->group, s != NULL ? s : "", sizeof(info->group));
	s = SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name);
	(void)strlcpy(info->sni, s != NULL ? s : "", sizeof(info->sni));
	info->resumed = SSL_session_reused(t->ssl) == 1;
	info->kernel = t->kernel;
	info->has_cert = client_cert(t) != NULL;
	return true;
}

const char *
tls_info_str(const struct stream *st, char *out, size_t size)
{
	struct tls_info i;

	if (!tls_info_get(st, &i))
		(void)strlcpy(out, "no TLS", size);
	else
		snprintf(out, size, "%s %s%s%s%s%s%s", i.protocol, i.cipher,
		    i.group[0] != '\0' ? " " : "", i.group,
		    i.resumed ? " resumed" : "", i.has_cert ? " cert" : "",
		    i.kernel ? " kernel" : "");
	return out;
}

/* ------------------------------------------------------------ certificates */

static char *
name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p, *text = NULL;
	long n;

	if (bio != NULL && X509_NAME_print_ex(bio, name, 0,
			       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		n = BIO_get_mem_data(bio, &p);
		text = xstrndup(p, (size_t)n);
	}
	BIO_free(bio);
	return text != NULL ? text : xstrdup("");
}

/* In UTF-8; NULL if it is no string or holds a NUL, which has fooled others. */
static char *
string_text(const ASN1_STRING *s)
{
	unsigned char *p = NULL;
	char *text = NULL;
	int n = ASN1_STRING_to_UTF8(&p, s);

	if (n >= 0 && memchr(p, '\0', (size_t)n) == NULL)
		text = xstrndup((const char *)p, (size_t)n);
	if (n >= 0)
		OPENSSL_free(p);
	return text;
}

static char *
common_name(const X509_NAME *name)
{
	int at = -1, last = -1;

	while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0)
		last = at;
	if (last == -1)
		return NULL;
	return string_text(
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
}

/* Microsoft's user principal name, the only "other name" anybody uses. */
static char *
upn(const OTHERNAME *o)
{
	if (OBJ_obj2nid(o->type_id) != NID_ms_upn ||
	    o->value->type != V_ASN1_UTF8STRING)
		return NULL;
	return string_text(o->value->value.utf8string);
}

static void
add_san(struct tls_client_cert *c, const GENERAL_NAME *g)
{
	struct tls_cert_name *n = &c->sans[c->nsans];

	switch (g->type) {
	case GEN_DNS:
		n->kind = TLS_SAN_DNS;
		n->value = string_text(g->d.dNSName);
		break;
	case GEN_EMAIL:
		n->kind = TLS_SAN_EMAIL;
		n->value = string_text(g->d.rfc822Name);
		break;
	case GEN_URI:
		n->kind = TLS_SAN_URI;
		n->value = string_text(g->d.uniformResourceIdentifier);
		break;
	case GEN_OTHERNAME:
		n->kind = TLS_SAN_UPN;
		n->value = upn(g->d.otherName);
		break;
	default:
		return;
	}
	if (n->value != NULL)
		c->nsans++;
}

static void
get_sans(struct tls_client_cert *c, const X509 *x)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (c->nsans < TLS_CERT_SANS)
			add_san(c, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
}

struct tls_client_cert *
tls_client_cert_get(const struct stream *st)
{
	const struct tls_stream *t = up(st);
	X509 *x = t != NULL ? client_cert(t) : NULL;
	struct tls_client_cert *c;

	if (x == NULL)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->subject = name_text(X509_get_subject_name(x));
	c->issuer = name_text(X509_get_issuer_name(x));
	c->cn = common_name(X509_get_subject_name(x));
	get_sans(c, x);
	tls_cert_fingerprint(x, c->fingerprint);
	return c;
}

void
tls_client_cert_free(struct tls_client_cert *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->nsans; i++)
		free(c->sans[i].value);
	free(c->subject);
	free(c->issuer);
	free(c->cn);
	free(c);
}

bool
tls_same_client_cert(const struct stream *a, const struct stream *b)
{
	const struct tls_stream *x = up(a), *y = up(b);
	X509 *cx = x != NULL ? client_cert(x) : NULL;
	X509 *cy = y != NULL ? client_cert(y) : NULL;

	if (cx == NULL || cy == NULL)
		return cx == cy;
	return X509_cmp(cx, cy) == 0;
}
