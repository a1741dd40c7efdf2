/* SPDX-License-Identifier: ISC */
/*
 * OpenSSL's error queue as text.
 */
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "tls/tls_priv.h"

/* The first error is the cause, later ones are its consequences. */
const char *
tls_err_take(void)
{
	static char text[256];
	unsigned long code = ERR_get_error();
	const char *reason = ERR_reason_error_string(code);

	if (ERR_SYSTEM_ERROR(code))
		reason = strerror(ERR_GET_REASON(code));
	(void)strlcpy(
	    text, reason != NULL ? reason : "unknown TLS error", sizeof(text));
	ERR_clear_error();
	return text;
}

int
tls_err_set(char **err_r, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		die("out of memory (formatting)");
	va_end(ap);
	if (err_r != NULL)
		*err_r = text;
	else
		free(text);
	return -1;
}
