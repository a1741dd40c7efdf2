/* SPDX-License-Identifier: ISC */
/*
 * ternctl fingerprint: what a user compares with what his client shows him.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/conf.h"
#include "server/ctl/ctl.h"
#include "tls/tls_ctx.h"

/* 0, or 1 after a complaint. */
static int
show(const char *path)
{
	char print[TLS_FINGERPRINT_LEN];

	if (tls_file_fingerprint(path, print) != 0) {
		fprintf(stderr,
		    "ternctl: %s: no certificate in PEM form can be read "
		    "there; check its name and permissions\n",
		    path);
		return EXIT_FAILURE;
	}
	printf("%s  %s\n", print, path);
	return EXIT_SUCCESS;
}

/* Those that the configuration names, or the self-signed one. */
static int
show_configured(const char *conf_path)
{
	int status = EXIT_SUCCESS;
	struct config *conf;
	char *err;
	size_t i;

	conf = conf_load(conf_path, &err);
	if (conf == NULL) {
		fputs(err, stderr);
		free(err);
		return EXIT_FAILURE;
	}
	for (i = 0; i < conf->ncerts; i++)
		status |= show(conf->certs[i].file);
	if (conf->ncerts == 0)
		status = show(conf->selfsigned);
	conf_free(conf);
	return status;
}

int
ctl_fingerprint(struct ctl *ctl, int argc, char **argv)
{
	int i, status = EXIT_SUCCESS;

	if (argc == 1)
		return show_configured(ctl->conf_path);
	for (i = 1; i < argc; i++)
		status |= show(argv[i]);
	return status;
}
