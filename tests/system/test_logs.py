#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Events of the log (R14.1 to R14.3): what sessions do is told, one line each, and
nothing that a client sends can forge a line or a field.
"""

import lib


class Events(lib.TestCase):
    def setUp(self):
        super().setUp()
        self.server.reset_log()

    def test_life_of_a_session(self):
        client = self.login()
        client.must("QUIT", 221)
        end = self.server.wait_event("end", reason="quit")
        connect, auth = self.server.events("connect", "auth-ok")
        self.assertEqual(connect["session"], end["session"])
        self.assertEqual(connect["ip"], "127.0.0.1")
        self.assertEqual(int(connect["port"]), client.sock.getsockname()[1])
        self.assertEqual(connect["local"], f"127.0.0.1:{self.server.port}")
        self.assertNotIn("user", connect)
        self.assertEqual((auth["user"], auth["method"]), (lib.USER, "password"))
        self.assertEqual(end["user"], lib.USER)

    def test_failed_login(self):
        # R14.2: a stable contract.
        client = self.client()
        client.must("USER anna", 331)
        client.must("PASS wrong", 530)
        self.server.log_has(r'\] auth-fail ip=127\.0\.0\.1 user="anna" '
                            r'reason=bad-password ')
        client.must("USER nobody", 331)
        client.must("PASS wrong", 530)
        self.server.wait_event("auth-fail", user="nobody", reason="no-such-user")
        self.assertNotIn("wrong", self.server.log())

    def test_names_forge_nothing(self):
        for name, shown in (
                ('x" reason=quit ip="1.2.3.4', r'x\" reason=quit ip=\"1.2.3.4'),
                ("x\rend ip=1.2.3.4", r"x\015end ip=1.2.3.4"),
                ("auth-fail ip=1.2.3.4", "auth-fail ip=1.2.3.4"),
                ("x\033[2J\\", r"x\033[2J\\")):
            with self.subTest(name=name), self.client() as client:
                client.must(f"USER {name}", 331)
                client.must("PASS x", 530)
                failed = self.server.wait_event("auth-fail", user=shown)
                self.assertEqual(failed["ip"], "127.0.0.1")
                self.assertEqual(failed["reason"], "no-such-user")
        self.assertEqual(len(self.server.events("auth-fail")), 4)

    def test_transfers(self):
        client = self.login()
        client.upload("STOR a file", b"12345")
        client.upload("APPE a file", b"678")
        self.assertEqual(client.download("RETR a file"), b"12345678")
        client.lines("LIST")
        client.must("QUIT", 221)
        self.server.wait_event("end")
        found = self.server.events("store", "append", "retrieve", "list")
        self.assertEqual(
            [(e["event"], e["path"], e["bytes"], e["result"]) for e in found],
            [("store", "/a file", "5", "complete"),
             ("append", "/a file", "3", "complete"),
             ("retrieve", "/a file", "8", "complete"),
             ("list", "/", found[3]["bytes"], "complete")])
        for event in found:
            self.assertGreaterEqual(int(event["ms"]), 0)
            self.assertEqual(event["user"], lib.USER)

    def test_aborted_transfers(self):
        self.server.put("big", lib.pattern(20_000_000))
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            client.must("ABOR", 426)
        client.must_end(226)
        event = self.server.wait_event("retrieve", reason="aborted",
                                       result="aborted", of="20000000")
        self.assertLess(int(event["bytes"]), 20_000_000)
        with client.transfer("STOR half") as sock:
            sock.sendall(b"text")
            client.reset()
            self.server.wait_event("store", path="/half", result="aborted",
                                   reason="session-ended")


if __name__ == "__main__":
    lib.main()
