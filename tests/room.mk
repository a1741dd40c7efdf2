# Unit tests per room, dialogues against a session, the real daemon, fuzzing.
TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DSRCDIR='"$(abs_srcdir)"'
TEST_LDADD = $(TERN_LDADD) $(CHECK_LIBS)

include tests/unit/common.mk
include tests/unit/server.mk
include tests/unit/agent.mk
include tests/unit/worker.mk
include tests/unit/tls.mk
include tests/dialog/room.mk
include tests/system/room.mk
include tests/fuzz/room.mk
include tests/lint/room.mk
