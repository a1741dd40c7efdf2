#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Accounts as clients see them: groups, mounts, rights per path, where and when
a login is let in, one-time passwords, an external program. ternctl changes them
under the running server."""

import base64
import datetime
import hashlib
import hmac
import os
import re
import struct
import time

import lib

PROGRAM = """#!/bin/sh
read -r password
case $AUTH_USER:$password in
ext:secret) printf '%s\\n' auth_ok:1 "dir:$(dirname "$0")/files" \\
    rights:read-only end;;
ext:*) printf '%s\\n' auth_ok:-1 end;;
broken:*) echo auth_ok:1;;
*) printf '%s\\n' auth_ok:0 end;;
esac
"""


def totp(key, step=0):
    """RFC 6238, as a telephone computes it."""
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    mac = hmac.new(base64.b32decode(key), counter, hashlib.sha1).digest()
    at = mac[-1] & 15
    number = struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff
    return f"{number % 1000000:06d}"


class Accounts(lib.TestCase):
    CONF = """auth_program = prog
limits { login_delay = 0 ban_after = 0 }
files { site_pswd = yes }
log_level = debug
group "staff" {
    rights = read-only
    mount "/shared" { path = "@BASE@/shared" rights = full }
    path "/in" { rights = upload-only }
}
"""
    USERS = (("ann", "secret", "--group", "staff"), ("joe", "secret"))
    ERRORS = r"auth_program"

    @classmethod
    def make_server(cls):
        server = super().make_server()
        shared = server.make_directory("shared")
        with open(os.path.join(shared, "f"), "w", encoding="ascii") as f:
            f.write("shared")
        path = os.path.join(server.base, "prog")
        with open(path, "w", encoding="ascii") as f:
            f.write(PROGRAM)
        os.chmod(path, 0o755)
        server.own(os.path.join(server.base, "users"))
        return server

    def denied(self, name, password, reason):
        client = self.client()
        client.must("USER " + name, 331)
        text = client.must("PASS " + password, 530).text
        client.close()
        self.server.log_has(rf'user="?{name}"? .*reason={reason}')
        return text

    def may_log_in(self, name, password):
        client = self.client()
        client.must("USER " + name, 331)
        return client.cmd("PASS " + password).code == 230

    def set(self, *args):
        said = self.server.ctl("user", "set", "joe", *args)
        self.assertIn("the running server knows it", said)

    def test_mounts_and_rights(self):
        # R37
        self.server.put("f", b"root")
        self.server.mkdir("in")
        client = self.login("ann", "secret")
        self.assertEqual(client.names(), ["f", "in", "shared"])
        facts = {line.split("; ")[1]: line for line in client.lines("MLSD")}
        self.assertIn("type=dir", facts["shared"])
        self.assertEqual(client.download("RETR /shared/f"), b"shared")
        client.must("STOR new", 553)
        client.must("DELE f", 550)
        client.must("RMD shared", 550)
        client.must("RNFR shared", 550)
        client.must("CWD shared", 250)
        self.assertIn('"/shared"', client.must("PWD", 257).text)
        client.upload("STOR g", b"new")
        client.must("RNFR g", 350)
        client.must("RNTO /in/g", 250)
        self.assertEqual(self.server.get("in/g"), b"new")
        client.must("RETR /in/g", 550)
        client.must("CDUP", 250)
        self.assertIn('"/"', client.must("PWD", 257).text)
        # Another user does not have what the group has.
        self.assertEqual(self.login("joe", "secret").names(), ["f", "in"])

    def test_from_where_and_when(self):
        # R9.2: the client hears the same of all
        wrong = self.denied("joe", "wrong", "bad-password")
        today = datetime.date.today()
        yesterday = today - datetime.timedelta(days=1)
        days = "sun mon tue wed thu fri sat".split()
        other = days[(today.isoweekday() + 3) % 7]
        for key, bad, good, reason in (
                ("networks", "192.0.2.0/24", "127.0.0.0/8 ::1", "ip-denied"),
                ("expires", str(yesterday), "never", "account-expired"),
                ("hours", other, "00:00-24:00", "outside-hours"),
                ("disabled", "yes", "no", "disabled")):
            self.set(f"{key}={bad}")
            self.assertEqual(self.denied("joe", "secret", reason), wrong, key)
            self.set(f"{key}={good}")
            self.login("joe", "secret").must("QUIT", 221)
            self.set(f"{key}=")

    def test_forced_modes(self):
        self.set("file_mode=604", "dir_mode=705")
        client = self.login("joe", "secret")
        client.upload("STOR f", b"x")
        client.must("MKD d", 257)
        self.assertEqual(os.stat(self.server.path("f")).st_mode & 0o777, 0o604)
        self.assertEqual(os.stat(self.server.path("d")).st_mode & 0o777, 0o705)
        self.set("file_mode=", "dir_mode=")

    def test_create_home(self):
        self.set(f"root={self.server.path('home')}")
        client = self.client()
        client.must("USER joe", 331)
        self.assertNotEqual(client.cmd("PASS secret").code, 230)
        self.set("create_home=yes")
        self.login("joe", "secret").upload("STOR f", b"x")
        self.assertEqual(self.server.get("home/f"), b"x")
        # What hinders it is told, to -t beforehand and to the log.
        above = self.server.mkdir("above", 0o555)
        self.set(f"root={above}/home")
        self.denied("joe", "secret", "home-missing")
        self.server.log_has(r'detail="\S+/above/home: Permission denied"')
        self.set(f"root={self.server.root}", "create_home=")

    def test_one_time_password(self):
        said = self.server.ctl("user", "totp", "joe")
        key = re.search(r"secret=([A-Z2-7]+)", said).group(1)
        self.denied("joe", "secret", "bad-password")
        self.denied("joe", "secret" + totp(key, 9), "bad-totp")
        code = totp(key)
        self.login("joe", "secret" + code).must("QUIT", 221)
        self.denied("joe", "secret" + code, "totp-reused")
        # A reload forgets nothing, and the next code is good.
        self.set("umask=027")
        self.denied("joe", "secret" + code, "totp-reused")
        self.login("joe", "secret" + totp(key, 1)).must("QUIT", 221)
        self.server.ctl("user", "totp", "joe", "--off")
        self.login("joe", "secret").must("QUIT", 221)
        self.set("umask=")

    def test_own_password(self):
        client = self.login("joe", "secret")
        self.assertIn("PSWD", repr(client.must("SITE HELP", 214)))
        for arguments in ("", "secret", "secret a b", " "):
            client.must("SITE PSWD " + arguments, 501)
        client.must("SITE PSWD wrong-one newsecret", 550)
        client.must("SITE PSWD secret short", 550)
        client.must("SITE PSWD secret secret", 550)
        client.must("SITE PSWD secret newsecret", 200)
        self.server.log_has('user="joe" password changed')
        lib.wait_for(lambda: self.may_log_in("joe", "newsecret"),
                     "the new password")
        self.denied("joe", "secret", "bad-password")
        client.must("SITE PSWD newsecret secret-again", 200)
        lib.wait_for(lambda: self.may_log_in("joe", "secret-again"),
                     "the next password")
        # Others have no password of their own, or keep it elsewhere.
        for name, password in (("anonymous", "x"), ("ext", "secret")):
            other = self.login(name, password)
            other.must("SITE PSWD secret newsecret", 550)
        self.assertEqual(self.login("ann", "secret").names(), ["shared"])
        self.assertNotIn("newsecret", self.server.log())
        self.assertNotIn("secret-again", self.server.log())
        self.server.ctl("user", "passwd", "joe", text="secret\n")

    def test_program(self):
        self.server.put("f", b"x")
        client = self.login("ext", "secret")
        self.assertEqual(client.download("RETR f"), b"x")
        client.must("STOR g", 553)
        self.denied("ext", "wrong", "bad-password")
        self.denied("nobody-knows", "x", "no-such-user")
        self.denied("broken", "x", "bad-program-answer")


if __name__ == "__main__":
    lib.main()
