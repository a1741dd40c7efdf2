# Checks of the sources themselves; also `make lint`.
TESTS += tests/lint/run
EXTRA_DIST += \
	tests/lint/analysis.sh \
	tests/lint/banned \
	tests/lint/clang-tidy \
	tests/lint/conf-keys \
	tests/lint/cppcheck \
	tests/lint/cppcheck-suppressions \
	tests/lint/format \
	tests/lint/gcc-analyzer \
	tests/lint/header \
	tests/lint/includes \
	tests/lint/length \
	tests/lint/lintlib.py \
	tests/lint/manuals \
	tests/lint/no-nodelay \
	tests/lint/queues.h \
	tests/lint/reasons \
	tests/lint/run \
	tests/lint/shell
