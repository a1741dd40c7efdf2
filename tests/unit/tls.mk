# Suites of this room: one file per module, listed in check_tls.c. The clients in
# them are OpenSSL's own.
if HAVE_CHECK
check_PROGRAMS += tests/unit/check_tls
TESTS += tests/unit/check_tls
endif
tests_unit_check_tls_SOURCES = \
	tests/unit/check_tls.c \
	tests/unit/rig_cert.c \
	tests/unit/rig_cert.h \
	tests/unit/suites.h \
	tests/unit/temp_dir.c \
	tests/unit/temp_dir.h \
	tests/unit/test_tls_ctx.c \
	tests/unit/test_tls_info.c \
	tests/unit/test_tls_keyring.c \
	tests/unit/test_tls_keys.c \
	tests/unit/test_tls_leave.c \
	tests/unit/test_tls_memory.c \
	tests/unit/test_tls_reuse.c \
	tests/unit/test_tls_stream.c \
	tests/unit/tls_rig.c \
	tests/unit/tls_rig.h
tests_unit_check_tls_CPPFLAGS = $(TEST_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_check_tls_LDADD = $(TEST_LDADD)
