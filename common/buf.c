/* SPDX-License-Identifier: ISC */
/*
 * Cursors that write and read the fields of one message.
 */
#include "common/buf.h"

#include <string.h>

#include "common/mem.h"

void
wbuf_init(struct wbuf *w, void *mem, size_t cap)
{
	w->p = mem;
	w->len = 0;
	w->cap = cap;
	w->err = 0;
}

static void
put(struct wbuf *w, const void *p, size_t n)
{
	if (w->err || n > w->cap - w->len) {
		w->err = 1;
		return;
	}
	if (n > 0)
		memcpy(w->p + w->len, p, n);
	w->len += n;
}

void
put_u8(struct wbuf *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

void
put_u16(struct wbuf *w, uint16_t v)
{
	put(w, &v, sizeof(v));
}

void
put_u32(struct wbuf *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

void
put_u64(struct wbuf *w, uint64_t v)
{
	put(w, &v, sizeof(v));
}

void
put_i64(struct wbuf *w, int64_t v)
{
	put(w, &v, sizeof(v));
}

void
put_bytes(struct wbuf *w, const void *p, size_t n)
{
	if (n > UINT32_MAX) {
		w->err = 1;
		return;
	}
	put_u32(w, (uint32_t)n);
	put(w, p, n);
}

void
put_strn(struct wbuf *w, const char *s, size_t n)
{
	if (n > UINT16_MAX || (n > 0 && memchr(s, '\0', n) != NULL)) {
		w->err = 1;
		return;
	}
	put_u16(w, (uint16_t)n);
	put(w, s, n);
}

void
put_str(struct wbuf *w, const char *s)
{
	put_strn(w, s, strlen(s));
}

void
rbuf_init(struct rbuf *r, const void *mem, size_t len)
{
	r->p = mem;
	r->end = r->p + len;
	r->err = 0;
}

/* The next n bytes, or NULL with the error set. */
static const uint8_t *
take(struct rbuf *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->err || n > (size_t)(r->end - r->p)) {
		r->err = 1;
		return NULL;
	}
	r->p += n;
	return p;
}

static void
get(struct rbuf *r, void *out, size_t n)
{
	const uint8_t *p = take(r, n);

	if (p == NULL)
		memset(out, 0, n);
	else
		memcpy(out, p, n);
}

uint8_t
get_u8(struct rbuf *r)
{
	uint8_t v;

	get(r, &v, sizeof(v));
	return v;
}

uint16_t
get_u16(struct rbuf *r)
{
	uint16_t v;

	get(r, &v, sizeof(v));
	return v;
}

uint32_t
get_u32(struct rbuf *r)
{
	uint32_t v;

	get(r, &v, sizeof(v));
	return v;
}

uint64_t
get_u64(struct rbuf *r)
{
	uint64_t v;

	get(r, &v, sizeof(v));
	return v;
}

int64_t
get_i64(struct rbuf *r)
{
	int64_t v;

	get(r, &v, sizeof(v));
	return v;
}

const void *
get_bytes(struct rbuf *r, size_t *len_r)
{
	uint32_t n = get_u32(r);
	const uint8_t *p = take(r, n);

	*len_r = p == NULL ? 0 : n;
	return p;
}

/* The bytes of a string without a NUL inside, or NULL with the error set. */
static const char *
take_str(struct rbuf *r, size_t *n_r)
{
	uint16_t n = get_u16(r);
	const uint8_t *p = take(r, n);

	if (p != NULL && n > 0 && memchr(p, '\0', n) != NULL) {
		r->err = 1;
		p = NULL;
	}
	*n_r = n;
	return (const char *)p;
}

size_t
get_str(struct rbuf *r, char *dst, size_t size)
{
	size_t n;
	const char *p = take_str(r, &n);

	dst[0] = '\0';
	if (p == NULL)
		return 0;
	if (n >= size) {
		r->err = 1;
		return 0;
	}
	memcpy(dst, p, n);
	dst[n] = '\0';
	return n;
}

char *
get_strdup(struct rbuf *r, size_t max)
{
	size_t n;
	const char *p = take_str(r, &n);

	if (p == NULL)
		return NULL;
	if (n > max) {
		r->err = 1;
		return NULL;
	}
	return xstrndup(p, n);
}

int
rbuf_end(const struct rbuf *r)
{
	return r->err || r->p != r->end ? -1 : 0;
}
