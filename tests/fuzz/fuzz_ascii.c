/* SPDX-License-Identifier: ISC */
/*
 * TYPE A: the fast conversions agree with the plainest ones there are, however
 * the data is cut, and text without CRLF survives the round trip.
 */
#include <stdbool.h>

#include "common/ascii.h"
#include "tests/fuzz/fuzz.h"

struct text {
	char *p;
	size_t n;
};

static struct text
text_new(size_t cap)
{
	struct text t = { malloc(cap + 1), 0 };

	REQUIRE(t.p != NULL);
	return t;
}

static struct text
plain_to_net(struct text in)
{
	struct text out = text_new(2 * in.n);
	size_t i;

	for (i = 0; i < in.n; i++) {
		if (in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			out.p[out.n++] = '\r';
		out.p[out.n++] = in.p[i];
	}
	return out;
}

static struct text
plain_from_net(struct text in)
{
	struct text out = text_new(in.n);
	size_t i;

	for (i = 0; i < in.n; i++) {
		if (in.p[i] == '\r' && i + 1 < in.n && in.p[i + 1] == '\n')
			continue;
		out.p[out.n++] = in.p[i];
	}
	return out;
}

typedef size_t convert_fn(struct ascii *, char *, const char *, size_t);

/* Converts one piece in memory of exactly the promised size. */
static void
piece(convert_fn *fn, struct ascii *a, struct text *out, const char *in,
    size_t n, size_t room)
{
	char *tmp = malloc(room > 0 ? room : 1);
	size_t len;

	REQUIRE(tmp != NULL);
	len = fn(a, tmp, in, n);
	REQUIRE(len <= room);
	memcpy(out->p + out->n, tmp, len);
	out->n += len;
	free(tmp);
}

static struct text
to_net(struct text in, size_t step)
{
	struct text out = text_new(2 * in.n);
	struct ascii a = { false };
	size_t i, n;

	for (i = 0; i < in.n; i += n) {
		n = in.n - i < step ? in.n - i : step;
		piece(ascii_to_net, &a, &out, in.p + i, n, 2 * n);
	}
	return out;
}

static struct text
from_net(struct text in, size_t step)
{
	struct text out = text_new(in.n);
	struct ascii a = { false };
	size_t i, n;

	for (i = 0; i < in.n; i += n) {
		n = in.n - i < step ? in.n - i : step;
		piece(ascii_from_net, &a, &out, in.p + i, n, n + 1);
	}
	out.n += ascii_from_net_end(&a, out.p + out.n);
	return out;
}

static void
require_equal(struct text a, struct text b)
{
	REQUIRE(a.n == b.n);
	REQUIRE(memcmp(a.p, b.p, a.n) == 0);
}

static void
check(struct text in, size_t step)
{
	struct text net = to_net(in, step), file = from_net(in, step);
	struct text want_net = plain_to_net(in), want_file = plain_from_net(in);
	struct text back = from_net(net, step);

	require_equal(net, want_net);
	require_equal(file, want_file);
	/* What is in the file as CRLF is sent so, and comes back as LF. */
	require_equal(back, want_file);
	free(net.p);
	free(file.p);
	free(want_net.p);
	free(want_file.p);
	free(back.p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t step = 1 + input_uint(&in, 1) % 40;
	struct text t = text_new(in.n);

	t.n = in.n;
	if (in.n > 0)
		memcpy(t.p, in.p, in.n);
	check(t, 1);
	check(t, step);
	check(t, t.n + 1);
	free(t.p);
	return 0;
}
