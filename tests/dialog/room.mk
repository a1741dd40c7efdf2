# Dialogues between a client and a session; the worker runs in the test.
if HAVE_CHECK
check_PROGRAMS += tests/dialog/dialog_test tests/dialog/state_test \
	tests/dialog/walk_test
TESTS += tests/dialog/dialog_test tests/dialog/state_test tests/dialog/walk_test
endif
EXTRA_DIST += tests/dialog/README tests/dialog/dlg
DIALOG_STAGE = \
	tests/dialog/agent_answer.c \
	tests/dialog/client.c \
	tests/dialog/data_end.c \
	tests/dialog/dialog.c tests/dialog/dialog.h \
	tests/dialog/fake_agent.c \
	tests/dialog/fake_monitor.c \
	tests/dialog/stage.c tests/dialog/stage.h \
	tests/dialog/steps.h \
	tests/dialog/text.c tests/dialog/text.h \
	tests/dialog/tls_client.c tests/dialog/tls_client.h \
	tests/unit/rig_cert.c tests/unit/rig_cert.h \
	tests/unit/temp_dir.c tests/unit/temp_dir.h
tests_dialog_dialog_test_SOURCES = tests/dialog/dialog_test.c $(DIALOG_STAGE)
tests_dialog_dialog_test_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_dialog_dialog_test_LDADD = $(TEST_LDADD)
DIALOG_WILLING = \
	tests/dialog/reply_check.c tests/dialog/reply_check.h \
	tests/dialog/willing.c tests/dialog/willing.h $(DIALOG_STAGE)
tests_dialog_state_test_SOURCES = tests/dialog/state_test.c $(DIALOG_WILLING)
tests_dialog_state_test_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_dialog_state_test_LDADD = $(TEST_LDADD)
tests_dialog_walk_test_SOURCES = tests/dialog/walk_test.c $(DIALOG_WILLING)
tests_dialog_walk_test_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_dialog_walk_test_LDADD = $(TEST_LDADD)
