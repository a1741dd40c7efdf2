#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Each place that makes a call while the server starts fails once: the server then
says what is wrong and ends with a status that is not 0, or it serves all the same.
It never hangs. START_FAULTS=all plays all places, otherwise a part of them.
"""

import os
import re
import sys
import unittest

import lib

sys.path.append(os.path.join(lib.TOP, "tests", "fault"))
import fault  # noqa: E402

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(lib.programs()[0])),
                       "tests", "fault", "ternftpd")
EVERY = 1 if os.environ.get("START_FAULTS") == "all" else 12
CONF = "state_dir = state\nsandbox = best\n"


class FaultyServer(lib.Server):
    def __init__(self, page, as_root):
        super().__init__(conf=CONF, as_root=as_root)
        self.make_directory("state")
        os.chmod(self.root, 0o1777)
        self.page = page

    def command(self):
        return [PROGRAM, *super().command()[1:]]

    def environment(self):
        return dict(super().environment(), FAULT_FILE=self.page.path,
                    FAULT_LOG=self.log_path)


@unittest.skipUnless(os.access(PROGRAM, os.X_OK), "no program with faults here")
class StartFaults(unittest.TestCase):
    AS_ROOT = False

    def served(self, server):
        """It serves, perhaps after it has replaced a process."""
        if server.port == 0:
            return  # which one the kernel chose is what failed
        def tried():
            try:
                with lib.Client(server) as client:
                    client.login()
                    client.upload("STOR f", b"text")
                    return True
            except (AssertionError, OSError, lib.Closed):
                return False
        lib.wait_for(tried, "a login", 30)

    def play(self, page, site):
        """What the server does if this place fails, or what is wrong with it."""
        server = FaultyServer(page, self.AS_ROOT)
        self.addCleanup(server.stop)
        page.arm(site)
        try:
            server.start()
        except AssertionError as e:
            if "did not start" not in str(e):
                return "hangs: " + server.log()
            log = re.sub(r"^(fault: .*|.* debug .*)\n", "", server.log(), flags=re.M)
            if server.process.returncode <= 0:
                return f"ends with {server.process.returncode}: {log}"
            if not log.strip():
                return "ends without a word"
            return None
        page.disarm()
        self.served(server)
        wrong = server.stop() + server.complaints(".")
        return "\n".join(wrong) or None

    def test_each_place(self):
        page = fault.Page()
        self.addCleanup(page.close)
        server = FaultyServer(page, self.AS_ROOT).start()
        self.addCleanup(server.stop)
        self.served(server)
        server.stop()
        places = page.sites()
        self.assertGreater(len(places), 50)
        for site, (call, _) in sorted(places.items())[::EVERY]:
            with self.subTest(site=site, call=call):
                self.assertIsNone(self.play(page, site))


@unittest.skipIf(os.geteuid() != 0, "needs root")
class StartFaultsOfRoot(StartFaults):
    AS_ROOT = True


if __name__ == "__main__":
    lib.main()
