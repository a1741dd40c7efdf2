#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Contents: every way to make a data connection, sizes around the borders of
buffers, resuming, appending, types."""

import os
import socket
import threading

import lib

SIZES = (0, 1, 65535, 65536, 65537, 10 << 20)
WAYS = (("127.0.0.1", "PASV"), ("127.0.0.1", "EPSV"), ("127.0.0.1", "PORT"),
        ("127.0.0.1", "EPRT"), ("::1", "EPSV"), ("::1", "EPRT"))


class Transfer(lib.TestCase):
    def each_way(self):
        for host, how in WAYS:
            if host == "::1" and not lib.has_ipv6():
                continue
            with self.subTest(host=host, how=how):
                yield host, how

    def test_download(self):
        for size in SIZES:
            self.server.put(f"f{size}", lib.pattern(size))
        for host, how in self.each_way():
            client = self.login(host=host)
            for size in SIZES:
                data = client.download(f"RETR f{size}", how)
                self.assertTrue(data == lib.pattern(size), size)

    def test_upload(self):
        for host, how in self.each_way():
            client = self.login(host=host)
            for size in SIZES:
                client.upload(f"STOR g{size}", lib.pattern(size), how)
                # R7.2: whole and visible to everybody at the 226.
                self.assertTrue(self.server.get(f"g{size}") == lib.pattern(size),
                                size)
                os.unlink(self.server.path(f"g{size}"))

    def test_listings(self):
        self.server.put("f", b"x")
        for host, how in self.each_way():
            client = self.login(host=host)
            self.assertEqual(client.lines("NLST", how), ["f"])
            self.assertEqual(len(client.lines("MLSD", how)), 1)
            self.assertEqual(len(client.lines("LIST", how)), 1)

    def test_the_data_may_come_before_the_command(self):
        # R5.2: connected and everything sent before STOR.
        client = self.login()
        for data in (b"", b"x" * 1000):
            sock = client.connect()
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            client.must("STOR early", 150)
            client.must_end(226)
            self.assertEqual(self.server.get("early"), data)
            sock.close()

    def test_the_connection_may_come_after_the_150(self):
        # R5.1, FileZilla with empty files: 150 does not wait for it.
        self.server.put("f", b"text")
        client = self.login()
        address = client.passive()
        client.must("RETR f", 150)
        with socket.create_connection(address, lib.TIMEOUT) as sock:
            self.assertEqual(lib.read_all(sock), b"text")
        client.must_end(226)

    def test_announced_size(self):
        # ftplib, curl and wget read the number in the 150 (R30.2: what remains).
        self.server.put("f", b"x" * 12345)
        client = self.login()
        client.must("TYPE I", 200)
        for offset in (0, 345):
            client.must(f"REST {offset}", 350)
            sock = client.connect()
            reply = client.must("RETR f", 150)
            self.assertRegex(reply.text, rf"\({12345 - offset} bytes\)\.$")
            self.assertEqual(len(lib.read_all(sock)), 12345 - offset)
            client.must_end(226)

    def test_restart_download(self):
        data = lib.pattern(200000)
        self.server.put("f", data)
        client = self.login()
        for offset in (0, 1, 65536, 199999, 200000):
            client.must(f"REST {offset}", 350)
            self.assertTrue(client.download("RETR f") == data[offset:], offset)
        client.must("REST 200001", 350)
        sock = client.connect()
        client.must("RETR f", 554)
        sock.close()
        # It holds for one transfer only, refused or not (T23).
        self.assertTrue(client.download("RETR f") == data)

    def test_restart_offsets(self):
        client = self.login()
        for good in ("0", "4294967297", "9223372036854775807", "007"):
            client.must("REST " + good, 350)
        # proftpd#2286
        for bad in ("9223372036854775808", "-1", "x", "18446744073709551616",
                    "99999999999999999999999", "1 2", "0x10", "+1"):
            client.must("REST " + bad, 501)

    def test_restart_upload(self):
        data = lib.pattern(100000)
        client = self.login()
        client.upload("STOR f", data[:70000])
        client.must("REST 70000", 350)
        client.upload("STOR f", data[70000:])
        self.assertTrue(self.server.get("f") == data)
        # Shorter than what was there: the file ends where the data ended.
        client.must("REST 10", 350)
        client.upload("STOR f", b"tail")
        self.assertEqual(self.server.get("f"), data[:10] + b"tail")
        # No holes (R30.1).
        client.must("REST 15", 350)
        sock = client.connect()
        client.must("STOR f", 554)
        sock.close()
        self.assertEqual(self.server.get("f"), data[:10] + b"tail")

    def test_append(self):
        client = self.login()
        client.upload("APPE f", b"one ")
        client.upload("APPE f", b"two")
        self.assertEqual(self.server.get("f"), b"one two")

    def test_unique(self):
        client = self.login()
        names = set()
        for number in range(3):
            sock = client.connect()
            name = client.must("STOU", 150).text
            self.assertTrue(name.startswith("FILE: "), name)
            sock.sendall(str(number).encode())
            sock.close()
            final = client.must_end(226).text
            path = name[len("FILE: "):]
            self.assertIn(path, final)
            self.assertEqual(self.server.get(path.lstrip("/")),
                             str(number).encode())
            names.add(path)
        self.assertEqual(len(names), 3)

    def test_larger_than_4_gib(self):
        size = (5 << 30) + 10
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(size)
            f.seek(size - 4)
            f.write(b"tail")
        client = self.login()
        self.assertEqual(client.must("SIZE big", 213).text, str(size))
        client.must(f"REST {size - 6}", 350)
        self.assertEqual(client.download("RETR big"), b"\0\0tail")
        self.assertIn(str(size), client.lines("LIST")[0])
        self.assertIn(f"size={size};", client.lines("MLSD")[0])
        # What is before the offset is kept; its holes cost nothing.
        client.must(f"REST {size - 4}", 350)
        client.upload("STOR big", b"other")
        with open(self.server.path("big"), "rb") as f:
            self.assertLess(os.fstat(f.fileno()).st_blocks, 2048)
            f.seek(size - 6)
            self.assertEqual(f.read(), b"\0\0other")

    def test_type_ascii_leaves_bytes_alone(self):
        # R29.1: the default, because TYPE A has destroyed more than it helped.
        data = b"dos\r\nunix\nmac\rend"
        client = self.login()
        client.must("TYPE A", 200)
        client.upload("STOR f", data)
        self.assertEqual(self.server.get("f"), data)
        self.assertEqual(client.download("RETR f"), data)
        self.assertEqual(client.must("SIZE f", 213).text, str(len(data)))

    def test_many_small_files(self):
        client = self.login()
        for number in range(200):
            client.upload("STOR f", b"%d" % number)
            self.assertEqual(client.download("RETR f"), b"%d" % number)

    def test_parallel(self):
        data = lib.pattern(3 << 20)
        self.server.put("f", data)

        def work(number):
            client = self.login()
            for _ in range(3):
                if client.download("RETR f") != data:
                    raise AssertionError("wrong bytes")
                client.upload(f"STOR g{number}", data)

        waits = [self.in_background(work, number) for number in range(8)]
        for wait in waits:
            wait()
        for number in range(8):
            self.assertTrue(self.server.get(f"g{number}") == data)

    def test_growing_file(self):
        # What was there at the start is sent, no more (protocol 7.3 RETR).
        path = self.server.put("f", b"x" * (4 << 20))
        client = self.login()
        with client.transfer("RETR f") as sock:
            with open(path, "ab") as f:
                f.write(b"y" * 100)
            self.assertEqual(lib.read_all(sock), b"x" * (4 << 20))
        client.must_end(226)

    def test_shrinking_file(self):
        # Never a clean end of something that is not whole.
        path = self.server.put("f", b"x" * (64 << 20))
        client = self.login()
        with client.transfer("RETR f") as sock:
            sock.recv(10)
            os.truncate(path, 10)
            with self.assertRaises(ConnectionResetError):
                lib.read_all(sock)
        client.must_end(451)
        client.must("NOOP", 200)

    def test_slow_reader_blocks_nobody(self):
        self.server.put("f", b"x" * (64 << 20))
        slow = [self.login() for _ in range(4)]
        socks = []
        for client in slow:
            socks.append(client.connect())
            client.must("RETR f", 150)
        other = self.login()
        for _ in range(20):
            other.must("NOOP", 200)
            self.assertEqual(len(other.lines("LIST")), 1)
        for client, sock in zip(slow, socks):
            self.assertEqual(len(lib.read_all(sock)), 64 << 20)
            sock.close()
            client.must_end(226)

    def test_descriptors_are_given_back(self):
        self.server.put("f", b"text")
        client = self.login()

        def round_trip():
            client.download("RETR f")
            client.upload("STOR g", b"text")
            client.lines("LIST")
            client.passive()
            client.must("ABOR", 226)

        round_trip()
        before = [self.server.open_files(role) for role in ("worker", "agent")]
        for _ in range(30):
            round_trip()
        # Sockets linger for a moment to end in an orderly way.
        lib.wait_for(lambda: [self.server.open_files(role)
                              for role in ("worker", "agent")] <= before,
                     "descriptors to be closed")


class Ascii(lib.TestCase):
    CONF = """
        files {
            ascii = convert
        }"""

    def test_round_trip(self):
        # R29.2
        client = self.login()
        client.must("TYPE A", 200)
        client.upload("STOR f", b"one\r\ntwo\r\nlone\rcr\n")
        self.assertEqual(self.server.get("f"), b"one\ntwo\nlone\rcr\n")
        self.assertEqual(client.download("RETR f"), b"one\r\ntwo\r\nlone\rcr\r\n")
        client.must("TYPE I", 200)
        self.assertEqual(client.download("RETR f"), b"one\ntwo\nlone\rcr\n")

    def test_over_the_borders_of_buffers(self):
        # T40: a CR at the end of a buffer and its LF in the next.
        client = self.login()
        client.must("TYPE A", 200)
        unix = b"".join(b"x" * (i % 97) + b"\n" for i in range(20000))
        dos = unix.replace(b"\n", b"\r\n")
        self.server.put("f", unix)
        self.assertTrue(client.download("RETR f") == dos)
        client.upload("STOR g", dos)
        self.assertTrue(self.server.get("g") == unix)
        self.server.put("h", dos)
        self.assertTrue(client.download("RETR h") == dos)

    def test_split_inside_a_line_end(self):
        client = self.login()
        client.must("TYPE A", 200)
        with client.transfer("STOR f") as sock:
            for part in (b"one\r", b"\ntwo\r", b"three\r"):
                sock.sendall(part)
                threading.Event().wait(0.05)
        client.must_end(226)
        self.assertEqual(self.server.get("f"), b"one\ntwo\rthree\r")

    def test_size_and_restart(self):
        self.server.put("f", b"a\nb\n")
        client = self.login()
        client.must("TYPE A", 200)
        # R29.2: FluentFTP looks for the word.
        self.assertRegex(client.must("SIZE f", 550).text, "(?i)ascii")
        client.must("TYPE I", 200)
        client.must("SIZE f", 213)


if __name__ == "__main__":
    lib.main()
