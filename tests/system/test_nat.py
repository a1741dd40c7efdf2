#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What PASV announces to whom (R4.1 to R4.5), and ternctl check."""

import re

import lib

CONF = """data {{
 passive_address = "127.0.0.2 local, 127.0.0.0/30 192.0.2.1, localhost"
 passive_ports = {0}-{1}
}}
"""


class Nat(lib.TestCase):
    @classmethod
    def make_server(cls):
        cls.ports = lib.free_ports(4)
        cls.CONF = CONF.format(*cls.ports)
        return super().make_server()

    def announced(self, source):
        return self.login(source=source).passive("PASV")[0]

    def test_first_match_wins(self):
        self.assertEqual(self.announced("127.0.0.3"), "192.0.2.1")
        self.assertEqual(self.announced("127.0.0.2"), "127.0.0.1")

    def test_names_are_looked_up(self):
        self.server.log_has("passive_address: localhost is 127.0.0.1")
        self.assertEqual(self.announced("127.0.0.9"), "127.0.0.1")

    def test_epsv_is_not_touched(self):
        client = self.login(source="127.0.0.3")
        with client.connect("EPSV", source="127.0.0.3") as sock:
            client.must("NLST", 150)
            self.assertEqual(lib.read_all(sock), b"")
        client.must_end(226)

    def test_exhausted(self):
        """R4.5: no port outside of the range, and a text that says so."""
        first, last = self.ports
        clients = [self.login() for _ in range(5)]
        for client in clients[:4]:
            self.assertIn(client.passive()[1], range(first, last + 1))
        reply = clients[4].must("PASV", 425)
        self.assertEqual(reply.text, "No passive port free "
                         f"(range {first}-{last} in use).")

    def test_check(self):
        """R4.3: the same as the server says."""
        for source, address in (("127.0.0.3", "192.0.2.1"),
                                ("127.0.0.2", "127.0.0.1"),
                                ("127.0.0.9", "127.0.0.1")):
            text = self.server.ctl("check", source)
            self.assertEqual(re.findall("227 with the address (.*)", text),
                             [address])
        self.assertIn("4 of 4 can be bound", text)
        text = self.server.ctl("check", "8.8.8.8")
        self.assertIn("227 with the address 127.0.0.1", text)
        self.assertIn("warning: that is a private address", text)
        self.assertIn("EPSV only", self.server.ctl("check", "::1"))
        self.server.ctl("check", "nonsense", status=1)


if __name__ == "__main__":
    lib.main()
