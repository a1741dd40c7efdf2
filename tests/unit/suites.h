/* SPDX-License-Identifier: ISC */
/*
 * The suites of all unit tests, one per module: suite_X is in test_X.c. Keep
 * the lines sorted.
 */
#ifndef TESTS_UNIT_SUITES_H
#define TESTS_UNIT_SUITES_H

#include <check.h>

Suite *suite_account(void);
Suite *suite_agent_download(void);
Suite *suite_agent_glob(void);
Suite *suite_agent_list(void);
Suite *suite_agent_ops(void);
Suite *suite_agent_pages(void);
Suite *suite_agent_paths(void);
Suite *suite_agent_process(void);
Suite *suite_agent_resume(void);
Suite *suite_agent_places(void);
Suite *suite_agent_rights(void);
Suite *suite_agent_upload(void);
Suite *suite_ascii(void);
Suite *suite_auth_account(void);
Suite *suite_auth_program(void);
Suite *suite_totp(void);
Suite *suite_auth_certificate(void);
Suite *suite_auth_check(void);
Suite *suite_auth_pam(void);
Suite *suite_auth_process(void);
Suite *suite_buf(void);
Suite *suite_certnames(void);
Suite *suite_chan(void);
Suite *suite_cmd_table(void);
Suite *suite_cmds(void);
Suite *suite_conf_check(void);
Suite *suite_conf_diff(void);
Suite *suite_conf_groups(void);
Suite *suite_conf_load(void);
Suite *suite_conf_print(void);
Suite *suite_conf_text(void);
Suite *suite_conf_tls(void);
Suite *suite_control(void);
Suite *suite_ctl_fingerprint(void);
Suite *suite_ctl_user(void);
Suite *suite_ctl_users_edit(void);
Suite *suite_ctl_watch(void);
Suite *suite_ctrl(void);
Suite *suite_ctrl_tls(void);
Suite *suite_data(void);
Suite *suite_ftpaddr(void);
Suite *suite_ftptime(void);
Suite *suite_ipc(void);
Suite *suite_line(void);
Suite *suite_list_opts(void);
Suite *suite_listfmt(void);
Suite *suite_log(void);
Suite *suite_log_event(void);
Suite *suite_mem(void);
Suite *suite_monitor_agents(void);
Suite *suite_monitor_bans(void);
Suite *suite_monitor_certs(void);
Suite *suite_monitor_guard(void);
Suite *suite_monitor_listener(void);
Suite *suite_monitor_login(void);
Suite *suite_monitor_reload(void);
Suite *suite_monitor_sessions(void);
Suite *suite_monitor_survey(void);
Suite *suite_monitor_workers(void);
Suite *suite_hours(void);
Suite *suite_network(void);
Suite *suite_privdrop(void);
Suite *suite_rate(void);
Suite *suite_reply(void);
Suite *suite_nat(void);
Suite *suite_rights(void);
Suite *suite_sandbox(void);
Suite *suite_session(void);
Suite *suite_status(void);
Suite *suite_sockutil(void);
Suite *suite_str(void);
Suite *suite_stream(void);
Suite *suite_timer(void);
Suite *suite_tls_ctx(void);
Suite *suite_tls_info(void);
Suite *suite_tls_keys(void);
Suite *suite_tls_leave(void);
Suite *suite_tls_memory(void);
Suite *suite_tls_reuse(void);
Suite *suite_tls_stream(void);
Suite *suite_tlsconf(void);
Suite *suite_vpath(void);
Suite *suite_xfer_cold(void);
Suite *suite_xfer_give(void);
Suite *suite_xfer_recv(void);
Suite *suite_xfer_send(void);

#endif
