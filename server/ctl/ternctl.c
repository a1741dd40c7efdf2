/* SPDX-License-Identifier: ISC */
/*
 * ternctl: administration from the command line.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/ctl/ctl.h"

static const struct command {
	const char *noun, *verb; /* verb NULL: the noun says it */
	ctl_command *run;
	const char *usage;
} commands[] = {
	{ "user", "add", ctl_user_add,
	    "NAME [--root DIR] [--group GROUP] [--rights RIGHTS]\n"
	    "            [--uid UID --gid GID]\n"
	    "            [--start-dir DIR] [--umask MASK] "
	    "[--idle-timeout TIME]" },
	{ "user", "passwd", ctl_user_passwd, "NAME" },
	{ "user", "totp", ctl_user_totp, "NAME [--off]" },
	{ "user", "set", ctl_user_set, "NAME [BLOCK [NAME]] KEY=VALUE..." },
	{ "user", "show", ctl_user_show, "NAME" },
	{ "user", "disable", ctl_user_disable, "NAME" },
	{ "user", "enable", ctl_user_enable, "NAME" },
	{ "user", "del", ctl_user_del, "NAME [BLOCK [NAME]]" },
	{ "user", "list", ctl_user_list, "" },
	{ "group", "add", ctl_group_add, "NAME [KEY=VALUE...]" },
	{ "group", "set", ctl_group_set, "NAME [BLOCK [NAME]] KEY=VALUE..." },
	{ "group", "show", ctl_group_show, "NAME" },
	{ "group", "del", ctl_group_del, "NAME [BLOCK [NAME]]" },
	{ "group", "list", ctl_group_list, "" },
	{ "host", "add", ctl_host_add, "NAME [KEY=VALUE...]" },
	{ "host", "set", ctl_host_set, "NAME [BLOCK [NAME]] KEY=VALUE..." },
	{ "host", "show", ctl_host_show, "NAME" },
	{ "host", "del", ctl_host_del, "NAME [BLOCK [NAME]]" },
	{ "host", "list", ctl_host_list, "" },
	{ "fingerprint", NULL, ctl_fingerprint, "[CERTIFICATE...]" },
	{ "check", NULL, ctl_check, "[CLIENT-ADDRESS]" },
	{ "reload", NULL, ctl_reload, "[--dry-run]" },
	{ "stop", NULL, ctl_stop, "[--now]" },
	{ "drain", NULL, ctl_drain, "[--wait]" },
	{ "who", NULL, ctl_who, "" },
	{ "watch", NULL, ctl_watch, "" },
	{ "stats", NULL, ctl_stats, "" },
	{ "metrics", NULL, ctl_metrics, "[--listen ADDRESS:PORT|PATH]" },
	{ "kick", NULL, ctl_kick,
	    "SESSION|user:NAME|ip:ADDRESS [--reason TEXT]" },
	{ "limit", NULL, ctl_limit, "SESSION RATE" },
	{ "bans", NULL, ctl_bans, "" },
	{ "ban", NULL, ctl_ban, "ADDRESS [TIME] [--reason TEXT]" },
	{ "unban", NULL, ctl_unban, "ADDRESS" },
};

static void
print_usage(FILE *out)
{
	const struct command *c;

	fputs("usage: ternctl [-c ftpd.conf] [-f users-file] [-H host] "
	      "[-s socket] command\n"
	      "commands:\n",
	    out);
	for (c = commands; c < commands + NELEM(commands); c++)
		fprintf(out, "  %s%s%s %s\n", c->noun,
		    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
		    c->usage);
	fputs("A new password is asked for, or read from standard input.\n"
	      "Commands to the running server take --json, too.\n",
	    out);
}

static const struct command *
find_command(int argc, char **argv)
{
	const struct command *c;

	for (c = commands; c < commands + NELEM(commands) && argc > 0; c++)
		if (strcmp(c->noun, argv[0]) == 0 &&
		    (c->verb == NULL ||
			(argc > 1 && strcmp(c->verb, argv[1]) == 0)))
			return c;
	return NULL;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .conf_path = SYSCONFDIR "/ftpd.conf" };
	const struct command *command;
	int c, status = -1, words;

	while ((c = getopt(argc, argv, "+c:f:H:s:hV")) != -1)
		switch (c) {
		case 'c':
			ctl.conf_path = optarg;
			break;
		case 'f':
			ctl.users_path = optarg;
			break;
		case 'H':
			ctl.host = optarg;
			break;
		case 's':
			ctl.socket_path = optarg;
			break;
		case 'V':
			puts("ternctl " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			print_usage(stdout);
			return EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return EXIT_FAILURE;
		}
	argc -= optind;
	argv += optind;
	command = find_command(argc, argv);
	if (command != NULL) {
		words = command->verb != NULL ? 1 : 0;
		status = command->run(&ctl, argc - words, argv + words);
	}
	if (status == -1) {
		print_usage(stderr);
		status = EXIT_FAILURE;
	}
	return status;
}
