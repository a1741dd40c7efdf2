/* SPDX-License-Identifier: ISC */
/*
 * Moving bytes through TLS: as many records per send as belong together, and
 * no byte reported before its ciphertext has left.
 */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/param.h>

#include "common/mem.h"
#include "tls/tls_priv.h"

#define RECORD_MAX 16384
#define BULK_BUFFER (128 * 1024) /* for uploads that fill the usual one */
#define RECORD_OVERHEAD (5 + 16) /* TLS 1.3: header and tag */

/* ----------------------------------------------------------------- reading */

/*
 * Fewer system calls for big uploads. The engine frees its buffer whenever it
 * has emptied it and takes one of the new size next time; small transfers do
 * without a large one.
 */
static void
enlarge_buffer(struct tls_stream *t)
{
	if (!t->filled || t->bulk || t->role != TLS_ROLE_DATA)
		return;
	t->bulk = true;
	SSL_set_default_read_buffer_len(t->ssl, BULK_BUFFER);
}

enum io_want
tls_read(struct stream *st, void *p, size_t len, size_t *n_r)
{
	struct tls_stream *t = tls_begin(st);
	enum io_want want = IO_DONE;
	size_t n, done = 0;
	int ret = 1;

	*n_r = 0;
	t->has_more = false;
	if (t->phase != TLS_UP) {
		errno = t->phase == TLS_FAILED ? EPROTO : ENOTCONN;
		return IO_ERR;
	}
	enlarge_buffer(t);
	(void)tls_flush(t); /* errors of writing are not ours (R2.2) */
	while (done < len && (ret = SSL_read_ex(t->ssl, (char *)p + done,
				  len - done, &n)) == 1)
		done += n;
	if (ret != 1)
		want = tls_outcome(t, ret);
	else
		t->has_more = t->in.len > 0 || SSL_has_pending(t->ssl) == 1;
	if (tls_unsent(t) > 0) {
		int err = errno;

		(void)tls_flush(t);
		errno = err;
	}
	if (done == 0)
		return want;
	if (want == IO_EOF || want == IO_ERR)
		t->has_more = true; /* to be told next time */
	*n_r = done;
	return IO_DONE;
}

/* ----------------------------------------------------------------- padding */

/*
 * len: of the record's content and its type byte. What was gathered before
 * (tickets) leaves in the same send.
 */
static size_t
on_padding(SSL *ssl, int type, size_t len, void *arg)
{
	struct tls_stream *t = arg;
	size_t total, pad;

	if (type != SSL3_RT_APPLICATION_DATA || t->pad_size == 0)
		return 0;
	total = t->pad_unsent + tls_unsent(t) + len + RECORD_OVERHEAD;
	pad = (t->pad_size - total % t->pad_size) % t->pad_size;
	return len + pad <= RECORD_MAX ? pad : 0;
}

/* It has to be there before the first key is (OpenSSL 3.2). */
void
tls_padding_install(struct tls_stream *t)
{
	SSL_set_record_padding_callback(t->ssl, on_padding);
	SSL_set_record_padding_callback_arg(t->ssl, t);
}

/* What a record of TLS 1.2 adds to its content: header, nonce and tag. */
static const struct {
	int cipher;
	size_t bytes;
} overheads_12[] = {
	{ NID_aes_128_gcm, 5 + 8 + 16 },
	{ NID_aes_256_gcm, 5 + 8 + 16 },
	{ NID_chacha20_poly1305, 5 + 16 },
};

bool
tls_stream_overhead(const struct stream *st, size_t *n_r)
{
	const struct tls_stream *t = tls_stream_of(st);
	int cipher;
	size_t i;

	*n_r = 0;
	if (t == NULL || t->phase != TLS_UP)
		return true;
	cipher = SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(t->ssl));
	for (i = 0; i < NELEM(overheads_12); i++)
		if (overheads_12[i].cipher == cipher)
			*n_r = overheads_12[i].bytes;
	return *n_r > 0;
}

bool
tls_stream_pad_next(struct stream *st, size_t size, size_t unsent)
{
	struct tls_stream *t = tls_stream_of(st);

	if (t == NULL || t->phase != TLS_UP ||
	    SSL_version(t->ssl) < TLS1_3_VERSION)
		return false;
	t->pad_size = size;
	t->pad_unsent = unsent;
	return true;
}

/* ----------------------------------------------------------------- writing */

/* What is offered, behind the bytes that were encrypted earlier. */
struct offer {
	const struct iovec *iov;
	int cnt;
	size_t skip; /* of the first */
};

static void
advance(struct offer *o, size_t n)
{
	o->skip += n;
	while (o->cnt > 0 && o->skip >= o->iov->iov_len) {
		o->skip -= o->iov->iov_len;
		o->iov++;
		o->cnt--;
	}
}

/*
 * The next bytes that go through OpenSSL in one call: a long piece as it is,
 * short ones joined to one record.
 */
static size_t
next_piece(const struct offer *from, size_t max, const uint8_t **p_r)
{
	static uint8_t joined[RECORD_MAX];
	struct offer o = *from;
	size_t n, len = 0;

	n = MIN(max, o.iov->iov_len - o.skip);
	*p_r = (const uint8_t *)o.iov->iov_base + o.skip;
	if (o.cnt == 1 || n >= RECORD_MAX)
		return n;
	while (o.cnt > 0 && len < MIN(max, sizeof(joined))) {
		n = MIN(
		    MIN(max, sizeof(joined)) - len, o.iov->iov_len - o.skip);
		memcpy(
		    joined + len, (const uint8_t *)o.iov->iov_base + o.skip, n);
		len += n;
		advance(&o, n);
	}
	*p_r = joined;
	return len;
}

static bool
ask_for_ticket(struct tls_stream *t)
{
	bool asked = t->ticket && SSL_new_session_ticket(t->ssl) == 1;

	t->ticket = false;
	return asked;
}

/* Encrypts what may be sent now. IO_DONE: all that was offered. */
static enum io_want
encrypt(struct tls_stream *t, struct offer *o)
{
	bool ticket = ask_for_ticket(t);
	const uint8_t *p;
	size_t n, len;
	int ret;

	while (o->cnt > 0 && tls_unsent(t) < TLS_WRITE_MAX) {
		len = next_piece(o, TLS_WRITE_MAX - tls_unsent(t), &p);
		ret = SSL_write_ex(t->ssl, p, len, &n);
		if (ret != 1)
			return tls_outcome(t, ret);
		advance(o, n);
		t->owed += n;
	}
	if (ticket) /* making it took a buffer for reading, too */
		SSL_free_buffers(t->ssl);
	return o->cnt > 0 ? IO_WANT_WRITE : IO_DONE;
}

enum io_want
tls_report(struct tls_stream *t, size_t *n_r)
{
	size_t unsent = tls_unsent(t);

	*n_r = t->owed - MIN(t->owed, unsent);
	t->owed -= *n_r;
	if (*n_r > 0)
		return IO_DONE;
	return unsent > 0 ? IO_WANT_WRITE : IO_DONE;
}

/* The last bytes are encrypted: ends our side, or TLS altogether. */
static void
end_writing(struct tls_stream *t, struct stream *st)
{
	if (!t->last && !t->leave)
		return;
	tls_say_close(t);
	if (t->leave) {
		t->leave = false;
		t->phase = TLS_LEAVING;
		st->ops = &tls_leave_ops;
	}
}

/* Encrypts what is offered behind the bytes that were encrypted before. */
static enum io_want
encrypt_offer(struct tls_stream *t, const struct iovec *iov, int cnt)
{
	struct offer o = { .iov = iov, .cnt = cnt };
	enum io_want want;

	advance(&o, t->owed);
	t->unsent_max = 2 * TLS_WRITE_MAX; /* never reached: see encrypt() */
	want = encrypt(t, &o);
	t->pad_size = 0;
	return want;
}

enum io_want
tls_writev(struct stream *st, const struct iovec *iov, int cnt, size_t *n_r)
{
	struct tls_stream *t = tls_begin(st);
	enum io_want want = IO_DONE, report;

	*n_r = 0;
	if (t->phase != TLS_UP || (t->close_said && t->owed == 0)) {
		errno = t->close_said ? EPIPE : EPROTO;
		return IO_ERR;
	}
	if (!t->close_said && t->send_errno == 0)
		want = encrypt_offer(t, iov, cnt);
	if (want == IO_ERR || want == IO_EOF)
		return IO_ERR;
	if (want == IO_DONE)
		end_writing(t, st);
	if (tls_flush(t) == IO_ERR)
		return IO_ERR;
	report = tls_report(t, n_r);
	return report == IO_DONE && *n_r == 0 ? want : report;
}

/* Only while the kernel encrypts. */
enum io_want
tls_sendfile(struct stream *st, int fd, off_t *off, size_t len, size_t *n_r)
{
	struct tls_stream *t = tls_begin(st);
	ssize_t n;

	*n_r = 0;
	n = SSL_sendfile(t->ssl, fd, *off, len, 0);
	if (n > 0) {
		*off += n;
		*n_r = (size_t)n;
		return IO_DONE;
	}
	if (n == 0)
		return IO_EOF;
	if (BIO_should_retry(SSL_get_wbio(t->ssl)))
		return IO_WANT_WRITE;
	ERR_clear_error();
	return IO_ERR;
}
