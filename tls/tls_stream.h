/* SPDX-License-Identifier: ISC */
/*
 * TLS on a struct stream, as its server.
 *
 * tls_stream_start() swaps the operations of a connected, non-blocking stream;
 * after that it is driven through its ops like any other. What they promise
 * beyond common/stream.h:
 *
 * - All that one call produces (records, handshake messages, tickets, alerts)
 *   leaves in one send.
 * - writev reports bytes when their ciphertext has left, and never more. What
 *   was not reported must be offered again, unchanged and first; more may
 *   follow it. It takes at most TLS_WRITE_MAX bytes in one call.
 * - read fills the buffer or takes all that is there: after fewer bytes than
 *   asked for, only EOF or an error can be left to tell, and pending() says so.
 *   Look at pending() before waiting for the descriptor, also after the
 *   handshake: the first bytes may have come with its last message.
 * - IO_EOF from read: the peer said close_notify, or ended the connection
 *   without it (then tls_stream_was_truncated()). A reset is IO_ERR with
 *   ECONNRESET, a violation of the protocol IO_ERR with EPROTO. All of these
 *   stay so; after EOF there may still be written.
 * - An error of sending does not end reading (R2.2), only writing.
 * - shutdown says close_notify unless that was already said, then ends our
 *   side of the connection.
 * - After an IO_ERR of handshake, tls_stream_error() has it in words. Nothing
 *   must be written then; the alert has been sent.
 */
#ifndef TLS_TLS_STREAM_H
#define TLS_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/sockutil.h"
#include "common/stream.h"

struct tls_ctx;

#define TLS_WRITE_MAX (256 * 1024)

/*
 * A control connection; takes a reference to the context. Nothing may have
 * been read from the stream before that belongs to TLS. Also for a stream that
 * has left TLS before.
 */
void tls_stream_start(
    struct stream *, struct tls_ctx *, const struct addr *client);
/* Before the handshake: unless the client asks for a name that has another
 * certificate, shows that of this name, if there is one. */
void tls_stream_present(struct stream *, const char *name);
/* Is the certificate that was shown good for the name? */
bool tls_stream_covers(const struct stream *, const char *name);
/*
 * A data connection of a control connection that is in TLS or has left it:
 * same context, same certificate whatever name the client asks for, no tickets
 * after the handshake (R2.1, R1.8).
 */
void tls_stream_start_data(struct stream *, const struct stream *control);

/* Does it speak TLS now (or is it about to)? Any stream may be asked. */
bool tls_stream_is_tls(const struct stream *);
/* Is the handshake done? */
bool tls_stream_is_up(const struct stream *);

/*
 * The next writev carries the last bytes: close_notify follows them in the
 * same send. Then shutdown only ends the connection. Any stream; no-op on
 * plain ones.
 */
void tls_stream_last(struct stream *);
/*
 * Pads the record of the next writev so that the send ends on a multiple of
 * size bytes, counting unsent bytes that the kernel already has (SIOCOUTQNSD).
 * TLS 1.3 and up to 16 KiB only; elsewhere it does nothing and says false.
 */
bool tls_stream_pad_next(struct stream *, size_t size, size_t unsent);
/*
 * How many bytes more than its content one record of a writev of a stream
 * without such padding has on the wire; 0 for a plain stream. False: that
 * depends on the content (block ciphers).
 */
bool tls_stream_overhead(const struct stream *, size_t *n_r);

/*
 * CCC and REIN: the next writev (the reply) is the last under TLS; close_notify
 * follows it in the same send and what is written later is plain. Reading
 * understands the rest of TLS, or plain text at once, whatever the client does
 * (RFC 4217 section 12.3). Then no more is read than one record at a time, so
 * that nothing behind it is lost. Control connections only.
 */
void tls_stream_leave(struct stream *);

/* The connection ended without close_notify. */
bool tls_stream_was_truncated(const struct stream *);
/* Why a handshake or a read failed, for the log; "" if nothing did. Valid as
 * long as the stream is. May quote the client: log_vis() it. */
const char *tls_stream_error(const struct stream *);

#endif
