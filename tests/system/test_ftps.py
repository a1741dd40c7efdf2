#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
FTPS by hand: the order of AUTH, PBSZ, PROT, CCC and REIN, what bad clients send,
who may use a data connection, and logins by certificate.
"""

import contextlib
import ftplib
import io
import os
import socket
import ssl
import time
import warnings

import lib
import tlslib


class Control(tlslib.Case):
    LISTEN = " ccc = yes\n"
    def test_both_ways(self):
        """R5.2, R5.3, R5.4: any mode and version, empty files too."""
        for version in tlslib.VERSIONS:
            for how in ("EPSV", "PASV", "PORT", "EPRT"):
                with self.subTest(version=version, how=how):
                    client = self.tls(ctx=tlslib.context(version)).all()
                    for data in (b"", lib.pattern(300000)):
                        client.upload("STOR f", data, how)
                        self.assertEqual(self.server.get("f"), data)
                        self.assertEqual(client.download("RETR f", how), data)
                    self.assertEqual(client.names(), ["f"])
                    # R1.1: all of them resume the control connection.
                    self.assertEqual(set(client.data_reused), {True})

    def test_order(self):
        client = self.tls()
        client.must("PBSZ 0", 503)
        client.must("PROT P", 503)
        client.must("CCC", 533)
        client.must("AUTH", 501)
        client.must("AUTH KERBEROS_V4", 504)
        client.auth()
        client.must("AUTH TLS", 534)
        client.must("PROT P", 503)
        client.must("PBSZ x", 501)
        client.must("PBSZ 4294967296", 501)
        client.must("PROT C", 200)  # R0b E
        client.must("PBSZ 0", 200)
        for level, code in (("S", 536), ("E", 536), ("X", 504), ("p", 200)):
            client.must(f"PROT {level}", code)
        client.must("CCC", 534)  # nobody is logged in

    def test_mechanisms(self):
        """AUTH SSL and TLS-P begin with PROT P."""
        for name, level in (("TLS", "C"), ("tls-c", "C"), ("SSL", "P"),
                            ("TLS-P", "P")):
            client = self.tls()
            client.must(f"AUTH {name}", 234)
            client.sock = client.ctx.wrap_socket(client.sock)
            self.assertIn(f"PROT: {level}", str(client.must("STAT", 211)))

    def test_auth_drops_the_login(self):
        client = self.tls().login()
        client.auth()
        client.must("PWD", 530)

    def test_leaving(self):
        """CCC goes on in clear, REIN too, and AUTH is possible after REIN."""
        for version in tlslib.VERSIONS:
            with self.subTest(version=version):
                client = self.tls(ctx=tlslib.context(version)).all()
                client.must("CCC", 200)
                session = client.sock.session
                client.sock = client.sock.unwrap()
                client.must("AUTH TLS", 534)
                client.must("PROT C", 503)
                # PROT P stays, and so does the session (RFC 4217 10.2).
                with client.connect() as sock:
                    client.send("STOR f")
                    client.must_end(150)
                    with client.ctx.wrap_socket(sock, session=session) as data:
                        data.sendall(b"text")
                        data.unwrap()
                client.must_end(226)
                self.assertEqual(self.server.get("f"), b"text")
                client.must("REIN", 220)
                client.is_private = False
                client.all()
                client.must("REIN", 220)
                client.sock = client.sock.unwrap()
                client.must("PWD", 530)
                client.must("QUIT", 221)

    def test_clear_text_behind_auth(self):
        """R0b F: never executed, whatever the segments."""
        client = self.client()
        client.send("AUTH TLS\r\nUSER anna")
        client.must_end(503)
        self.assertEqual(client.at_end(), b"")

    def test_no_handshake(self):
        for bad in (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 70000,
                    b"\x16\x03\x01\x00\x05\x01\x00\xff\xff\xff", b"\0" * 400):
            with self.subTest(bad=bad[:12]):
                client = self.client()
                client.must("AUTH TLS", 234)
                with contextlib.suppress(OSError):
                    client.sock.sendall(bad)
                    client.sock.shutdown(socket.SHUT_WR)
                # Not a byte in clear: nothing, or an alert.
                with contextlib.suppress(OSError):
                    self.assertIn(client.at_end()[:1], (b"", b"\x15"))
        self.client().must("NOOP", 200)

    def test_only_tls_1_0(self):
        client = self.client()
        client.must("AUTH TLS", 234)
        ctx = tlslib.context()
        ctx.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ctx.minimum_version = ssl.TLSVersion.TLSv1
            ctx.maximum_version = ssl.TLSVersion.TLSv1
        with self.assertRaises((ssl.SSLError, OSError)):
            ctx.wrap_socket(client.sock)
        self.server.log_has(r" end .*reason=tls-failed .*TLS 1\.0")


class Data(tlslib.Case):
    def test_clear_under_private(self):
        """The refusal touches no file (R1.4) and leaves the session usable."""
        self.server.put("f", b"old")
        client = self.tls().all()
        client.is_private = False
        for command in ("STOR f", "RETR f"):
            with client.transfer(command) as sock:
                sock.sendall(b"this is not TLS, and more than a header of it")
                with contextlib.suppress(OSError):
                    lib.read_all(sock)
            client.must_end(522)
        self.assertEqual(self.server.get("f"), b"old")
        client.is_private = True
        client.upload("STOR f", b"new")
        self.assertEqual(self.server.get("f"), b"new")

    def test_reset_upload(self):
        """R3.3: an RST is never a complete file."""
        self.server.put("f", b"old")
        client = self.tls().all()
        with client.transfer("STOR f") as sock:
            sock.sendall(lib.pattern(100000))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            b"\1\0\0\0\0\0\0\0")
        client.must_end(426)
        self.assertEqual(self.server.get("f"), b"old")

    def test_bare_fin_is_accepted(self):
        client = self.tls().all()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"text")
        client.must_end(226)
        self.assertEqual(self.server.get("f"), b"text")
        self.server.log_has("without close_notify")

    def seconds(self, client, count=20):
        """The shortest time of an upload: one that waits for a delayed
        acknowledgement takes 40 ms each time."""
        times, lines = [], set()
        for _ in range(count):
            begin = time.monotonic()
            lines.add(client.upload("STOR f", b"text").lines[-1])
            times.append(time.monotonic() - begin)
        return min(times), {len(line) + 2 for line in lines}

    def test_no_stall(self):
        """Nagle's algorithm meets delayed acknowledgements on neither side: not
        in this client, whose first bytes follow the end of the handshake, and
        not for the 226 behind a 150 that nobody has acknowledged: it fills its
        segment, under TLS 1.3 by the record, under 1.2 by the text."""
        ctx = tlslib.context(ssl.TLSVersion.TLSv1_2)
        ctx.set_ciphers("ECDHE+AESGCM")
        client = self.tls(ctx=ctx).all()
        least, sizes = self.seconds(client)
        self.assertLess(least, 0.04)
        mss = client.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        self.assertIn(mss - 29, sizes)  # what a record of AES-GCM adds
        ctx = tlslib.context(ssl.TLSVersion.TLSv1_3)
        least, sizes = self.seconds(self.tls(ctx=ctx).all())
        self.assertLess(least, 0.04)
        self.assertLess(max(sizes), 100)

    def test_prot_c(self):
        client = self.tls().all()
        client.must("PROT C", 200)
        client.is_private = False
        client.upload("STOR f", b"text")
        self.assertEqual(client.download("RETR f"), b"text")


class Reuse(tlslib.Case):
    """R1.3: what each policy lets through."""

    def refused(self, client, fresh):
        """Uploads with a session of the client's choice; is it refused?"""
        command = "STOR f"
        client.must("TYPE I", 200)
        with client.connect() as sock:
            client.send(command)
            client.must_end(150)
            with client.ctx.wrap_socket(sock, session=fresh) as tls:
                with contextlib.suppress(OSError):
                    tls.sendall(b"text")
                    tls.unwrap()
        code = client.reply().code
        self.assertIn(code, (226, 522))
        self.assertEqual(self.server.exists("f"), code == 226)
        client.must("NOOP", 200)
        if code == 226:
            os.unlink(self.server.path("f"))
        return code == 522

    def check(self, none, same, foreign):
        ctx = tlslib.context()
        one, two = (self.tls(ctx=ctx).all() for _ in range(2))
        guest = self.tls(ctx=ctx).auth()
        guest.login("ftp", "x")
        guest.private()
        self.assertFalse(self.refused(one, one.ticket()))
        self.assertEqual(self.refused(one, None), none)
        self.assertEqual(self.refused(one, two.ticket()), same)
        self.assertEqual(self.refused(one, guest.ticket()), foreign)
        # Nobody has logged in there: as if it were not resumed.
        old = self.tls(ctx=tlslib.context(tlslib.VERSIONS[0])).all()
        new = self.tls(ctx=old.ctx).auth()
        self.assertEqual(self.refused(old, new.sock.session), none)
        # Unless it has resumed this one.
        new = self.tls(ctx=old.ctx, session=old.sock.session).auth()
        self.assertTrue(new.reused)
        self.assertFalse(self.refused(old, new.sock.session))


class Prefer(Reuse):
    def test_policy(self):
        self.check(False, False, True)


class Require(Reuse):
    LISTEN = " session_reuse = require\n"

    def test_policy(self):
        self.check(True, False, True)

    def test_client_is_told(self):
        """ftplib cannot resume, waits for our close_notify, and shows the 522."""
        for version in tlslib.VERSIONS:
            with ftplib.FTP_TLS(context=tlslib.context(version)) as ftp:
                ftp.connect("127.0.0.1", self.server.port, timeout=lib.TIMEOUT)
                ftp.login("anna", lib.PASSWORD)
                ftp.prot_p()
                with self.assertRaisesRegex(ftplib.error_perm, "522 .*resume"):
                    ftp.storbinary("STOR f", io.BytesIO(b"text"))


class Strict(Reuse):
    LISTEN = " session_reuse = strict\n"

    def test_policy(self):
        self.check(True, True, True)

    def test_bare_fin_is_refused(self):
        client = self.tls().all()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"text")
        client.must_end(426)
        self.assertFalse(self.server.exists("f"))


class Required(tlslib.Case):
    LISTEN = " tls = required\n tls_data = required\n"

    def test_policy(self):
        client = self.tls()
        client.must("USER anna", 530)
        client.must("PASS x", 530)
        client.must("FEAT", 211)
        client.auth().login()
        client.must("PROT C", 534)
        client.must("EPSV", 229)
        client.must("NLST", 522)
        client.private()
        client.upload("STOR f", b"text")
        client.must("REIN", 502)


class Implicit(tlslib.Case):
    LISTEN = " implicit = yes\n"

    def connect(self):
        client = self.tls(greet=False)
        client.sock = client.ctx.wrap_socket(client.sock)
        client.must_end(220)
        return client

    def test_session(self):
        client = self.connect()
        client.login()
        client.is_private = True  # without PBSZ and PROT
        client.upload("STOR f", b"text")
        self.assertEqual(client.download("RETR f"), b"text")
        client.must("AUTH TLS", 534)
        client.must("CCC", 534)
        client.must("REIN", 502)
        client.must("QUIT", 221)


@lib.needs("openssl")
class Certificates(tlslib.Case):
    """R22.1: certificate instead of, beside or as well as a password."""

    CONF = ('listen "c" {\n address = "127.0.0.1"\n port = 0\n'
            ' client_certs = request\n client_ca = "@BASE@/joe.crt"\n}\n')

    @classmethod
    def make_server(cls):
        base = lib.scratch_directory()
        cls.pair = [os.path.join(base, f"joe.{end}") for end in ("crt", "key")]
        tlslib.make_pair(*cls.pair, name="joe")
        conf = cls.CONF.replace("@BASE@/joe.crt", cls.pair[0])
        cls.server = lib.Server(conf=conf)
        text = ""
        for login in ("certificate", "both", "either", "password"):
            text += lib.user_text(login, lib.PASSWORD).replace(
                "/@ROOT@", cls.server.root).replace(
                "\n}", f'\n\tlogin = {login}\n\tcertificate = "cn:joe"\n}}')
        with open(os.path.join(cls.server.base, "users"), "a",
                  encoding="utf-8") as f:
            f.write(text)
        return cls.server

    def shown(self, version):
        ctx = tlslib.context(version)
        ctx.load_cert_chain(*self.pair)
        return ctx

    def outcome(self, user, password, ctx):
        """Codes of USER and, if that was not enough, PASS."""
        client = self.tls(ctx=ctx).auth()
        codes = [client.cmd(f"USER {user}").code]
        if codes == [331]:
            codes.append(client.cmd(f"PASS {password}").code)
        if codes[-1] in (230, 232):
            client.private()
            client.upload("STOR f", b"text")
            client.must("USER again", 331)
        client.must("QUIT", 221)
        return codes

    def test_logins(self):
        good, bad = lib.PASSWORD, "wrong"
        for version in tlslib.VERSIONS:
            cert, none = self.shown(version), tlslib.context(version)
            for user, password, ctx, codes in (
                    ("certificate", bad, cert, [232]),
                    ("certificate", good, none, [331, 530]),
                    ("both", good, cert, [331, 230]),
                    ("both", bad, cert, [331, 530]),
                    ("both", good, none, [331, 530]),
                    ("either", bad, cert, [232]),
                    ("either", good, none, [331, 230]),
                    ("password", good, cert, [331, 230]),
                    ("nobody-there", good, cert, [331, 530])):
                with self.subTest(version=version, user=user, codes=codes):
                    self.assertEqual(self.outcome(user, password, ctx), codes)


if __name__ == "__main__":
    lib.main()
