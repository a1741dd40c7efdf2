/* SPDX-License-Identifier: ISC */
/*
 * Runs the unit tests of server: each suite is one module's. Keep the lines
 * sorted.
 */
#include <check.h>
#include <stdlib.h>

#include "common/mem.h"
#include "tests/unit/suites.h"

/* clang-format off */
static Suite *(*const suites[])(void) = {
	suite_account,
	suite_auth_account,
	suite_auth_certificate,
	suite_auth_check,
	suite_auth_pam,
	suite_auth_process,
	suite_auth_program,
	suite_certnames,
	suite_conf_check,
	suite_conf_diff,
	suite_conf_groups,
	suite_conf_hosts,
	suite_conf_load,
	suite_conf_print,
	suite_conf_text,
	suite_conf_tls,
	suite_control,
	suite_ctl_fingerprint,
	suite_ctl_user,
	suite_ctl_users_edit,
	suite_ctl_watch,
	suite_ctl_metrics,
	suite_keys_process,
	suite_message,
	suite_monitor_agents,
	suite_monitor_bans,
	suite_monitor_certs,
	suite_monitor_guard,
	suite_monitor_keys,
	suite_monitor_listener,
	suite_monitor_proxy,
	suite_monitor_login,
	suite_monitor_reload,
	suite_monitor_sessions,
	suite_monitor_survey,
	suite_monitor_workers,
	suite_nat,
	suite_rights,
	suite_rule,
	suite_totp,
	suite_tlsconf,
};
/* clang-format on */

int
main(void)
{
	SRunner *sr = srunner_create(NULL);
	int failed;
	size_t i;

	for (i = 0; i < NELEM(suites); i++)
		srunner_add_suite(sr, suites[i]());
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
