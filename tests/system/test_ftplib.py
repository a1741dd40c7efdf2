#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Python's ftplib against the server."""

import ftplib
import io
import socket

import lib
from clients import NAMES


class Ftplib(lib.TestCase):
    def ftp(self, host="127.0.0.1", user=lib.USER, password=lib.PASSWORD):
        ftp = ftplib.FTP(timeout=lib.TIMEOUT)
        ftp.connect(host, self.server.ports[host])
        ftp.login(user, password)
        self.addCleanup(ftp.close)
        return ftp

    def fetch(self, ftp, name, **keywords):
        parts = []
        ftp.retrbinary("RETR " + name, parts.append, **keywords)
        return b"".join(parts)

    def test_get_and_put(self):
        data = lib.pattern(300000)
        for host in ("127.0.0.1", "::1"):
            if host == "::1" and not lib.has_ipv6():
                continue
            for passive in (True, False):
                ftp = self.ftp(host)
                ftp.set_pasv(passive)
                ftp.storbinary("STOR f", io.BytesIO(data))
                self.assertTrue(self.fetch(ftp, "f") == data)
                self.assertEqual(ftp.size("f"), len(data))
                self.assertEqual(ftp.nlst(), ["f"])
                ftp.quit()

    def test_resume_and_append(self):
        data = lib.pattern(100000)
        ftp = self.ftp()
        ftp.storbinary("STOR f", io.BytesIO(data[:60000]))
        ftp.storbinary("STOR f", io.BytesIO(data[60000:]), rest=60000)
        self.assertTrue(self.server.get("f") == data)
        self.assertTrue(self.fetch(ftp, "f", rest=99990) == data[99990:])
        ftp.storbinary("APPE f", io.BytesIO(b"more"))
        self.assertTrue(self.server.get("f") == data + b"more")

    def test_lines(self):
        self.server.put("f", b"one\ntwo\n")
        ftp = self.ftp()
        lines = []
        ftp.retrlines("RETR f", lines.append)
        self.assertEqual(lines, ["one", "two"])
        ftp.storlines("STOR g", io.BytesIO(b"one\ntwo\n"))
        self.assertEqual(self.server.get("g"), b"one\r\ntwo\r\n")

    def test_announced_size(self):
        self.server.put("f", b"12345")
        ftp = self.ftp()
        ftp.voidcmd("TYPE I")
        sock, size = ftp.ntransfercmd("RETR f")
        self.assertEqual(size, 5)
        self.assertEqual(lib.read_all(sock), b"12345")
        sock.close()
        ftp.voidresp()

    def test_abort(self):
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(256 << 20)
        ftp = self.ftp()
        sock = ftp.transfercmd("RETR big")
        sock.recv(1000)
        self.assertTrue(ftp.abort().startswith("426"))
        self.assertTrue(ftp.getresp().startswith("226"))
        sock.close()
        self.assertEqual(ftp.nlst(), ["big"])

    def test_machine_listing(self):
        self.server.put("dir/f", b"12345")
        ftp = self.ftp()
        entries = dict(ftp.mlsd("dir", ["type", "size"]))
        self.assertEqual(entries, {"f": {"type": "file", "size": "5"}})

    def test_manage(self):
        ftp = self.ftp()
        self.assertEqual(ftp.mkd('a"b'), '/a"b')
        ftp.cwd('a"b')
        self.assertEqual(ftp.pwd(), '/a"b')
        ftp.cwd("..")
        ftp.rmd('a"b')
        self.server.put("f", b"x")
        ftp.rename("f", "g")
        ftp.delete("g")
        with self.assertRaises(ftplib.error_perm):
            ftp.delete("g")
        with self.assertRaises(ftplib.error_perm):
            self.fetch(ftp, "missing")
        self.assertEqual(self.server.names(), [])

    def test_names(self):
        ftp = self.ftp()
        for name in NAMES:
            ftp.storbinary("STOR " + name, io.BytesIO(name.encode()))
            self.assertEqual(self.fetch(ftp, name), name.encode())
        self.assertEqual(sorted(ftp.nlst()), sorted(NAMES))

    def test_wrong_password(self):
        with self.assertRaises(ftplib.error_perm):
            self.ftp(password="wrong")

    def test_source_address(self):
        ftp = ftplib.FTP(timeout=lib.TIMEOUT, source_address=("127.0.0.5", 0))
        ftp.connect("127.0.0.1", self.server.port)
        ftp.login()
        self.server.put("f", b"x")
        self.assertEqual(self.fetch(ftp, "f"), b"x")
        ftp.quit()
        self.assertEqual(socket.gethostbyname("127.0.0.5"), "127.0.0.5")


if __name__ == "__main__":
    lib.main()
