#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""SIGHUP takes a new configuration as a whole or not at all, and drops nobody."""

import os
import signal
import socket

import lib


class Reload(lib.TestCase):
    ERRORS = r"ftpd\.conf:\d+|keeping|kept|not reloaded|users:\d+"

    def setUp(self):
        super().setUp()
        self.server.write_users()
        self.reload()

    def reload(self, conf="", good=True):
        self.server.write_conf(conf)
        self.server.reset_log()
        self.server.kill(signal.SIGHUP)
        if good:
            self.server.log_has(r"monitor\[\d+\] .*generation \d+")
        else:
            self.server.log_has(r"error monitor\[\d+\]")

    def test_new_setting(self):
        old = self.login()
        self.reload('banner = "Changed FTP"')
        self.assertIn("Changed FTP", self.client().greeting.text)
        old.must("NOOP", 200)
        self.assertEqual(old.lines("LIST"), [])

    def test_transfer_goes_on(self):
        size = 64 << 20
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(size)
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            self.reload('banner = "Changed FTP"')
            self.assertEqual(len(lib.read_all(sock)), size - 1000)
        client.must_end(226)
        client.must("QUIT", 221)

    def test_old_processes_go_when_their_sessions_do(self):
        client = self.login()
        self.reload()
        # At most the old generation's workers beside the new ones.
        client.must("QUIT", 221)
        client.close()
        expected = os.cpu_count()
        lib.wait_for(lambda: len(self.server.pids("worker")) == expected,
                     "the old workers to go")

    def test_new_user(self):
        self.server.write_users([("new", "secret")])
        self.reload()
        self.login("new", "secret")
        self.server.write_users()
        self.reload()
        client = self.client()
        client.must("USER new", 331)
        client.must("PASS secret", 530)

    def test_removed_user_leaves_after_the_transfer(self):
        """R11.3: the upload is finished, then 421."""
        self.server.write_users([("new", "secret"), ("idle", "secret")])
        self.reload()
        workers = self.server.pids("worker")
        busy, idle, stays = (self.login("new", "secret"),
                             self.login("idle", "secret"), self.login())
        with busy.transfer("STOR up") as sock:
            sock.sendall(b"half")
            self.server.write_users()
            self.reload()
            self.assertRegex(idle.reply().text, "Account removed")
            self.assertEqual(idle.at_end(), b"")
            self.assertTrue(busy.quiet())
            sock.sendall(b" and whole")
            sock.shutdown(socket.SHUT_WR)
            lib.read_all(sock)
        busy.must_end(226)
        self.assertEqual(busy.reply().code, 421)
        self.assertEqual(self.server.get("up"), b"half and whole")
        stays.must("NOOP", 200)
        # Nothing but users: the workers are the same ones.
        self.assertEqual(self.server.pids("worker"), workers)

    def test_mistakes_change_nothing(self):
        client = self.login()
        for mistake in ("nonsense = 1", "banner = ", "workers = many",
                        "timeouts {\n idle = -5\n}", "}{",
                        'listen "x" {\n port = 70000\n}',
                        'include("/does/not/exist")'):
            with self.subTest(mistake=mistake):
                self.reload(mistake, good=False)
                # R11.1: file and line.
                self.assertRegex(self.server.log(), r"ftpd\.conf:\d+: ")
                client.must("NOOP", 200)
                self.login()

    def test_missing_users_file(self):
        os.unlink(os.path.join(self.server.base, "users"))
        self.reload(good=False)
        self.login()

    def test_listeners_come_and_go(self):
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = sock.getsockname()[1]
        old = self.login()
        self.reload(f'listen "more" {{\n address = "127.0.0.1"\n port = {port}\n}}'
                    '\nlisten "test4" {\n address = "127.0.0.1"\n port = 0\n}')
        self.login().must("NOOP", 200)  # the old one was kept open
        kept, self.server.ports["127.0.0.1"] = self.server.port, port
        try:
            session = self.login()
            self.reload()
            with self.assertRaises(ConnectionRefusedError):
                lib.Client(self.server)
            session.must("NOOP", 200)
        finally:
            self.server.ports["127.0.0.1"] = kept
        old.must("NOOP", 200)
        self.login()

    def test_many_times(self):
        client = self.login()
        for _ in range(5):
            self.reload()
        client.must("NOOP", 200)
        self.login()


if __name__ == "__main__":
    lib.main()
