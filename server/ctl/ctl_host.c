/* SPDX-License-Identifier: ISC */
/*
 * ternctl host list: all virtual hosts, whatever file their blocks stand in.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/conf.h"
#include "server/ctl/ctl.h"

static void
print_host(const struct conf_host *h)
{
	printf("%-24s %-10s %-16s %s\n", h->name,
	    h->has_accounts ? "own" : "server's",
	    h->own->ncerts > 0 ? h->own->certs[0].name : "-",
	    h->names != NULL ? h->names : "-");
}

int
ctl_host_list(struct ctl *ctl, int argc, char **argv)
{
	struct config *conf;
	char *err;
	size_t i;

	if (argc != 1)
		return -1;
	conf = conf_load(ctl->conf_path, &err);
	if (conf == NULL) {
		fputs(err, stderr);
		free(err);
		return EXIT_FAILURE;
	}
	if (conf->nhosts > 0)
		printf("%-24s %-10s %-16s %s\n", "HOST", "ACCOUNTS",
		    "CERTIFICATE", "NAMES");
	for (i = 0; i < conf->nhosts; i++)
		print_host(&conf->hosts[i]);
	conf_free(conf);
	return EXIT_SUCCESS;
}
