#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Started by root: who the processes are, and that there is no way back."""

import os

import lib

ONE, TWO = 61001, 61002  # of nobody on this machine


def status(pid):
    """/proc/PID/status as a dict."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


class Root(lib.TestCase):
    AS_ROOT = True
    USERS = (
        ("one", "x", "--uid", str(ONE), "--gid", str(ONE)),
        ("two", "x", "--uid", str(TWO), "--gid", str(TWO)),
        ("virtual", "x"),
    )

    def setUp(self):
        super().setUp()
        os.chmod(self.server.root, 0o1777)
        for uid in (ONE, TWO):
            path = self.server.mkdir(str(uid))
            os.chmod(path, 0o700)
            os.chown(path, uid, uid)

    def test_each_is_who_it_should_be(self):
        clients = [self.login(user, "x") for user in ("one", "two", "virtual")]
        service = lib.NOBODY
        found = {role: [int(status(pid)["Uid"].split()[0])
                        for pid in self.server.pids(role)]
                 for role in ("worker", "auth", "agent")}
        self.assertEqual(set(found["worker"]), {service})
        self.assertEqual(set(found["auth"]), {service})
        self.assertEqual(sorted(found["agent"]), sorted((ONE, TWO, service)))
        for pid in self.server.pids():
            what = status(pid)
            with self.subTest(pid=pid, name=what["Name"]):
                # Real, effective, saved and file-system ids are all the same.
                self.assertEqual(len(set(what["Uid"].split())), 1)
                self.assertEqual(len(set(what["Gid"].split())), 1)
                self.assertNotIn("0", what["Uid"].split())
                self.assertNotIn("0", what["Groups"].split())
                for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                    self.assertEqual(int(what[kind], 16), 0, kind)
                self.assertEqual(what["NoNewPrivs"], "1")
        # Workers see nothing of the file system.
        for pid in self.server.pids("worker"):
            self.assertEqual(os.listdir(f"/proc/{pid}/root"), [])
        for client in clients:
            client.must("NOOP", 200)

    def test_files_belong_to_their_users(self):
        for user, uid in (("one", ONE), ("two", TWO), ("virtual", lib.NOBODY)):
            client = self.login(user, "x")
            client.upload(f"STOR {user}", b"x")
            st = os.stat(self.server.path(user))
            self.assertEqual((st.st_uid, st.st_gid), (uid, uid), user)

    def test_each_keeps_to_what_is_his(self):
        one, two = self.login("one", "x"), self.login("two", "x")
        one.upload(f"STOR {ONE}/f", b"secret")
        for command in (f"CWD {ONE}", f"SIZE {ONE}/f", f"DELE {ONE}/f",
                        f"MKD {ONE}/d", f"SITE CHMOD 777 {ONE}/f"):
            self.assertIn(two.cmd(command).code, (550, 553), command)
        for command in (f"RETR {ONE}/f", f"STOR {ONE}/f", f"LIST {ONE}"):
            sock = two.connect()
            self.assertIn(two.cmd(command).code, (550, 553), command)
            sock.close()
        self.assertEqual(one.download(f"RETR {ONE}/f"), b"secret")
        # A sticky directory: others' files may not be replaced.
        one.upload("STOR shared", b"one")
        for command in ("STOR shared", "APPE shared"):
            sock = two.connect()
            self.assertIn(two.cmd(command).code, (550, 553))
            sock.close()
        self.assertIn(two.cmd("DELE shared").code, (550,))
        self.assertEqual(self.server.get("shared"), b"one")

    def test_root_is_nobodys_identity(self):
        self.server.put("roots", b"secret", mode=0o600)
        for user in ("one", "virtual"):
            client = self.login(user, "x")
            sock = client.connect()
            client.must("RETR roots", 550)
            sock.close()


class UsersOfAnother(lib.TestCase):
    """The file of users belongs to somebody who keeps it in his directory."""

    AS_ROOT = True
    CONF = "files { site_pswd = yes }\n"
    USERS = (("one", "secret", "--uid", str(ONE), "--gid", str(ONE)),)

    def test_own_password(self):
        users = os.path.join(self.server.base, "users")
        os.chown(users, ONE, TWO)
        os.chmod(users, 0o640)
        os.chown(self.server.base, ONE, TWO)
        self.login("one", "secret").must("SITE PSWD secret newsecret", 200)
        made = os.stat(users)
        self.assertEqual((made.st_uid, made.st_gid), (ONE, TWO))
        self.assertEqual(made.st_mode & 0o7777, 0o640)
        lib.wait_for(lambda: self.may_log_in("one", "newsecret"),
                     "the new password")

    def may_log_in(self, user, password):
        client = self.client()
        client.must(f"USER {user}", 331)
        return client.cmd(f"PASS {password}").code == 230


class LowPort(lib.TestCase):
    AS_ROOT = True
    CONF = """
        data {
            active_port_20 = yes
        }"""

    def test_active_connections_come_from_port_20(self):
        self.server.put("f", b"text")
        client = self.login()
        for _ in range(3):
            listener = client.listen("PORT")
            client.must("RETR f", 150)
            sock, address = listener.accept()
            self.assertEqual(address[1], 20)
            self.assertEqual(lib.read_all(sock), b"text")
            client.must_end(226)
            sock.close()
            listener.close()


if __name__ == "__main__":
    lib.main()
