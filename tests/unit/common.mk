# Suites of this room: one file per module, listed in check_common.c.
if HAVE_CHECK
check_PROGRAMS += tests/unit/check_common
TESTS += tests/unit/check_common
endif
tests_unit_check_common_SOURCES = \
	tests/unit/check_common.c \
	tests/unit/child.c \
	tests/unit/child.h \
	tests/unit/suites.h \
	tests/unit/test_ascii.c \
	tests/unit/test_buf.c \
	tests/unit/test_chan.c \
	tests/unit/test_ftpaddr.c \
	tests/unit/test_ftptime.c \
	tests/unit/test_ipc.c \
	tests/unit/test_landlock.c \
	tests/unit/test_line.c \
	tests/unit/test_listfmt.c \
	tests/unit/test_log.c \
	tests/unit/test_log_sink.c \
	tests/unit/test_log_vis.c \
	tests/unit/test_log_event.c \
	tests/unit/test_mem.c \
	tests/unit/test_hostname.c \
	tests/unit/test_hours.c \
	tests/unit/test_network.c \
	tests/unit/test_privdrop.c \
	tests/unit/test_log_bound.c \
	tests/unit/test_proxy.c \
	tests/unit/test_rate.c \
	tests/unit/test_sandbox.c \
	tests/unit/test_sockutil.c \
	tests/unit/test_str.c \
	tests/unit/test_stream.c \
	tests/unit/test_timer.c \
	tests/unit/test_vpath.c
tests_unit_check_common_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_check_common_LDADD = $(TEST_LDADD)
