#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Data connections: who may connect, which ports, what replaces what."""

import socket

import lib


class Passive(lib.TestCase):
    FIRST, LAST = lib.free_ports(20)
    CONF = f"""
        data {{
            passive_ports = {FIRST}-{LAST}
        }}
        limits {{
            sessions_per_ip = 0
        }}"""

    def test_ports_are_of_the_range_and_not_in_order(self):
        client = self.login()
        ports = [client.passive(how)[1] for how in ("PASV", "EPSV") * 10]
        for port in ports:
            self.assertTrue(self.FIRST <= port <= self.LAST, port)
        self.assertNotEqual(ports, sorted(ports))
        self.assertGreater(len(set(ports)), 5)

    def test_a_new_listener_replaces_the_old_one(self):
        client = self.login()
        old = client.passive()
        new = client.passive()
        if old != new:
            with self.assertRaises(OSError):
                socket.create_connection(old, 5)
        socket.create_connection(new, 5).close()

    def test_no_port_left(self):
        # R4.5: never outside the range.
        clients = [self.login() for _ in range(self.LAST - self.FIRST + 1)]
        for client in clients:
            client.passive()
        extra = self.login()
        extra.must("EPSV", 425)
        extra.must("PASV", 425)
        clients[0].must("ABOR", 226)
        extra.must("EPSV", 229)

    def test_stranger(self):
        # T32: 127.0.0.2 is not the client; the listener stays for its owner.
        self.server.put("f", b"text")
        client = self.login()
        for how in ("PASV", "EPSV"):
            address = client.passive(how)
            for _ in range(3):
                with socket.socket() as stranger:
                    stranger.settimeout(lib.TIMEOUT)
                    stranger.bind(("127.0.0.2", 0))
                    stranger.connect(address)
                    self.assertFalse(self.read_quietly(stranger))
            with socket.create_connection(address, lib.TIMEOUT) as sock:
                client.must("RETR f", 150)
                self.assertEqual(lib.read_all(sock), b"text")
            client.must_end(226)

    def read_quietly(self, sock):
        try:
            return sock.recv(1)
        except ConnectionResetError:
            return b""

    def test_only_a_stranger(self):
        self.server.put("f", b"text")
        client = self.login()
        address = client.passive()
        client.must("RETR f", 150)
        with socket.socket() as stranger:
            stranger.settimeout(lib.TIMEOUT)
            stranger.bind(("127.0.0.2", 0))
            stranger.connect(address)
            self.assertFalse(self.read_quietly(stranger))
        client.must("ABOR", 426)
        client.must_end(226)

    def test_one_connection_per_announcement(self):
        self.server.put("f", b"text")
        client = self.login()
        address = client.passive()
        with socket.create_connection(address, lib.TIMEOUT) as sock:
            client.must("NOOP", 200)
            lib.wait_for(lambda: self.is_refused(address), "the port to close")
            client.must("RETR f", 150)
            self.assertEqual(lib.read_all(sock), b"text")
        client.must_end(226)
        # Every transfer needs its own (protocol 5.1).
        # The default data port is tried (RFC 959 3.2); nobody is there.
        client.must("RETR f", 150)
        client.must_end(425)

    def is_refused(self, address):
        try:
            socket.create_connection(address, 5).close()
            return False
        except ConnectionRefusedError:
            return True

    def test_refusal_leaves_the_listener(self):
        # Rule 43
        self.server.put("f", b"text")
        client = self.login()
        address = client.passive()
        client.must("RETR missing", 550)
        with socket.create_connection(address, lib.TIMEOUT) as sock:
            client.must("RETR f", 150)
            self.assertEqual(lib.read_all(sock), b"text")
        client.must_end(226)

    def test_refusal_ends_a_connection_cleanly(self):
        # R0b H: the reply first, then a FIN.
        client = self.login()
        sock = client.connect()
        client.must("RETR missing", 550)
        self.assertEqual(sock.recv(1), b"")
        sock.close()

    def test_families(self):
        client = self.login()
        client.must("EPSV 2", 522)
        client.must("EPSV 1", 229)
        if lib.has_ipv6():
            six = self.login(host="::1")
            self.assertIn(six.cmd("PASV").code, (425, 501))
            six.must("EPSV 1", 522)
            six.must("EPSV 2", 229)
            # Java writes it so (R0b K).
            six.must("EPRT |2|0:0:0:0:0:0:0:1|2000|", 200)
            six.must("PORT 127,0,0,1,200,1", 501)

    def test_ports_of_others(self):
        # R40: neither other machines nor privileged ports.
        client = self.login()
        client.must("PORT 127,0,0,2,200,1", 501)
        client.must("PORT 127,0,0,1,0,21", 504)
        client.must("EPRT |1|127.0.0.2|2000|", 501)
        client.must("EPRT |1|127.0.0.1|21|", 504)

    def test_all(self):
        client = self.login()
        client.must("EPSV ALL", 200)
        for command in ("PASV", "PORT 127,0,0,1,200,1",
                        "EPRT |1|127.0.0.1|2000|"):
            client.must(command, 501)
        client.must("EPSV", 229)

    def test_sixteen_at_once(self):
        for number in range(100):
            self.server.put(f"f{number}")
        clients = [self.login() for _ in range(16)]
        socks = [client.connect() for client in clients]
        for client in clients:
            client.send("MLSD")
        for client, sock in zip(clients, socks):
            client.must_end(150)
            self.assertEqual(lib.read_all(sock).count(b"\r\n"), 100)
            sock.close()
            client.must_end(226)


class NoActive(lib.TestCase):
    CONF = """
        data {
            active = no
        }"""

    def test_refused(self):
        client = self.login()
        self.assertIn(client.cmd("PORT 127,0,0,1,200,1").code, (501, 502, 504))
        self.assertIn(client.cmd("EPRT |1|127.0.0.1|2000|").code, (501, 502, 504))
        client.must("EPSV", 229)
        # Rule 8: not offered either.
        self.assertNotIn(b" EPRT", client.must("FEAT", 211).lines)


class Announced(lib.TestCase):
    CONF = """
        data {
            passive_address = 192.0.2.1
        }"""

    def test_address_behind_a_translator(self):
        client = self.login()
        self.assertEqual(client.passive("PASV")[0], "192.0.2.1")
        client.must("EPSV", 229)


class MappedAddress(lib.TestCase):
    CONF = """
        listen "both" {
            address = "::"
            port = 0
        }"""

    @classmethod
    def setUpClass(cls):
        if not lib.has_ipv6():
            raise lib.unittest.SkipTest("no IPv6 here")
        super().setUpClass()
        port = next(iter(cls.server.ports.values()))
        cls.server.ports = {"127.0.0.1": port, "::1": port}

    def test_ipv4_over_an_ipv6_socket(self):
        # R34
        self.server.put("f", b"text")
        for host, ways in (("127.0.0.1", ("PASV", "EPSV", "PORT", "EPRT")),
                           ("::1", ("EPSV", "EPRT"))):
            client = self.login(host=host)
            for how in ways:
                self.assertEqual(client.download("RETR f", how), b"text")
        self.assertNotIn("::ffff", self.server.log())


if __name__ == "__main__":
    lib.main()
