#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
ternftpd -t finds what a start would stumble over, and nothing else.
"""

import os
import re
import socket
import subprocess

import lib


class Check(lib.TestCase):
    def check(self, status=0):
        """What -t says of the configuration as it is."""
        result = subprocess.run(
            [lib.programs()[0], "-t", "-c", self.server.conf_path], text=True,
            capture_output=True, env=self.server.environment(),
            timeout=lib.TIMEOUT, **self.server.identity())
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stderr

    def listen(self, port, more=""):
        self.server.write_conf(
            f'listen "one" {{\n address = "127.0.0.1"\n port = {port}\n}}\n{more}')
        self.addCleanup(self.server.write_conf)

    def test_ports(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            self.listen(other.getsockname()[1])
            self.assertRegex(self.check(1),
                             r'ftpd.conf:\d+: listen "one": another program has '
                             r"127\.0\.0\.1:\d+; ss -ltnp")
        self.check()  # it has gone

    def test_port_of_the_running_server(self):
        self.listen(self.server.port)
        self.assertIn('listen "one": the running server listens on 127.0.0.1:'
                      f"{self.server.port}\n", self.check())

    def test_address_of_another_machine(self):
        self.server.write_conf('listen "one" {\n address = "192.0.2.1"\n'
                               " port = 2121\n}\n")
        self.addCleanup(self.server.write_conf)
        self.assertIn("cannot listen on 192.0.2.1:2121", self.check(1))

    def test_places(self):
        for key in ("pid_file", "log", "transfer_log", "state_dir",
                    "control_socket"):
            self.listen(0, f'{key} = "@BASE@/missing/x"\n')
            self.assertRegex(self.check(1),
                             rf"ftpd.conf:\d+: {key} \S+/missing/x cannot be "
                             "written: No such file or directory")
        self.listen(0, f'control_socket = "@BASE@/{"x" * 120}"\n')
        self.assertIn("too long for a socket", self.check(1))
        self.listen(0, 'log = "journal"\npid_file = "@BASE@/pid"\n'
                    'transfer_log = "@BASE@/xferlog"\n')
        self.check()
        self.assertFalse(os.path.exists(f"{self.server.base}/pid"))

    def test_homes_that_are_made(self):
        users = os.path.join(self.server.base, "users")
        with open(users, encoding="utf-8") as f:
            old = f.read()
        self.addCleanup(self.server.write_users)

        def write(root, create):
            text = old.replace(f'"{self.server.root}"', f'"{root}"')
            self.assertNotEqual(text, old)
            with open(users, "w", encoding="utf-8") as f:
                f.write(text.replace("password", f"create_home = {create}\n"
                                     "password", 1))

        write(f"{self.server.root}/new", "no")
        self.assertIn("create it: mkdir -p", self.check())
        write(f"{self.server.root}/new", "yes")
        self.assertNotIn("mkdir", self.check())
        write(f"{self.server.root}/a/new", "yes")
        self.assertRegex(self.check(), r"create_home cannot make it.*mkdir -p "
                         rf"{self.server.root}/a\n")


class Homes(lib.TestCase):
    """create_home makes them as the user, who has to have the right."""

    AS_ROOT = True
    USERS = [(name, "x", "--uid", uid, "--gid", uid)
             for name, uid in (("one", "61001"), ("two", "61002"))]

    def test_who_may_not_make_one(self):
        for name, uid in (("one", 61001), ("two", 61002)):
            path = self.server.mkdir(name)
            os.chown(path, 61001, 61001)
            self.server.ctl("user", "set", name, f"root={path}/new",
                            "create_home=yes")
        result = subprocess.run(
            [lib.programs()[0], "-t", "-c", self.server.conf_path], text=True,
            capture_output=True, check=True, env=self.server.environment(),
            timeout=lib.TIMEOUT)
        self.assertEqual(re.findall(r"root \S+/(\w+)/new: create_home may fail, as "
                                    r"uid (\d+) does not", result.stderr),
                         [("two", "61002")])


class Included(lib.TestCase):
    """ternctl finds the control socket where an included file names it."""

    CONF = 'include("more")\nlog_level = info # control_socket = none\n'

    @classmethod
    def make_server(cls):
        server = super().make_server()
        with open(server.conf_path, encoding="utf-8") as f:
            text = f.read()
        with open(server.conf_path, "w", encoding="utf-8") as f:
            f.write(text.replace('control_socket = "control"\n', ""))
        with open(os.path.join(server.base, "more"), "w", encoding="utf-8") as f:
            f.write('include("deep/er")\n')
        os.mkdir(os.path.join(server.base, "deep"))
        with open(os.path.join(server.base, "deep", "er"), "w",
                  encoding="utf-8") as f:
            f.write('control_socket = "control"\n')
        for name in ("more", "deep", "deep/er"):
            server.own(os.path.join(server.base, name))
        return server

    def test_ternctl(self):
        self.assertIn("is in order", self.server.ctl("reload", "--dry-run"))
        self.assertTrue(os.path.exists(
            os.path.join(self.server.base, "deep", "control")))


if __name__ == "__main__":
    lib.main()
