#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A process that is killed is replaced, and takes only its own sessions along."""

import os
import re
import signal

import lib

BIG = 256 << 20


class Crash(lib.TestCase):
    CONF = "workers = 2\nauth_processes = 2\n"
    ERRORS = r"signal 9|has gone"

    def setUp(self):
        super().setUp()
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)

    def last_worker(self):
        """The worker that serves the session which logged in last."""
        return int(re.findall(r"worker\[(\d+)\] auth-ok ",
                                  self.server.log())[-1])

    def survivors(self, clients):
        alive = []
        for client in clients:
            try:
                client.must("NOOP", 200)
                alive.append(client)
            except (lib.Closed, OSError):
                pass
        return alive

    def kill(self, pid, role):
        before = set(self.server.pids(role))
        os.kill(pid, signal.SIGKILL)
        lib.wait_for(lambda: not lib.is_alive(pid), f"the {role} to die")
        return before

    def test_worker(self):
        clients, pids = [], []
        for _ in range(6):
            client = self.login()
            clients.append(client)
            pids.append(self.last_worker())
        self.assertEqual(len(set(pids)), 2)  # the least loaded gets the next
        with clients[0].transfer("RETR big") as sock:
            sock.recv(1000)
            before = self.kill(pids[0], "worker")
            with self.assertRaises((ConnectionResetError, lib.Closed)):
                lib.read_all(sock)
                clients[0].reply()
        lib.wait_for(lambda: len(self.server.pids("worker")) == 2 and
                     set(self.server.pids("worker")) != before, "a new worker")
        alive = self.survivors(clients)
        expected = [c for c, pid in zip(clients, pids) if pid != pids[0]]
        self.assertEqual(alive, expected)
        for _ in range(4):
            self.assertEqual(len(self.login().lines("LIST")), 1)

    def test_auth(self):
        client = self.login()
        for pid in self.server.pids("auth"):
            self.kill(pid, "auth")
        client.must("NOOP", 200)
        self.assertEqual(len(client.lines("LIST")), 1)
        for _ in range(4):
            self.login()
        lib.wait_for(lambda: len(self.server.pids("auth")) == 2, "new processes")

    def test_agent(self):
        client, other = self.login(), self.client()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"x" * 1000)
            for pid in self.server.pids("agent"):
                self.kill(pid, "agent")
            # Its sessions end, with a word.
            code = client.reply().code
            while code != 421:
                code = client.reply().code
            self.assertEqual(client.at_end(), b"")
        self.assertFalse(self.server.exists("f"))
        other.login()
        other.upload("STOR g", b"x")
        self.assertEqual(self.server.get("g"), b"x")

    def test_all_of_them_again_and_again(self):
        for _ in range(3):
            for role in ("worker", "auth", "agent"):
                for pid in self.server.pids(role):
                    self.kill(pid, role)
            lib.wait_for(lambda: len(self.server.pids("worker")) == 2 and
                         len(self.server.pids("auth")) == 2, "new processes")
            client = lib.wait_for(self.try_login, "a login")
            self.assertEqual(len(client.lines("LIST")), 1)

    def try_login(self):
        try:
            return self.login()
        except (lib.Closed, OSError, AssertionError):
            return None


class MonitorDies(lib.TestCase):
    def test_nobody_is_left(self):
        self.login().upload("STOR f", b"x")
        pids = self.server.pids()
        self.server.process.kill()
        self.server.process.wait()
        self.server.process = None
        lib.wait_for(lambda: not any(map(lib.is_alive, pids)),
                     "the children to end")


if __name__ == "__main__":
    lib.main()
