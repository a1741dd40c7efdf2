#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Key processes that die or hang: handshakes fail cleanly for a moment, sessions go
on, and certificates stay together with their keys.
"""

import os
import re
import signal
import ssl
import threading

import lib
import test_certificates
import tlslib


class Case(test_certificates.Pair):
    CONF = test_certificates.Pair.CONF + "workers = 2\n"
    ERRORS = r"keys\[\d+\] was killed by signal|key process|keys\[\d+\] does not"

    def setUp(self):
        super().setUp()
        self.server.reset_log()

    def hit(self, number):
        """Sends a signal to all key processes; their pids."""
        pids = self.server.pids("keys")
        for pid in pids:
            os.kill(pid, number)
        return pids

    def kill(self):
        pids = self.hit(signal.SIGKILL)
        lib.wait_for(lambda: not any(map(lib.is_alive, pids)), "them to die")
        return pids

    def replaced(self, before):
        """New processes in place of these."""
        lib.wait_for(lambda: len(self.server.pids("keys")) == len(before) and
                     not set(before) & set(self.server.pids("keys")),
                     "new key processes")

    def try_session(self):
        """A whole session; None if its handshake failed."""
        try:
            with self.tls() as client:
                client.auth()
                client.login().private()
                client.upload("STOR try", b"text")
                client.must("QUIT", 221)
                return client
        except (ssl.SSLError, OSError, lib.Closed):
            return None

    def full(self, client):
        """Data connections of it resume nothing: each needs the key."""
        client.secure = lambda sock: tlslib.context().wrap_socket(sock)
        return client


@lib.needs("openssl")
class Death(Case):
    def test_one_for_each_worker(self):
        self.assertEqual(len(self.server.pids("keys")), 2)
        for _ in range(4):
            self.assertIsNotNone(self.try_session())

    def test_sessions_go_on(self):
        data = lib.pattern(4 << 20)
        self.server.put("f", data)
        client = self.full(self.tls().all())
        with client.transfer("RETR f") as sock:
            got = sock.recv(1000)
            before = self.kill()
            got += lib.read_all(sock)
        client.must_end(226)
        self.assertEqual(got, data)
        self.replaced(before)
        lib.wait_for(self.try_session, "a handshake that succeeds")
        # A session from before has the new process, too.
        client.upload("STOR g", data)
        self.assertEqual(self.server.get("g"), data)
        self.assertEqual(client.data_reused, [False, False])
        client.must("QUIT", 221)

    def test_under_load(self):
        """Each handshake is done or fails with a word; none hangs."""
        done, failed, wrong, stop = [], [], [], threading.Event()

        def load():
            while not stop.is_set():
                try:
                    (done if self.try_session() else failed).append(1)
                except Exception as e:  # pylint: disable=broad-except
                    wrong.append(e)
                    return

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                count = len(done) + 20
                lib.wait_for(lambda n=count: len(done) > n or wrong, "sessions")
                self.replaced(self.kill())
            count = len(done) + 20
            lib.wait_for(lambda: len(done) > count or wrong, "sessions")
        finally:
            stop.set()
            for thread in threads:
                thread.join(lib.TIMEOUT)
        self.assertEqual(wrong, [])
        self.assertFalse(any(thread.is_alive() for thread in threads))
        self.assertIsNotNone(self.try_session())

    def test_hangs(self):
        """One that does not answer is found out and replaced."""
        session = self.tls().all()
        before = self.hit(signal.SIGSTOP)
        # Its workers ask it, in vain; that is what they complain of.
        self.assertIsNone(self.try_session())
        lib.wait_for(self.server_has_given_up, "the server to give it up")
        lib.wait_for(lambda: set(self.server.pids("keys")) - set(before),
                     "a new one")
        lib.wait_for(self.try_session, "a handshake that succeeds")
        session.must("NOOP", 200)
        for pid in set(before) & set(self.server.pids("keys")):
            os.kill(pid, signal.SIGCONT)

    def server_has_given_up(self):
        return re.search(r"keys\[\d+\] does not answer: killing it",
                         self.server.log())


@lib.needs("openssl")
class Generations(Case):
    def test_old_sessions_keep_their_keys(self):
        """After a renewal, and after their key process has died as well."""
        old = self.full(self.tls().all())
        first = old.print
        before = self.server.pids("keys")
        self.point(self.pair())
        self.renewed()
        self.assertNotEqual(self.seen(), first)
        old.upload("STOR f", b"text")
        self.assertTrue(set(before) & set(self.server.pids("keys")))
        self.replaced_all()
        old.upload("STOR g", b"text")
        self.assertEqual(old.data_prints, [first, first])
        self.assertEqual(old.data_reused, [False, False])
        self.assertNotEqual(self.seen(), first)
        old.must("QUIT", 221)
        old.close()
        # Worker and key process of the old certificate go with the session.
        lib.wait_for(lambda: len(self.server.pids("keys")) == 2,
                     "the old processes to go")

    def replaced_all(self):
        """Kills them, also those of workers that go as soon as they can."""
        before = self.kill()
        lib.wait_for(lambda: not set(before) & set(self.server.pids("keys")) and
                     len(self.server.pids("keys")) ==
                     len(self.server.pids("worker")), "new key processes")
        lib.wait_for(self.try_session, "a handshake that succeeds")


if __name__ == "__main__":
    lib.main()
