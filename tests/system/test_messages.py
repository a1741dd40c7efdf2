#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Texts of the configuration: several lines, macros, and replies that stay replies.
"""

import os

import lib


class Messages(lib.TestCase):
    USERS = (("100%u", "x"),)
    CONF = ('banner = "FTP at your service, %h\\n\\n220 is no end\\n%%ready"\n'
            'login_message = "Welcome, %u.\\nYou are in %d at %t"\n'
            'goodbye = "Bye, %u.\\n221 Come again."\n')

    def test_lines(self):
        client = self.client()
        self.assertEqual(client.greeting.lines, [
            b"220-FTP at your service, 127.0.0.1", b"220--",
            b"220-220 is no end", b"220 %ready"])
        client.must(f"USER {lib.USER}", 331)
        reply = client.must(f"PASS {lib.PASSWORD}", 230)
        self.assertEqual(reply.lines[0], b"230-Welcome, anna.")
        self.assertRegex(reply.lines[1], rb"^230 You are in / at \d{4}-\d\d-\d\d ")
        reply = client.must("QUIT", 221)
        self.assertEqual(reply.lines, [b"221-Bye, anna.", b"221 221 Come again."])
        self.assertEqual(client.at_end(), b"")

    def test_name_is_no_macro(self):
        client = self.client()
        client.must("USER 100%u", 331)
        self.assertEqual(client.must("PASS x", 230).lines[0], b"230-Welcome, 100%u.")

    def test_quit_before_login(self):
        client = self.client()
        self.assertEqual(client.must("QUIT", 221).lines[0], b"221-Bye, -.")


class Files(lib.TestCase):
    """Texts from files, refusals, and what directories say."""

    ERRORS = "banner has an unknown macro|configuration not reloaded"

    CONF = ('banner = "@greeting"\n'
            'address_message = "Too many connections from %h\\nto %l (%m)"\n'
            'banned_message = "Go away.\\nFor %m minutes"\n'
            'directory_message = ".message"\n'
            "limits {\n sessions_per_ip = 3\n}\n")

    @classmethod
    def make_server(cls):
        server = super().make_server()
        cls.greeting = os.path.join(server.base, "greeting")
        cls.write_greeting("FTP server of example.org\n\tsince 1995\n")
        server.own(cls.greeting)
        return server

    @classmethod
    def write_greeting(cls, text):
        with open(cls.greeting, "w", encoding="utf-8") as f:
            f.write(text)

    def test_greeting_of_a_file(self):
        self.assertEqual(self.client().greeting.lines, [
            b"220-FTP server of example.org", b"220  since 1995"])
        self.write_greeting("FTP changed")
        self.assertEqual(len(self.client().greeting.lines), 2)
        self.server.ctl("reload")
        self.assertEqual(self.client().greeting.lines, [b"220 FTP changed"])
        self.write_greeting("%x")  # a mistake: the old one stays
        self.assertIn("unknown macro", self.server.ctl("reload", status=1))
        self.write_greeting("FTP server of example.org\n\tsince 1995\n")
        self.server.ctl("reload")

    def test_refusals(self):
        source = "127.0.0.5"
        for _ in range(3):
            self.client(source=source)
        reply = self.client(source=source, greet=False).reply()
        self.assertEqual(reply.lines, [
            b"421-Too many connections from 127.0.0.5",
            b"421 to 127.0.0.1 (3)"])
        self.server.ctl("ban", "127.0.0.6", "10m")
        client = self.client(source="127.0.0.6", greet=False)
        self.assertEqual(client.reply().lines,
                         [b"421-Go away.", b"421 For 10 minutes"])
        self.assertEqual(client.at_end(), b"")
        self.server.ctl("unban", "127.0.0.6")

    def test_directories(self):
        self.server.put("d/.message", b"Hello %u\r\n226 no reply\n\033[2J\n")
        self.server.mkdir("quiet")
        last = b"250 Directory successfully changed."
        with self.login() as client:
            self.assertEqual(client.must("CWD d", 250).lines, [
                b"250-Hello anna", b"250-226 no reply", b"250-?[2J", last])
            for line in ("CWD /quiet", "CWD /d", "CDUP"):  # once in a session
                self.assertEqual(client.must(line, 250).lines, [last])
        with self.login() as client:
            self.assertEqual(len(client.must("CWD d", 250).lines), 4)

    def test_directories_that_cheat(self):
        self.server.mkdir("link")
        os.symlink("/etc/passwd", self.server.path("link/.message"))
        self.server.mkdir("fifo")
        os.mkfifo(self.server.path("fifo/.message"))
        self.server.own(self.server.path("fifo/.message"))
        self.server.mkdir("dir/.message")
        self.server.put("long/.message", b"x\n" * 1_000_000)
        self.server.put("wide/.message", b"\xff" * 1_000_000)
        self.server.put("null/.message", b"a\0b\n")
        with self.login() as client:
            for name in ("link", "fifo", "dir"):
                self.assertEqual(len(client.must(f"CWD /{name}", 250).lines), 1)
            self.assertEqual(client.must("CWD /long", 250).lines[:-1],
                             [b"250-x"] * 40)
            line, _ = client.must("CWD /wide", 250).lines
            self.assertEqual(len(line), 4 + 2 * 4095)
            self.assertEqual(client.must("CWD /null", 250).lines[0], b"250-a")
            client.must("NOOP", 200)


if __name__ == "__main__":
    lib.main()
