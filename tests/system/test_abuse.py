#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Clients that mean harm, where no other file has them: directories that become
links while they are used, and floods of announcements.

ABUSE_SECONDS makes the race longer: 60 is the full size.
"""

import ctypes
import os
import sys
import threading
import time

import lib
import storm

SECONDS = float(os.environ.get("ABUSE_SECONDS", "6"))
CLIENTS = 4
AT_FDCWD, EXCHANGE = -100, 2  # RENAME_EXCHANGE
SECRET = b"from outside"


class Race(lib.TestCase):
    """What is a directory in one moment is a link out of the root in the next."""

    def setUp(self):
        super().setUp()
        self.over = threading.Event()
        self.addCleanup(self.over.set)
        self.outside = self.server.make_directory("outside")
        for name in ("secret", "victim"):
            path = os.path.join(self.outside, name)
            with open(path, "wb") as f:
                f.write(SECRET)
            self.server.own(path)
        self.server.make_directory("outside/empty")
        self.before = self.state()
        self.swaps = 0
        self.lock = threading.Lock()
        self.counts = {}
        self.leaks = []

    def state(self):
        """All that a client could have changed out there."""
        found = []
        for directory, names, files in os.walk(self.outside):
            for name in sorted(names + files):
                st = os.lstat(os.path.join(directory, name))
                found.append((directory, name, st.st_mode, st.st_size,
                              st.st_mtime_ns))
        return sorted(found)

    def swap(self, link):
        self.server.mkdir("d/empty")
        self.server.put("d/secret", b"from inside")
        os.symlink(link, self.server.path("link"))
        libc = ctypes.CDLL(None, use_errno=True)
        names = [os.fsencode(self.server.path(n)) for n in ("d", "link")]
        while not self.over.is_set():
            if libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1],
                              EXCHANGE) != 0:
                raise OSError(ctypes.get_errno(), "renameat2")
            self.swaps += 1

    def note(self, command, code):
        key = f"{command.split()[0]} {code // 100}xx"
        with self.lock:
            self.counts[key] = self.counts.get(key, 0) + 1

    def attack(self, number):
        client = self.login()
        mine = f"n{number}"
        commands = (
            f"STOR d/{mine}", f"APPE d/{mine}", "RETR d/secret", "LIST d", "MLSD d",
            "NLST d/*", f"MKD d/m{mine}", f"RMD d/m{mine}", "RMD d/empty",
            "MKD d/empty", "DELE d/victim", "SITE CHMOD 777 d/victim",
            "MFMT 20010101000000 d/victim", f"RNFR d/{mine}", f"RNTO d/{mine}b",
            "RNFR d/victim", "RNTO taken", f"RNFR d/{mine}b",
            f"RNTO d/{mine}c", "MLST d/victim", "SIZE d/victim", "CWD d",
            "RETR secret", f"STOR w{number}", "DELE victim", "CWD /")
        while not self.over.is_set():
            for command in commands:
                self.note(command, self.one(client, command))

    def one(self, client, command):
        verb = command.split()[0]
        if verb not in ("STOR", "APPE", "RETR", "LIST", "MLSD", "NLST"):
            reply = client.cmd(command)
            if verb in ("MLST", "SIZE") and reply.code < 400:
                self.leaks.append(repr(reply))
            return reply.code
        with client.connect() as sock:
            reply = client.cmd(command)
            if reply.code == 150:
                if verb in ("STOR", "APPE"):
                    sock.sendall(b"x")
                    sock.close()
                else:
                    data = lib.read_all(sock)
                    if b"victim" in data or SECRET in data:
                        self.leaks.append(repr(data))
                reply = client.reply()
        return reply.code

    def race(self, link):
        ends = [self.in_background(self.swap, link)]
        lib.wait_for(lambda: self.swaps > 0, "the first swap")
        ends += [self.in_background(self.attack, n) for n in range(CLIENTS)]
        time.sleep(SECONDS / 2)
        self.over.set()
        for end in ends:
            end()
        print(f"{self.swaps} swaps, {sum(self.counts.values())} commands:",
              dict(sorted(self.counts.items())), file=sys.stderr)
        self.assertEqual(self.leaks, [])
        self.assertEqual(self.state(), self.before)
        # It met the directory as well as the link.
        self.assertGreater(self.counts.get("STOR 2xx", 0), 0)
        self.assertGreater(self.counts.get("STOR 5xx", 0), 0)

    def test_relative_link(self):
        self.race("../outside")

    def test_absolute_link(self):
        self.race(self.outside)


class Flood(lib.TestCase):
    def test_announcements(self):
        """Each replaces the one before; nobody else waits."""
        client, other = self.login(), self.login()
        client.must("EPSV", 229)
        before = self.server.open_files("worker")
        wait = self.in_background(
            lambda: [client.must(("EPSV", "PASV")[n % 2], (229, 227)[n % 2])
                     for n in range(1000)])
        for _ in range(20):
            other.must("NOOP", 200)
        wait()
        lib.wait_for(lambda: self.server.open_files("worker") <= before,
                     "the listeners to go")
        self.assertEqual(other.lines("LIST"), [])

    def test_sessions_that_only_announce(self):
        """Ports are given back when their sessions are gone, however they go."""
        before = self.server.open_files("worker")
        for _ in range(20):
            clients = [self.login() for _ in range(10)]
            for client in clients:
                client.send("EPSV")
                client.reset()
        lib.wait_for(lambda: self.server.open_files("worker") <= before + 1,
                     "the ports to be given back")

    def test_globs(self):
        """Patterns made to take for ever do not."""
        for n in range(30):
            self.server.put("a" * (30 + n))
        client = self.login()
        for pattern in ("a*" * 40 + "b", "*" * 200 + "b", "[a-z]*" * 30 + "!",
                        "*/" * 40 + "x", "../*/" * 20 + "*"):
            with client.connect() as sock:
                try:
                    reply = client.cmd("NLST " + pattern)
                    if reply.code == 150:
                        lib.read_all(sock)
                        reply = client.reply()
                    self.assertIn(reply.code, (226, 450, 500, 501, 550, 553))
                except storm.GONE as error:
                    self.fail(f"{pattern}: {error!r}")


if __name__ == "__main__":
    lib.main()
