# Fuzz targets. With --enable-fuzzing (clang) they are libFuzzer programs; else
# replay.c gives them a main that runs the seeds only. `make check` runs the
# seeds either way; `make fuzz` searches on from them.
FUZZ_TARGETS = \
	tests/fuzz/fuzz_account \
	tests/fuzz/fuzz_agent \
	tests/fuzz/fuzz_ascii \
	tests/fuzz/fuzz_buf \
	tests/fuzz/fuzz_certnames \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_control \
	tests/fuzz/fuzz_ftpaddr \
	tests/fuzz/fuzz_ftps \
	tests/fuzz/fuzz_ftptime \
	tests/fuzz/fuzz_line \
	tests/fuzz/fuzz_listfmt \
	tests/fuzz/fuzz_rights \
	tests/fuzz/fuzz_tls \
	tests/fuzz/fuzz_users_edit \
	tests/fuzz/fuzz_vpath
FUZZ_SECONDS = 60

if ENABLE_FUZZING
FUZZ_MAIN =
FUZZ_ENGINE = -fsanitize=fuzzer
else
FUZZ_MAIN = tests/fuzz/replay.c
FUZZ_ENGINE =
endif

check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += tests/fuzz/check
EXTRA_DIST += tests/fuzz/check tests/fuzz/run tests/fuzz/corpus

fuzz: $(FUZZ_TARGETS)
	$(srcdir)/tests/fuzz/run $(FUZZ_SECONDS)

.PHONY: fuzz

tests_fuzz_fuzz_account_SOURCES = tests/fuzz/fuzz_account.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_account_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_account_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_agent_SOURCES = tests/fuzz/fuzz_agent.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_agent_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_agent_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_ascii_SOURCES = tests/fuzz/fuzz_ascii.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_ascii_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_ascii_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_buf_SOURCES = tests/fuzz/fuzz_buf.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_buf_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_buf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_certnames_SOURCES = tests/fuzz/fuzz_certnames.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_certnames_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_certnames_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_control_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_control_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_ftpaddr_SOURCES = tests/fuzz/fuzz_ftpaddr.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_ftpaddr_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_ftpaddr_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_ftps_SOURCES = tests/fuzz/fuzz_ftps.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_ftps_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_ftps_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_ftptime_SOURCES = tests/fuzz/fuzz_ftptime.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_ftptime_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_ftptime_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_line_SOURCES = tests/fuzz/fuzz_line.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_line_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_line_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_listfmt_SOURCES = tests/fuzz/fuzz_listfmt.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_listfmt_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_listfmt_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_rights_SOURCES = tests/fuzz/fuzz_rights.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_rights_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_rights_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_tls_SOURCES = tests/fuzz/fuzz_tls.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_tls_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_tls_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_vpath_SOURCES = tests/fuzz/fuzz_vpath.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_vpath_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_vpath_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_conf_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_users_edit_SOURCES = tests/fuzz/fuzz_users_edit.c tests/fuzz/fuzz.h $(FUZZ_MAIN)
tests_fuzz_fuzz_users_edit_LDADD = $(TERN_LDADD)
tests_fuzz_fuzz_users_edit_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
