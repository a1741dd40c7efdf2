/* SPDX-License-Identifier: ISC */
/*
 * Asks the back ends about a login attempt.
 */
#include <crypt.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/reason.h"
#include "common/str.h"
#include "server/auth/auth.h"

static const struct auth_backend *const backends[] = { &auth_file,
	&auth_anonymous, &auth_program, &auth_pam };

int
auth_init(struct auth *a, const struct config *conf)
{
	memset(a, 0, sizeof(*a));
	a->server = a->conf = conf;
	a->privileged = geteuid() == 0;
	a->cache = auth_cache_new(conf->auth_cache);
	return conf_service_ident(conf, &a->service);
}

void
auth_clear(struct auth *a)
{
	auth_cache_free(a->cache);
	a->cache = NULL;
}

/* What is missing for those who need a password is nobody's business. */
static enum verdict
auth_certificate(const struct auth *a, const struct auth_request *req,
    struct account *out, const char **reason_r)
{
	size_t i;

	for (i = 0; i < NELEM(backends); i++)
		if (backends[i]->certificate != NULL &&
		    backends[i]->certificate(a, req, out)) {
			*reason_r = "certificate";
			return V_OK;
		}
	*reason_r = "password-required";
	return V_PASSWORD;
}

/* The accounts of the host are those that are looked at. */
static int
enter_host(struct auth *a, const char *name)
{
	const struct conf_host *h = NULL;

	if (name != NULL && name[0] != '\0') {
		h = conf_find_host(a->server, name);
		if (h == NULL)
			return -1;
	}
	a->conf = conf_of_host(a->server, h);
	return 0;
}

enum verdict
auth_check(struct auth *a, const struct auth_request *req, struct account *out,
    const char **reason_r)
{
	static const enum verdict verdicts[] = {
		[AUTH_ACCEPT] = V_OK,
		[AUTH_DENY] = V_DENIED,
		[AUTH_ERROR] = V_ERROR,
	};
	enum auth_answer answer;
	size_t i;

	if (enter_host(a, req->host) == -1) {
		*reason_r = reason_code(REASON_NO_SUCH_HOST);
		return V_DENIED;
	}
	if (req->ask == ASK_CERTIFICATE)
		return auth_certificate(a, req, out, reason_r);
	if (req->ask == ASK_NEW_PASSWORD)
		return auth_new_password(a, req, out, reason_r);
	for (i = 0; i < NELEM(backends); i++) {
		*reason_r = backends[i]->name;
		answer = backends[i]->check(a, req, out, reason_r);
		if (answer != AUTH_NOT_MINE)
			return verdicts[answer];
	}
	(void)auth_hash_matches(a, req, NULL);
	*reason_r = "no-such-user";
	return V_DENIED;
}

/*
 * A hash to spend time on. It is some user's, chosen by the name, so that
 * unknown names take as long as known ones even when hashes are of many kinds.
 */
static const char *
dummy_setting(const struct auth *a, const char *name)
{
	const struct config *conf = a->conf;
	static char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	uint64_t h = str_hash(STR_HASH_START, name);
	const char *hash;
	size_t i;

	for (i = 0; i < conf->nusers; i++) {
		hash = conf->users[(h + i) % conf->nusers].password;
		if (crypt_checksalt(hash) == CRYPT_SALT_OK)
			return hash;
	}
	if (salt[0] == '\0' &&
	    crypt_gensalt_rn(NULL, 0, NULL, 0, salt, sizeof(salt)) == NULL)
		(void)strlcpy(salt, "$6$aaaaaaaaaaaaaaaa$", sizeof(salt));
	return salt;
}

/* Takes the same time wherever the first difference stands. */
static bool
equal(const char *a, const char *b)
{
	size_t i, n = strlen(a);
	unsigned char diff = 0;

	if (n != strlen(b))
		return false;
	for (i = 0; i < n; i++)
		diff |= (unsigned char)a[i] ^ (unsigned char)b[i];
	return diff == 0;
}

static bool
compute_and_compare(
    struct auth *a, const struct auth_request *req, const char *hash)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *made = NULL;
	bool ok;

	a->nhashes++;
	if (hash != NULL)
		made = crypt_rn(req->password, hash, data, sizeof(*data));
	ok = made != NULL && equal(made, hash);
	if (made == NULL) {
		a->ndummies++;
		(void)crypt_rn(req->password, dummy_setting(a, req->user), data,
		    sizeof(*data));
	}
	free_secret(data, sizeof(*data));
	return ok;
}

bool
auth_hash_matches(
    struct auth *a, const struct auth_request *req, const char *hash)
{
	if (hash != NULL && auth_cache_knows(a->cache, hash, req->password))
		return true;
	if (!compute_and_compare(a, req, hash))
		return false;
	auth_cache_add(a->cache, hash, req->password);
	return true;
}
