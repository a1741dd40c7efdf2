/* SPDX-License-Identifier: ISC */
/*
 * Asking for a new password.
 */
#ifndef SERVER_CTL_PASSWORD_H
#define SERVER_CTL_PASSWORD_H

/*
 * Asks twice on the terminal, or reads one line of standard input if that is
 * none. Returns the hash in fresh memory, or NULL after saying why on stderr.
 */
char *password_ask(const char *user);

#endif
