# SPDX-License-Identifier: ISC
"""What the tests with real client programs share."""

import os
import shutil
import subprocess
import urllib.parse

import lib

# Blanks, UTF-8, a leading dash, quotes, per cent signs and more.
NAMES = ("with space", "ümläut 日本", "-dash", "it's", 'double"quote', "100%",
         "per%20cent", "a;b", "#hash", "[brackets]", "a&b=c", "plus+", "q?")


class ClientCase(lib.TestCase):
    """A directory of the client's own beside the server's."""

    def setUp(self):
        super().setUp()
        self.local = lib.scratch_directory()
        # Whatever a client keeps about earlier sessions would be in the way.
        self.home = lib.scratch_directory()

    def url(self, name="", user=lib.USER, password=lib.PASSWORD):
        login = f"{user}:{urllib.parse.quote(password)}@" if user else ""
        return (f"ftp://{login}127.0.0.1:{self.server.port}/"
                f"{urllib.parse.quote(name)}")

    def run_client(self, *args, stdin="", status=0):
        """Runs a program to its end; its output, as text."""
        env = {"PATH": os.environ["PATH"], "HOME": self.home, "LC_ALL": "C.UTF-8",
               "TERM": "dumb"}
        result = subprocess.run(
            args, input=stdin.encode(), cwd=self.local, env=env, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=4 * lib.TIMEOUT)
        output = result.stdout.decode("utf-8", "replace")
        if status is not None:
            self.assertEqual(result.returncode, status, output)
        return output

    def rclone_secret(self):
        """The password as rclone wants it."""
        return self.run_client("rclone", "obscure", lib.PASSWORD).strip()

    def write(self, name, data):
        path = os.path.join(self.local, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def read(self, name):
        with open(os.path.join(self.local, name), "rb") as f:
            return f.read()

    def make_tree(self, top, names=NAMES):
        """A little of everything under this host path."""
        for number, name in enumerate(names):
            for directory in ("", "sub/", f"deep/{'x' * 40}/"):
                path = os.path.join(top, directory, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as f:
                    f.write(lib.pattern(number * 1000, number))
                os.utime(path, (1600000000 + number * 61,) * 2)
        os.makedirs(os.path.join(top, "empty directory"))

    def own_tree(self):
        """Gives everything under the served root to the server's user."""
        for directory, _, names in os.walk(self.server.root):
            self.server.own(directory)
            for name in names:
                self.server.own(os.path.join(directory, name))

    def assert_same_trees(self, one, two, times=False):
        self.run_client(shutil.which("diff"), "-r", one, two)
        if not times:
            return
        for directory, _, names in os.walk(one):
            for name in names:
                path = os.path.join(directory, name)
                other = os.path.join(two, os.path.relpath(path, one))
                self.assertEqual(int(os.stat(path).st_mtime),
                                 int(os.stat(other).st_mtime), path)
