#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Logging in: accounts, guests, wrong passwords, and what is refused before."""

import os
import socket
import time
import unittest

import lib


class Login(lib.TestCase):
    USERS = (
        ("odd", " two  blanks "),
        ("with space", "x"),
        ("jürgen", "pässwort"),
        ("below", "x", "--start-dir", "/sub/dir"),
        ("reader", "x", "--rights", "read-only"),
        ("dropper", "x", "--rights", "upload-only"),
    )

    def test_greeting(self):
        client = self.client()
        self.assertEqual(client.greeting.code, 220)
        # nmap and others look for the word (users.md 0b K).
        self.assertIn("FTP", client.greeting.text)

    def test_account(self):
        client = self.login()
        self.assertEqual(client.must("PWD", 257).text,
                         '"/" is the current directory.')

    def test_over_ipv6(self):
        if not lib.has_ipv6():
            self.skipTest("no IPv6 here")
        self.login(host="::1").must("NOOP", 200)

    def test_password_keeps_its_blanks(self):
        self.login("odd", " two  blanks ")
        client = self.client()
        client.must("USER odd", 331)
        client.must("PASS two  blanks", 530)

    def test_names_are_bytes(self):
        self.login("with space", "x")
        self.login("jürgen", "pässwort")

    def test_guests(self):
        for name in ("anonymous", "ftp", "FTP", "Anonymous"):
            self.login(name, "guest@example.com")
        client = self.client()
        client.must("USER ftp", 331)
        client.must("PASS", 230)

    def test_guests_only_read(self):
        self.server.put("f", b"text")
        client = self.login("anonymous", "x")
        self.assertEqual(client.download("RETR f"), b"text")
        for command in ("DELE f", "RNFR f", "SITE CHMOD 600 f",
                        "MFMT 20200101000000 f"):
            client.must(command, 550)
        for command in ("MKD d", "RMD d"):
            self.assertIn(client.cmd(command).code, (550, 553))
        for command in ("STOR g", "STOR f", "APPE f", "STOU"):
            sock = client.connect()
            self.assertIn(client.cmd(command).code, (550, 553), command)
            sock.close()
        self.assertEqual(self.server.get("f"), b"text")
        self.assertEqual(self.server.names(), ["f"])

    def test_upload_only(self):
        self.server.put("f", b"text")
        client = self.login("dropper", "x")
        client.upload("STOR g", b"new")
        client.must("MKD d", 257)
        for command in ("RETR f", "STOR f"):
            sock = client.connect()
            self.assertIn(client.cmd(command).code, (550, 553), command)
            sock.close()
        self.assertEqual(self.server.get("f"), b"text")
        self.assertEqual(self.server.get("g"), b"new")

    def test_wrong_password_and_unknown_user_look_alike(self):
        # R15.3: the same replies for both.
        replies = []
        for user in (lib.USER, "nobody-of-this-name"):
            client = self.client()
            replies.append([
                client.must(f"USER {user}", 331).text.replace(user, "X"),
                client.must("PASS wrong", 530).text])
        self.assertEqual(replies[0], replies[1])
        # R9.2: the log says why.
        self.server.log_has("auth-fail")

    def test_third_wrong_password_is_the_last(self):
        client = self.client()
        for code in (530, 530, 421):
            client.must("USER " + lib.USER, 331)
            client.must("PASS wrong", code)
        self.assertEqual(client.at_end(), b"")

    def test_empty_password(self):
        client = self.client()
        client.must("USER " + lib.USER, 331)
        client.must("PASS", 530)

    def test_start_directory(self):
        self.server.mkdir("sub/dir")
        client = self.login("below", "x")
        self.assertTrue(client.must("PWD", 257).text.startswith('"/sub/dir"'))

    def test_missing_start_directory_is_no_dead_end(self):
        client = self.client()
        client.must("USER below", 331)
        # R9.3: a reply, whatever it is, and the reason in the log.
        self.assertIn(client.cmd("PASS x").code, (230, 530))

    def test_user_again_drops_the_login(self):
        client = self.login()
        client.must("USER reader", 331)
        client.must("PWD", 530)
        client.must("PASS x", 230)
        self.assertIn(client.cmd("MKD d").code, (550, 553))

    def test_before_login(self):
        client = self.client()
        for command, code in (("NOOP", 200), ("SYST", 215), ("FEAT", 211),
                              ("HELP", 214), ("OPTS UTF8 ON", 200)):
            client.must(command, code)
        # proftpd#2003: one reply to RNTO, not two.
        for command in ("RNTO x", "PWD", "LIST", "RETR x"):
            client.must(command, 530)
        client.must("NOOP", 200)

    def test_who_only_guesses_is_no_client(self):
        # Protocol 13.3
        client = self.client()
        codes = []
        while len(codes) < 10 and 421 not in codes:
            codes.append(client.cmd("GUESS").code)
        self.assertEqual(set(codes[:-1]), {500})
        self.assertEqual(codes[-1], 421)
        self.assertEqual(client.at_end(), b"")

    def test_reinitialize(self):
        client = self.login()
        client.must("REIN", 220)
        client.must("PWD", 530)
        client.login()


class Disabled(lib.TestCase):
    CONF = """
        anonymous {
            enabled = no
        }
        user "off" {
            password = "*"
            root = "@BASE@"
        }
        user "gone" {
            password = "!"
            root = "@BASE@"
            disabled = yes
        }"""

    def test_no_guests(self):
        client = self.client()
        client.must("USER anonymous", 331)
        client.must("PASS x", 530)

    def test_hash_that_never_matches(self):
        # proftpd#2275: neither a star nor nothing is a password.
        for user, password in (("off", "*"), ("off", ""), ("gone", "!")):
            client = self.client()
            client.must(f"USER {user}", 331)
            client.must(f"PASS {password}", 530)


class AddressLimit(lib.TestCase):
    CONF = """
        limits {
            sessions_per_ip = 4
        }"""

    def test_sessions_of_one_address(self):
        clients = [self.client() for _ in range(4)]
        refused = self.client()
        self.assertEqual(refused.greeting.code, 421)
        # lftp looks for these words (R16.2).
        self.assertRegex(refused.greeting.text, "(Too many|No more) connections")
        self.assertEqual(refused.at_end(), b"")
        # R16: a session that is gone no longer counts.
        clients[0].reset()
        lib.wait_for(lambda: self.client().greeting.code == 220, "a free place")


class UserLimit(lib.TestCase):
    CONF = """
        limits {
            sessions_per_user = 2
        }"""

    def test_sessions_of_one_user(self):
        first = self.login()
        self.login()
        third = self.client()
        third.must("USER " + lib.USER, 331)
        reply = third.must("PASS " + lib.PASSWORD, 530)
        self.assertRegex(reply.text, "(Too many|No more) connections")
        first.must("QUIT", 221)
        first.close()

        def again():
            client = self.client()
            client.must("USER " + lib.USER, 331)
            return client.cmd("PASS " + lib.PASSWORD).code == 230

        lib.wait_for(again, "a free place")


def vanish(client):
    """The connection is gone, and the server is not told (TCP_REPAIR)."""
    client.sock.setsockopt(socket.IPPROTO_TCP, 19, 1)
    client.sock.close()


class DeadSessions(lib.TestCase):
    """R16.1: they do not keep their user out, while living ones do."""

    CONF = "limits {\n sessions_per_user = 1\n}\n"

    def enter(self):
        client = self.client()
        client.must("USER " + lib.USER, 331)
        began = time.monotonic()
        code = client.cmd("PASS " + lib.PASSWORD).code
        return client, code, time.monotonic() - began

    @unittest.skipUnless(os.geteuid() == 0, "only root makes connections vanish")
    def test_dead(self):
        for _ in range(3):
            client, code, _ = self.enter()
            self.assertEqual(code, 230)
            time.sleep(1.2)  # silence; before, it was just heard of
            vanish(client)
        _, code, _ = self.enter()
        self.assertEqual(code, 230)

    def test_living(self):
        client, code, _ = self.enter()
        self.assertEqual(code, 230)
        time.sleep(1.2)  # as above
        _, code, took = self.enter()
        self.assertEqual(code, 530)
        self.assertLess(took, 8)
        client.must("NOOP", 200)
        client.must("QUIT", 221)


class Timeouts(lib.TestCase):
    CONF = """
        timeouts {
            login = 2
            idle = 3
        }"""

    def test_login_takes_too_long(self):
        client = self.client()
        client.must_end(421)
        self.assertEqual(client.at_end(), b"")

    def test_idle(self):
        client = self.login()
        client.must_end(421)
        self.assertEqual(client.at_end(), b"")


if __name__ == "__main__":
    lib.main()
