#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The units of dist/systemd: what systemd says of them, the capabilities that
they leave, and ports that systemd opened. No systemd has to run for that."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import unittest

import lib

UNITS = os.path.join(lib.TOP, "dist", "systemd")
ACTIVATE = "systemd-socket-activate"


def service(directory):
    """The text of the service, with the programs in this directory."""
    with open(os.path.join(UNITS, "ternftpd.service.in"), encoding="utf-8") as f:
        return re.sub(r"@s?bindir@", directory, f.read())


def capabilities():
    """Those that the service keeps, as setpriv calls them."""
    line = re.search(r"^CapabilityBoundingSet=(.*)$", service("/"), re.M).group(1)
    return [name.removeprefix("CAP_").lower() for name in line.split()]


@lib.needs("systemd-analyze")
class Units(unittest.TestCase):
    def setUp(self):
        base = lib.scratch_directory()
        for name in ("ternftpd", "ternctl"):
            os.symlink("/bin/true", os.path.join(base, name))
        self.paths = [os.path.join(base, name)
                      for name in ("ternftpd.service", "ternftpd.socket")]
        with open(self.paths[0], "w", encoding="utf-8") as f:
            f.write(service(base))
        shutil.copy(os.path.join(UNITS, "ternftpd.socket"), base)

    def analyze(self, *args):
        result = subprocess.run(["systemd-analyze", *args], text=True,
                                capture_output=True, timeout=2 * lib.TIMEOUT)
        text = result.stdout + result.stderr
        if "create directory '/run/systemd" in text:
            self.skipTest("systemd has never run here, and only root can begin")
        # That of Ubuntu 24.04 ends colours that it has not begun.
        return result.returncode, re.sub(r"\x1b\[[0-9;]*m", "", text)

    def test_verify(self):
        status, text = self.analyze("verify", "--man=no", *self.paths)
        self.assertEqual((status, text), (0, ""))

    def members(self, name):
        """The system calls of a set, or the one of that name."""
        if not name.startswith("@"):
            return {name}
        status, text = self.analyze("syscall-filter", name)
        if status != 0:
            return set()  # not in this systemd
        names = re.findall(r"^ +(?!#)(\S+)", text, re.M)
        return set().union(*map(self.members, names)) if names else set()

    def test_calls(self):
        """What the roles may call, and what confines them, the unit lets pass."""
        listed = re.findall(r"^SystemCallFilter=(.*)$", service("/"), re.M)
        passed = set().union(*map(self.members, " ".join(listed).split()))
        with open(os.path.join(lib.TOP, "common", "sandbox_rules.c"),
                  encoding="utf-8") as f:
            needed = set(re.findall(r"^\tMAY\([A-Z |]+, (\w+),", f.read(), re.M))
        self.assertIn("openat2", needed)
        needed |= {"seccomp", "chroot", "landlock_create_ruleset",
                   "landlock_add_rule", "landlock_restrict_self"}
        self.assertEqual(needed - passed, set())

    def test_exposure(self):
        """No worse than it was: 10 is a service without any protection."""
        status, text = self.analyze("security", "--offline=yes",
                                    "--threshold=40", self.paths[0])
        if "unrecognized option" in text:
            self.skipTest("this systemd-analyze cannot rate files")
        self.assertEqual(status, 0, text)


class BoundedServer(lib.Server):
    def command(self):
        keep = ",".join("+" + name for name in capabilities())
        return ["setpriv", f"--bounding-set=-all,{keep}", *super().command()]


@lib.needs("setpriv")
class Bounded(lib.TestCase):
    """CapabilityBoundingSet leaves what root's server needs."""

    AS_ROOT = True
    USERS = (("one", "x", "--uid", "61001", "--gid", "61001"),)
    CONF = "control_group = nogroup\n"

    @classmethod
    def make_server(cls):
        return BoundedServer(cls.CONF, cls.LISTEN, cls.USERS, cls.AS_ROOT)

    def test_set(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as f:
            left = int(re.search(r"^CapBnd:\s*(\w+)", f.read(), re.M).group(1), 16)
        self.assertEqual(left.bit_count(), len(capabilities()))
        self.assertNotIn("bounding set", self.server.log())  # a warning

    def test_becomes_users(self):
        os.chmod(self.server.root, 0o1777)
        client = self.login("one", "x")
        client.upload("STOR f", b"text")
        self.assertEqual(os.stat(self.server.path("f")).st_uid, 61001)

    def test_ends_processes(self):
        """A reload and the end of the server leave nothing (tearDownClass)."""
        client = self.login("one", "x")
        self.server.ctl("reload")
        client.must("NOOP", 200)
        self.server.ctl("kick", "user:one")
        client.must_end(421)


class ActivatedServer(lib.Server):
    """Starts at the first connection to a port that is open already."""

    def command(self):
        env = [f"-E{name}={value}" for name, value in self.environment().items()
               if name.endswith("_OPTIONS")]
        return [ACTIVATE, "-l", f"127.0.0.1:{self.number}", *env,
                *super().command()]

    def start(self):
        self.number, _ = lib.free_ports(1)
        self.first = None
        return super().start()

    def is_ready(self):
        if self.first is None:
            with contextlib.suppress(ConnectionRefusedError):
                self.first = socket.create_connection(("127.0.0.1", self.number))
        return super().is_ready()


@lib.needs(ACTIVATE)
class Activated(lib.TestCase):
    """R17.1: sockets that were opened for the server are all it listens on."""

    @classmethod
    def make_server(cls):
        return ActivatedServer(cls.CONF, cls.LISTEN, cls.USERS)

    @classmethod
    def tearDownClass(cls):
        cls.server.first.close()
        super().tearDownClass()

    def test_first_connection(self):
        self.server.first.settimeout(lib.TIMEOUT)
        self.assertEqual(self.server.first.recv(4), b"220 ")

    def test_segments(self):
        # control_mss counts for a socket that another program has bound, too.
        with self.client() as client:
            self.assertLessEqual(client.sock.getsockopt(
                socket.IPPROTO_TCP, socket.TCP_MAXSEG), 512)

    def test_only_that_port(self):
        self.assertEqual(self.server.ports, {"127.0.0.1": self.server.number})
        client = self.login()
        client.upload("STOR f", b"text")
        self.assertEqual(client.download("RETR f"), b"text")

    def test_reload_keeps_it(self):
        self.server.ctl("reload")
        self.login().must("NOOP", 200)


if __name__ == "__main__":
    lib.main()
