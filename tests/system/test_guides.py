#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The guides of docs/guides, run as they are written: each in a machine of its
own, as far as namespaces make one (mounts, network and processes)."""

import glob
import os
import re
import shutil
import subprocess
import unittest

import lib

BLOCK = re.compile(r"^```(conf|sh)\n(.*?)^```$", re.M | re.S)

# What is private: all that a guide or the server writes to. The programs find
# their configuration in /etc, wherever they were configured to look for it.
ROOM = r"""
set -eu
ip link set lo up
ip addr add 10.0.0.5/24 dev lo
ip route add default dev lo src 10.0.0.5
mount --make-rprivate /
mkdir "$1/etc"
cp -a /etc/. "$1/etc"
mount --bind "$1/etc" /etc
for dir in /srv /run /var/log /usr/local; do mount -t tmpfs -o mode=755 none $dir; done
mkdir -p /usr/local/bin /usr/local/sbin /usr/local/var /srv/here
cp "$2" /usr/local/sbin/ternftpd
cp "$3" /usr/local/bin/ternctl
ln -s /etc /usr/local/etc
ln -s /run /usr/local/var/run
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
cd /srv/here
"""


def guides():
    return sorted(glob.glob(os.path.join(lib.TOP, "docs", "guides", "*.md")))


def blocks(path):
    with open(path, encoding="utf-8") as f:
        return BLOCK.findall(f.read())


def script(path):
    """All that a guide has its reader do; ftpd.conf is there from the start."""
    text = ROOM
    # Whom the guide makes, this machine may have: it is a fresh one's /etc.
    for name in re.findall(r"^(?:sudo )?useradd .*?(\w+)$",
                           "".join(block for _, block in blocks(path)), re.M):
        text += f"if id {name} >/dev/null 2>&1; then userdel {name}; fi\n"
    for kind, block in blocks(path):
        if kind == "conf":
            text += f"cat >/etc/ftpd.conf <<'END'\n{block}END\n"
    # A command after "!" has to fail, which -e does not see to.
    for kind, block in blocks(path):
        if kind == "sh":
            text += re.sub(r"^! (.*)$", r"if \1; then echo 'not refused'; exit 1; fi",
                           block, flags=re.M)
    return text + "if ternctl stats >/dev/null 2>&1; then ternctl stop --now; fi\n"


@unittest.skipIf(os.geteuid() != 0, "needs root")
@lib.needs("unshare", "ip", "curl", "lftp", "openssl", "useradd", "ps", "pgrep",
           "setpriv")
class Guides(unittest.TestCase):
    def setUp(self):
        if subprocess.run(["unshare", "-mnpf", "--mount-proc", "true"], check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no namespaces here")

    PROGRAMS = {"load-balancer": "haproxy"}  # that not every machine has

    def follow(self, name):
        program = self.PROGRAMS.get(name, "sh")
        if not shutil.which(program):
            self.skipTest(f"not installed: {program}")
        path = os.path.join(lib.TOP, "docs", "guides", name + ".md")
        base = lib.scratch_directory()
        result = subprocess.run(
            ["unshare", "-mnpf", "--mount-proc", "--kill-child", "bash", "-c",
             script(path), "guide", base, *lib.programs()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            # A process that changed its user may not look into itself.
            env=dict(os.environ, LC_ALL="C", ASAN_OPTIONS="detect_leaks=0"),
            timeout=4 * lib.TIMEOUT)
        if os.environ.get("SHOW_GUIDES"):
            print(result.stdout)
        self.assertEqual(result.returncode, 0, result.stdout)


class Blocks(unittest.TestCase):
    def test_each_has_a_configuration(self):
        self.assertTrue(guides())
        for path in guides():
            with self.subTest(path):
                kinds = [kind for kind, _ in blocks(path)]
                self.assertEqual(kinds.count("conf"), 1)
                self.assertIn("sh", kinds)

    def test_each_is_understood(self):
        """By any user, who need not have the accounts and directories."""
        path = os.path.join(lib.scratch_directory(), "ftpd.conf")
        for guide in guides():
            text = next(text for kind, text in blocks(guide) if kind == "conf")
            text = re.sub(r"\b([ug]id) = \w+", r"\1 = 65534", text)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            result = subprocess.run(
                [lib.programs()[0], "-T", "-c", path], text=True, check=False,
                capture_output=True, timeout=lib.TIMEOUT)
            with self.subTest(guide):
                self.assertEqual(result.returncode, 0, result.stderr)


def add_tests():
    for path in guides():
        name = os.path.basename(path).removesuffix(".md")
        setattr(Guides, "test_" + name.replace("-", "_"),
                lambda self, name=name: self.follow(name))


add_tests()

if __name__ == "__main__":
    lib.main()
