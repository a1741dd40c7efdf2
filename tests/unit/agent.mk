# Suites of this room: one file per module, listed in check_agent.c.
if HAVE_CHECK
check_PROGRAMS += tests/unit/check_agent
TESTS += tests/unit/check_agent
endif
tests_unit_check_agent_SOURCES = tests/unit/check_agent.c \
	tests/unit/agent_fixture.c tests/unit/agent_fixture.h \
	tests/unit/suites.h \
	tests/unit/temp_dir.c tests/unit/temp_dir.h \
	tests/unit/test_agent_confine.c \
	tests/unit/test_agent_download.c \
	tests/unit/test_agent_glob.c \
	tests/unit/test_agent_list.c \
	tests/unit/test_agent_ops.c \
	tests/unit/test_agent_pages.c \
	tests/unit/test_agent_quota.c \
	tests/unit/test_agent_paths.c \
	tests/unit/test_agent_process.c \
	tests/unit/test_agent_resume.c \
	tests/unit/test_agent_places.c \
	tests/unit/test_agent_rights.c \
	tests/unit/test_agent_upload.c
tests_unit_check_agent_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_check_agent_LDADD = $(TEST_LDADD)
