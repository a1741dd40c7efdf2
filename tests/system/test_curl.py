#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""curl against the server."""

import os

import lib
from clients import ClientCase, NAMES


@lib.needs("curl")
class Curl(ClientCase):
    def curl(self, *args, status=0):
        return self.run_client("curl", "-sS", "--max-time", "60", *args,
                               status=status)

    def test_get_and_put(self):
        data = lib.pattern(300000)
        self.write("up", data)
        for way in ((), ("--disable-epsv",), ("-P", "-"),
                    ("-P", "-", "--disable-eprt")):
            self.curl(*way, "-T", "up", self.url("dir/f"), "--ftp-create-dirs")
            self.assertTrue(self.server.get("dir/f") == data)
            self.curl(*way, "-o", "down", self.url("dir/f"))
            self.assertTrue(self.read("down") == data)

    def test_list(self):
        self.server.put("f", b"12345")
        self.server.mkdir("d")
        self.assertIn(" 5 ", self.curl(self.url()))
        self.assertEqual(sorted(self.curl("-l", self.url()).split()), ["d", "f"])
        self.assertEqual(self.curl(self.url("d/")), "")
        self.curl(self.url("no/"), status=9)
        # As a guest, and the size alone.
        self.assertIn("Content-Length: 5", self.curl("-I", self.url("f", user=None)))

    def test_resume(self):
        data = lib.pattern(100000)
        self.server.put("f", data)
        self.write("down", data[:40000])
        self.curl("-C", "-", "-o", "down", self.url("f"))
        self.assertTrue(self.read("down") == data)
        self.curl("-r", "10-19", "-o", "part", self.url("f"))
        self.assertEqual(self.read("part"), data[10:20])
        self.server.put("g", data[:30000])
        self.write("up", data)
        self.curl("-C", "-", "-T", "up", self.url("g"))
        self.assertTrue(self.server.get("g") == data)

    def test_append(self):
        self.server.put("f", b"one ")
        self.write("more", b"two")
        self.curl("-a", "-T", "more", self.url("f"))
        self.assertEqual(self.server.get("f"), b"one two")

    def test_manage(self):
        self.server.put("f", b"x")
        self.curl("-o", os.devnull, "-Q", "-RNFR f", "-Q", "-RNTO g", self.url())
        self.curl("-o", os.devnull, "-Q", "MKD d", "-Q", "SITE CHMOD 600 g",
                  "-Q", "MFMT 20010203040506 g", self.url())
        self.assertEqual(self.server.names(), ["d", "g"])
        self.curl("-R", "-o", "down", self.url("g"))
        self.assertEqual(os.stat(os.path.join(self.local, "down")).st_mtime,
                         os.stat(self.server.path("g")).st_mtime)
        self.curl("-o", os.devnull, "-Q", "DELE g", "-Q", "RMD d", self.url())
        self.assertEqual(self.server.names(), [])

    def test_names(self):
        for name in NAMES:
            with self.subTest(name=name):
                self.write("up", name.encode())
                self.curl("-T", "up", self.url(name))
                self.assertEqual(self.server.get(name), name.encode())
                self.curl("-o", "down", self.url(name))
                self.assertEqual(self.read("down"), name.encode())

    def test_errors(self):
        self.curl(self.url("missing"), status=78)
        self.curl(self.url("f", password="wrong"), status=67)
        self.write("up", b"x")
        self.curl("-T", "up", self.url("no/f"), status=9)
        self.curl("-T", "up", self.url("f", user=None), status=25)

    def test_many_on_one_connection(self):
        for number in range(50):
            self.write(f"up{number}", lib.pattern(number * 100))
        self.curl("-T", "up[0-49]".replace("[0-49]", "{%s}" % ",".join(
            map(str, range(50)))), self.url())
        self.assertEqual(len(self.server.names()), 50)
        for number in range(50):
            self.assertEqual(self.server.get(f"up{number}"),
                             lib.pattern(number * 100))


if __name__ == "__main__":
    lib.main()
