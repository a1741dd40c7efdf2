/* SPDX-License-Identifier: ISC */
/*
 * The command line of ternftpd.
 */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "server/conf.h"
#include "server/explain.h"
#include "server/roles.h"
#include "server/tlsconf.h"

enum action {
	ACTION_RUN,
	ACTION_CHECK,
	ACTION_PRINT,
	ACTION_EXPLAIN
};

struct command_line {
	struct monitor_options monitor;
	enum action action;
	const char *host; /* that is explained, or NULL */
};

static const char usage_text[] =
    "usage: ternftpd [-fv] [-c file]      serve\n"
    "       ternftpd --inetd [-c file]    serve the connection on input\n"
    "       ternftpd -t [-c file]         check the configuration\n"
    "       ternftpd -T [-c file]         print what it amounts to\n"
    "       ternftpd [-c file] explain [--host NAME] [USER VERB PATH "
    "[ADDRESS]\n"
    "                [listen=NAME] [tls=no] [prot=C] [from=PATH] "
    "[via=ADDRESS]]\n"
    "                                     what would happen, and why\n"
    "       ternftpd --keys               print every key of ftpd.conf\n"
    "       ternftpd --version\n";

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 't' },
	{ "print", no_argument, NULL, 'T' },
	{ "keys", no_argument, NULL, 'K' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "inetd", no_argument, NULL, 'i' },
	{ "host", required_argument, NULL, 'H' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Ends the program after a last word on standard output. */
static void __attribute__((noreturn)) finish(void)
{
	exit(fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS
						    : EXIT_FAILURE);
}

static void __attribute__((noreturn)) usage(void)
{
	fputs(usage_text, stderr);
	exit(EXIT_FAILURE);
}

static void
parse_option(struct command_line *cl, int c)
{
	switch (c) {
	case 'c':
		cl->monitor.conf_path = optarg;
		break;
	case 't':
		cl->action = ACTION_CHECK;
		break;
	case 'T':
		cl->action = ACTION_PRINT;
		break;
	case 'K':
		conf_print_keys(stdout);
		finish();
	case 'f':
		cl->monitor.foreground = true;
		break;
	case 'v':
		cl->monitor.verbose = true;
		break;
	case 'i':
		cl->monitor.inetd = true;
		break;
	case 'H':
		cl->host = optarg;
		break;
	case 'V':
		puts("ternftpd " PACKAGE_VERSION);
		finish();
	case 'h':
		fputs(usage_text, stdout);
		finish();
	default:
		usage();
	}
}

/* Under inetd the standard descriptors are the client's: he gets a reply, the
 * administrator finds the reason in the system's log. */
static void
complain(const struct command_line *cl, const char *err)
{
	if (!cl->monitor.inetd) {
		fputs(err, stderr);
		return;
	}
	(void)log_open("syslog");
	log_errorx("%s", err);
	fputs("421 Service not available, try later\r\n", stdout);
}

static int
check(const struct config *conf)
{
	int problems = conf_check(conf, true, stderr) +
		       tlsconf_check(conf, stderr) +
		       conf_check_start(conf, stderr);

	if (problems == 0)
		printf("%s is in order\n", conf->path);
	return problems == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* argv: what stands behind the word. */
static int
explain_it(const struct command_line *cl, const struct config *conf, int argc,
    char **argv)
{
	int status = explain(conf, cl->host, argc, argv, stdin, stdout);

	if (status == -1)
		usage();
	return status;
}

int
main(int argc, char **argv, char **envp)
{
	struct command_line cl = {
		.monitor.conf_path = SYSCONFDIR "/ftpd.conf",
	};
	struct config *conf;
	char *err;
	int c, status = EXIT_SUCCESS;

	setproctitle_init(argc, argv, envp);
	while ((c = getopt_long(argc, argv, "c:tTKfvVh", long_options, NULL)) !=
	       -1)
		parse_option(&cl, c);
	if (optind != argc && strcmp(argv[optind], "explain") == 0)
		cl.action = ACTION_EXPLAIN;
	else if (optind != argc)
		usage();
	if (cl.action == ACTION_RUN)
		monitor_limit_capabilities();
	conf = conf_load(cl.monitor.conf_path, &err);
	if (conf == NULL) {
		complain(&cl, err);
		free(err);
		return EXIT_FAILURE;
	}
	if (cl.action == ACTION_RUN) {
		cl.monitor.conf_path = conf->path;
		return monitor_main(conf, &cl.monitor);
	}
	if (cl.action == ACTION_CHECK)
		status = check(conf);
	else if (cl.action == ACTION_EXPLAIN)
		status =
		    explain_it(&cl, conf, argc - optind - 1, argv + optind + 1);
	else
		conf_print(conf, stdout);
	conf_free(conf);
	return status;
}
