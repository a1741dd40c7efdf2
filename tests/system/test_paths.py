#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Nothing leads out of the root, nothing that is no regular file is opened, and
every way to write a path means the same thing."""

import os
import socket
import stat

import lib


class Paths(lib.TestCase):
    def setUp(self):
        super().setUp()
        self.secret = os.path.join(self.server.base, "secret")
        with open(self.secret, "w", encoding="ascii") as f:
            f.write("secret")
        os.chmod(self.secret, 0o666)
        outside = self.server.make_directory("outside")
        os.chmod(outside, 0o777)
        with open(os.path.join(outside, "f"), "w", encoding="ascii") as f:
            f.write("secret")

    def refused(self, client, command, codes=(501, 550, 553)):
        sock = client.connect()
        self.assertIn(client.cmd(command).code, codes, command)
        sock.close()

    def test_dots(self):
        self.server.put("f", b"inside")
        self.server.mkdir("a/b")
        client = self.login()
        for path in ("..", "/..", "../..", "/../../..", "a/../..", "./..", "/.",
                     "a/b/../../../..", "//..//..", "/a/./b/../.././.."):
            client.must("CWD /", 250)
            client.must("CWD " + path, 250)
            self.assertTrue(client.must("PWD", 257).text.startswith('"/" '), path)
        for path in ("../secret", "/../secret", "a/../../secret",
                     "../../../../../../etc/passwd", "//../secret",
                     "a/b/../../../secret"):
            self.refused(client, "RETR " + path)
            client.must("SIZE " + path, 550)
        # What has the name of a file outside is made inside.
        client.upload("STOR ../f2", b"x")
        self.assertEqual(self.server.get("f2"), b"x")
        client.must("CDUP", 250)
        client.must("CDUP", 250)

    def test_ways_to_write_a_path(self):
        # R36
        self.server.put("dir/f", b"x")
        client = self.login()
        for path in ("dir", "/dir", "dir/", "//dir", "/dir//", "./dir", "dir/.",
                     "/dir/./", "x/../dir"):
            client.must("CWD /", 250)
            client.must("CWD " + path, 250)
            self.assertTrue(client.must("PWD", 257).text.startswith('"/dir" '),
                            path)
        for path in ("~", "", "~/"):
            client.must("CWD " + path if path else "CWD", 250)
            self.assertTrue(client.must("PWD", 257).text.startswith('"/" '), path)
        client.must("CWD dir\\", 550)
        self.server.mkdir("~")
        client.must("CWD ~", 250)
        self.assertTrue(client.must("PWD", 257).text.startswith('"/~" '))

    def test_links_out_of_the_root(self):
        # R37, LightFTP#72
        links = {
            "absolute": self.secret,
            "relative": "../secret",
            "far": "../../../../../../../../etc/passwd",
            "proc": "/proc/self/root/etc/passwd",
        }
        for name, target in links.items():
            os.symlink(target, self.server.path(name))
        os.symlink("../outside", self.server.path("dir"))
        os.symlink(os.path.join(self.server.base, "outside"),
                   self.server.path("absdir"))
        client = self.login()
        for name in links:
            for command in ("RETR", "SIZE", "MDTM", "MLSD", "CWD"):
                self.refused(client, f"{command} {name}")
        for name in ("dir", "absdir"):
            for command in ("CWD {}", "RETR {}/f", "STOR {}/g", "DELE {}/f",
                            "MKD {}/d", "RNFR {}/f", "MLSD {}", "SIZE {}/f",
                            "SITE CHMOD 600 {}/f"):
                self.refused(client, command.format(name))
        outside = os.path.join(self.server.base, "outside")
        self.assertEqual(os.listdir(outside), ["f"])
        with open(self.secret, encoding="ascii") as f:
            self.assertEqual(f.read(), "secret")
        # The links themselves can be seen and removed.
        self.assertEqual(len(client.lines("LIST")), len(links) + 2)
        for name in (*links, "dir", "absdir"):
            client.must("DELE " + name, 250)
        self.assertEqual(self.server.names(), [])
        self.assertTrue(os.path.exists(self.secret))

    def test_store_through_a_link_out_of_the_root(self):
        os.symlink(self.secret, self.server.path("link"))
        client = self.login()
        sock = client.connect()
        code = client.cmd("STOR link").code
        if code == 150:  # an absolute target is looked for inside the root
            sock.close()
            client.must_end(226)
        sock.close()
        with open(self.secret, encoding="ascii") as f:
            self.assertEqual(f.read(), "secret")

    def test_links_inside_the_root(self):
        self.server.put("d/f", b"inside")
        os.symlink("d", self.server.path("dir"))
        os.symlink("/d/f", self.server.path("absolute"))  # from the root
        os.symlink("dir/../d/f", self.server.path("dots"))
        client = self.login()
        for name in ("dir/f", "absolute", "dots"):
            self.assertEqual(client.download("RETR " + name), b"inside")
        client.must("CWD dir", 250)
        self.assertEqual(client.lines("NLST"), ["f"])

    def test_link_loop(self):
        os.symlink("b", self.server.path("a"))
        os.symlink("a", self.server.path("b"))
        client = self.login()
        self.refused(client, "RETR a")
        self.refused(client, "CWD a")
        self.assertEqual(len(client.lines("LIST")), 2)

    def test_removal_follows_no_link(self):
        self.server.put("d/f", b"x")
        os.symlink("d", self.server.path("link"))
        os.symlink("d/f", self.server.path("file"))
        client = self.login()
        client.must("DELE file", 250)
        client.must("RMD link", 550)
        client.must("DELE link", 250)
        self.assertEqual(self.server.get("d/f"), b"x")

    def test_special_files(self):
        # Nothing blocks on a FIFO, nothing reads a device.
        os.mkfifo(self.server.path("fifo"))
        self.server.own(self.server.path("fifo"))
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(self.server.path("socket"))
            self.server.own(self.server.path("socket"))
        names = ["fifo", "socket"]
        if os.geteuid() == 0:
            os.mknod(self.server.path("null"), stat.S_IFCHR | 0o666,
                     os.makedev(1, 3))
            names.append("null")
        client = self.login()
        for name in names:
            for command in ("RETR", "STOR", "APPE"):
                self.refused(client, f"{command} {name}")
            client.must("REST 1", 350)
            self.refused(client, f"STOR {name}", (550, 553, 554))
            client.must("SIZE " + name, 550)
        self.assertEqual(len(client.lines("LIST")), len(names))
        self.assertEqual(len(client.lines("MLSD")), len(names))
        client.must("RNFR fifo", 350)
        client.must("RNTO fifo2", 250)
        client.must("DELE fifo2", 250)

    def test_permissions(self):
        if os.geteuid() == 0 and self.server.as_root:
            self.skipTest("root may do everything")
        self.server.put("closed", b"x", mode=0)
        self.server.put("dir/f", b"x")
        os.chmod(self.server.path("dir"), 0o000)
        self.addCleanup(os.chmod, self.server.path("dir"), 0o755)
        client = self.login()
        self.refused(client, "RETR closed")
        self.refused(client, "LIST dir")
        self.refused(client, "RETR dir/f")
        client.must("CWD dir", 550)
        self.refused(client, "STOR dir/g")

    def test_directories(self):
        client = self.login()
        # Rules 9 and 56
        self.assertEqual(client.must('MKD a"b', 257).text,
                         '"/a""b" directory created.')
        self.assertRegex(client.must('MKD a"b', 550).text, "(?i)exists")
        client.must("MKD no/such", 550)
        client.must("MKD d/", 257)
        client.must("MKD d/e", 257)
        self.assertRegex(client.must("RMD d", 550).text, "(?i)not empty")
        client.must("RMD /", 550)
        client.must("RMD d/e/", 250)
        client.must("CWD d", 250)
        client.must("RMD ../d", 550)
        self.login().must("XRMD d", 250)
        # The working directory is gone; the session is not.
        client.must("PWD", 257)
        self.refused(client, "LIST")
        client.must("CDUP", 250)
        client.must("DELE a\"b", 550)

    def test_rename(self):
        # R35
        self.server.put("f", b"f")
        self.server.put("g", b"g")
        self.server.put("d/h", b"h")
        client = self.login()
        client.must("RNTO x", 503)
        client.must("RNFR nothing", 550)
        client.must("RNFR f", 350)
        client.must("RNTO g", 250)
        self.assertEqual(self.server.get("g"), b"f")
        client.must("RNFR g", 350)
        client.must("NOOP", 200)
        client.must("RNTO h", 503)  # T22
        client.must("RNFR d", 350)
        client.must("RNTO d/e", 553)
        client.must("RNFR d", 350)
        client.must("RNTO e", 250)
        client.must("RNFR g", 350)
        client.must("RNTO e/no/g", 550)
        client.must("RNFR g", 350)
        client.must("RNTO e", 553)
        client.must("RNFR g", 350)
        client.must("RNTO g", 250)
        client.must("RNFR e/h", 350)
        client.must("RNTO ../../h", 250)
        self.assertEqual(self.server.names(), ["e", "g", "h"])

    def test_long_paths(self):
        client = self.login()
        self.assertIn(client.cmd("MKD " + "x" * 256).code, (550, 553))
        client.must("CWD " + "x/" * 3000, 550)
        for command in ("SIZE ", "MDTM ", "DELE ", "RNFR ", "MLST "):
            client.must(command + "x" * 5000, 550)
        path = ""
        for _ in range(15):
            path += "/" + "y" * 250
            client.must("MKD " + path, 257)
        client.must("CWD " + path, 250)
        self.assertTrue(client.must("PWD", 257).text.startswith(f'"{path}"'))
        client.upload("STOR f", b"x")
        self.assertEqual(client.download("RETR " + path + "/f"), b"x")


class SiteCommands(lib.TestCase):
    CONF = """
        files {
            site_symlink = yes
            site_rmdir = yes
        }"""

    def test_make_with_parents(self):
        client = self.login()
        client.must("SITE MKDIR a/b/c d", 200)
        client.must("SITE MKDIR a/b/e", 200)
        client.must("SITE MKDIR a/b", 200)  # as mkdir -p
        self.server.put("f", b"")
        client.must("SITE MKDIR f", 550)
        self.assertTrue(os.path.isdir(self.server.path("a/b/c d")))

    def test_remove_recursively(self):
        outside = self.server.make_directory("outside")
        with open(os.path.join(outside, "f"), "w", encoding="ascii") as f:
            f.write("x")
        self.server.put("d/e/f", b"x")
        os.symlink(outside, self.server.path("d/e/link"))
        client = self.login()
        client.must("SITE RMDIR d", 200)
        self.assertFalse(self.server.exists("d"))
        self.assertEqual(os.listdir(outside), ["f"])

    def test_link(self):
        self.server.put("f", b"x")
        client = self.login()
        client.must("SITE SYMLINK f link", 200)
        self.assertEqual(client.download("RETR link"), b"x")
        client.must("SITE SYMLINK f link", 550)
        self.assertIn(client.cmd("SITE SYMLINK ../secret out").code,
                      (200, 501, 550, 553))
        sock = client.connect()
        client.must("RETR out", 550)
        sock.close()

    def test_unknown(self):
        client = self.login()
        self.assertIn(client.cmd("SITE EXEC ls").code, (500, 504))
        client.must("SITE HELP", 214)
        client.must("SITE", 501)


if __name__ == "__main__":
    lib.main()
