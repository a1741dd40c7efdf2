# Fuzz targets. With --enable-fuzzing (clang) they are libFuzzer programs; else
# replay.c gives them a main that runs the seeds only. `make check` runs the
# seeds either way; `make fuzz` searches on from them. A target is a name here,
# a file fuzz_NAME.c and seeds in corpus/NAME.
FUZZ_TARGETS = \
	tests/fuzz/fuzz_account \
	tests/fuzz/fuzz_agent \
	tests/fuzz/fuzz_ascii \
	tests/fuzz/fuzz_auth_program \
	tests/fuzz/fuzz_buf \
	tests/fuzz/fuzz_certnames \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_control \
	tests/fuzz/fuzz_ftpaddr \
	tests/fuzz/fuzz_ftps \
	tests/fuzz/fuzz_ftptime \
	tests/fuzz/fuzz_hours \
	tests/fuzz/fuzz_keys \
	tests/fuzz/fuzz_line \
	tests/fuzz/fuzz_list_opts \
	tests/fuzz/fuzz_listfmt \
	tests/fuzz/fuzz_log \
	tests/fuzz/fuzz_message \
	tests/fuzz/fuzz_monitor \
	tests/fuzz/fuzz_network \
	tests/fuzz/fuzz_number \
	tests/fuzz/fuzz_proxy \
	tests/fuzz/fuzz_rights \
	tests/fuzz/fuzz_session \
	tests/fuzz/fuzz_tls \
	tests/fuzz/fuzz_totp \
	tests/fuzz/fuzz_users_edit \
	tests/fuzz/fuzz_vpath
FUZZ_SECONDS = 60

# What programs link that say nothing else, which are these.
LDADD = $(FUZZ_ENGINE) $(TERN_LDADD)

if !ENABLE_FUZZING
check_LIBRARIES += tests/fuzz/libreplay.a
$(FUZZ_TARGETS): tests/fuzz/libreplay.a
endif
tests_fuzz_fuzz_session_SOURCES = tests/fuzz/fuzz_session.c \
	tests/fuzz/session_fakes.c tests/fuzz/session_fakes.h \
	tests/dialog/reply_check.c tests/dialog/reply_check.h
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h

check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += tests/fuzz/check
EXTRA_DIST += tests/fuzz/check tests/fuzz/merge tests/fuzz/run tests/fuzz/corpus

fuzz: $(FUZZ_TARGETS)
	$(srcdir)/tests/fuzz/run $(FUZZ_SECONDS)

.PHONY: fuzz
