#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Bad data connections under TLS: broken and unheard ones, clear ones, and those of
somebody else, by ticket, address or certificate. No file is touched (R1.4), and
the session is usable.
"""

import contextlib
import socket
import ssl
import struct

import lib
import tlslib

RESET = struct.pack("ii", 1, 0)


class Data(tlslib.Disturbed):
    def begin(self, command):
        """A transfer whose data connection is there and has said nothing."""
        client = self.tls().all()
        sock = client.connect()
        self.addCleanup(sock.close)
        client.must(command, 150)
        return client, sock

    def test_closed_in_handshake(self):
        """R1.4: no file is touched, and the session is usable."""
        self.server.put("f", b"old")
        hello = tlslib.client_hello()
        for command in ("STOR f", "APPE f", "RETR f", "MLSD"):
            for said in (b"", hello[:3], hello[:100], hello, b"\x15\3\1\0\2\2\x28"):
                for end in ("close", "half", "reset"):
                    with self.subTest(command=command, said=said[:12], end=end):
                        client, sock = self.begin(command)
                        sock.sendall(said)
                        if end == "half":
                            sock.shutdown(socket.SHUT_WR)
                        if end == "reset":
                            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                            RESET)
                        if end != "half":
                            sock.close()
                        client.must_end(522)
                        client.must("NOOP", 200)
                        client.close()
        self.assertEqual(self.server.get("f"), b"old")
        self.assertEqual(self.server.names(), ["f"])

    def test_abort_in_handshake(self):
        self.server.put("f", b"old")
        for command in ("STOR f", "RETR f", "LIST"):
            for said in (b"", tlslib.client_hello()):
                with self.subTest(command=command, said=said[:12]):
                    client, sock = self.begin(command)
                    sock.sendall(said)
                    client.must("STAT", 213)
                    client.must("ABOR", 426)
                    client.must_end(226)
                    with contextlib.suppress(ConnectionResetError):
                        self.assertNotIn(b"old", lib.read_all(sock))
                    client.lines("NLST")
        self.assertEqual(self.server.get("f"), b"old")

    def test_quit_in_handshake(self):
        """T26: the transfer is finished first."""
        for command in ("STOR f", "RETR f"):
            with self.subTest(command=command):
                client, sock = self.begin(command)
                client.send("QUIT")
                with client.ctx.wrap_socket(sock, session=client.sock.session) as tls:
                    if command == "STOR f":
                        tls.sendall(b"text")
                        tls.unwrap()
                    else:
                        self.assertEqual(lib.read_all(tls), b"text")
                client.must_end(226)
                client.must_end(221)
        self.assertEqual(self.server.get("f"), b"text")

    def test_control_dies_in_handshake(self):
        before = self.server.open_files("worker")
        for said in (b"", tlslib.client_hello()):
            client, sock = self.begin("STOR f")
            sock.sendall(said)
            client.close()
            with contextlib.suppress(ConnectionResetError):
                lib.read_all(sock)
        lib.wait_for(lambda: self.server.open_files("worker") <= before,
                     "the sessions to end")
        self.assertFalse(self.server.exists("f"))

    def test_tls_on_a_clear_connection(self):
        """An upload is just bytes; a download is clear whatever is said."""
        hello = tlslib.client_hello()
        client = self.tls().all()
        client.must("PROT C", 200)
        client.is_private = False
        client.upload("STOR f", hello)
        self.assertEqual(self.server.get("f"), hello)
        with client.transfer("RETR f") as sock:
            with contextlib.suppress(OSError):
                sock.sendall(hello)
            self.assertEqual(lib.read_all(sock), hello)
        self.assertIn(client.reply().code, (226, 426))
        client.must("NOOP", 200)


class Silent(tlslib.Disturbed):
    HANDSHAKE = 1

    def test_data(self):
        """R1.4: no file is touched, and the session is usable."""
        self.server.put("f", b"old")
        client = self.tls().all()
        for command in ("STOR f", "APPE f", "RETR f", "LIST"):
            for said in (b"", tlslib.client_hello()[:20]):
                with self.subTest(command=command, said=said):
                    with client.connect() as sock:
                        client.must(command, 150)
                        sock.sendall(said)
                        client.must_end(522)
                        self.assertEqual(lib.read_all(sock), b"")
        self.assertEqual(self.server.get("f"), b"old")
        client.upload("STOR f", b"new")

    def test_data_never_heard(self):
        """... after QUIT too."""
        client = self.tls().all()
        with client.connect():
            client.must("STOR f", 150)
            client.send("QUIT")
            client.must_end(522)
            client.must_end(221)
        self.assertFalse(self.server.exists("f"))


class Foreign(tlslib.Disturbed):
    """Tickets of others, under "require"; who has one may come from anywhere."""

    LISTEN = " session_reuse = require\n"
    CONF = "data {\n peer_check = off\n}\n"
    USERS = (("eve", lib.PASSWORD),)

    def attempt(self, client, command, session, source=None):
        """A transfer with this session: the reply, and what was received."""
        received = b""
        with client.connect(source=source) as sock:
            client.must(command, 150)
            with contextlib.suppress(OSError), \
                    client.ctx.wrap_socket(sock, session=session) as tls:
                if command.startswith(("STOR", "APPE")):
                    tls.sendall(b"new")
                    tls.unwrap()
                while part := tls.recv(4096):
                    received += part
        return client.reply().code, received

    def tickets(self, ctx):
        """Of nobody yet, of another user, of another address, and none."""
        nobody = self.tls(ctx=ctx).auth()
        nobody.must("NOOP", 200)
        eve = self.tls(ctx=ctx).auth()
        eve.login("eve")
        far = self.tls(ctx=ctx, source="127.0.0.2").auth()
        far.login()
        return {"nobody": nobody.sock.session, "eve": eve.ticket(),
                "far": far.ticket(), "none": None}

    def test_tickets(self):
        for version in tlslib.VERSIONS:
            ctx = tlslib.context(version)
            client = self.tls(ctx=ctx).all()
            client.must("TYPE I", 200)
            for name, session in self.tickets(ctx).items():
                for command in ("STOR f", "APPE f", "RETR f", "NLST"):
                    with self.subTest(version=version, name=name, command=command):
                        self.server.put("f", b"old")
                        self.assertEqual(self.attempt(client, command, session),
                                         (522, b""))
                        self.assertEqual(self.server.get("f"), b"old")
                        self.assertEqual(self.server.names(), ["f"])
            own = client.ticket()
            for source in (None, "127.0.0.2"):
                self.assertEqual(self.attempt(client, "RETR f", own, source),
                                 (226, b"old"))


class Elsewhere(Foreign):
    """Under "prefer", who does not resume comes from the client's address."""

    LISTEN = ""

    def test_tickets(self):
        self.server.put("f", b"text")
        for version in tlslib.VERSIONS:
            client = self.tls(ctx=tlslib.context(version)).all()
            client.must("TYPE I", 200)
            for session, source, expected in (
                    (None, "127.0.0.2", (522, b"")),
                    (None, None, (226, b"text")),
                    (client.ticket(), "127.0.0.2", (226, b"text"))):
                with self.subTest(version=version, source=source):
                    self.assertEqual(
                        self.attempt(client, "RETR f", session, source), expected)


@lib.needs("openssl")
class Requested(tlslib.Disturbed):
    """Client certificates that are not good, and good ones of another."""

    ASKS = "request"
    NONE = {version: None for version in tlslib.VERSIONS}  # alerts, without one

    @classmethod
    def make_server(cls):
        base = cls.base = lib.scratch_directory()
        ca, other = cls.pair("ca"), cls.pair("other")
        cls.pair("joe", issuer=ca)
        cls.pair("bob", issuer=ca)
        cls.pair("old", issuer=ca, days=0)
        cls.pair("foreign", issuer=other)
        cls.pair("self")
        cls.CONF = f'''
            listen "c" {{
                address = "127.0.0.1"
                port = 0
                client_certs = {cls.ASKS}
                client_ca = "{base}/ca.crt"
            }}'''
        return super().make_server()

    @classmethod
    def pair(cls, name, issuer=None, **keywords):
        paths = [f"{cls.base}/{name}.{end}" for end in ("crt", "key")]
        tlslib.make_pair(*paths, name=name)
        if issuer:
            tlslib.sign(paths[0], issuer, **keywords)
        return paths

    def other_session(self):
        return self.tls(ctx=self.shows("joe")).all()

    def shows(self, name, version=None):
        ctx = tlslib.context(version)
        if name:
            ctx.load_cert_chain(f"{self.base}/{name}.crt", f"{self.base}/{name}.key")
        return ctx

    def outcome(self, name, version):
        """The alert of a control connection, or None."""
        try:
            client = self.tls(ctx=self.shows(name, version)).auth()
            client.must("NOOP", 200)
        except ssl.SSLError as error:
            return error.reason.split("_ALERT_")[1]
        return None

    def test_control(self):
        for version in tlslib.VERSIONS:
            for name, alert in (
                    ("joe", None), (None, self.NONE[version]),
                    ("old", "CERTIFICATE_EXPIRED"), ("foreign", "UNKNOWN_CA"),
                    ("self", "UNKNOWN_CA")):
                with self.subTest(version=version, name=name):
                    self.assertEqual(self.outcome(name, version), alert)

    def test_data(self):
        """R22.2: it is the client of the control connection."""
        self.server.put("f", b"old")
        for version in tlslib.VERSIONS:
            client = self.tls(ctx=self.shows("joe", version)).all()
            for name in ("bob", None, "old", "foreign", "self"):
                for command in ("STOR f", "RETR f"):
                    with self.subTest(version=version, name=name, command=command):
                        with client.connect() as sock:
                            client.must(command, 150)
                            with contextlib.suppress(OSError):
                                ctx = self.shows(name, version)
                                with ctx.wrap_socket(sock) as tls:
                                    tls.sendall(b"new")
                                    self.assertEqual(tls.recv(1), b"")
                        client.must_end(522)
            client.upload("STOR g", b"text")
        self.assertEqual(self.server.get("f"), b"old")


class Needed(Requested):
    ASKS = "require"
    NONE = dict(zip(tlslib.VERSIONS, ("HANDSHAKE_FAILURE", "CERTIFICATE_REQUIRED")))


if __name__ == "__main__":
    lib.main()
