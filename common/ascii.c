/* SPDX-License-Identifier: ISC */
/*
 * Line ends of TYPE A transfers: whole runs between line ends are copied, so
 * text costs little more than a memcpy.
 */
#include <string.h>

#include "common/ascii.h"

size_t
ascii_to_net(struct ascii *a, char *out, const char *in, size_t n)
{
	const char *end = in + n;
	char *o = out;

	while (in < end) {
		const char *lf = memchr(in, '\n', (size_t)(end - in));
		size_t run = (size_t)((lf != NULL ? lf : end) - in);

		if (run > 0) {
			memcpy(o, in, run);
			o += run;
			a->cr = in[run - 1] == '\r';
		}
		in += run;
		if (lf == NULL)
			break;
		if (!a->cr)
			*o++ = '\r';
		*o++ = '\n';
		a->cr = false;
		in++;
	}
	return (size_t)(o - out);
}

size_t
ascii_from_net(struct ascii *a, char *out, const char *in, size_t n)
{
	const char *end = in + n;
	char *o = out;

	while (in < end) {
		const char *cr;
		size_t run;

		if (a->cr && *in != '\n')
			*o++ = '\r';
		a->cr = false;
		cr = memchr(in, '\r', (size_t)(end - in));
		run = (size_t)((cr != NULL ? cr : end) - in);
		memcpy(o, in, run);
		o += run;
		in += run;
		if (cr != NULL) {
			a->cr = true;
			in++;
		}
	}
	return (size_t)(o - out);
}

size_t
ascii_from_net_end(struct ascii *a, char *out)
{
	if (!a->cr)
		return 0;
	a->cr = false;
	*out = '\r';
	return 1;
}
