# Suites of this room: one file per module, listed in check_server.c.
if HAVE_CHECK
check_PROGRAMS += tests/unit/check_server
TESTS += tests/unit/check_server
endif
tests_unit_check_server_SOURCES = \
	tests/unit/check_server.c \
	tests/unit/monitor_fake.c tests/unit/monitor_fake.h \
	tests/unit/monitor_login.c tests/unit/monitor_login.h \
	tests/unit/suites.h \
	tests/unit/temp_dir.c tests/unit/temp_dir.h \
	tests/unit/rig_cert.c tests/unit/rig_cert.h \
	tests/unit/test_account.c \
	tests/unit/test_auth_account.c \
	tests/unit/test_auth_certificate.c \
	tests/unit/test_auth_check.c \
	tests/unit/test_auth_pam.c \
	tests/unit/test_auth_process.c \
	tests/unit/test_auth_program.c \
	tests/unit/test_totp.c \
	tests/unit/test_certnames.c \
	tests/unit/test_conf_check.c \
	tests/unit/test_conf_diff.c \
	tests/unit/test_conf_groups.c \
	tests/unit/test_conf_hosts.c \
	tests/unit/test_conf_load.c \
	tests/unit/test_conf_print.c \
	tests/unit/test_conf_text.c \
	tests/unit/test_conf_tls.c \
	tests/unit/test_control.c \
	tests/unit/test_ctl_fingerprint.c \
	tests/unit/test_ctl_metrics.c \
	tests/unit/test_ctl_user.c \
	tests/unit/test_ctl_users_edit.c \
	tests/unit/test_ctl_watch.c \
	tests/unit/test_keys_process.c \
	tests/unit/test_message.c \
	tests/unit/test_monitor_agents.c \
	tests/unit/test_monitor_bans.c \
	tests/unit/test_monitor_certs.c \
	tests/unit/test_monitor_guard.c \
	tests/unit/test_monitor_keys.c \
	tests/unit/test_monitor_listener.c \
	tests/unit/test_monitor_login.c \
	tests/unit/test_monitor_proxy.c \
	tests/unit/test_monitor_reload.c \
	tests/unit/test_monitor_sessions.c \
	tests/unit/test_monitor_survey.c \
	tests/unit/test_monitor_workers.c \
	tests/unit/test_nat.c \
	tests/unit/test_rights.c \
	tests/unit/test_rule.c \
	tests/unit/test_tlsconf.c \
	tests/unit/tls_rig.c tests/unit/tls_rig.h
tests_unit_check_server_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_check_server_LDADD = $(TEST_LDADD)
