#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Habits of FTPS client libraries, spoken by hand: when they shake hands on a data
connection, how they end it, and what they share.
"""

import contextlib
import ssl

import lib
import tlslib


class EagerClient(tlslib.TlsClient):
    """Is connected in TLS before it sends the command, as Go's jlaffaye/ftp
    is. Node's basic-ftp begins as early and does not wait."""

    @contextlib.contextmanager
    def transfer(self, command, how="EPSV"):
        with self.secure(self.connect()) as tls:
            self.data_reused.append(tls.session_reused)
            self.must(command, 150)
            yield tls


class Case(lib.TestCase):
    def each(self, kind=tlslib.TlsClient):
        """A client of each version, logged in."""
        for version in tlslib.VERSIONS:
            client = kind(self.server, ctx=tlslib.context(version))
            self.addCleanup(client.close)
            yield client.all()


class Eager(Case):
    """R0b B: TLS may begin before the command."""

    LISTEN = " session_reuse = require\n"

    def test_transfers(self):
        for client in self.each(EagerClient):
            for data in (b"", b"text", lib.pattern(300000)):
                client.upload("STOR f", data)
                self.assertEqual(self.server.get("f"), data)
                self.assertEqual(client.download("RETR f"), data)
            self.assertEqual(client.names(), ["f"])
            self.assertEqual(set(client.data_reused), {True})

    def test_bytes_before_the_command(self):
        """A file that comes with the end of the handshake is not lost."""
        for client in self.each(EagerClient):
            with client.secure(client.connect()) as tls:
                tls.sendall(b"text")
                client.must("STOR f", 150)
                tls.unwrap()
            client.must_end(226)
            self.assertEqual(self.server.get("f"), b"text")

    def test_refused(self):
        """The reply is not overtaken by an end in the middle of a handshake."""
        for client in self.each():
            for command, code in (("RETR missing", 550), ("STOR no/f", 550),
                                  ("MLSD missing", 550)):
                tls = client.ctx.wrap_socket(
                    client.connect(), session=client.sock.session,
                    do_handshake_on_connect=False)
                tls.setblocking(False)
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                client.must(command, code)
                tls.settimeout(lib.TIMEOUT)
                tls.do_handshake()
                self.assertEqual(lib.read_all(tls), b"")
                tls.close()

    def test_not_resumed(self):
        for client in self.each():
            with client.ctx.wrap_socket(client.connect()) as tls:
                client.must("STOR f", 150)
                client.must_end(522)
                with contextlib.suppress(OSError):
                    lib.read_all(tls)
            self.assertFalse(self.server.exists("f"))
            client.upload("STOR f", b"text")
            self.server.empty()

    def test_no_tls(self):
        self.server.put("f", b"text")
        for client in self.each():
            with client.connect() as sock:
                sock.sendall(b"this is not TLS, and more than a header of it")
                client.must("NOOP", 200)
                client.must("RETR f", 150)
                client.must_end(522)
            self.assertEqual(client.download("RETR f"), b"text")

    def test_level_changes(self):
        """A connection in TLS is of no use after PROT C, a clear one is; and
        after PROT P the client may begin on one that is there."""
        self.server.put("f", b"text")
        for client in self.each(EagerClient):
            with client.secure(client.connect()) as tls:
                client.must("PROT C", 200)
                self.assertEqual(lib.read_all(tls), b"")
            with client.connect() as sock:
                client.must("RETR f", 150)
                self.assertEqual(lib.read_all(sock), b"text")
            client.must_end(226)
            with client.connect() as sock:
                client.must("NOOP", 200)
                client.must("PROT P", 200)
                client.must("PROT C", 200)
                client.must("PROT P", 200)
                with client.secure(sock) as tls:
                    client.must("RETR f", 150)
                    self.assertEqual(lib.read_all(tls), b"text")
            client.must_end(226)


class Shared(Case):
    """R1.2: several control connections with one cache of sessions (Go, .NET):
    data connections resume that of any, also when it has ended."""

    LISTEN = " session_reuse = require\n"

    def test_newest_session_of_all(self):
        for version in tlslib.VERSIONS:
            ctx = tlslib.context(version)
            clients = [tlslib.TlsClient(self.server, ctx=ctx) for _ in range(4)]
            for client in clients:
                self.addCleanup(client.close)
                client.all()
            while clients:
                last = clients[-1]
                for client in clients:
                    client.offer = last.ticket()
                    client.upload("STOR f", b"text")
                    self.assertEqual(client.download("RETR f"), b"text")
                clients.pop()
                last.must("QUIT", 221)
                last.close()
                for client in clients:
                    self.assertEqual(client.names(), ["f"])


class Endings(Case):
    """R0b D: basic-ftp ends an empty upload with a bare FIN, others any."""

    def test_empty_file(self):
        for client in self.each():
            with client.transfer("STOR f"):
                pass
            client.must_end(226)
            self.assertEqual(self.server.get("f"), b"")


class EndingsRefused(Case):
    LISTEN = " unclean_eof = refuse\n"

    def test_empty_file(self):
        for client in self.each():
            with client.transfer("STOR f"):
                pass
            client.must_end(426)
            self.assertFalse(self.server.exists("f"))
            client.upload("STOR f", b"")
            self.assertEqual(self.server.get("f"), b"")
            self.server.empty()


if __name__ == "__main__":
    lib.main()
