#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
What bad clients do to control connections under TLS, before, during and after
the handshake. test_tls_data.py has data connections.
"""

import contextlib
import resource
import socket
import ssl
import struct
import subprocess
import time

import lib
import tlslib

MANY = 500


def record(kind, body, version=0x0301):
    return struct.pack(">BHH", kind, version, len(body)) + body


def giant_hello(size):
    """A true one with an unknown extension of so many bytes."""
    body = tlslib.client_hello()[9:]
    at = 34 + 1 + body[34]  # version, random, session
    at += 2 + int.from_bytes(body[at:at + 2], "big")  # ciphers
    at += 1 + body[at]  # compression
    extensions = body[at + 2:] + struct.pack(">HH", 0xfafa, size) + bytes(size)
    body = body[:at] + struct.pack(">H", len(extensions)) + extensions
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"".join(record(22, message[i:i + 16384])
                    for i in range(0, len(message), 16384))


class Case(tlslib.Disturbed):
    def at_auth(self):
        client = self.tls()
        client.must("AUTH TLS", 234)
        return client

    def assert_no_clear_text(self, client):
        """To its end, TLS says nothing, or alerts."""
        with contextlib.suppress(ConnectionResetError):
            self.assertIn(client.at_end()[:1], (b"", b"\x15"))


class Handshake(Case):
    def test_alerts(self):
        for count in (1, 5, 1000):
            with self.subTest(count=count):
                client = self.at_auth()
                with contextlib.suppress(OSError):
                    client.sock.sendall(record(21, b"\1\0") * count)
                    client.sock.shutdown(socket.SHUT_WR)
                self.assert_no_clear_text(client)

    def test_alerts_behind_the_hello(self):
        for version in tlslib.VERSIONS:
            with self.subTest(version=version):
                client = self.at_auth()
                hello = tlslib.client_hello(tlslib.context(version))
                with contextlib.suppress(OSError):
                    client.sock.sendall(hello + record(21, b"\1\x5a") * 1000)
                    client.sock.shutdown(socket.SHUT_WR)
                self.assertIn(client.at_end()[:1], (b"\x16", b"\x15", b""))

    def test_giant_hello(self):
        client = self.at_auth()
        client.sock.sendall(giant_hello(60000))
        # It is a good one: the server answers with its own.
        self.assertEqual(client.sock.recv(1), b"\x16")
        client.sock.shutdown(socket.SHUT_WR)
        client.at_end()

    def test_two_hellos(self):
        client = self.at_auth()
        client.sock.sendall(2 * tlslib.client_hello())
        client.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(client.at_end()[:1], b"\x16")
        self.server.log_has(" end .*reason=tls-failed")

    def test_a_byte_at_a_time(self):
        for version in tlslib.VERSIONS:
            with self.subTest(version=version):
                client = self.at_auth()
                into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
                tls = tlslib.context(version).wrap_bio(into, out)
                while True:
                    try:
                        tls.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        self.send_bytes(client, out.read())
                        into.write(client.sock.recv(1))
                self.send_bytes(client, out.read())
                tls.write(b"NOOP\r\n")
                self.send_bytes(client, out.read())
                text = b""
                while not text.endswith(b"\n"):
                    with contextlib.suppress(ssl.SSLWantReadError):
                        text += tls.read()
                        continue
                    into.write(client.sock.recv(65536))
                self.assertEqual(text, b"200 NOOP ok.\r\n")

    def send_bytes(self, client, data):
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            client.sock.sendall(bytes((byte,)))

    def test_half_open(self):
        """Many who stop after AUTH, in their hello and after the server's."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < MANY + 100:
            self.skipTest("not enough descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 100), hard))
        hello = tlslib.client_hello()
        clients = []
        for number in range(MANY):
            client = self.at_auth()
            client.sock.sendall(hello[:number % 3 * len(hello) // 2])
            clients.append(client)
            if number % 100 == 0:
                self.check_other()
        for client in clients[2::3]:
            self.assertEqual(client.sock.recv(1), b"\x16")
        self.check_other()
        self.tls().auth().login().must("NOOP", 200)


class Slow(Case):
    """Who takes too long is hung up on, without a word."""

    HANDSHAKE = 1

    def assert_hung_up(self, client):
        self.assertEqual(client.at_end(), b"")
        self.server.log_has(" end .*reason=tls-timeout")

    def setUp(self):
        super().setUp()
        self.server.reset_log()

    def test_silence(self):
        self.assert_hung_up(self.at_auth())

    def test_bytes_that_trickle(self):
        client = self.at_auth()
        hello = giant_hello(60000)
        with contextlib.suppress(OSError):
            for byte in hello:
                client.sock.sendall(bytes((byte,)))
                time.sleep(0.05)
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(client.at_end(), b"")
        self.server.log_has(" end .*reason=tls-timeout")

    def test_after_the_hello(self):
        client = self.at_auth()
        client.sock.sendall(tlslib.client_hello())
        self.assertNotIn(b"421", client.at_end())
        self.server.log_has(" end .*reason=tls-timeout")



class Implicit(Case):
    LISTEN = " implicit = yes\n"

    def other_session(self):
        client = self.tls(greet=False)
        client.sock = client.ctx.wrap_socket(client.sock)
        client.must_end(220)
        client.is_private = True
        return client.login()

    def test_garbage(self):
        for bad in (b"USER anna\r\n", b"\r\n", b"GET / HTTP/1.0\r\n\r\n",
                    b"AUTH TLS\r\n", b"\0" * 70000, b"\xff\xf4\xff\xf2ABOR\r\n",
                    record(22, b"\1\xff\xff\xff"), record(23, b"x" * 100),
                    tlslib.client_hello()[:50], b""):
            with self.subTest(bad=bad[:12]):
                client = self.client(greet=False)
                with contextlib.suppress(OSError):
                    client.sock.sendall(bad)
                    client.sock.shutdown(socket.SHUT_WR)
                self.assert_no_clear_text(client)


class Commands(Case):
    def test_buffer_sizes(self):
        client = self.tls().auth()
        for size in ("4294967296", "18446744073709551616", "9" * 500, "-1", "+1",
                     "0x10", "1e3", "1 2", "zero", "", "\xb2", "%d"):
            client.must(f"PBSZ {size}", 501)
        client.must("PROT P", 503)
        for size in ("4294967295", "00", "16384"):
            self.assertEqual(client.must(f"PBSZ {size}", 200).text, "PBSZ=0")
        client.must("PROT P", 200)

    def test_auth_twice(self):
        client = self.client()
        client.sock.sendall(b"AUTH TLS\r\nAUTH TLS\r\n")
        client.must_end(503)
        self.assertEqual(client.at_end(), b"")
        client = self.tls().all()
        client.sock.sendall(b"AUTH TLS\r\nNOOP\r\n")
        client.must_end(534)
        client.must_end(200)

    def ended(self, client):
        """The server's end; what it said before."""
        with contextlib.suppress(ssl.SSLError):
            return client.at_end()
        return client.buffer

    def test_close_notify_in_a_command(self):
        """T35 under TLS: half a command is none."""
        self.server.put("precious")
        for version in tlslib.VERSIONS:
            for half in (b"DELE precious", b"DELE precious\r", b"NOOP\r\nDELE pre"):
                with self.subTest(version=version, half=half):
                    client = self.tls(ctx=tlslib.context(version)).all()
                    client.sock.sendall(half)
                    with contextlib.suppress(OSError):
                        client.sock.unwrap()
                    self.ended(client)
        self.assertTrue(self.server.exists("precious"))

    def test_half_close(self):
        """Without close_notify: whole commands are answered, half ones not."""
        self.server.put("precious")
        client = self.tls().all()
        client.sock.sendall(b"NOOP\r\nDELE precious")
        socket.socket.shutdown(client.sock, socket.SHUT_WR)
        self.assertEqual(self.ended(client), b"200 NOOP ok.\r\n")
        self.assertTrue(self.server.exists("precious"))

    def test_broken_records(self):
        """Junk behind the handshake; a cut record."""
        for junk in (b"NOOP\r\n", record(23, b"x" * 100, 0x0303), record(22, b""),
                     record(20, b"\1", 0x0303) * 100, record(23, b"") * 1000,
                     b"\x17\x03\x03\xff\xff" + bytes(70000), b"\x17\x03\x03"):
            for version in tlslib.VERSIONS:
                with self.subTest(version=version, junk=junk[:12]):
                    client = self.tls(ctx=tlslib.context(version)).all()
                    raw = client.sock.detach()
                    with socket.socket(fileno=raw) as sock:
                        sock.settimeout(lib.TIMEOUT)
                        with contextlib.suppress(OSError):
                            sock.sendall(junk)
                            sock.shutdown(socket.SHUT_WR)
                        # Alerts, which TLS 1.3 wraps up as data.
                        with contextlib.suppress(ConnectionResetError):
                            self.assertIn(lib.read_all(sock)[:1],
                                          (b"", b"\x15", b"\x17"))

    def test_reset(self):
        """In each state a control connection can be in."""
        hello = tlslib.client_hello()
        early = (lambda client: client.send("AUTH TLS"),
                 lambda client: client.must_end(234),
                 lambda client: client.sock.sendall(hello[:100]),
                 lambda client: client.sock.sendall(hello[100:]),
                 lambda client: client.sock.recv(1))
        late = (tlslib.TlsClient.auth,
                lambda client: client.sock.sendall(b"NOO"),
                lambda client: client.must("P", 200),
                lambda client: client.must(f"USER {lib.USER}", 331),
                lambda client: client.send(f"PASS {lib.PASSWORD}"),
                lambda client: client.must_end(230),
                tlslib.TlsClient.private,
                lambda client: self.addCleanup(client.connect().close),
                lambda client: client.send("STOR f"),
                lambda client: client.must_end(150))
        before = self.server.open_files("worker")
        for steps in (early, late):
            for count in range(len(steps) + 1):
                with self.subTest(late=steps == late, count=count):
                    client = self.tls()
                    for step in steps[:count]:
                        step(client)
                    client.reset()
        lib.wait_for(lambda: self.server.open_files("worker") <= before,
                     "the sessions to end")
        self.assertFalse(self.server.exists("f"))


@lib.needs("openssl")
class Engine(Case):
    """What Python's clients cannot do."""

    def s_client(self, *options):
        process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port}",
             "-starttls", "ftp", *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        return process

    def say(self, process, text, answer):
        """One write, then lines until one has the answer."""
        process.stdin.write(text)
        process.stdin.flush()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if answer in line:
                return
        raise AssertionError(f"no {answer!r} in {lines}")

    def test_renegotiation(self):
        process = self.s_client("-tls1_2")
        self.say(process, b"NOOP\n", b"200 NOOP ok.")
        self.say(process, b"R\n", b"no renegotiation")

    def test_key_updates(self):
        process = self.s_client("-tls1_3")
        for _ in range(30):
            self.say(process, b"K\n", b"KEYUPDATE")
            self.say(process, b"k\n", b"KEYUPDATE")
        self.say(process, b"NOOP\n", b"200 NOOP ok.")


if __name__ == "__main__":
    lib.main()
