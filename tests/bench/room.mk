# Timings; nothing here is a test. "make bench" runs the small ones.
EXTRA_PROGRAMS += tests/bench/micro
tests_bench_micro_SOURCES = tests/bench/micro.c \
	tests/unit/agent_fixture.c tests/unit/agent_fixture.h \
	tests/unit/ctrl_rig.c tests/unit/ctrl_rig.h
tests_bench_micro_CPPFLAGS = $(TEST_CPPFLAGS)
tests_bench_micro_LDADD = $(TEST_LDADD)
EXTRA_DIST += tests/bench/bench.conf tests/bench/README tests/bench/login_times.py
CLEANFILES += tests/bench/micro
bench: tests/bench/micro$(EXEEXT)
	tests/bench/micro$(EXEEXT)
.PHONY: bench
