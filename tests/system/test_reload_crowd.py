#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Reloads, good and bad in turn, while sessions transfer: nothing is dropped, and
every bad one is reported with its line.

RELOAD_SESSIONS and RELOAD_COUNT make it larger: 200 and 100 is the full size.
"""

import os
import sys

import crowd
import lib

SESSIONS = int(os.environ.get("RELOAD_SESSIONS", "20"))
COUNT = int(os.environ.get("RELOAD_COUNT", "10"))

# What is wrong, at which line of what is added, and how it is told.
BAD = (
    ("nonsense = 1", 1, "unknown key"),
    ("# fine\nworkers = many", 2, "no value of workers"),
    ("timeouts {\n idle = -5\n}", 2, "no value of idle"),
    ("}", 1, "unexpected closing brace"),
    ('listen "x" {\n\n port = 70000\n}', 3, "no value of port"),
    ('include("/does/not/exist")', 1, "cannot read"),
    ('user "x" {\n password = "*"\n}', 1, "has no root"),
)


class Reloads(crowd.Crowd):
    ERRORS = r"ftpd\.conf:\d+: |not reloaded"

    def good(self, number):
        """Every other one changes nothing but users."""
        if number % 2:
            self.server.write_users([(f"user{number}", "secret")])
            self.server.write_conf(f'{self.CONF}\nbanner = "FTP {self.banner}"')
            self.assertIn("goes on with other users",
                          self.server.ctl("reload"))
            lib.Client(self.server).login(f"user{number}", "secret").close()
            return
        self.banner = number
        self.server.write_conf(f'{self.CONF}\nbanner = "FTP {number}"')
        self.assertRegex(self.server.ctl("reload"), r"generation \d+ active")
        with lib.Client(self.server) as client:
            self.assertIn(f"FTP {number}", client.greeting.text)

    def bad(self, number):
        text, line, words = BAD[number % len(BAD)]
        self.server.write_conf(f'{self.CONF}\nbanner = "never"\n{text}')
        with open(self.server.conf_path, encoding="utf-8") as f:
            lines = f.read()
        line += lines[:lines.rindex(text)].count("\n")
        told = self.server.ctl("reload", status=1)
        self.assertRegex(told, rf"ftpd\.conf:{line}: .*{words}")
        self.assertRegex(told, r"generation \d+ stays")

    def test_under_load(self):
        sessions = self.begin(SESSIONS)
        self.banner = None
        for number in range(COUNT):
            if number % 2:
                self.bad(number // 2)
            else:
                self.good(number // 2)
            self.assert_all_well(sessions)
        before = sum(s.transfers for s in sessions)
        self.end(sessions)
        print(f"{len(sessions)} sessions, {COUNT} reloads; {before} transfers "
              f"during them, {sum(s.transfers for s in sessions)} in all with "
              f"{sum(s.bytes for s in sessions) >> 20} MiB, 0 failed",
              file=sys.stderr)


if __name__ == "__main__":
    lib.main()
