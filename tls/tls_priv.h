/* SPDX-License-Identifier: ISC */
/*
 * The inside of contexts and streams. Private to this folder, and the only
 * header that shows OpenSSL's types.
 */
#ifndef TLS_TLS_PRIV_H
#define TLS_TLS_PRIV_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/sockutil.h"
#include "common/stream.h"
#include "common/watch.h"
#include "tls/tls_ctx.h"
#include "tls/tls_reuse.h"
#include "tls/tls_stream.h"

struct tls_stream;

/* --------------------------------------------------------------- tls_err.c */

/* Takes the errors off OpenSSL's queue; the most telling one as text, good
 * until the next call. */
const char *tls_err_take(void);
/* Sets *err_r; returns -1. */
int tls_err_set(char **err_r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* -------------------------------------------------------------- tls_wipe.c */

/* Between these, what OpenSSL frees is wiped. */
void tls_wipe_begin(void);
void tls_wipe_end(void);

/* -------------------------------------------------------------- tls_file.c */

/*
 * A new file, whole or not at all: written under another name, synced, renamed.
 * write_cb returns 0, or -1 (its errors are OpenSSL's or errno).
 */
int tls_file_replace(const char *path, mode_t mode,
    int (*write_cb)(BIO *, const void *arg), const void *arg, char **err_r);

/* The content of a file, for reading; no copy of it is left behind. NULL and
 * *err_r if it cannot be read. */
BIO *tls_file_open(const char *path, char **err_r);

/* -------------------------------------------------------------- tls_cert.c */

struct tls_cert {
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
	uint8_t *ocsp; /* a response to staple, or NULL */
	size_t ocsp_len;
	char *file;
	char fingerprint[TLS_FINGERPRINT_LEN];
};

/* Loads and checks a pair; its private key goes into the ring of the settings,
 * if they have one. 0, or -1 with *err_r and cert cleared. */
int tls_cert_load(struct tls_cert *, const struct tls_pair *,
    const struct tls_settings *, struct watch *, char **err_r);
void tls_cert_clear(struct tls_cert *);
/* The same one once more, without loading it again. 0 or -1. */
int tls_cert_share(struct tls_cert *, const struct tls_cert *of);
/* The same for a set, of which no two have the same kind of key; *n_r: how many
 * must be cleared, also after a failure. */
int tls_certs_load(struct tls_cert *, size_t *n_r, const struct tls_pair *,
    size_t npairs, const struct tls_settings *, struct watch *, char **err_r);
int64_t tls_cert_not_after(const struct tls_cert *);
void tls_cert_fingerprint(const X509 *, char out[TLS_FINGERPRINT_LEN]);

/* --------------------------------------------------------------- tls_sni.c */

#define TLS_CERTS_MAX 4 /* of one name: RSA, ECDSA, Ed25519, ... */

struct tls_name {
	char *name; /* may begin with "*." */
	struct tls_cert certs[TLS_CERTS_MAX];
	size_t ncerts;
};

struct tls_names {
	struct tls_name *v; /* sorted */
	size_t n;
};

int tls_names_load(struct tls_names *, const struct tls_settings *,
    struct watch *, char **err_r);
void tls_names_clear(struct tls_names *);
/* The entry for a name that a client asks for, or NULL. */
const struct tls_name *tls_names_find(const struct tls_names *, const char *);

/* --------------------------------------------------------------- tls_ctx.c */

struct tls_ctx {
	unsigned refs;
	SSL_CTX *ssl; /* the only one; streams differ by certificate */
	struct tls_cert certs[TLS_CERTS_MAX];
	size_t ncerts;
	struct tls_names names;
	struct watch watch;
	enum tls_profile profile;
	bool asks_certs; /* clients for theirs */
	bool ktls;
};

/* Presents the certificate of a name instead of the default ones. 0 or -1. */
int tls_ctx_present(SSL *, const struct tls_name *);

/* Client certificates and protocol rules; 0 or -1 with *err_r. */
int tls_client_setup(
    SSL_CTX *, const struct tls_settings *, struct watch *, char **err_r);
int tls_profile_setup(SSL_CTX *, const struct tls_settings *, char **err_r);

/* -------------------------------------------------------------- tls_keys.c */

void tls_keys_install(SSL_CTX *);

/* ----------------------------------------------- tls_keyring.c, tls_remote.c
 */

/* The number of a key, of this certificate, in the ring; -1 and *err_r. */
int tls_keyring_add(struct tls_keyring *, const X509 *leaf, const EVP_PKEY *,
    bool decrypts, char **err_r);
/* A key that another process has under this number; NULL: not of this kind. */
EVP_PKEY *tls_remote_key(EVP_PKEY *pub, uint16_t key);

/* ------------------------------------------------------------- tls_reuse.c */

#define TLS_ID_LEN 16

/* What a ticket says about its origin. */
struct tls_origin {
	uint8_t id[TLS_ID_LEN]; /* of the control connection */
	uint8_t root[TLS_ID_LEN]; /* of the first one, by resumptions */
	uint8_t bind[TLS_ID_LEN]; /* account and address; zeros: no login yet */
};

void tls_reuse_install(SSL_CTX *);
/* The origin of a control connection begins; the handshake of any is done. */
void tls_reuse_start(struct tls_stream *);
void tls_reuse_up(struct tls_stream *);

/* ------------------------------------------------------- tls_bindings.c */

/* The control connections of all processes and their accounts, also of those
 * that have ended: tickets live longer. */
void tls_bindings_share(void);
void tls_bindings_forget(void);
void tls_bindings_put(const struct tls_origin *);
void tls_bindings_drop(const uint8_t id[TLS_ID_LEN]);
/* Completes an origin without account; false if it is not known. */
bool tls_bindings_get(struct tls_origin *);

/* ------------------------------------------------------- tls_sessions.c */

/* Sessions by their ids, of all processes. */
void tls_sessions_share(void);
void tls_sessions_forget(void);
/* Copies, with what was put into the session until now. */
void tls_sessions_put(SSL_SESSION *);
/* The caller's own copy, or NULL. */
SSL_SESSION *tls_sessions_get(const uint8_t *id, size_t id_len);

/* ------------------------------------------------------------ tls_stream.c */

enum tls_role {
	TLS_ROLE_CONTROL,
	TLS_ROLE_DATA
};

enum tls_phase {
	TLS_HANDSHAKE,
	TLS_UP,
	TLS_FAILED, /* the engine must not be asked again */
	TLS_LEAVING, /* close_notify sent: writes are plain, reads find out */
	TLS_LEFT, /* plain in both directions; ssl is NULL */
};

/* Ciphertext or plain bytes on their way. */
struct tls_bytes {
	uint8_t *p;
	size_t pos, len; /* from pos to len */
};

struct tls_stream {
	SSL *ssl;
	struct tls_ctx *ctx;
	enum tls_role role;
	enum tls_phase phase;
	int fd; /* of the call that is running */

	/* in: control connections, so that we know where records end, and in
	 * handshakes */
	struct tls_bytes in;
	uint8_t header[5]; /* of the record that is being passed on */
	uint8_t header_len;
	uint16_t body_left;
	size_t budget; /* bytes that this call may still receive */
	bool eof; /* the connection was ended by the peer */
	bool drained; /* this call has emptied the socket */
	bool filled, bulk; /* data: the engine's buffer, once; a large one */
	bool has_more; /* the last read left something */
	bool truncated;
	int recv_errno;

	/* out: ciphertext that the socket did not take yet */
	struct tls_bytes out;
	size_t unsent_max; /* this call may leave so much to send */
	size_t owed; /* plain bytes encrypted but not yet reported */
	int send_errno;
	bool close_said;
	bool kernel; /* data: the kernel encrypts */

	/* requests for the next writev */
	bool ticket, last, leave;
	size_t pad_size, pad_unsent;

	struct tls_origin own; /* of the control connection */
	struct addr client;
	struct tls_origin offered; /* data: by the session that it resumes */
	bool has_offered;
	X509 *cert; /* data: what the client has shown on control, or NULL */
	const struct tls_name *name; /* certificate chosen by SNI, or NULL */

	uint16_t hello_version; /* the highest that the client offers */
	uint8_t first[4]; /* bytes of the connection */
	uint8_t first_len;
	char *error;
};

/* NULL unless the stream is one of ours. */
struct tls_stream *tls_stream_of(const struct stream *);
/* From a callback of OpenSSL's. */
struct tls_stream *tls_stream_of_ssl(const SSL *);
/* A call of an operation begins: sets what a call may do. */
struct tls_stream *tls_begin(struct stream *);
/*
 * What a call of OpenSSL that did not succeed means. IO_ERR: errno is set, and
 * the engine is not asked again if it was its own error.
 */
enum io_want tls_outcome(struct tls_stream *, int ret);
/* Frees the engine; its session stays good. */
void tls_drop_ssl(struct tls_stream *);
/* Says close_notify, once; it leaves with the next flush. */
void tls_say_close(struct tls_stream *);

/* -------------------------------------------------------------- tls_move.c */

/* For a control connection, before its handshake. */
void tls_padding_install(struct tls_stream *);
enum io_want tls_read(struct stream *, void *, size_t len, size_t *n_r);
enum io_want tls_writev(
    struct stream *, const struct iovec *, int cnt, size_t *n_r);
enum io_want tls_sendfile(
    struct stream *, int fd, off_t *off, size_t len, size_t *n_r);
/* Reports encrypted bytes as far as they have left. */
enum io_want tls_report(struct tls_stream *, size_t *n_r);

/* ------------------------------------------------------------- tls_leave.c */

enum io_want tls_leave_read(struct stream *, void *, size_t len, size_t *n_r);
enum io_want tls_leave_writev(
    struct stream *, const struct iovec *, int cnt, size_t *n_r);
/* The operations from close_notify on. */
extern const struct stream_ops tls_leave_ops;
/* Does the next input begin with something else than a TLS record? */
bool tls_leave_sees_plain(const struct tls_stream *);

/* ------------------------------------------------------------ tls_explain.c */

/* Sets t->error from what OpenSSL and the connection say. */
void tls_explain(struct tls_stream *);
/* Lets us know what a ClientHello offers. */
void tls_hello_install(SSL_CTX *);

/* --------------------------------------------------------------- tls_bio.c */

/* The transport of a stream; owned by the SSL. */
BIO *tls_bio_new(struct tls_stream *);
/* May the kernel know TLS? Its first answer stands for the process. */
bool tls_kernel_can(void);
/* Ciphertext that was produced and not sent. */
size_t tls_unsent(const struct tls_stream *);
/*
 * Sends all of it in one send; what the socket does not take is kept.
 * IO_DONE: nothing is left. Every call of OpenSSL is followed by one.
 */
enum io_want tls_flush(struct tls_stream *);
/* Receives into the input of a control connection, unless there is some. */
void tls_fill(struct tls_stream *);
/* Takes bytes out of that input, or of the socket. */
size_t tls_take(struct tls_stream *, void *, size_t len);
void tls_bytes_clear(struct tls_bytes *);

#endif
