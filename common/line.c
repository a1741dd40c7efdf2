/* SPDX-License-Identifier: ISC */
/*
 * The two decoders of a control connection, Telnet and below it lines. Runs of
 * ordinary bytes bypass both and are copied at once.
 */
#include <stdlib.h>
#include <string.h>

#include "common/line.h"
#include "common/mem.h"

enum telnet_byte {
	SE = 0xf0,
	SB = 0xfa,
	WILL = 0xfb,
	WONT = 0xfc,
	DO = 0xfd,
	DONT = 0xfe,
	IAC = 0xff,
};

enum telnet_state {
	T_DATA,
	T_IAC, /* after IAC */
	T_WILL, /* the option is next; it gets a DONT */
	T_DO, /* the option is next; it gets a WONT */
	T_OPTION, /* the option of WONT or DONT is next */
	T_SB,
	T_SB_IAC,
};

#define LINE_FIRST_CAP 128

void
line_init(struct line_reader *lr)
{
	memset(lr, 0, sizeof(*lr));
}

/* The line may have held a password: it is wiped. */
static void
drop_buffer(struct line_reader *lr)
{
	free_secret(lr->buf, lr->cap);
	lr->buf = NULL;
	lr->len = lr->cap = 0;
}

void
line_clear(struct line_reader *lr)
{
	drop_buffer(lr);
	lr->telnet = T_DATA;
	lr->sblen = 0;
	lr->cr = lr->overlong = lr->nul = false;
}

bool
line_is_partial(const struct line_reader *lr)
{
	return lr->len > 0 || lr->cr || lr->overlong || lr->nul;
}

void
line_trim(struct line_reader *lr)
{
	if (!line_is_partial(lr))
		drop_buffer(lr);
}

/* Makes room for a line of len bytes and its NUL. */
static void
reserve(struct line_reader *lr, size_t len)
{
	size_t cap = lr->cap > 0 ? lr->cap : LINE_FIRST_CAP;
	char *buf;

	if (lr->buf != NULL && len < lr->cap)
		return;
	while (cap <= len)
		cap *= 2;
	buf = xmalloc(cap);
	if (lr->buf != NULL)
		memcpy(buf, lr->buf, lr->len);
	free_secret(lr->buf, lr->cap);
	lr->buf = buf;
	lr->cap = cap;
}

static void
append(struct line_reader *lr, const uint8_t *p, size_t n)
{
	if (lr->overlong || lr->nul || n == 0)
		return;
	if (n > LINE_MAX_LEN - lr->len) {
		drop_buffer(lr);
		lr->overlong = true;
		return;
	}
	reserve(lr, lr->len + n);
	memcpy(lr->buf + lr->len, p, n);
	lr->len += n;
}

/* The line is complete: says how it ended and makes way for the next. */
static enum line_result
end_line(struct line_reader *lr, char **line_r, size_t *len_r)
{
	enum line_result res = LINE_OK;

	if (lr->overlong)
		res = LINE_TOO_LONG;
	else if (lr->nul)
		res = LINE_NUL;
	else
		reserve(lr, lr->len);
	lr->overlong = lr->nul = false;
	if (res == LINE_OK) {
		lr->buf[lr->len] = '\0';
		*line_r = lr->buf;
		*len_r = lr->len;
	}
	lr->len = 0; /* the bytes stay until the next call */
	return res;
}

/* One byte of the line decoder. True if it ends the line. */
static bool
line_byte(struct line_reader *lr, uint8_t c)
{
	static const uint8_t cr_byte = '\r';
	bool cr = lr->cr;

	lr->cr = false;
	if (c == '\n')
		return true;
	if (cr)
		append(lr, &cr_byte, 1);
	if (c == '\r') {
		lr->cr = true;
	} else if (c != '\0') {
		append(lr, &c, 1);
	} else if (!cr && !lr->overlong && !lr->nul) {
		drop_buffer(lr);
		lr->nul = true;
	}
	return false;
}

static void
refuse(struct line_reader *lr, uint8_t verb, uint8_t option)
{
	if (lr->nrefused >= LINE_REFUSALS)
		return;
	lr->nrefused++;
	lr->refuse[lr->nrefuse++] = IAC;
	lr->refuse[lr->nrefuse++] = verb;
	lr->refuse[lr->nrefuse++] = option;
}

/* The byte after an IAC. Returns the data bytes written to out. */
static int
telnet_command(struct line_reader *lr, uint8_t c, uint8_t out[2])
{
	static const uint8_t next[] = {
		[SB] = T_SB,
		[WILL] = T_WILL,
		[WONT] = T_OPTION,
		[DO] = T_DO,
		[DONT] = T_OPTION,
		[IAC] = T_DATA,
	};

	lr->telnet = next[c];
	lr->sblen = 0;
	if (c == IAC) {
		out[0] = IAC;
		return 1;
	}
	if (c < SE) { /* an 0xff that nobody doubled, as in Latin-1 names */
		out[0] = IAC;
		out[1] = c;
		return 2;
	}
	return 0;
}

/* A byte inside a subnegotiation; one that does not end is given up. */
static void
telnet_subnegotiation(struct line_reader *lr, uint8_t c)
{
	if (lr->telnet == T_SB_IAC)
		lr->telnet = c == SE ? T_DATA : T_SB;
	else if (c == IAC)
		lr->telnet = T_SB_IAC;
	if (++lr->sblen >= LINE_SB_MAX)
		lr->telnet = T_DATA;
}

/* One byte of the Telnet decoder. Returns the data bytes written to out. */
static int
telnet_byte(struct line_reader *lr, uint8_t c, uint8_t out[2])
{
	switch ((enum telnet_state)lr->telnet) {
	case T_DATA:
		if (c == IAC) {
			lr->telnet = T_IAC;
			return 0;
		}
		out[0] = c;
		return 1;
	case T_IAC:
		return telnet_command(lr, c, out);
	case T_WILL:
		refuse(lr, DONT, c);
		lr->telnet = T_DATA;
		return 0;
	case T_DO:
		refuse(lr, WONT, c);
		lr->telnet = T_DATA;
		return 0;
	case T_OPTION:
		lr->telnet = T_DATA;
		return 0;
	case T_SB:
	case T_SB_IAC:
		telnet_subnegotiation(lr, c);
		return 0;
	}
	return 0;
}

/* Length of the run at p that means nothing to either decoder. */
static size_t
plain_run(const uint8_t *p, const uint8_t *end)
{
	static const bool special[256] = {
		['\0'] = true,
		['\r'] = true,
		['\n'] = true,
		[IAC] = true,
	};
	const uint8_t *q = p;

	while (q < end && !special[*q])
		q++;
	return (size_t)(q - p);
}

enum line_result
line_next(struct line_reader *lr, const uint8_t **p, const uint8_t *end,
    char **line_r, size_t *len_r)
{
	while (*p < end) {
		uint8_t data[2] = { 0 };
		int i, n;

		if (lr->telnet == T_DATA && !lr->cr) {
			size_t run = plain_run(*p, end);

			append(lr, *p, run);
			*p += run;
			if (*p == end)
				break;
		}
		n = telnet_byte(lr, *(*p)++, data);
		for (i = 0; i < n; i++) {
			/* Only the last of two bytes can be a line feed. */
			if (line_byte(lr, data[i]))
				return end_line(lr, line_r, len_r);
		}
	}
	return LINE_NONE;
}
