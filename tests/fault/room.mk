# Programs whose calls can be made to fail: the same sources, but calls of the
# libraries to what calls.h names go to fault.c.
FAULT_LIBS = tests/fault/libserver.a tests/fault/libtls.a tests/fault/libcommon.a
FAULT_LDADD = $(FAULT_LIBS) $(TERN_OTHER_LIBS)
FAULT_CODE = tests/fault/calls.h tests/fault/fault.c tests/fault/fault.h
FAULTY = tests/fault/ternftpd
CLEANFILES += $(FAULT_LIBS) tests/fault/names

tests/fault/names: tests/fault/calls.h
	$(AM_V_GEN)(for name in clock_gettime close time; do \
	    echo $$name fault_$$name; done; sed -nE \
	    -e 's/^(CALL|VARIADIC)\([^,]*, ([a-z0-9_]+), .*/\2 fault_\2/p' \
	    -e 's/^GIVES\(([a-z0-9_]+), .*/\1 fault_\1/p' \
	    $(srcdir)/tests/fault/calls.h) >$@

tests/fault/libserver.a: libserver.a tests/fault/names
tests/fault/libtls.a: libtls.a tests/fault/names
tests/fault/libcommon.a: libcommon.a tests/fault/names
$(FAULT_LIBS):
	$(AM_V_GEN)$(OBJCOPY) --redefine-syms=tests/fault/names $(@F) $@

tests_fault_ternftpd_SOURCES = server/main.c $(FAULT_CODE)
tests_fault_ternftpd_LDADD = $(FAULT_LDADD)

# The unit tests and dialogues: their objects are those of the programs
# without faults, which are made with those.
if HAVE_CHECK
FAULTY += \
	tests/fault/agent tests/fault/common tests/fault/dialog \
	tests/fault/server tests/fault/tls tests/fault/worker
endif
tests_fault_agent_SOURCES = $(FAULT_CODE)
EXTRA_tests_fault_agent_DEPENDENCIES = tests/unit/check_agent$(EXEEXT)
tests_fault_agent_LDADD = $(tests_unit_check_agent_OBJECTS) \
	$(FAULT_LDADD) $(CHECK_LIBS)
tests_fault_common_SOURCES = $(FAULT_CODE)
EXTRA_tests_fault_common_DEPENDENCIES = tests/unit/check_common$(EXEEXT)
tests_fault_common_LDADD = $(tests_unit_check_common_OBJECTS) \
	$(FAULT_LDADD) $(CHECK_LIBS)
tests_fault_dialog_SOURCES = $(FAULT_CODE)
EXTRA_tests_fault_dialog_DEPENDENCIES = tests/dialog/dialog_test$(EXEEXT)
tests_fault_dialog_LDADD = $(tests_dialog_dialog_test_OBJECTS) \
	$(FAULT_LDADD) $(CHECK_LIBS)
tests_fault_server_SOURCES = $(FAULT_CODE)
EXTRA_tests_fault_server_DEPENDENCIES = tests/unit/check_server$(EXEEXT)
tests_fault_server_LDADD = $(tests_unit_check_server_OBJECTS) \
	$(FAULT_LDADD) $(CHECK_LIBS)
tests_fault_tls_SOURCES = $(FAULT_CODE)
EXTRA_tests_fault_tls_DEPENDENCIES = tests/unit/check_tls$(EXEEXT)
tests_fault_tls_LDADD = $(tests_unit_check_tls_OBJECTS) \
	$(FAULT_LDADD) $(CHECK_LIBS)
tests_fault_worker_SOURCES = $(FAULT_CODE)
EXTRA_tests_fault_worker_DEPENDENCIES = tests/unit/check_worker$(EXEEXT)
tests_fault_worker_LDADD = $(tests_unit_check_worker_OBJECTS) \
	$(FAULT_LDADD) $(CHECK_LIBS)

check_PROGRAMS += $(FAULTY)
TESTS += tests/fault/suites
EXTRA_DIST += tests/fault/fault.py tests/fault/suites

# All of it, which takes hours; FAULT_ROUND=1, 2, 3 are further errors.
faults: $(FAULTY)
	$(srcdir)/tests/fault/suites --all

.PHONY: faults
