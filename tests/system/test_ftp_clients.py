#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""tnftp, ncftp and wget against the server."""

import os

import lib
from clients import ClientCase, NAMES


@lib.needs("tnftp")
class Tnftp(ClientCase):
    """The BSD client, also in the shape of old Unix and macOS ones."""

    def tnftp(self, *commands, options=()):
        lines = [f"open 127.0.0.1 {self.server.port}",
                 f'user {lib.USER} "{lib.PASSWORD}"', *commands, "bye"]
        return self.run_client("tnftp", "-n", "-v", *options,
                               stdin="\n".join(lines) + "\n", status=None)

    def test_get_and_put(self):
        data = lib.pattern(200000)
        self.write("up", data)
        for options in ((), ("-A",)):
            self.tnftp("binary", "put up f", "get f down", options=options)
            self.assertTrue(self.server.get("f") == data)
            self.assertTrue(self.read("down") == data)
            os.unlink(os.path.join(self.local, "down"))

    def test_list(self):
        self.server.put("dir/f", b"12345")
        output = self.tnftp("ls", "nlist dir", "dir dir", "mlsd", "mlst dir")
        self.assertIn("dir/f", output)
        self.assertIn("type=dir", output)

    def test_many(self):
        for number in range(5):
            self.server.put(f"f{number}", str(number).encode())
            self.write(f"g{number}", str(number).encode())
        self.tnftp("prompt off", "mget f*", "mput g*", "mdelete f*")
        self.assertEqual(self.server.names(), [f"g{n}" for n in range(5)])
        for number in range(5):
            self.assertEqual(self.read(f"f{number}"), str(number).encode())

    def test_resume_and_append(self):
        data = lib.pattern(100000)
        self.server.put("f", data)
        self.write("f", data[:40000])
        self.write("more", b"more")
        self.tnftp("binary", "reget f", "append more f")
        self.assertTrue(self.read("f") == data)
        self.assertTrue(self.server.get("f") == data + b"more")

    def test_manage(self):
        self.server.put("f", b"x")
        output = self.tnftp("rename f g", "mkdir d", "chmod 600 g", "size g",
                            "modtime g", "delete nothing", "system", "rstatus",
                            "remotehelp", "features", "rmdir d")
        self.assertEqual(self.server.names(), ["g"])
        self.assertEqual(lib.file_mode(self.server.path("g")), 0o600)
        self.assertIn("550 ", output)
        self.assertIn("215 UNIX", output)

    def test_names(self):
        for name in NAMES:
            if '"' in name:
                continue  # it has no way to write one
            with self.subTest(name=name):
                self.write("up", name.encode())
                self.tnftp("binary", f'put up "{name}"', f'get "{name}" down')
                self.assertEqual(self.server.get(name), name.encode())
                self.assertEqual(self.read("down"), name.encode())
                os.unlink(os.path.join(self.local, "down"))

    def test_by_address(self):
        self.server.put("d/f", b"text")
        self.run_client("tnftp", "-o", "down", self.url("d/f"))
        self.assertEqual(self.read("down"), b"text")
        self.run_client("tnftp", "-o", "guest", self.url("d/f", user=None))
        self.assertEqual(self.read("guest"), b"text")
        self.write("up", b"new")
        self.run_client("tnftp", "-u", self.url("d/g"), "up")
        self.assertEqual(self.server.get("d/g"), b"new")


@lib.needs("ncftpget", "ncftpput", "ncftpls")
class Ncftp(ClientCase):
    def ncftp(self, program, *args, status=0):
        return self.run_client(program, "-u", lib.USER, "-p", lib.PASSWORD,
                               "-P", str(self.server.port), *args, status=status)

    def test_get_and_put(self):
        data = lib.pattern(200000)
        self.write("f", data)
        for way in ("-F", "-E"):  # passive, active
            self.ncftp("ncftpput", way, "-m", "127.0.0.1", "/d", "f")
            self.assertTrue(self.server.get("d/f") == data)
            down = lib.scratch_directory()
            self.ncftp("ncftpget", way, "127.0.0.1", down, "/d/f")
            with open(os.path.join(down, "f"), "rb") as f:
                self.assertTrue(f.read() == data)

    def test_tree(self):
        self.make_tree(os.path.join(self.local, "tree"))
        self.ncftp("ncftpput", "-R", "127.0.0.1", "/", "tree")
        self.assert_same_trees(os.path.join(self.local, "tree"),
                               self.server.path("tree"))

    def test_list(self):
        self.server.put("dir/f", b"12345")
        output = self.run_client("ncftpls", "-u", lib.USER, "-p", lib.PASSWORD,
                                 "-P", str(self.server.port), "-l",
                                 "ftp://127.0.0.1/dir/")
        self.assertIn("f", output)

    def test_append(self):
        self.server.put("f", b"one ")
        self.write("f", b"two")
        self.ncftp("ncftpput", "-A", "127.0.0.1", "/", "f")
        self.assertEqual(self.server.get("f"), b"one two")


@lib.needs("wget")
class Wget(ClientCase):
    def wget(self, *args, status=0):
        return self.run_client("wget", "-nv", "-T", "30", "-t", "2",
                               f"--user={lib.USER}", f"--password={lib.PASSWORD}",
                               *args, status=status)

    def test_get(self):
        data = lib.pattern(200000)
        self.server.put("d/f", data, mtime=1600000000)
        for way in ((), ("--no-passive-ftp",)):
            self.wget(*way, "-O", "down", self.url("d/f", user=None))
            self.assertTrue(self.read("down") == data)
        self.wget("-N", self.url("d/f", user=None))
        # It takes the time from LIST, which for old files is a day.
        self.assertEqual(os.stat(os.path.join(self.local, "f")).st_mtime // 86400,
                         1600000000 // 86400)

    def test_resume(self):
        data = lib.pattern(100000)
        self.server.put("f", data)
        self.write("f", data[:40000])
        self.wget("-c", self.url("f", user=None))
        self.assertTrue(self.read("f") == data)

    def test_tree(self):
        # It decodes names as if they were parts of an address.
        self.make_tree(self.server.path("tree"),
                       [name for name in NAMES if "%" not in name])
        self.own_tree()
        self.wget("-r", "-l", "9", "-nH", "--restrict-file-names=nocontrol",
                  self.url("tree/", user=None))
        os.rmdir(self.server.path("tree/empty directory"))
        with lib.contextlib.suppress(OSError):
            os.rmdir(os.path.join(self.local, "tree/empty directory"))
        self.assert_same_trees(self.server.path("tree"),
                               os.path.join(self.local, "tree"))

    def test_names(self):
        for name in NAMES:
            with self.subTest(name=name):
                self.server.put(name, name.encode())
                self.wget("-O", "down", self.url(name, user=None))
                self.assertEqual(self.read("down"), name.encode())

    def test_missing(self):
        self.wget(self.url("missing", user=None), status=8)


if __name__ == "__main__":
    lib.main()
