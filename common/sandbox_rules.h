/* SPDX-License-Identifier: ISC */
/*
 * The tables of the system-call filters: which calls each role may make, and
 * why. Only for sandbox.c and its tests.
 */
#ifndef COMMON_SANDBOX_RULES_H
#define COMMON_SANDBOX_RULES_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/sandbox.h"

struct sandbox_rule {
	int call;
	unsigned roles; /* a bit (1 << role) for each */
	const char *reason;
	int error; /* the call fails so; 0: it is allowed */
	bool own; /* its first argument must be this process */
	unsigned nwhen; /* conditions that must all hold */
	struct scmp_arg_cmp when[2];
};

/* What holds for a role where no rule speaks of a call. */
struct sandbox_default {
	uint32_t action;
	bool threads; /* it has some */
	bool tcp; /* it has connections of its own */
};

/* Calls from this number on are newer than these tables: there is no such call
 * for us, as on an older kernel, so that libraries do without. */
#define SANDBOX_NEWER 450
#define SANDBOX_NEWEST 511

extern const struct sandbox_default sandbox_defaults[SANDBOX_ROLES];
extern const struct sandbox_rule sandbox_rules[];
extern const size_t sandbox_nrules;

#endif
