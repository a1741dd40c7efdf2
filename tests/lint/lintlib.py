# SPDX-License-Identifier: ISC
"""What the checks in this directory share: the C sources and how to read them."""

import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = ("common", "tls", "server", "tests")


def sources(*rooms, suffixes=(".c", ".h")):
    """Paths, relative to the top, of the sources of these rooms (default: all)."""
    found = []
    for room in rooms or ROOMS:
        for directory, _, names in os.walk(os.path.join(TOP, room)):
            for name in names:
                if name.endswith(suffixes):
                    path = os.path.join(directory, name)
                    found.append(os.path.relpath(path, TOP))
    return sorted(found)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def blank(match):
    """The same number of lines, with nothing in them."""
    return '""' + re.sub(r"[^\n]", " ", match.group(0))[2:]


TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(path):
    """The text without comments; strings are kept."""
    return TOKEN.sub(lambda m: blank(m) if m.group(0)[0] == "/" else m.group(0),
                     read(path))


def bare_code(path):
    """The text without comments and without what stands in quotes."""
    return TOKEN.sub(blank, read(path))


class Report:
    """Complaints, one line each, and the exit status they make."""

    def __init__(self):
        self.complaints = 0

    def add(self, path, line, text):
        print(f"{path}:{line}: {text}")
        self.complaints += 1

    def end(self):
        sys.exit(1 if self.complaints else 0)
