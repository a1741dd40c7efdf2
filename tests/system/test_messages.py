#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Texts of the configuration: several lines, macros, and replies that stay replies.
"""

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


if __name__ == "__main__":
    lib.main()
