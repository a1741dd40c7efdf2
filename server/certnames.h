/* SPDX-License-Identifier: ISC */
/*
 * The names a client's certificate can go by, and whether one of them is an
 * account's.
 *
 * A worker, which has seen the certificate, turns it into text: one name per
 * line, "sha256:AB:CD:...", "cn:joe", "subject:CN=joe,O=Example",
 * "email:joe@example.org", "dns:host.example.org", "uri:...", "upn:...". The
 * monitor passes it on, an auth process compares it with the account's.
 */
#ifndef SERVER_CERTNAMES_H
#define SERVER_CERTNAMES_H

#include <stdbool.h>
#include <stddef.h>

#define CERTNAMES_MAX 2048 /* bytes of the whole text, with NUL */

struct stream;

/* The names of the stream's client certificate into out; "" without one. Names
 * with control characters, and what does not fit, are left out. */
void certnames_make(const struct stream *, char out[CERTNAMES_MAX]);
/*
 * Is wanted ("cn:joe") one of the names? Fingerprints, e-mail addresses and
 * host names compare without regard to case, all others exactly.
 */
bool certnames_match(const char *names, const char *wanted);
/* Is it written as a name can be? For the configuration. */
bool certnames_valid(const char *wanted);

#endif
