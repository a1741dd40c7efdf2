# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034
# For the programs beside it that analyse the sources: which they are, and how
# the build in this directory compiles them. Versions of a program differ in
# what they find: only those of the one that a check names are failures.
top=$(cd "$(dirname "$0")/../.." && pwd)
jobs=$(nproc 2>/dev/null || echo 1)
if [ ! -f config.h ] || [ ! -f Makefile ]; then
	echo "not in a build directory: make lint"
	exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Of a build for tests, too, all that a build for use has is looked at.
sed -E '/^#define WITH_(SANITIZERS|COVERAGE) /d' config.h >"$scratch/config.h"
mapfile -t words < <(env -u MAKEFLAGS -u MFLAGS make -s print-cppflags)
flags=("-I$scratch" "${words[@]}" -std=gnu17)

# Names of the sources of these rooms, each with its end.
sources() {
	find "${@/#/$top/}" -name '*.c' -print0 | sort -z
}

# PROGRAM VERSION: which one is here?
is_version() {
	[[ $("$1" --version 2>/dev/null) =~ [^0-9.]${2//./\\.}([^0-9]|$) ]]
}

# PROGRAM VERSION: none at all is skipped.
need() {
	command -v "$1" >/dev/null && return
	echo "no $1 here"
	exit 77
}

# PROGRAM VERSION STATUS: the end.
verdict() {
	[ "$3" = 0 ] && exit 0
	is_version "$1" "$2" && exit 1
	echo "this is not $1 $2: what it finds does not count"
	exit 77
}
