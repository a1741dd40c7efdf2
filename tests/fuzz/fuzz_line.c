/* SPDX-License-Identifier: ISC */
/*
 * The control connection's bytes: however they are cut into pieces, the same
 * lines and answers come out, and each line is what it promises to be.
 */
#include "common/line.h"
#include "tests/fuzz/fuzz.h"

/* All that came out of a reader, one after the other. */
struct trace {
	char *p;
	size_t len, cap;
};

static void
trace_add(struct trace *t, const void *p, size_t n)
{
	if (n == 0)
		return;
	if (t->len + n > t->cap) {
		t->cap = 2 * (t->len + n);
		t->p = realloc(t->p, t->cap);
		REQUIRE(t->p != NULL);
	}
	memcpy(t->p + t->len, p, n);
	t->len += n;
}

static void
check_line(const char *line, size_t len)
{
	REQUIRE(len <= LINE_MAX_LEN);
	REQUIRE(line[len] == '\0');
	REQUIRE(memchr(line, '\0', len) == NULL);
}

static void
feed(struct line_reader *lr, const uint8_t *p, size_t n, struct trace *t)
{
	const uint8_t *end = p + n;
	enum line_result res;

	do {
		const uint8_t *before = p;
		char *line = NULL;
		size_t len = 0;
		uint8_t tag;

		res = line_next(lr, &p, end, &line, &len);
		REQUIRE(p <= end);
		tag = (uint8_t)res;
		if (res == LINE_NONE) {
			REQUIRE(p == end);
		} else {
			REQUIRE(p > before);
			trace_add(t, &tag, 1);
			trace_add(t, &len, sizeof(len));
		}
		if (res == LINE_OK) {
			check_line(line, len);
			trace_add(t, line, len);
			line[0] = '!'; /* lines are the caller's */
		}
	} while (res != LINE_NONE);
}

/* How the input is cut: pieces of size 1 to max, 0 = all at once. */
struct cutter {
	unsigned state;
	size_t max;
};

static size_t
cut(struct cutter *c, size_t left)
{
	size_t n;

	c->state = c->state * 1103515245 + 12345;
	n = c->max == 0 ? left : 1 + (c->state >> 16) % c->max;
	return n < left ? n : left;
}

static struct trace
run(struct input in, struct cutter c, int trim)
{
	struct trace t = { NULL, 0, 0 };
	struct line_reader lr;
	uint8_t partial;

	line_init(&lr);
	while (in.n > 0) {
		size_t n = cut(&c, in.n);

		feed(&lr, in.p, n, &t);
		if (trim)
			line_trim(&lr);
		in.p += n;
		in.n -= n;
	}
	REQUIRE(lr.nrefused <= LINE_REFUSALS);
	REQUIRE(lr.nrefuse == 3 * lr.nrefused);
	trace_add(&t, lr.refuse, lr.nrefuse);
	partial = line_is_partial(&lr);
	trace_add(&t, &partial, 1);
	line_trim(&lr);
	REQUIRE(partial || lr.buf == NULL);
	line_clear(&lr);
	REQUIRE(lr.buf == NULL && !line_is_partial(&lr));
	return t;
}

static void
compare(struct input in, const struct trace *want, struct cutter c, int trim)
{
	struct trace t = run(in, c, trim);

	REQUIRE(t.len == want->len);
	REQUIRE(memcmp(t.p, want->p, t.len) == 0);
	free(t.p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned seed = (unsigned)input_uint(&in, 1);
	struct trace whole = run(in, (struct cutter){ 0, 0 }, 0);

	compare(in, &whole, (struct cutter){ 0, 1 }, 1);
	compare(in, &whole, (struct cutter){ seed, 1 + seed % 61 }, 0);
	free(whole.p);
	return 0;
}
