#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What each process of a running server is confined by, as the kernel tells it,
and that users notice nothing of it."""

import errno
import functools
import os
import re
import shutil
import sys
import unittest

import lib
import test_systemd

# In the order of <linux/capability.h>.
CAPABILITIES = """chown dac_override dac_read_search fowner fsetid kill setgid
setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw
ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct
sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease
audit_write audit_control""".split()
ROLES = ("worker", "auth", "agent", "keys")


def status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines())


def limits(pid):
    """Soft and hard limits by name."""
    with open(f"/proc/{pid}/limits", encoding="utf-8") as f:
        return {line[:26].strip(): line[26:].split()[:2]
                for line in f.read().splitlines()[1:]}


@functools.lru_cache(maxsize=None)
def is_built():
    """Has this build a sandbox? One that has not cannot be told to use it."""
    server = lib.Server(conf="sandbox = require\n")
    try:
        server.start()
    except AssertionError:
        if "this program was built without" not in server.log():
            raise
        return False
    finally:
        server.stop()
    return True


class Confined(lib.TestCase):
    """Everybody has no_new_privs and no capability; where the build has a
    sandbox, filters and limits, too."""

    def processes(self, *roles):
        return [(role, pid) for role in roles for pid in self.server.pids(role)]

    def setUp(self):
        super().setUp()
        self.session = self.login()
        self.session.lines("NLST")

    def test_privileges(self):
        processes = self.processes(*ROLES)
        self.assertLessEqual(set(ROLES), {role for role, _ in processes})
        for role, pid in processes:
            with self.subTest(role=role):
                found = status(pid)
                self.assertEqual(found["NoNewPrivs"], "1")
                for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                    self.assertEqual(int(found[name], 16), 0, name)

    def test_sandbox(self):
        if not is_built():
            self.skipTest("no sandbox in this build")
        monitor = status(self.server.process.pid)
        self.assertEqual(monitor["Seccomp"], "2")
        self.assertEqual(monitor["NoNewPrivs"], "1")
        for role, pid in self.processes(*ROLES):
            with self.subTest(role=role):
                found = status(pid)
                self.assertEqual(found["Seccomp"], "2")
                # The monitor's, and its own.
                self.assertEqual(int(found["Seccomp_filters"]),
                                 int(monitor["Seccomp_filters"]) + 1)
                limit = limits(pid)
                self.assertEqual(limit["Max core file size"], ["0", "0"])
                self.assertEqual(limit["Max locked memory"], ["0", "0"])
                if role != "agent":
                    self.assertEqual(limit["Max processes"], ["0", "0"])


class ConfinedRoot(Confined):
    """Started by root, also an empty root and an empty bounding set."""

    AS_ROOT = True

    def test_privileges(self):
        super().test_privileges()
        for role, pid in self.processes(*ROLES):
            with self.subTest(role=role):
                found = status(pid)
                self.assertEqual(int(found["CapBnd"], 16), 0)
                self.assertEqual(set(found["Uid"].split()), {str(lib.NOBODY)})

    def test_monitor(self):
        """It keeps what the unit would leave it, and what root is used to with
        files: no more."""
        found = status(self.server.process.pid)
        kept = {name: int(found[name], 16) for name in
                ("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb")}
        names = set(test_systemd.capabilities()) | {"dac_override"}
        want = sum(1 << CAPABILITIES.index(name) for name in names)
        self.assertEqual(kept["CapEff"], want)
        self.assertEqual(kept["CapPrm"], want)
        self.assertEqual(kept["CapBnd"], want)
        self.assertEqual(kept["CapInh"] | kept["CapAmb"], 0)

    def test_roots(self):
        for role, pid in self.processes("worker", "auth", "keys"):
            with self.subTest(role=role):
                self.assertEqual(os.listdir(f"/proc/{pid}/root"), [])


class Home(lib.TestCase):
    """An agent reaches what was there when it started; who logs in later gets
    another one."""

    def test_made_anew(self):
        first = self.login()
        first.upload("STOR old", b"text")
        shutil.rmtree(self.server.root)
        self.server.make_directory("files")
        second = self.login()
        second.upload("STOR new", b"text")
        self.assertEqual(second.download("RETR new"), b"text")
        self.assertEqual(second.lines("NLST"), ["new"])


class Programs(lib.TestCase):
    """Who runs a program of others cannot be dumped all the same."""

    CONF = "auth_program = /bin/false\n"

    def test_limits(self):
        if not is_built():
            self.skipTest("no sandbox in this build")
        for pid in self.server.pids("auth"):
            self.assertEqual(status(pid)["NoNewPrivs"], "1")
            limit = limits(pid)
            self.assertEqual(limit["Max core file size"], ["0", "0"])
            self.assertNotEqual(limit["Max processes"], ["0", "0"])


class LackingServer(lib.Server):
    """On a kernel that lacks something, as far as the server can see."""

    def __init__(self, mode, features, error):
        # Root's Python may be where nobody else can read it.
        super().__init__(conf=f"sandbox = {mode}\n",
                         as_root=os.geteuid() == 0)
        os.chmod(self.root, 0o1777)
        self.lacks = (str(error), ",".join(features))

    def command(self):
        here = os.path.dirname(os.path.abspath(__file__))
        return [sys.executable, os.path.join(here, "without.py"), *self.lacks,
                *super().command()]


class Lacking(unittest.TestCase):
    """A kernel without Landlock, without filters, and without both."""

    WHAT = {
        (("landlock",), errno.ENOSYS): "this kernel lacks Landlock",
        (("landlock",), errno.EPERM): "manager forbids Landlock",
        (("filters",), errno.EINVAL):
            r"this kernel lacks filters of system calls(?! and)",
        (("filters", "landlock"), errno.ENOSYS):
            "this kernel lacks filters of system calls and Landlock",
    }

    def setUp(self):
        if not is_built():
            self.skipTest("no sandbox in this build")

    def server(self, mode, lack):
        server = LackingServer(mode, *lack)
        self.addCleanup(server.stop)
        return server

    def test_best_goes_on(self):
        """One warning; what there is confines."""
        for lack, words in self.WHAT.items():
            with self.subTest(lack=lack):
                server = self.server("best", lack).start()
                with lib.Client(server) as client:
                    client.login()
                    client.upload("STOR f", b"text")
                    self.assertEqual(client.download("RETR f"), b"text")
                found = re.findall(words + ".*: the processes are confined "
                                   "without", server.log())
                self.assertEqual(len(found), 1)
                for role in ROLES:
                    for pid in server.pids(role):
                        # Beside that of without.py.
                        own = int(status(pid)["Seccomp_filters"]) - 1
                        self.assertEqual(own, 0 if "filters" in lack[0] else 2)
                        self.assertEqual(limits(pid)["Max core file size"],
                                         ["0", "0"])
                self.assertEqual(server.stop(), [])
                self.assertEqual(server.complaints(None), [])

    def test_require_refuses(self):
        for lack, words in self.WHAT.items():
            with self.subTest(lack=lack):
                server = self.server("require", lack)
                with self.assertRaisesRegex(AssertionError, "did not start"):
                    server.start()
                self.assertRegex(server.log(),
                                 "sandbox = require, but .*" + words)


class Modes(unittest.TestCase):
    def start(self, mode):
        server = lib.Server(conf=f"sandbox = {mode}\n")
        self.addCleanup(server.stop)
        return server

    def test_require(self):
        server = self.start("require")
        if is_built():
            server.start()
            self.assertEqual(server.stop(), [])
            return
        with self.assertRaisesRegex(AssertionError, "did not start"):
            server.start()
        self.assertRegex(server.log(), "sandbox = require")

    def test_off(self):
        server = self.start("off").start()
        for pid in server.pids():
            self.assertEqual(status(pid)["Seccomp"], "0")


if __name__ == "__main__":
    lib.main()
