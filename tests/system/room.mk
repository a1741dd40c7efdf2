# The real daemon, one file per theme, each one test for make. Python's standard
# library is all they need; what is not installed is skipped.
SYSTEM_TESTS = \
	tests/system/test_abort.py \
	tests/system/test_abuse.py \
	tests/system/test_accounts.py \
	tests/system/test_certificates.py \
	tests/system/test_check.py \
	tests/system/test_confinement.py \
	tests/system/test_control.py \
	tests/system/test_crash.py \
	tests/system/test_curl.py \
	tests/system/test_data.py \
	tests/system/test_explain.py \
	tests/system/test_ftp_clients.py \
	tests/system/test_ftplib.py \
	tests/system/test_ftps.py \
	tests/system/test_ftps_clients.py \
	tests/system/test_guides.py \
	tests/system/test_hosts.py \
	tests/system/test_inetd.py \
	tests/system/test_input.py \
	tests/system/test_invariant.py \
	tests/system/test_keys.py \
	tests/system/test_lftp.py \
	tests/system/test_limits.py \
	tests/system/test_listing.py \
	tests/system/test_login.py \
	tests/system/test_logs.py \
	tests/system/test_messages.py \
	tests/system/test_metrics.py \
	tests/system/test_nat.py \
	tests/system/test_nat_routers.py \
	tests/system/test_paths.py \
	tests/system/test_proxy.py \
	tests/system/test_rclone.py \
	tests/system/test_reload.py \
	tests/system/test_reload_crowd.py \
	tests/system/test_renewal.py \
	tests/system/test_root.py \
	tests/system/test_slow.py \
	tests/system/test_stapling.py \
	tests/system/test_start_faults.py \
	tests/system/test_stop.py \
	tests/system/test_systemd.py \
	tests/system/test_tls_bad.py \
	tests/system/test_tls_clients.py \
	tests/system/test_tls_data.py \
	tests/system/test_transfer.py \
	tests/system/test_upload.py \
	tests/system/test_watch.py

TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(srcdir)/tests/system/run
TESTS += $(SYSTEM_TESTS)
EXTRA_DIST += tests/system/clients.py tests/system/crowd.py tests/system/lib.py tests/system/run \
	tests/system/slowfs.py tests/system/storm.py tests/system/tlslib.py tests/system/without.py $(SYSTEM_TESTS) \
	tests/soak/soak.py
