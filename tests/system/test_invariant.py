#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
What an upload answered 226 is worth: a storm of clients (storm.py) while processes
are killed and stopped, calls fail, the disk is full, descriptors run out, the
clock jumps and configurations are loaded anew.

INVARIANT_SECONDS makes it longer, INVARIANT_SEED repeats one. As root the files
are on a small file system, which is full every now and then.
"""

import contextlib
import ctypes
import os
import random
import re
import resource
import signal
import sys
import time
import unittest

import lib
import storm

sys.path.append(os.path.join(lib.TOP, "tests", "fault"))
import fault  # noqa: E402

SECONDS = float(os.environ.get("INVARIANT_SECONDS", "20"))
SEED = int(os.environ.get("INVARIANT_SEED", random.randrange(1 << 30)))
PLAYERS, THREADS = 16, 8
DISK = 6 << 20  # bytes
DETACH = 2  # MNT_DETACH
CONF = """
workers = 2
limits {
	sessions_per_ip = 0
	login_delay = 0
}
timeouts {
	accept = 5
	stall = 8
	login = 10
	output = 5
}
"""


class FaultyServer(lib.Server):
    """The program whose calls can be made to fail."""

    def __init__(self, *args, **keywords):
        self.page = fault.Page()
        super().__init__(*args, **keywords)

    def command(self):
        program = os.path.join(os.path.dirname(lib.programs()[0]), os.pardir,
                               "tests", "fault", "ternftpd")
        if not os.access(program, os.X_OK):
            raise unittest.SkipTest(f"no {program}: make it")
        return [program, *super().command()[1:]]

    def environment(self):
        return dict(super().environment(), FAULT_FILE=self.page.path,
                    FAULT_LOG=self.log_path)


class Disturber:
    """Does one bad thing after another to the server."""

    def __init__(self, server, rng):
        self.server, self.random = server, rng
        self.counts = {}

    def disturb(self):
        action = self.random.choices(*zip(*self.ACTIONS))[0]
        # The process may be gone by itself meanwhile, or not be ours.
        with contextlib.suppress(OSError):
            action(self)
            self.count(action.__name__)

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    def pid(self):
        return self.random.choice(self.server.pids())

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)

    def pause(self):
        pid = self.pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self.random.uniform(0, 1))
        finally:
            os.kill(pid, signal.SIGCONT)

    def pause_monitor(self):
        self.server.kill(signal.SIGSTOP)
        time.sleep(self.random.uniform(0, 1))
        self.server.kill(signal.SIGCONT)

    def no_descriptors(self):
        pid = self.pid()
        limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE,
                         (min(used + self.random.randrange(4), limit[1]),
                          limit[1]))
        time.sleep(self.random.uniform(0, 0.5))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)

    def failing_call(self):
        page = self.server.page
        # What half an append is taken back by: two faults at once are allowed
        # to leave it.
        site = self.random.choice([
            site for site, (call, _) in page.sites().items()
            if call != "ftruncate"])
        page.arm(site, self.random.choice((1, 1, 1, 2, 5, 20)),
                 round=self.random.randrange(4))
        time.sleep(self.random.uniform(0, 0.3))
        self.count("faults that happened", page.disarm())

    def jumping_clock(self):
        self.server.page.set_clock(self.random.choice(
            (-10 * 365, -1, 0, 1, 10 * 365)) * 86400)

    def reload(self):
        self.server.kill(signal.SIGHUP)

    ACTIONS = ((kill, 20), (pause, 10), (pause_monitor, 3), (no_descriptors, 5),
               (failing_call, 50), (jumping_clock, 3), (reload, 3))


class Invariant(lib.OwnServer):
    ERRORS = "."  # faults may be told as errors

    @classmethod
    def make_server(cls):
        server = FaultyServer(CONF)
        if os.geteuid() == 0:
            cls.mount(server.root)
        return server

    @staticmethod
    def mount(directory):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"tmpfs", directory.encode(), b"tmpfs", 0,
                      f"size={DISK},mode=777".encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount")

    def setUp(self):
        super().setUp()
        if os.geteuid() == 0:
            self.addCleanup(ctypes.CDLL(None).umount2,
                            self.server.root.encode(), DETACH)

    def restart_if_gone(self):
        """Lack of memory ends a process, the monitor among them."""
        status = self.server.process.poll()
        if status is None:
            return 0
        self.assertEqual(self.server.complaints(self.ERRORS), [])
        self.assertEqual(status, 1, self.server.log()[-2000:])
        self.server.reset_log()
        self.server.process = None
        self.server.start()
        return 1

    def test_storm(self):
        print(f"INVARIANT_SEED={SEED}", file=sys.stderr)
        weather = storm.Storm(self.server, SEED, PLAYERS, THREADS)
        disturber = Disturber(self.server, random.Random(SEED))
        weather.start()
        restarts = 0
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not weather.wrong:
            disturber.disturb()
            time.sleep(0.05)
            restarts += self.restart_if_gone()
        weather.stop()
        self.assert_no_wrong(weather)
        self.server.page.set_clock(0)
        files = self.at_rest(weather)
        print(f"{files} names checked, {restarts} restarts;",
              dict(sorted(weather.counts.items())),
              dict(sorted(disturber.counts.items())), file=sys.stderr)
        self.assert_no_wrong(weather)

    def assert_no_wrong(self, weather):
        names = [str(w).split(":")[0] for w in weather.wrong]
        telling = re.compile("|".join(
            [*map(re.escape, names), "signal 9", " has gone", "^fault: "]))
        for line in self.server.log().splitlines() if names else ():
            if telling.search(line):
                print(line, file=sys.stderr)
        self.assertEqual([str(w) for w in weather.wrong], [])

    def at_rest(self, weather):
        """When nobody is connected any more, what is on the disk stays."""
        lib.wait_for(lambda: self.server.ctl_json("who")["sessions"] == [],
                     "the sessions to end")
        files = weather.check_all()
        # And it serves on.
        client = lib.wait_for(self.try_login, "a login")
        client.upload("STOR last", b"")
        return files

    def try_login(self):
        try:
            return self.login()
        except (AssertionError, *storm.GONE):
            return None


if __name__ == "__main__":
    lib.main()
