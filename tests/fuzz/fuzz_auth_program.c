/* SPDX-License-Identifier: ISC */
/*
 * What auth_program may answer: whatever it says, only "auth_ok:1" with a whole
 * and sane account lets anybody in.
 *
 * Input: the program's exit status, then its output.
 */
#include "common/ipc.h"
#include "common/log.h"
#include "common/mem.h"
#include "server/auth/auth.h"
#include "server/auth/run_program.h"
#include "server/rights.h"
#include "tests/fuzz/fuzz.h"

static int status;
static const char *output;

/* Stands for the one of server/auth/run_program.c. */
int
run_program(
    const struct run_program *p, char *out, size_t size, const char **why_r)
{
	REQUIRE(strcmp(p->input, "secret\n") == 0);
	*why_r = "says too much";
	return strlcpy(out, output, size) < size ? status : -1;
}

static struct config *
make_conf(void)
{
	struct config *conf = xcalloc(1, sizeof(*conf));
	struct conf_group *g = xcalloc(1, sizeof(*g));

	conf->path = xstrdup("ftpd.conf");
	conf->auth_program = xstrdup("/bin/program");
	g->name = xstrdup("staff");
	conf_rules_init(&g->rules);
	conf->groups = g;
	conf->ngroups = 1;
	return conf;
}

static void
check_account(const struct account *a)
{
	static struct account again;
	static uint8_t mem[2 * sizeof(*a)];
	struct wbuf w;
	struct rbuf r;

	REQUIRE(strncmp(output, "auth_ok:1", 9) == 0 ||
		strstr(output, "\nauth_ok:1") != NULL);
	REQUIRE(strcmp(a->name, "joe") == 0 && !a->anonymous);
	REQUIRE(a->source == ACCOUNT_PROGRAM);
	REQUIRE(a->root[0] == '/' && a->start_dir[0] == '/');
	REQUIRE((a->rights & ~RIGHTS_FULL) == 0);
	REQUIRE(a->group[0] == '\0' || strcmp(a->group, "staff") == 0);
	/* The monitor takes no other. */
	wbuf_init(&w, mem, sizeof(mem));
	account_put(&w, a);
	REQUIRE(w.err == 0 && w.len < IPC_MAX);
	rbuf_init(&r, mem, w.len);
	account_get(&r, &again);
	REQUIRE(rbuf_end(&r) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct auth auth;
	static struct account account;
	struct input in = { data, size };
	struct auth_request req = { .user = "joe",
		.password = "secret",
		.names = "",
		.tls = true,
		.peer = { .family = 4, .ip = { 192, 0, 2, 1 } } };
	const char *reason = NULL;
	enum auth_answer answer;
	char *text;

	if (auth.conf == NULL) {
		log_open("none");
		auth.conf = make_conf();
	}
	status = (int8_t)input_uint(&in, 1) / 64;
	output = text = input_str(&in);
	answer = auth_program.check(&auth, &req, &account, &reason);
	if (answer == AUTH_ACCEPT)
		check_account(&account);
	else
		REQUIRE(answer == AUTH_NOT_MINE || reason != NULL);
	REQUIRE(status == 0 || answer == AUTH_ERROR);
	free(text);
	return 0;
}
