#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Certificates are renewed while sessions transfer: nothing is dropped, and who
comes afterwards is shown the new one.

RENEWAL_SESSIONS and RENEWAL_SWAPS make it larger: 200 and 10 is the full size.
"""

import os
import re
import sys
import threading
import time

import lib
import tlslib

SESSIONS = int(os.environ.get("RENEWAL_SESSIONS", "20"))
SWAPS = int(os.environ.get("RENEWAL_SWAPS", "3"))
LOOKS = 60  # seconds in which a renewal must have been noticed
LOGINS = 8  # at a time: the queue for password checks is not what is tested
DATA = lib.pattern(200000)
SLOW = 10  # every so manieth session takes all of the time for one download


class Session(threading.Thread):
    """One client: transfers both ways until it is told to stop."""

    def __init__(self, case, number, slow):
        super().__init__(daemon=True)
        self.case, self.number, self.slow = case, number, slow
        self.transfers = self.bytes = 0
        self.ready = threading.Event()
        self.error = None

    def run(self):
        try:
            self.work()
        except BaseException as error:  # told by the test
            self.error = error
        self.ready.set()

    def work(self):
        with self.case.logins:
            self.client = tlslib.TlsClient(self.case.server,
                                           ctx=self.case.ctx).all()
        with self.client:
            self.own = self.client.print
            self.ready.set()
            if self.slow:
                self.download_slowly()
            while not self.case.over.is_set():
                self.both_ways()
            self.client.must("QUIT", 221)

    def both_ways(self):
        name = f"up{self.number}"
        self.client.upload(f"STOR {name}", DATA)
        if self.client.download(f"RETR {name}") != DATA:
            raise AssertionError(f"{name} came back changed")
        self.transfers += 2
        self.bytes += 2 * len(DATA)

    def download_slowly(self):
        """One transfer over all renewals."""
        left = os.path.getsize(self.case.server.path("big"))
        with self.client.transfer("RETR big") as sock:
            while data := sock.recv(65536):
                left -= len(data)
                if not self.case.over.is_set():
                    time.sleep(0.2)
        self.client.must_end(226)
        if left != 0:
            raise AssertionError(f"{left} bytes of a slow download are missing")
        self.transfers += 1
        self.bytes += os.path.getsize(self.case.server.path("big"))


@lib.needs("openssl")
class Renewal(lib.TestCase):
    CONF = ('certificate "main" {\n file = "@BASE@/live.crt"\n'
            ' key = "@BASE@/live.key"\n}\n'
            "limits {\n sessions_per_ip = 0\n}\n")

    @classmethod
    def make_server(cls):
        cls.server = super().make_server()
        cls.ctx = tlslib.context()
        cls.logins = threading.Semaphore(LOGINS)
        cls.over = threading.Event()
        cls.swap(0)
        return cls.server

    @classmethod
    def swap(cls, number):
        """A new pair takes the place of the old; gives its fingerprint."""
        base = cls.server.base
        new = [os.path.join(base, f"{number}.{end}") for end in ("crt", "key")]
        tlslib.make_pair(*new)
        for path, end in zip(new, ("crt", "key")):
            cls.server.own(path)
            if number % 2:  # a file takes the place, or a link to one
                os.symlink(path, os.path.join(base, "link"))
                path = os.path.join(base, "link")
            os.rename(path, os.path.join(base, f"live.{end}"))
        return tlslib.file_fingerprint(os.path.join(base, "live.crt"))

    def assert_all_well(self, sessions):
        wrong = [f"{s.name}: {s.error!r}" for s in sessions if s.error]
        self.assertEqual(wrong, [])

    def begin(self, count):
        sessions = [Session(self, n, n % SLOW == 0) for n in range(count)]
        for session in sessions:
            session.start()
        for session in sessions:
            self.assertTrue(session.ready.wait(4 * lib.TIMEOUT))
        self.assert_all_well(sessions)
        return sessions

    def new_client(self):
        with tlslib.TlsClient(self.server, ctx=self.ctx).all() as client:
            client.lines("NLST")
            client.must("QUIT", 221)
            self.assertEqual(client.data_reused, [True])
            self.assertEqual(client.data_prints, [client.print])
            return client.print

    def test_under_load(self):
        self.addCleanup(self.over.set)
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(64 << 20)
        sessions = self.begin(SESSIONS)
        first, noticed = sessions[0].own, []
        for number in range(1, SWAPS + 1):
            wanted, begun = self.swap(number), time.monotonic()
            self.server.log_has(f"certificate .*{re.escape(wanted)}", LOOKS)
            noticed.append(time.monotonic() - begun)
            self.assertEqual(self.new_client(), wanted)
            self.assert_all_well(sessions)
        workers = len(self.server.pids("worker"))
        before = sum(s.transfers for s in sessions)
        self.over.set()
        for session in sessions:
            session.join(4 * lib.TIMEOUT)
            self.assertFalse(session.is_alive(), "a session does not end")
        self.assert_all_well(sessions)
        self.assertGreaterEqual(min(s.transfers for s in sessions), 1)
        for session in sessions:
            self.assertEqual({session.own, first}, {first})
            self.assertEqual(set(session.client.data_prints), {first})
            self.assertTrue(all(session.client.data_reused))
        # What was needed for the sessions goes with them.
        lib.wait_for(lambda: len(self.server.pids("worker")) == os.cpu_count(),
                     "the old workers to go")
        print(f"{len(sessions)} sessions, {SWAPS} renewals noticed after "
              f"{min(noticed):.1f} to {max(noticed):.1f} s; {before} transfers "
              f"during them, {sum(s.transfers for s in sessions)} in all with "
              f"{sum(s.bytes for s in sessions) >> 20} MiB, 0 failed; "
              f"{workers} workers at the most, {os.cpu_count()} afterwards",
              file=sys.stderr)


if __name__ == "__main__":
    lib.main()
