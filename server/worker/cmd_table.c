/* SPDX-License-Identifier: ISC */
/*
 * The table of commands, sorted by verb.
 */
#include "common/mem.h"
#include "common/str.h"
#include "server/worker/cmd.h"

#define LOGIN CMD_F_LOGIN
#define XFER (CMD_F_LOGIN | CMD_F_XFER)

/* clang-format off */
const struct cmd cmd_table[] = {
	/* verb, handler, argument, flags, help */
	{ "ABOR", cmd_abor, ARG_NONE, CMD_F_NOW, "" },
	{ "ACCT", cmd_acct, ARG_SECRET, CMD_F_HIDE | CMD_F_TLS, "<sp> account" },
	{ "ADAT", NULL, ARG_NONE, CMD_F_502, "" },
	{ "ALLO", cmd_allo, ARG_WORD, LOGIN, "<sp> bytes [ <sp> R <sp> size ]" },
	{ "APPE", cmd_appe, ARG_PATH, XFER, "<sp> pathname" },
	{ "AUTH", cmd_auth, ARG_WORD, 0, "<sp> TLS | TLS-C | TLS-P | SSL" },
	{ "AVBL", cmd_avbl, ARG_OPT_PATH, LOGIN, "[ <sp> pathname ]" },
	{ "CCC", cmd_ccc, ARG_NONE, 0, "" },
	{ "CDUP", cmd_cdup, ARG_NONE, LOGIN, "" },
	{ "CLNT", cmd_clnt, ARG_WORD, 0, "<sp> client" },
	{ "CONF", NULL, ARG_NONE, CMD_F_502, "" },
	{ "CSID", cmd_csid, ARG_WORD, 0, "<sp> facts" },
	{ "CWD", cmd_cwd, ARG_OPT_PATH, LOGIN, "<sp> pathname" },
	{ "DELE", cmd_dele, ARG_PATH, LOGIN, "<sp> pathname" },
	{ "ENC", NULL, ARG_NONE, CMD_F_502, "" },
	{ "EPRT", cmd_eprt, ARG_WORD, LOGIN, "<sp> |family|address|port|" },
	{ "EPSV", cmd_epsv, ARG_OPT_WORD, LOGIN, "[ <sp> 1 | 2 | ALL ]" },
	{ "ESTA", NULL, ARG_NONE, CMD_F_502, "" },
	{ "ESTP", NULL, ARG_NONE, CMD_F_502, "" },
	{ "FEAT", cmd_feat, ARG_FORBIDDEN, 0, "" },
	{ "HELP", cmd_help, ARG_OPT_WORD, 0, "[ <sp> command ]" },
	{ "HOST", cmd_host, ARG_WORD, 0, "<sp> hostname" },
	{ "LANG", cmd_lang, ARG_OPT_WORD, 0, "[ <sp> tag ]" },
	{ "LIST", cmd_list, ARG_OPT_PATH, XFER, "[ <sp> pathname ]" },
	{ "LPRT", NULL, ARG_NONE, CMD_F_502, "" },
	{ "LPSV", NULL, ARG_NONE, CMD_F_502, "" },
	{ "MDTM", cmd_mdtm, ARG_PATH, LOGIN, "<sp> pathname" },
	{ "MFCT", NULL, ARG_NONE, CMD_F_502, "" },
	{ "MFF", cmd_mff, ARG_PATH, LOGIN, "<sp> fact=value; <sp> pathname" },
	{ "MFMT", cmd_mfmt, ARG_PATH, LOGIN, "<sp> time <sp> pathname" },
	{ "MIC", NULL, ARG_NONE, CMD_F_502, "" },
	{ "MKD", cmd_mkd, ARG_PATH, LOGIN, "<sp> pathname" },
	{ "MLSD", cmd_mlsd, ARG_OPT_PATH, XFER, "[ <sp> pathname ]" },
	{ "MLST", cmd_mlst, ARG_OPT_PATH, LOGIN, "[ <sp> pathname ]" },
	{ "MODE", cmd_mode, ARG_WORD, LOGIN, "<sp> S" },
	{ "NLST", cmd_nlst, ARG_OPT_PATH, XFER, "[ <sp> pathname ]" },
	{ "NOOP", cmd_noop, ARG_NONE, 0, "" },
	{ "OPTS", cmd_opts, ARG_WORD, 0, "<sp> command [ <sp> options ]" },
	{ "PASS", cmd_pass, ARG_SECRET, CMD_F_HIDE | CMD_F_TLS, "<sp> password" },
	{ "PASV", cmd_pasv, ARG_NONE, LOGIN, "" },
	{ "PBSZ", cmd_pbsz, ARG_WORD, 0, "<sp> 0" },
	{ "PORT", cmd_port, ARG_WORD, LOGIN, "<sp> h1,h2,h3,h4,p1,p2" },
	{ "PROT", cmd_prot, ARG_WORD, 0, "<sp> C | P" },
	{ "PWD", cmd_pwd, ARG_NONE, LOGIN, "" },
	{ "QUIT", cmd_quit, ARG_NONE, 0, "" },
	{ "REIN", cmd_rein, ARG_NONE, 0, "" },
	{ "REST", cmd_rest, ARG_WORD, LOGIN, "<sp> offset" },
	{ "RETR", cmd_retr, ARG_PATH, XFER, "<sp> pathname" },
	{ "RMD", cmd_rmd, ARG_PATH, LOGIN, "<sp> pathname" },
	{ "RMDA", NULL, ARG_NONE, CMD_F_502, "" },
	{ "RNFR", cmd_rnfr, ARG_PATH, LOGIN, "<sp> pathname" },
	{ "RNTO", cmd_rnto, ARG_PATH, LOGIN | CMD_F_KEEP_RNFR, "<sp> pathname" },
	{ "SITE", cmd_site, ARG_PATH, LOGIN, "<sp> command [ <sp> arguments ]" },
	{ "SIZE", cmd_size, ARG_PATH, LOGIN, "<sp> pathname" },
	{ "SMNT", NULL, ARG_NONE, CMD_F_502 | LOGIN, "" },
	{ "STAT", cmd_stat, ARG_OPT_PATH, CMD_F_NOW_BARE, "[ <sp> pathname ]" },
	{ "STOR", cmd_stor, ARG_PATH, XFER, "<sp> pathname" },
	{ "STOU", cmd_stou, ARG_OPT_PATH, XFER, "[ <sp> pathname ]" },
	{ "STRU", cmd_stru, ARG_WORD, LOGIN, "<sp> F" },
	{ "SYST", cmd_syst, ARG_NONE, 0, "" },
	{ "THMB", NULL, ARG_NONE, CMD_F_502, "" },
	{ "TYPE", cmd_type, ARG_WORD, LOGIN, "<sp> A | I | L <sp> 8" },
	{ "USER", cmd_user, ARG_SECRET, CMD_F_TLS, "<sp> name" },
	{ "XCUP", cmd_cdup, ARG_NONE, LOGIN | CMD_F_ALIAS, "" },
	{ "XCWD", cmd_cwd, ARG_OPT_PATH, LOGIN | CMD_F_ALIAS, "<sp> pathname" },
	{ "XMKD", cmd_mkd, ARG_PATH, LOGIN | CMD_F_ALIAS, "<sp> pathname" },
	{ "XPWD", cmd_pwd, ARG_NONE, LOGIN | CMD_F_ALIAS, "" },
	{ "XQUOTA", NULL, ARG_NONE, CMD_F_502, "" },
	{ "XRMD", cmd_rmd, ARG_PATH, LOGIN | CMD_F_ALIAS, "<sp> pathname" },
};
/* clang-format on */
const size_t cmd_count = NELEM(cmd_table);

/* Compares a verb of len bytes, any case, with one of the table. */
static int
compare(const char *verb, size_t len, const char *row)
{
	int d = ascii_ncasecmp(verb, row, len);

	return d != 0 || row[len] == '\0' ? d : -1;
}

const struct cmd *
cmd_find(const char *verb, size_t len)
{
	size_t lo = 0, hi = cmd_count, mid;
	int d;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		d = compare(verb, len, cmd_table[mid].verb);
		if (d == 0)
			return &cmd_table[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
