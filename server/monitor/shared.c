/* SPDX-License-Identifier: ISC */
/*
 * Memory that processes share, made before the workers that use it are forked;
 * that of quotas only when the configuration has any.
 */
#include "config.h"

#include "common/log.h"
#include "common/mem.h"
#include "server/monitor/monitor.h"
#include "server/rates.h"
#include "server/totp.h"
#include "server/usage.h"

static bool
has_quota(const struct conf_rules *r)
{
	return r->quota != 0 || r->quota_files != 0;
}

static bool
any_quota(const struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->nusers; i++)
		if (has_quota(&conf->users[i].rules))
			return true;
	for (i = 0; i < conf->nhosts; i++)
		if (any_quota(conf->hosts[i].own))
			return true;
	return has_quota(&conf->anonymous_rules) ||
	       has_quota(&conf->system_rules);
}

/* An account with a quota that nobody could count must not log in. */
int
account_take_usage(struct account *a, const char *key)
{
	if (a->quota == 0 && a->quota_files == 0)
		return 0;
	a->usage_slot = (uint16_t)usage_take(key);
	return a->usage_slot == 0 ? -1 : 0;
}

void
monitor_share(const struct config *conf)
{
	/* Sessions that are there may get a rate by a reload; until then the
	 * memory is not touched. */
	if (rates_share() == -1)
		log_error("no memory for shared rates: they are not kept");
	if (any_quota(conf) && usage_share() == -1)
		log_error(
		    "no memory to count what accounts with a quota store");
	rates_change(RATE_SLOT_SERVER, conf->rates);
}

/* Whose each is; nobody else could do anything with it but harm. */
static const struct {
	enum role owner;
	void (*forget)(void);
} shared[] = {
	{ ROLE_WORKER, rates_forget },
	{ ROLE_AGENT, usage_forget },
	{ ROLE_AUTH, totp_forget },
};

void
monitor_unshare(enum role role)
{
	size_t i;

	for (i = 0; i < NELEM(shared); i++)
		if (shared[i].owner != role)
			shared[i].forget();
}
