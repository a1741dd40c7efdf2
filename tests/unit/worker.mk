# Suites of this room: one file per module, listed in check_worker.c.
if HAVE_CHECK
check_PROGRAMS += tests/unit/check_worker
TESTS += tests/unit/check_worker
endif
tests_unit_check_worker_SOURCES = \
	tests/unit/check_worker.c \
	tests/unit/ctrl_rig.c tests/unit/ctrl_rig.h \
	tests/unit/suites.h \
	tests/unit/temp_dir.c tests/unit/temp_dir.h \
	tests/unit/rig_cert.c tests/unit/rig_cert.h \
	tests/unit/test_cmd_table.c \
	tests/unit/test_cmds.c \
	tests/unit/test_ctrl.c \
	tests/unit/test_ctrl_tls.c \
	tests/unit/test_data.c \
	tests/unit/test_list_opts.c \
	tests/unit/test_reply.c \
	tests/unit/test_session.c \
	tests/unit/test_status.c \
	tests/unit/test_worker_keys.c \
	tests/unit/test_xfer_cold.c \
	tests/unit/test_xfer_give.c \
	tests/unit/test_xfer_recv.c \
	tests/unit/test_xfer_send.c \
	tests/unit/tls_rig.c tests/unit/tls_rig.h \
	tests/unit/xfer_rig.c tests/unit/xfer_rig.h
tests_unit_check_worker_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_check_worker_LDADD = $(TEST_LDADD)
