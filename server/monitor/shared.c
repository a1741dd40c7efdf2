/* SPDX-License-Identifier: ISC */
/*
 * Memory that processes share, made only when the configuration needs it and
 * before the workers that use it are forked.
 */
#include "config.h"

#include "common/log.h"
#include "server/monitor/monitor.h"
#include "server/rates.h"
#include "server/usage.h"

static bool
has_shared_rates(const struct conf_rules *r)
{
	return r->rates[RATE_USER][RATE_DOWN] != 0 ||
	       r->rates[RATE_USER][RATE_UP] != 0 ||
	       r->rates[RATE_GROUP][RATE_DOWN] != 0 ||
	       r->rates[RATE_GROUP][RATE_UP] != 0;
}

static bool
any_shared_rates(const struct config *conf)
{
	size_t i;

	for (i = 0; i < conf->nusers; i++)
		if (has_shared_rates(&conf->users[i].rules))
			return true;
	for (i = 0; i < conf->nhosts; i++)
		if (any_shared_rates(conf->hosts[i].own))
			return true;
	return conf->rates[RATE_DOWN] != 0 || conf->rates[RATE_UP] != 0 ||
	       has_shared_rates(&conf->anonymous_rules) ||
	       has_shared_rates(&conf->system_rules);
}

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
	if (any_shared_rates(conf) && rates_share() == -1)
		log_error("no memory for shared rates: they are not kept");
	if (any_quota(conf) && usage_share() == -1)
		log_error(
		    "no memory to count what accounts with a quota store");
	rates_change(RATE_SLOT_SERVER, conf->rates);
}
