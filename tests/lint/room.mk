# Checks of the sources themselves; also `make lint`.
TESTS += tests/lint/run
EXTRA_DIST += \
	tests/lint/banned \
	tests/lint/conf-keys \
	tests/lint/format \
	tests/lint/header \
	tests/lint/includes \
	tests/lint/length \
	tests/lint/lintlib.py \
	tests/lint/manuals \
	tests/lint/no-nodelay \
	tests/lint/reasons \
	tests/lint/run \
	tests/lint/shell
