# Suites of this room: one file per module, listed in check_tls.c.
if HAVE_CHECK
check_PROGRAMS += tests/unit/check_tls
TESTS += tests/unit/check_tls
endif
tests_unit_check_tls_SOURCES = tests/unit/check_tls.c
tests_unit_check_tls_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_check_tls_LDADD = $(TEST_LDADD)
