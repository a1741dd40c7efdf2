#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Uploads show under their name when they are whole, and can be resumed."""

import contextlib
import os
import socket

import lib


def hidden(names):
    """Names that are no temporary files of ours."""
    return [name for name in names if not name.startswith(".")]


class Atomic(lib.TestCase):
    def break_upload(self, command, data):
        """An upload whose connection is reset after these bytes arrived."""
        client = self.login()
        with client.transfer(command) as sock:
            sock.sendall(data)
            # The bytes are there when the server says so.
            lib.wait_for(lambda: str(len(data)) in client.must("STAT", 213).text,
                         "the bytes to arrive")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            b"\1\0\0\0\0\0\0\0")
        client.must_end(426)
        return client

    def test_nothing_shows_before_it_is_whole(self):
        client, other = self.login(), self.login()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"x" * 100000)
            lib.wait_for(lambda: "100000" in client.must("STAT", 213).text,
                         "the bytes to arrive")
            self.assertEqual(hidden(self.server.names()), [])
            for verb in ("LIST", "LIST -a .", "NLST -a", "MLSD"):
                names = [line for line in other.lines(verb) if "f" in line[-9:]]
                self.assertEqual(names, [], verb)
            other.must("SIZE f", 550)
            sock.sendall(b"y")
        client.must_end(226)
        self.assertEqual(self.server.get("f"), b"x" * 100000 + b"y")
        self.assertEqual(self.server.names(), ["f"])

    def test_old_file_stays_until_the_new_one_is_whole(self):
        self.server.put("f", b"old")
        client, other = self.login(), self.login()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"new")
            self.assertEqual(other.download("RETR f"), b"old")
        client.must_end(226)
        self.assertEqual(other.download("RETR f"), b"new")

    def test_old_file_survives_everything(self):
        self.server.put("f", b"old")
        self.break_upload("STOR f", b"x" * 1000)
        self.assertEqual(self.server.get("f"), b"old")
        client = self.login()
        # The default data port is tried (RFC 959 3.2); nobody is there.
        client.must("STOR f", 150)
        client.must_end(425)
        self.assertEqual(self.server.get("f"), b"old")

    def test_resume(self):
        # R7.4: what was sent is kept for this user under this name.
        data = lib.pattern(300000)
        client = self.break_upload("STOR f", data[:200000])
        self.assertEqual(hidden(self.server.names()), [])
        size = int(client.must("SIZE f", 213).text)
        self.assertEqual(size, 200000)
        client.must(f"REST {size}", 350)
        client.upload("STOR f", data[size:])
        self.assertTrue(self.server.get("f") == data)
        self.assertEqual(self.server.names(), ["f"])

    def test_resume_by_append(self):
        data = lib.pattern(300000)
        client = self.break_upload("STOR f", data[:200000])
        client.upload("APPE f", data[200000:])
        self.assertTrue(self.server.get("f") == data)

    def test_what_was_kept_is_not_in_the_way(self):
        client = self.break_upload("STOR f", b"x" * 1000)
        client.upload("STOR f", b"afresh")
        self.assertEqual(self.server.get("f"), b"afresh")

    def test_resume_over_an_old_file(self):
        # sftpgo#1983: a resumed upload must not publish half a file.
        data = lib.pattern(300000)
        self.server.put("f", b"old")
        client = self.break_upload("STOR f", data[:200000])
        self.assertEqual(self.server.get("f"), b"old")
        client.must("REST 200000", 350)
        client.upload("STOR f", data[200000:])
        self.assertTrue(self.server.get("f") == data)

    def test_broken_append_leaves_the_file_alone(self):
        self.server.put("f", b"old")
        self.break_upload("APPE f", b"x" * 1000)
        self.assertEqual(self.server.get("f"), b"old")

    def test_two_writers(self):
        one, two = self.login(), self.login()
        with one.transfer("STOR f") as first, two.transfer("STOR f") as second:
            first.sendall(b"a" * 100000)
            second.sendall(b"b" * 50000)
            second.shutdown(socket.SHUT_WR)
            two.must_end(226)
            first.shutdown(socket.SHUT_WR)
            one.must_end(226)
        self.assertEqual(self.server.get("f"), b"a" * 100000)

    def test_modes(self):
        # R10.2
        self.server.put("f", b"x", mode=0o600)
        client = self.login()
        client.upload("STOR f", b"y")
        client.upload("STOR g", b"y")
        client.must("MKD d", 257)
        self.assertEqual(lib.file_mode(self.server.path("f")), 0o600)
        self.assertEqual(lib.file_mode(self.server.path("g")), 0o644)
        self.assertEqual(lib.file_mode(self.server.path("d")), 0o755)

    def test_into_a_missing_directory(self):
        client = self.login()
        sock = client.connect()
        client.must("STOR no/f", 550)  # R0b G
        # R0b H: the reply first, then a clean end.
        self.assertEqual(sock.recv(1), b"")
        sock.close()

    def test_who_looks_for_the_reply_last(self):
        # commons-net and ftplib send all of the file before they read.
        client = self.login()
        with client.connect() as sock:
            client.send("STOR no/f")
            sock.sendall(b"x" * (6 << 20))
        client.must_end(550)

    def test_ends_are_bounded(self):
        client = self.login()
        client.must("NOOP", 200)
        most = self.server.open_files("worker") + 256 + 10
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(client.connect())
                client.must("STOR no/f", 550)
                self.assertLessEqual(self.server.open_files("worker"), most)

    def test_onto_a_directory(self):
        self.server.mkdir("d")
        client = self.login()
        sock = client.connect()
        self.assertIn(client.cmd("STOR d").code, (550, 553))
        sock.close()

    def test_through_a_link(self):
        self.server.put("d/target", b"old")
        os.symlink("d/target", self.server.path("link"))
        client = self.login()
        client.upload("STOR link", b"new")
        self.assertEqual(self.server.get("d/target"), b"new")
        self.assertTrue(os.path.islink(self.server.path("link")))


class NotKept(lib.TestCase):
    CONF = """
        files {
            resume = no
        }"""

    def test_nothing_is_left(self):
        client = self.login()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"x" * 1000)
            client.must("ABOR", 426)
            client.must_end(226)
        client.must("SIZE f", 550)
        lib.wait_for(lambda: self.server.names() == [], "nothing to be left")


class InPlace(lib.TestCase):
    CONF = """
        files {
            uploads = in-place
        }"""

    def test_it_grows_under_its_name(self):
        client = self.login()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"x" * 1000)
            lib.wait_for(lambda: self.server.exists("f") and
                         len(self.server.get("f")) == 1000, "the file to grow")
            client.must("ABOR", 426)
            client.must_end(226)
        self.assertEqual(len(self.server.get("f")), 1000)
        client.must("REST 1000", 350)
        client.upload("STOR f", b"rest")
        self.assertEqual(self.server.get("f"), b"x" * 1000 + b"rest")

    def test_beyond_4_gib(self):
        size = (5 << 30) + 10
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(size)
        client = self.login()
        client.must(f"REST {size - 4}", 350)
        client.upload("STOR big", b"other")
        self.assertEqual(os.path.getsize(self.server.path("big")), size + 1)
        client.must(f"REST {size - 5}", 350)
        self.assertEqual(client.download("RETR big"), b"\0other")
        client.upload("APPE big", b"more")
        self.assertEqual(client.must("SIZE big", 213).text, str(size + 5))

    def test_nothing_is_opened_before_the_data_connection(self):
        # R7.1
        self.server.put("f", b"old")
        client = self.login()
        client.passive()
        client.must("STOR f", 150)
        client.must("ABOR", 426)
        client.must_end(226)
        self.assertEqual(self.server.get("f"), b"old")


if __name__ == "__main__":
    lib.main()
