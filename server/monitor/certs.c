/* SPDX-License-Identifier: ISC */
/*
 * The monitor's side of TLS: it reads certificates and keys, workers inherit
 * what became of them.
 */
#include "config.h"

#include <stdlib.h>

#include "common/log.h"
#include "server/monitor/monitor.h"
#include "server/tlsconf.h"

struct tlsconf *
certs_load(const struct config *conf)
{
	struct tlsconf *tls;
	char *err = NULL, *warn = NULL;

	tls = tlsconf_new(conf, true, &err, &warn);
	if (tls == NULL)
		log_lines(err);
	else if (warn != NULL)
		log_warnx("%s", warn);
	free(err);
	free(warn);
	return tls;
}
