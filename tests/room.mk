# Unit tests per room, dialogues against a session, the real daemon, fuzzing.
TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DSRCDIR='"$(abs_srcdir)"'
TEST_LDADD = $(TERN_LDADD) $(CHECK_LIBS)

# The tests find the programs by these. A report of a sanitizer ends what it is
# about; in builds without them the settings mean nothing. On a busy machine
# a test may take its time.
AM_TESTS_ENVIRONMENT = \
	TERNFTPD='$(abs_top_builddir)/server/ternftpd'; \
	TERNCTL='$(abs_top_builddir)/server/ternctl'; \
	ASAN_OPTIONS="detect_leaks=1:$$ASAN_OPTIONS"; \
	UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:$$UBSAN_OPTIONS"; \
	CK_TIMEOUT_MULTIPLIER=$${CK_TIMEOUT_MULTIPLIER:-10}; \
	export TERNFTPD TERNCTL ASAN_OPTIONS UBSAN_OPTIONS; \
	export CK_TIMEOUT_MULTIPLIER;

include tests/unit/common.mk
include tests/unit/server.mk
include tests/unit/agent.mk
include tests/unit/worker.mk
include tests/unit/tls.mk
include tests/dialog/room.mk
include tests/system/room.mk
include tests/fuzz/room.mk
include tests/fault/room.mk
include tests/lint/room.mk
include tests/bench/room.mk
