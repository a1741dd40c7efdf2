/* SPDX-License-Identifier: ISC */
/*
 * The channel between a worker and its key process, in both directions (the
 * first byte chooses): what is read is within its bounds, and a signer that is
 * asked for anything at all signs handshakes only.
 */
#include <unistd.h>

#include "server/keymsg.h"
#include "tests/fuzz/fuzz.h"
#include "tls/tls_ctx.h"
#include "tls/tls_keyring.h"

/* With one key, ECDSA, that nobody else has. */
static struct tls_signer *
make_signer(void)
{
	char dir[] = "/tmp/fuzz_keys.XXXXXX", crt[64], key[64], *err = NULL;
	struct tls_pair pair = { .cert = crt, .key = key };
	struct tls_settings set = { .pairs = &pair, .npairs = 1 };
	struct tls_signer *signer;
	struct tls_ctx *ctx;

	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(crt, sizeof(crt), "%s/crt", dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	REQUIRE(tls_selfsigned(crt, key, "fuzz", &err) == 0);
	set.keyring = tls_keyring_new(&err);
	REQUIRE(set.keyring != NULL);
	ctx = tls_ctx_new(&set, &err);
	REQUIRE(ctx != NULL);
	signer = tls_signer_new(tls_keyring_fd(set.keyring), &err);
	REQUIRE(signer != NULL);
	tls_ctx_unref(ctx);
	tls_keyring_unref(set.keyring);
	unlink(crt);
	unlink(key);
	rmdir(dir);
	return signer;
}

static void
check_request(struct rbuf *r)
{
	static struct tls_signer *signer;
	uint8_t out[TLS_KEYOP_OUT_MAX];
	struct tls_keyop op;
	const char *why;
	ssize_t n;

	if (signer == NULL)
		signer = make_signer();
	if (keymsg_get_request(r, &op) == -1)
		return;
	REQUIRE(op.len > 0 && op.len <= TLS_KEYOP_IN_MAX);
	REQUIRE(op.kind < TLS_OP_COUNT && op.hash < TLS_HASH_COUNT);
	n = tls_signer_do(signer, &op, out, sizeof(out), &why);
	REQUIRE(n == -1 || (n > 0 && n <= TLS_KEYOP_OUT_MAX));
	REQUIRE((n == -1) == (why != NULL));
	if (n != -1)
		REQUIRE(op.key == 0 && op.kind == TLS_OP_ECDSA &&
			tls_keyop_is_handshake(&op));
}

static void
check_reply(struct rbuf *r)
{
	char why[KEYMSG_WHY_MAX];
	struct keymsg_reply reply;

	if (keymsg_get_reply(r, &reply, why) == -1)
		return;
	REQUIRE(reply.len <= TLS_KEYOP_OUT_MAX);
	REQUIRE((reply.len > 0) == (reply.why == NULL));
	REQUIRE(reply.why == NULL || strlen(reply.why) < KEYMSG_WHY_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rbuf r;

	if (size == 0)
		return 0;
	rbuf_init(&r, data + 1, size - 1);
	if (data[0] % 2 == 0)
		check_request(&r);
	else
		check_reply(&r);
	return 0;
}
