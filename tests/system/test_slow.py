#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
A file system that hangs: who reads from it waits, and nobody else does.

Nothing here depends on how long something takes: a file hangs until the test
lets go of it, and what the others must be able to do is done meanwhile.
"""

import errno
import os
import unittest

import lib
import slowfs
import tlslib

LARGE = lib.pattern(3000001)
SMALL = b"line one\nline two\n"
MANY = 12  # more than an agent keeps idle threads for


class Slow(tlslib.Case):
    AS_ROOT = True
    USERS = (("inside", "x", "--root", "/@ROOT@/slow"),)
    CONF = "workers = 1\nfiles {\n ascii = convert\n}\n"

    def setUp(self):
        super().setUp()
        os.chmod(self.server.root, 0o1777)
        try:
            self.fs = slowfs.SlowFS(self.server.mkdir("slow"), {
                "large": LARGE, "small": SMALL, "empty": b""})
        except OSError as e:
            if e.errno not in (errno.ENOENT, errno.EPERM, errno.EACCES,
                               errno.ENODEV):
                raise
            raise unittest.SkipTest(f"no FUSE here: {e}") from e
        self.addCleanup(self.fs.close)
        self.server.put("quick", LARGE)

    def hang(self, command="RETR slow/small", client=None):
        """A session and its transfer that waits for the file system."""
        client = client or self.login()
        sock = client.connect()
        self.addCleanup(sock.close)
        client.must(command, 150)
        return client, sock

    def hang_all(self, count):
        self.fs.stall("small")
        hanging = [self.hang() for _ in range(count)]
        lib.wait_for(lambda: self.fs.is_waited_for("small"), "a read to hang")
        return hanging

    def check_others(self):
        """Everything works that needs not that file."""
        client = self.login()
        client.must("NOOP", 200)
        self.assertEqual(client.download("RETR quick"), LARGE)
        self.assertEqual(client.download("RETR slow/large"), LARGE)
        self.assertIn("slow/large", client.names("NLST slow"))
        client.upload("STOR new", SMALL)
        client.must("DELE new", 250)
        client.must("QUIT", 221)
        client.close()

    def test_contents(self):
        """R30: as from anywhere else, in whole and in part."""
        client = self.login()
        for name, data in (("large", LARGE), ("small", SMALL), ("empty", b"")):
            self.assertEqual(client.download(f"RETR slow/{name}"), data)
        for offset in (1, 4095, 4096, 262144, len(LARGE) - 1, len(LARGE)):
            client.must(f"REST {offset}", 350)
            self.assertEqual(client.download("RETR slow/large"), LARGE[offset:])
        client.must("REST 19", 350)
        sock = client.connect()
        client.must("RETR slow/small", 554)
        sock.close()
        client.must("TYPE A", 200)
        self.assertEqual(client.download("RETR slow/small"),
                         SMALL.replace(b"\n", b"\r\n"))

    def test_contents_tls(self):
        client = self.tls().all()
        for name, data in (("large", LARGE), ("small", SMALL), ("empty", b"")):
            self.assertEqual(client.download(f"RETR slow/{name}"), data)

    def test_others_do_not_wait(self):
        hanging = self.hang_all(MANY)
        self.check_others()
        self.assertTrue(self.fs.is_waited_for("small"))
        self.fs.resume("small")
        for client, sock in hanging:
            self.assertEqual(lib.read_all(sock), SMALL)
            client.must_end(226)
            client.must("NOOP", 200)

    def test_home(self):
        """Logins to a home directory that hangs: other logins do not."""
        self.assertEqual(self.login("inside", "x").names(),
                         ["empty", "large", "small"])
        self.fs.stall(slowfs.HOME)
        late = [self.client() for _ in range(MANY)]
        for client in late:
            client.must("USER inside", 331)
            client.send("PASS x")
        lib.wait_for(lambda: self.fs.is_waited_for(slowfs.HOME), "it to hang")
        client = self.login()
        self.assertEqual(client.download("RETR quick"), LARGE)
        self.fs.resume(slowfs.HOME)
        for client in late:
            client.must_end(230)

    def test_abort(self):
        """T34: at once; the session goes on when the file system does."""
        (client, sock), = self.hang_all(1)
        client.must("STAT", 213)
        client.must("ABOR", 426)
        client.must_end(226)
        client.must("NOOP", 200)
        with self.assertRaises(ConnectionResetError):
            lib.read_all(sock)
        self.check_others()
        self.fs.resume("small")
        self.assertEqual(client.download("RETR slow/large"), LARGE)

    def test_session_ends(self):
        """T27: whoever goes while his file hangs leaves nothing open."""
        client = self.login()
        client.download("RETR slow/small")
        os.stat(self.fs.directory)
        workers = self.server.open_files("worker")
        agents = self.server.open_files("agent")
        for how in ("close", "reset", "QUIT"):
            with self.subTest(how=how):
                (gone, sock), = self.hang_all(1)
                if how == "QUIT":
                    gone.send("QUIT")
                    sock.close()
                else:
                    getattr(gone, how)()
                self.check_others()
                self.fs.resume("small")
                lib.wait_for(lambda: (
                    self.server.open_files("worker") <= workers
                    and self.server.open_files("agent") <= agents),
                    "the descriptors to be closed")

    def test_read_error(self):
        """The connection is reset, and the client told."""
        self.fs.stall("small")
        client, sock = self.hang()
        lib.wait_for(lambda: self.fs.is_waited_for("small"), "a read to hang")
        self.fs.resume("small", errno.EIO)
        with self.assertRaises(ConnectionResetError):
            lib.read_all(sock)
        client.must_end(451)
        self.assertEqual(client.download("RETR quick"), LARGE)

    # -------------------------------------------------------------- uploads

    def content(self, name):
        return self.fs.data[self.fs.names.index(name)]

    def hang_uploads(self, count):
        self.fs.stall(slowfs.NEW)
        hanging = []
        for number in range(count):
            client, sock = self.hang(f"STOR slow/up{number}")
            sock.sendall(SMALL)
            hanging.append((client, sock))
        lib.wait_for(lambda: self.fs.is_waited_for(slowfs.NEW),
                     "a write to hang")
        return hanging

    def test_upload_contents(self):
        """R7.2: as to anywhere else."""
        client = self.login()
        for name, data in (("large", LARGE), ("new", SMALL), ("none", b"")):
            client.upload(f"STOR slow/{name}", data)
            self.assertEqual(self.content(name), data)
        client.upload("APPE slow/new", SMALL)
        self.assertEqual(self.content("new"), SMALL + SMALL)
        client.must("TYPE A", 200)
        client.upload("STOR slow/text", b"one\r\ntwo\r\n\r")
        self.assertEqual(self.content("text"), b"one\ntwo\n\r")
        self.tls().all().upload("STOR slow/tls", LARGE)
        self.assertEqual(self.content("tls"), LARGE)

    def test_uploads_of_others_do_not_wait(self):
        hanging = self.hang_uploads(MANY)
        self.check_others()
        hanging[0][0].must("STAT", 213)
        self.assertTrue(self.fs.is_waited_for(slowfs.NEW))
        self.fs.resume(slowfs.NEW)
        for number, (client, sock) in enumerate(hanging):
            sock.close()
            client.must_end(226)
            self.assertEqual(self.content(f"up{number}"), SMALL)

    def test_upload_abort(self):
        """T34: at once; the session goes on when the file system does."""
        (client, _), = self.hang_uploads(1)
        client.must("ABOR", 426)
        client.must_end(226)
        self.check_others()
        self.fs.resume(slowfs.NEW)
        client.upload("STOR slow/again", SMALL)
        self.assertEqual(self.content("again"), SMALL)

    def test_upload_write_error(self):
        """R7.2: never 226, and the old file stays."""
        (client, sock), = self.hang_uploads(1)
        self.fs.resume(slowfs.NEW, errno.ENOSPC)
        sock.close()
        client.must_end(552)
        self.assertNotIn("up0", self.fs.names)


if __name__ == "__main__":
    lib.main()
