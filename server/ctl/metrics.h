/* SPDX-License-Identifier: ISC */
/*
 * What the server counts, in the text format of Prometheus (R42): without
 * names of users, files and addresses. Private to this folder.
 */
#ifndef SERVER_CTL_METRICS_H
#define SERVER_CTL_METRICS_H

#include <stdio.h>

#include "server/control.h"

/* The type of such a text (HTTP). */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* row: the answer to CT_STATS; NULL: there is none, the server is down. */
void metrics_print(FILE *, const struct control_fields *row);

#endif
