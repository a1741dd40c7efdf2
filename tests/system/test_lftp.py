#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""lftp against the server: it uses more of the protocol than any other."""

import os

import lib
from clients import ClientCase, NAMES

SETTINGS = ("set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 30; "
            "set ftp:ssl-allow no; set xfer:log no; ")


@lib.needs("lftp")
class Lftp(ClientCase):
    def lftp(self, commands, status=0):
        return self.run_client(
            "lftp", "--norc", "-u", f"{lib.USER},{lib.PASSWORD}",
            "-p", str(self.server.port), "-e", SETTINGS + commands + "; exit",
            "127.0.0.1", status=status)

    def test_list(self):
        self.server.put("f", b"12345")
        self.server.mkdir("d")
        for way in ("yes", "no"):
            listing = self.lftp(f"set ftp:use-mlsd {way}; cls -l")
            self.assertEqual(len(listing.splitlines()), 2, listing)
        self.assertEqual(sorted(self.lftp("nlist").split()), ["d", "f"])
        self.assertEqual(self.lftp("ls d"), "")

    def test_mirror_down_and_up(self):
        self.make_tree(self.server.root)
        self.own_tree()
        self.lftp("mirror --parallel=8 / down")
        down = os.path.join(self.local, "down")
        self.assert_same_trees(self.server.root, down, times=True)
        # And back, into another place, with times.
        self.lftp("mkdir up; mirror -R --parallel=8 down up")
        self.assert_same_trees(down, self.server.path("up"), times=True)
        # Nothing is left to do.
        output = self.lftp("mirror -v -R --dry-run down up")
        self.assertNotIn("put ", output)

    def test_active_and_passive(self):
        data = lib.pattern(200000)
        self.server.put("f", data)
        for settings in ("set ftp:passive-mode no", "set ftp:prefer-epsv yes",
                         "set ftp:passive-mode no; set ftp:prefer-epsv yes",
                         "set ftp:sync-mode no"):
            self.lftp(f"{settings}; get f -o down; put down -o g")
            self.assertTrue(self.read("down") == data, settings)
            self.assertTrue(self.server.get("g") == data, settings)
            os.unlink(os.path.join(self.local, "down"))

    def test_resume(self):
        data = lib.pattern(100000)
        self.server.put("f", data)
        self.write("f", data[:40000])
        self.lftp("get -c f")
        self.assertTrue(self.read("f") == data)
        self.server.put("g", data[:30000])
        self.write("g", data)
        self.lftp("put -c g")
        self.assertTrue(self.server.get("g") == data)

    def test_parallel_parts_of_one_file(self):
        data = lib.pattern(2 << 20)
        self.server.put("f", data)
        self.lftp("pget -n 5 f -o down")
        self.assertTrue(self.read("down") == data)

    def test_manage(self):
        self.server.put("f", b"x")
        self.lftp("mv f g; mkdir -p a/b/c; chmod 600 g; mv g a/b/")
        self.assertEqual(self.server.names("a/b"), ["c", "g"])
        self.assertEqual(lib.file_mode(self.server.path("a/b/g")), 0o600)
        self.lftp("rm -r a")
        self.assertEqual(self.server.names(), [])

    def test_names(self):
        for name in NAMES:
            self.write("up/" + name, name.encode())
        self.lftp("mirror -R up .")
        self.assertEqual(self.server.names(), sorted(NAMES))
        for name in NAMES:
            self.assertEqual(self.server.get(name), name.encode())
        self.lftp("mirror . down")
        self.assert_same_trees(self.server.root, os.path.join(self.local, "down"))
        self.lftp("glob -a rm -r *")
        self.assertEqual(self.server.names(), [])

    def test_interrupted_download(self):
        # lftp aborts what it does not want to the end.
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(256 << 20)
        self.lftp("cat big | head -c 1000 > part; put part -o after", status=None)
        self.lftp("cls -l")

    def test_errors(self):
        self.lftp("get missing", status=1)
        self.lftp("rm missing", status=1)
        self.lftp("cd missing", status=1)


if __name__ == "__main__":
    lib.main()
