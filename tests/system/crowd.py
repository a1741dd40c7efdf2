# SPDX-License-Identifier: ISC
"""
Many clients that transfer while the server is disturbed, and who must notice
nothing of it.
"""

import os
import threading
import time

import lib

LOGINS = 8  # at a time: the queue for password checks is not what is tested
DATA = lib.pattern(200000)
SLOW = 10  # every so manieth session takes all of the time for one download


class Session(threading.Thread):
    """One client: transfers both ways until the case is over."""

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
            self.client = self.case.connect()
        with self.client:
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
        """One transfer for all of the time."""
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


class Crowd(lib.TestCase):
    """The class says how a client connects and logs in: connect()."""

    CONF = "limits {\n sessions_per_ip = 0\n}\n"

    @classmethod
    def make_server(cls):
        cls.logins = threading.Semaphore(LOGINS)
        cls.over = threading.Event()
        return super().make_server()

    def connect(self):
        return lib.Client(self.server).login()

    def assert_all_well(self, sessions):
        wrong = [f"{s.name}: {s.error!r}" for s in sessions if s.error]
        self.assertEqual(wrong, [])

    def begin(self, count):
        self.addCleanup(self.over.set)
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(64 << 20)
        sessions = [Session(self, n, n % SLOW == 0) for n in range(count)]
        for session in sessions:
            session.start()
        for session in sessions:
            self.assertTrue(session.ready.wait(4 * lib.TIMEOUT))
        self.assert_all_well(sessions)
        return sessions

    def end(self, sessions):
        """All have transferred without a fault, and their workers go."""
        self.over.set()
        for session in sessions:
            session.join(4 * lib.TIMEOUT)
            self.assertFalse(session.is_alive(), "a session does not end")
        self.assert_all_well(sessions)
        self.assertGreaterEqual(min(s.transfers for s in sessions), 1)
        # What was needed for the sessions goes with them.
        lib.wait_for(lambda: len(self.server.pids("worker")) == os.cpu_count(),
                     "the old workers to go")
