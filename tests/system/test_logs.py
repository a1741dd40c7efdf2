#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Events of the log (R14.1 to R14.3): what sessions do is told, one line each, and
nothing that a client sends can forge a line or a field.
"""

import json
import os
import re
import shutil
import signal
import subprocess

import lib

FILTER = os.path.join(lib.TOP, "dist/fail2ban/filter.d/ternftpd.conf")


class Events(lib.TestCase):
    CONF = "files {\n site_rmdir = yes\n}\n"

    def setUp(self):
        super().setUp()
        self.server.reset_log()

    def test_life_of_a_session(self):
        client = self.login()
        client.must("QUIT", 221)
        end = self.server.wait_event("end", reason="quit")
        connect, auth = self.server.events("connect", "auth-ok")
        self.assertEqual(connect["session"], end["session"])
        self.assertEqual(connect["ip"], "127.0.0.1")
        self.assertEqual(int(connect["port"]), client.sock.getsockname()[1])
        self.assertEqual(connect["local"], f"127.0.0.1:{self.server.port}")
        self.assertNotIn("user", connect)
        self.assertEqual((auth["user"], auth["method"]), (lib.USER, "password"))
        self.assertEqual(end["user"], lib.USER)

    def test_failed_login(self):
        # R14.2: a stable contract.
        client = self.client()
        client.must("USER anna", 331)
        client.must("PASS wrong", 530)
        self.server.log_has(r'\] auth-fail ip=127\.0\.0\.1 user="anna" '
                            r'reason=bad-password ')
        client.must("USER nobody", 331)
        client.must("PASS wrong", 530)
        self.server.wait_event("auth-fail", user="nobody", reason="no-such-user")
        self.assertNotIn("wrong", self.server.log())

    def test_names_forge_nothing(self):
        for name, shown in (
                ('x" reason=quit ip="1.2.3.4', r'x\" reason=quit ip=\"1.2.3.4'),
                ("x\rend ip=1.2.3.4", r"x\015end ip=1.2.3.4"),
                ("auth-fail ip=1.2.3.4", "auth-fail ip=1.2.3.4"),
                ("x\033[2J\\", r"x\033[2J\\")):
            with self.subTest(name=name), self.client() as client:
                client.must(f"USER {name}", 331)
                client.must("PASS x", 530)
                failed = self.server.wait_event("auth-fail", user=shown)
                self.assertEqual(failed["ip"], "127.0.0.1")
                self.assertEqual(failed["reason"], "no-such-user")
        self.assertEqual(len(self.server.events("auth-fail")), 4)

    def test_transfers(self):
        client = self.login()
        client.upload("STOR a file", b"12345")
        client.upload("APPE a file", b"678")
        self.assertEqual(client.download("RETR a file"), b"12345678")
        client.lines("LIST")
        client.must("QUIT", 221)
        self.server.wait_event("end")
        found = self.server.events("store", "append", "retrieve", "list")
        self.assertEqual(
            [(e["event"], e["path"], e["bytes"], e["result"]) for e in found],
            [("store", "/a file", "5", "complete"),
             ("append", "/a file", "3", "complete"),
             ("retrieve", "/a file", "8", "complete"),
             ("list", "/", found[3]["bytes"], "complete")])
        for event in found:
            self.assertGreaterEqual(int(event["ms"]), 0)
            self.assertEqual(event["user"], lib.USER)

    def test_aborted_transfers(self):
        self.server.put("big", lib.pattern(20_000_000))
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            client.must("ABOR", 426)
        client.must_end(226)
        event = self.server.wait_event("retrieve", reason="aborted",
                                       result="aborted", of="20000000")
        self.assertLess(int(event["bytes"]), 20_000_000)
        with client.transfer("STOR half") as sock:
            sock.sendall(b"text")
            client.reset()
            self.server.wait_event("store", path="/half", result="aborted",
                                   reason="session-ended")

    def test_what_happens_to_files(self):
        # R14.3
        self.server.put("d/f", b"text")
        client = self.login()
        client.must("CWD d", 250)
        for command, code in (
                ("SITE CHMOD 0600 f", 200), ("MFMT 20200101000000 f", 213),
                ("MDTM 20200102000000 f", 213), ("SITE UTIME 20200102000000 f", 200),
                ("MFF modify=20200101000000; f", 213),
                ("RNFR f", 350), ("RNTO /g g", 250), ("DELE /g g", 250),
                ("MKD x", 257), ("SITE MKDIR y/z", 200), ("RMD x", 250),
                ("SITE RMDIR y", 200)):
            client.must(command, code)
        client.must("QUIT", 221)
        self.server.wait_event("end")
        found = [(e["event"], e["path"], e.get("to"), e.get("mode"))
                 for e in self.server.events() if "path" in e]
        self.assertEqual(found, [
            ("chmod", "/d/f", None, "0600"), *[("mtime", "/d/f", None, None)] * 4,
            ("rename", "/d/f", "/g g", None), ("delete", "/g g", None, None),
            ("mkdir", "/d/x", None, None), ("mkdir", "/d/y/z", None, None),
            ("rmdir", "/d/x", None, None), ("rmdir", "/d/y", None, None)])


class Refusals(lib.TestCase):
    """Whatever is refused has a reason (issue 5)."""

    USERS = (("guest", "x", "--rights", "read-only"),)
    CONF = "data {\n passive_ports = 1024-1024\n}\n"

    def setUp(self):
        super().setUp()
        self.server.reset_log()

    def refused(self, client, line, code, reason, **fields):
        client.must(line, code)
        return self.server.wait_event("refuse", reason=reason, **fields)

    def test_commands(self):
        client = self.client()
        for command, code, reason in (
                ("PWD", 530, "not-logged-in"), ("XYZZY", 500, "unknown-command"),
                ("USER", 501, "bad-argument"), ("PASS x", 503, "bad-sequence"),
                ("ADAT x", 502, "not-available")):
            self.refused(client, command, code, reason, reply=str(code))
        client.login()
        self.server.mkdir("d")
        for command, code, reason in (
                ("DELE missing", 550, "no-such-file"), ("CWD x", 550, "no-such-file"),
                ("MKD d", 550, "exists"), ("RETR d", 550, "not-a-file"),
                ("PORT 127,0,0,2,200,1", 501, "foreign-address"),
                ("PORT 127,0,0,1,0,22", 504, "low-port"),
                ("MODE B", 504, "not-available"), ("RNTO x", 503, "bad-sequence")):
            if command.startswith("RETR"):
                client.must("PORT 127,0,0,1,200,1", 200)
            self.refused(client, command, code, reason, reply=str(code),
                         command=command.split()[0], user=lib.USER)
        self.server.wait_event("refuse", path="/missing")
        self.assertEqual(self.server.events("auth-fail"), [])

    def test_each_refusal_is_told_once(self):
        client = self.login()
        client.must("DELE a", 550)
        client.must("PORT 127,0,0,1,200,1", 200)
        client.must("RETR a", 550)
        client.must("BLAH", 500)
        client.must("USER anna", 331)
        client.must("PASS wrong", 530)
        client.must("QUIT", 221)
        self.server.wait_event("end")
        self.assertEqual(
            [(e["event"], e.get("command"), e["reason"])
             for e in self.server.events("refuse", "auth-fail", "retrieve")],
            [("refuse", "DELE", "no-such-file"), ("refuse", "RETR", "no-such-file"),
             ("refuse", None, "unknown-command"),
             ("auth-fail", None, "bad-password")])

    def test_flood_of_refusals(self):
        """Who is refused all the time does not fill the disk."""
        for user, password, line in (("guest", "x", "DELE f"),
                                     (lib.USER, lib.PASSWORD,
                                      "PORT 127,0,0,2,200,1")):
            self.server.reset_log()
            client = self.login(user, password)
            for _ in range(20):
                client.sock.sendall(f"{line}\r\n".encode() * 100)
                for _ in range(100):
                    self.assertGreaterEqual(client.reply().code, 500)
            client.must("QUIT", 221)
            end = self.server.wait_event("end")
            told = self.server.events("refuse")
            self.assertGreaterEqual(len(told), 50)
            self.assertLess(len(told), 200)
            if user == lib.USER:  # of rights the agent tells, and counts
                self.assertEqual(2000, len(told) + sum(
                    int(e.get("count", "0")) for e in [*told, end]))
        self.assertEqual(len(self.server.events("auth-ok")), 1)

    def test_rights(self):
        client = self.login("guest", "x")
        event = self.refused(client, "MKD d", 550, "no-right", path="/d",
                             user="guest", ip="127.0.0.1")
        self.assertIn("mkdir", event["detail"])
        client.must("QUIT", 221)
        self.server.wait_event("end")
        self.assertEqual(len(self.server.events("refuse")), 1)


class Rules(lib.TestCase):
    """A refusal names the line that decides (issue 5)."""

    USERS = (("guest", "x", "--rights", "read-only"),)
    CONF = ('data {\n active = no\n}\nfiles {\n site_chmod = no\n}\n'
            'limits {\n sessions_per_ip = 2\n}\n'
            'anonymous {\n enabled = yes\n root = "@ROOT@"\n'
            ' networks = "192.0.2.0/24"\n}\n')

    def setUp(self):
        super().setUp()
        lib.wait_for(lambda: self.server.ctl_json("who")["sessions"] == [],
                     "the sessions of the test before to end")
        self.server.reset_log()

    def rule(self, event, key, name="refuse", **fields):
        """The event's rule is a line, and that has the key."""
        found = self.server.wait_event(name, **fields)
        self.assertIn("rule", found, event)
        path, line, what = found["rule"].split(":", 2)
        self.assertEqual(what.strip(), key)
        with open(path, encoding="utf-8") as f:
            text = f.read().splitlines()[int(line) - 1]
        self.assertIn(key.rsplit(".", 1)[-1] + " =", text)

    def test_commands(self):
        with self.login("guest", "x") as client:
            client.must("PORT 127,0,0,1,200,1", 502)
            self.rule("PORT", "data.active", reason="active-off")
            client.must("SITE CHMOD 600 x", 500)
            self.rule("SITE", "files.site_chmod", reason="not-available")
            client.must("MKD d", 550)
            self.rule("MKD", "rights", reason="no-right")
            client.must("MODE B", 504)  # no line decides
            self.assertNotIn("rule", self.server.wait_event(
                "refuse", reason="not-available", command="MODE"))

    def test_logins(self):
        with self.client() as client:
            client.must("USER ftp", 331)
            client.must("PASS x", 530)
        self.rule("PASS", "networks", "auth-fail", reason="ip-denied")

    def test_connections(self):
        with self.client(), self.client():
            with self.client(greet=False) as third:
                self.assertEqual(third.reply().code, 421)
            self.rule("connect", "limits.sessions_per_ip",
                      reason="max-per-ip")

    def test_defaults(self):
        with self.client() as client:
            client.must("USER anna", 331)
            for _ in range(2):
                client.must("PASS wrong", 530)
                client.must("USER anna", 331)
            client.must("PASS wrong", 421)
        self.assertEqual(
            self.server.wait_event("end", reason="login-failures")["rule"],
            "the default of limits.login_attempts")


class FileLog(lib.TestCase):
    """A log file with JSON lines, one of transfers, and rotation."""

    CONF = ('log = "@BASE@/log"\nlog_format = json\nlog_max_size = 4000\n'
            'transfer_log = "@BASE@/xferlog"\n')

    @classmethod
    def make_server(cls):
        server = super().make_server()
        server.verbose = False
        server.stderr_path = os.path.join(server.base, "stderr")
        return server

    def objects(self):
        return [json.loads(line) for line in self.server.log().splitlines()]

    def test_every_line_is_an_object(self):
        with self.client() as client:
            client.must("USER \xff\x01\"\\", 331)
            client.must("PASS wrong", 530)
        client = self.login()
        client.upload("STOR f ä", b"text")
        client.must("QUIT", 221)
        lib.wait_for(lambda: any(o.get("reason") == "quit" for o in self.objects()),
                     "the end")
        found = {o["event"]: o for o in self.objects() if "event" in o}
        self.assertEqual(found["auth-fail"]["user"], "ÿ\x01\"\\")
        self.assertEqual(found["store"]["path"], "/f ä")
        self.assertEqual((found["store"]["bytes"], found["store"]["ip"]),
                         (4, "127.0.0.1"))
        with open(os.path.join(self.server.base, "xferlog"), encoding="utf-8") as f:
            last = f.read().splitlines()[-1]
        self.assertRegex(last, r"^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4} \d+ 127\.0\.0\.1 "
                         r"4 /f_ä b _ i r anna ftp 0 \* c$")

    def test_rotation(self):
        base = self.server.base

        def sizes():
            return [os.path.getsize(os.path.join(base, name))
                    for name in ("log", "log.1") if
                    os.path.exists(os.path.join(base, name))]

        client = self.login()
        lib.wait_for(lambda: client.must("MKD d", 257) and client.must("RMD d", 250)
                     and len(sizes()) == 2, "log.1")
        # All processes write to the new file, and lines are whole.
        lib.wait_for(lambda: client.must("MKD d", 257) and client.must("RMD d", 250)
                     and any(o.get("event") == "rmdir" for o in self.objects()),
                     "lines in the new file")
        with open(os.path.join(base, "log.1"), encoding="utf-8") as f:
            for line in f:
                json.loads(line)

    def test_reload_tells_of_a_log_that_cannot_be(self):
        """R9.4: no reason to refuse; who reloads is told, and so is the log."""
        self.server.write_conf(self.CONF.replace("@BASE@/", "/nonexistent/"))
        output = self.server.ctl("reload")
        for name in ("log", "xferlog"):
            self.assertIn(f"cannot open the log /nonexistent/{name}: "
                          "No such file", output)
        lib.wait_for(lambda: any("cannot open the log" in o.get("message", "")
                                 for o in self.objects()), "the warning")
        self.login().must("QUIT", 221)
        self.server.write_conf(self.CONF)
        self.assertNotIn("cannot open", self.server.ctl("reload"))

    def test_moved_file_and_lost_directory(self):
        client = self.login()
        os.rename(self.server.log_path, self.server.log_path + ".old")
        self.server.kill(signal.SIGUSR1)
        lib.wait_for(lambda: os.path.exists(self.server.log_path), "a new file")
        os.unlink(self.server.log_path)  # nobody says so
        lib.wait_for(lambda: os.path.exists(self.server.log_path), "a new file")
        lib.wait_for(lambda: client.must("MKD d", 257) and client.must("RMD d", 250)
                     and "rmdir" in self.server.log(), "lines in the new file")


class FullDisk(lib.TestCase):
    """A log that cannot be written hurts no session (R14.5)."""

    CONF = 'log = "/dev/full"\ntransfer_log = "@BASE@/xferlog"\n'
    LIMIT = 300  # bytes, of any file

    @classmethod
    def make_server(cls):
        server = super().make_server()
        server.verbose = False
        server.is_ready = lambda: os.path.exists(server.path_of_pid)
        server.file_limit = cls.LIMIT
        server.path_of_pid = os.path.join(server.base, "pid")
        return server

    @classmethod
    def setUpClass(cls):
        cls.server = cls.make_server()
        first, last = lib.free_ports(1)
        cls.server.write_conf(
            f'listen "l" {{\n address = "127.0.0.1"\n port = {first}\n}}\n'
            f'pid_file = "{cls.server.path_of_pid}"\n' + cls.CONF)
        cls.server.start()
        cls.server.ports = {"127.0.0.1": last}

    def test_sessions_do_not_notice(self):
        lib.wait_for(lambda: self.can_connect(), "the listener")
        for _ in range(3):
            client = self.login()
            for number in range(5):
                client.upload(f"STOR f{number}", b"text")
                self.assertEqual(client.download(f"RETR f{number}"), b"text")
            client.must("QUIT", 221)
        size = os.path.getsize(os.path.join(self.server.base, "xferlog"))
        self.assertLessEqual(size, self.LIMIT)
        # An upload that meets the limit fails, and its process lives.
        client = self.login()
        with client.transfer("STOR big") as sock:
            sock.sendall(b"x" * 10_000)
        self.assertGreaterEqual(client.reply().code, 400)
        client.upload("STOR small", b"x")

    def can_connect(self):
        try:
            self.client()
            return True
        except OSError:
            return False


@lib.needs("fail2ban-regex")
class Fail2ban(lib.TestCase):
    """dist/fail2ban finds who guesses passwords, and nobody else (R14.2)."""

    NAMES = ("joe", 'x" reason=quit ip="1.2.3.4', "auth-fail ip=1.2.3.4",
             "a\rauth-fail ip=1.2.3.4 user=b", "\\", "jürgen")

    def found(self, path):
        """Addresses that the filter finds in a log."""
        output = subprocess.run(
            ["fail2ban-regex", "-o", "ip", path, FILTER], check=True, text=True,
            capture_output=True, timeout=lib.TIMEOUT).stdout
        return output.split()

    def test_guesses(self):
        for name in self.NAMES:
            with self.client() as client:
                client.must(f"USER {name}", 331)
                client.must("PASS wrong", 530)
        client = self.login()
        for name in self.NAMES[2:]:
            client.must(f"DELE worker[1] {name}", 550)
        client.must("QUIT", 221)
        self.server.wait_event("end", reason="quit")
        self.assertEqual(self.found(self.server.log_path),
                         ["127.0.0.1"] * len(self.NAMES))

    def test_syslog(self):
        path = os.path.join(lib.scratch_directory(), "syslog")
        with open(path, "w", encoding="ascii") as f:
            f.write('Nov 28 17:30:00 host ternftpd[7]: worker: auth-fail '
                    'ip=2001:db8::1 user="x" reason=bad-password session=1\n'
                    'Nov 28 17:30:00 host ternftpd[7]: worker: delete '
                    'ip=192.0.2.1 path="auth-fail ip=192.0.2.1" session=1\n')
        self.assertEqual(self.found(path), ["2001:db8::1"])


@lib.needs("logrotate")
class Logrotate(lib.TestCase):
    """dist/logrotate is one that logrotate takes."""

    def test_syntax(self):
        where = lib.scratch_directory()
        path = shutil.copy(os.path.join(lib.TOP, "dist/logrotate/ternftpd"), where)
        os.chmod(path, 0o644)
        result = subprocess.run(
            [shutil.which("logrotate"), "-d", "-s", os.path.join(where, "state"),
             path], text=True, capture_output=True, timeout=lib.TIMEOUT)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse(re.search("^error", result.stderr, re.M), result.stderr)


if __name__ == "__main__":
    lib.main()
