# Suites of this room: one file per module, listed in check_agent.c.
if HAVE_CHECK
check_PROGRAMS += tests/unit/check_agent
TESTS += tests/unit/check_agent
endif
tests_unit_check_agent_SOURCES = tests/unit/check_agent.c
tests_unit_check_agent_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_check_agent_LDADD = $(TEST_LDADD)
