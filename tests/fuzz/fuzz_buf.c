/* SPDX-License-Identifier: ISC */
/*
 * Message cursors: any sequence of gets on any bytes stays inside the message,
 * an error sticks, and what was read can be put and read again.
 */
#include "common/buf.h"
#include "tests/fuzz/fuzz.h"

enum {
	STR_MAX = 40,
	OPS_MAX = 64
};

/* Gets one field; puts it to w. Returns 0 if what it got is nothing. */
typedef uint64_t op_fn(struct rbuf *, struct wbuf *);

static uint64_t
op_u8(struct rbuf *r, struct wbuf *w)
{
	uint8_t v = get_u8(r);

	put_u8(w, v);
	return v;
}

static uint64_t
op_u16(struct rbuf *r, struct wbuf *w)
{
	uint16_t v = get_u16(r);

	put_u16(w, v);
	return v;
}

static uint64_t
op_u32(struct rbuf *r, struct wbuf *w)
{
	uint32_t v = get_u32(r);

	put_u32(w, v);
	return v;
}

static uint64_t
op_u64(struct rbuf *r, struct wbuf *w)
{
	uint64_t v = get_u64(r);

	put_u64(w, v);
	return v;
}

static uint64_t
op_i64(struct rbuf *r, struct wbuf *w)
{
	int64_t v = get_i64(r);

	put_i64(w, v);
	return (uint64_t)v;
}

static uint64_t
op_bytes(struct rbuf *r, struct wbuf *w)
{
	const uint8_t *end = r->end;
	size_t n = 12345;
	const uint8_t *p = get_bytes(r, &n);

	if (r->err) {
		REQUIRE(p == NULL && n == 0);
	} else {
		REQUIRE(n == 0 || p + n <= end);
		put_bytes(w, p, n);
	}
	return n;
}

static uint64_t
op_str(struct rbuf *r, struct wbuf *w)
{
	char *dst = malloc(STR_MAX);
	size_t n;

	REQUIRE(dst != NULL);
	n = get_str(r, dst, STR_MAX);
	REQUIRE(n < STR_MAX && strlen(dst) == n);
	put_str(w, dst);
	free(dst);
	return n;
}

static uint64_t
op_strdup(struct rbuf *r, struct wbuf *w)
{
	char *s = get_strdup(r, STR_MAX);
	size_t n = 0;

	REQUIRE((s == NULL) == (r->err != 0));
	if (s != NULL) {
		n = strlen(s);
		REQUIRE(n <= STR_MAX);
		put_strn(w, s, n);
	}
	free(s);
	return n;
}

static op_fn *const ops[] = { op_u8, op_u16, op_u32, op_u64, op_i64, op_bytes,
	op_str, op_strdup };

/* Runs the ops until one fails. Returns how many did not. */
static size_t
run(struct rbuf *r, struct wbuf *w, const uint8_t *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t before = w->len;
		const uint8_t *p = r->p;

		ops[list[i] % 8](r, w);
		REQUIRE(r->p >= p && r->p <= r->end);
		if (r->err) {
			w->len = before;
			break;
		}
	}
	return i;
}

static void
check_error_sticks(struct rbuf *r)
{
	uint8_t mem[256];
	struct wbuf w;
	size_t i;

	for (i = 0; i < 8; i++) {
		wbuf_init(&w, mem, sizeof(mem));
		REQUIRE(ops[i](r, &w) == 0);
		REQUIRE(r->err && rbuf_end(r) == -1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t n = input_uint(&in, 1) % OPS_MAX, done;
	const uint8_t *list = in.p;
	struct wbuf w, w2;
	struct rbuf r;
	uint8_t *mem;

	if (n > in.n)
		n = in.n;
	in.p += n;
	in.n -= n;
	mem = malloc(2 * (size + 64));
	REQUIRE(mem != NULL);
	wbuf_init(&w, mem, size + 64);
	rbuf_init(&r, in.p, in.n);
	done = run(&r, &w, list, n);
	REQUIRE(w.err == 0 && w.len <= in.n);
	REQUIRE(memcmp(mem, in.p, w.len) == 0);
	if (r.err)
		check_error_sticks(&r);
	else
		REQUIRE((rbuf_end(&r) == 0) == (w.len == in.n));
	/* Again, from what was written. */
	wbuf_init(&w2, mem + size + 64, size + 64);
	rbuf_init(&r, mem, w.len);
	REQUIRE(run(&r, &w2, list, done) == done);
	REQUIRE(rbuf_end(&r) == 0 && w2.len == w.len);
	free(mem);
	return 0;
}
