#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""rclone against the server: several control connections, MLSD, MFMT, and names
that it encodes in its own way."""

import os

import lib
from clients import ClientCase, NAMES


@lib.needs("rclone")
class Rclone(ClientCase):
    def rclone(self, *args, status=0):
        conf = os.path.join(self.home, "rclone.conf")
        with open(conf, "w", encoding="ascii"):
            pass
        return self.run_client(
            "rclone", "--config", conf,
            "--ftp-host", "127.0.0.1", "--ftp-port", str(self.server.port),
            "--ftp-user", lib.USER, "--ftp-pass", self.rclone_secret(),
            "--retries", "1",
            "--low-level-retries", "2", *args, status=status)

    def test_copy_and_check(self):
        tree = os.path.join(self.local, "tree")
        self.make_tree(tree)
        self.rclone("copy", "--create-empty-src-dirs", "--transfers", "8", tree,
                    ":ftp:up")
        self.assert_same_trees(tree, self.server.path("up"), times=True)
        self.rclone("check", tree, ":ftp:up")
        back = os.path.join(self.local, "back")
        self.rclone("copy", "--create-empty-src-dirs", ":ftp:up", back)
        self.assert_same_trees(tree, back)

    def test_sync_changes(self):
        tree = os.path.join(self.local, "tree")
        self.make_tree(tree)
        self.rclone("sync", tree, ":ftp:up")
        self.write("tree/new", b"new")
        os.unlink(os.path.join(tree, NAMES[0]))
        self.rclone("sync", tree, ":ftp:up")
        self.rclone("check", tree, ":ftp:up")
        self.assertFalse(self.server.exists("up/" + NAMES[0]))

    def test_manage(self):
        self.server.put("f", b"12345")
        self.rclone("moveto", ":ftp:f", ":ftp:a/b/g")
        self.assertEqual(self.server.get("a/b/g"), b"12345")
        self.assertIn('"Size":5', self.rclone("lsjson", ":ftp:a/b"))
        self.assertEqual(self.rclone("cat", ":ftp:a/b/g"), "12345")
        self.assertEqual(self.rclone("cat", "--offset", "2", ":ftp:a/b/g"), "345")
        self.rclone("mkdir", ":ftp:d")
        self.rclone("rmdir", ":ftp:d")
        self.rclone("purge", ":ftp:a")
        self.assertEqual(self.server.names(), [])

    def test_errors(self):
        self.rclone("ls", ":ftp:missing", status=3)
        self.rclone("copyto", ":ftp:missing", "down", status=3)


if __name__ == "__main__":
    lib.main()
