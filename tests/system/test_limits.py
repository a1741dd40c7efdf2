#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Who is kept out, and how much the others may have: guessing, bans, rates."""

import os
import signal
import socket
import time

import lib

LIMITS = """
limits {
	login_attempts = 100
	login_delay = 0
	ban_after = 4
	ban_time = 1h
	commands_before_login = 20
	allow = "127.0.0.9"
}
state_dir = "@BASE@/files"
"""


class Bans(lib.TestCase):
    CONF = LIMITS

    def setUp(self):
        self.assertEqual(self.server.stop(), [])
        self.server.empty()
        self.server.reset_log()
        self.server.start()

    def guess(self, source, *passwords):
        """Tries these and returns what was said to the last."""
        client = self.client(source=source)
        for password in passwords:
            client.must("USER " + lib.USER, 331)
            reply = client.cmd("PASS " + password)
        return client, reply

    def refused(self, source):
        """What a new connection is told, if it is not served."""
        client = self.client(source=source, greet=False)
        reply = client.reply()
        return reply.text if reply.code == 421 else None

    def test_guessing_is_a_ban(self):
        # R15.1, R15.2
        client, reply = self.guess("127.0.0.2", "a", "b", "c", "d")
        self.assertIn(reply.code, (530, 421))
        if reply.code == 530:
            reply = client.reply()
        self.assertIn("banned", reply.text)
        self.assertIn("banned, try again in 60 minutes", self.refused("127.0.0.2"))
        self.assertIsNone(self.refused("127.0.0.3"))
        ban = self.server.wait_event("ban", ip="127.0.0.2",
                                     reason="login-failures", seconds="3600",
                                     count="1")
        self.assertRegex(ban["rule"], r"ftpd\.conf:\d+: limits\.ban_after$")
        self.server.wait_event("refuse", ip="127.0.0.2", reason="banned",
                               detail="login-failures", rule=ban["rule"],
                               count="1", reply="421")

    def test_same_password_counts_once(self):
        client, _ = self.guess("127.0.0.2", *["old"] * 6)
        client.login()

    def test_who_is_in_stays(self):
        inside = self.login(source="127.0.0.2")
        self.guess("127.0.0.2", "a", "b", "c", "d")
        self.assertTrue(self.refused("127.0.0.2"))
        inside.must("NOOP", 200)

    def test_allowed_are_never_banned(self):
        client, reply = self.guess("127.0.0.9", *"abcdefgh")
        self.assertEqual(reply.code, 530)
        client.login()

    def test_reload_and_restart_remember(self):
        self.guess("127.0.0.2", "a", "b", "c", "d")
        self.server.kill(signal.SIGHUP)
        self.server.log_has("generation 2 active")
        self.assertTrue(self.refused("127.0.0.2"))
        self.server.stop()
        self.assertEqual(lib.file_mode(self.server.path("bans")), 0o600)
        self.server.reset_log()
        self.server.start()
        self.assertTrue(self.refused("127.0.0.2"))
        self.assertIsNone(self.refused("127.0.0.3"))

    def test_flood_of_a_banned_client_is_logged_once(self):
        self.guess("127.0.0.2", "a", "b", "c", "d")
        for _ in range(50):
            self.assertTrue(self.refused("127.0.0.2"))
        self.assertEqual(self.server.log().count("reason=banned"), 1)

    def test_commands_before_login(self):
        client = self.client()
        for _ in range(20):
            client.must("NOOP", 200)
        client.must("NOOP", 421)


class Delays(lib.TestCase):
    CONF = "limits {\n login_delay = 1\n connections_per_minute = 30\n}\n"

    def test_parallel_guesses_queue(self):
        # Of many at once, the right one too waits its turn.
        clients = [self.client() for _ in range(3)]
        clients[0].must("USER " + lib.USER, 331)
        clients[0].must("PASS a", 530)
        for client, password in zip(clients, ("b", "c", lib.PASSWORD)):
            client.must("USER " + lib.USER, 331)
            client.send("PASS " + password)
        self.assertEqual([client.reply().code for client in clients],
                         [530, 530, 230])

    def test_connections_per_minute(self):
        for _ in range(30):
            self.client(source="127.0.0.5")
        client = self.client(source="127.0.0.5", greet=False)
        reply = client.must_end(421)
        self.assertIn("Too many connections from your address", reply.text)
        self.client(source="127.0.0.6")


class Rates(lib.TestCase):
    """Bytes a second, measured by the client; the machine may be busy, so what
    is too slow is no failure unless it is much too slow."""

    RATE = 400 << 10
    SIZE = 600 << 10  # one and a half seconds
    CONF = f"""
        group "both" {{
            group_rate_down = {RATE}
        }}
        anonymous {{
            enabled = yes
            root = "@BASE@/files"
            sessions = 3
        }}
    """
    USERS = (("each", "x"), ("all", "x"), ("one", "x"), ("two", "x"))

    @classmethod
    def make_server(cls):
        server = super().make_server()
        path = server.base + "/users"
        with open(path, encoding="utf-8") as f:
            text = f.read()
        more = {
            "each": f"rate_down = {cls.RATE}\n rate_up = 400k",
            "all": "user_rate_down = 400k\n user_rate_up = 400k",
            "one": "group = both",
            "two": "group = both",
        }
        for name, keys in more.items():
            text = text.replace(f'user "{name}" {{', f'user "{name}" {{\n {keys}')
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return server

    def took(self, function, *args):
        began = time.monotonic()
        function(*args)
        return time.monotonic() - began

    def check(self, seconds, size):
        # The first tenth of a second may come at once.
        self.assertGreater(seconds, (size / self.RATE - 0.1) * 0.95)
        self.assertLess(seconds, size / self.RATE * 3 + 10)

    def test_session_down(self):
        self.server.put("f", lib.pattern(self.SIZE))
        client = self.login("each", "x")
        self.check(self.took(client.download, "RETR f"), self.SIZE)
        client.must("TYPE A", 200)
        self.check(self.took(client.download, "RETR f"), self.SIZE)

    def test_session_up(self):
        client = self.login("each", "x")
        data = lib.pattern(self.SIZE)
        self.check(self.took(client.upload, "STOR f", data), self.SIZE)
        self.assertEqual(self.server.get("f"), data)

    def test_listing(self):
        for number in range(2000):
            self.server.put(f"{'long name ' * 20}{number}")
        client = self.login("each", "x")
        listing = client.download("LIST")  # some 500 KiB
        self.check(self.took(client.download, "LIST"), len(listing))

    def test_small_files_do_not_wait(self):
        self.server.put("f", b"x" * 1000)
        client = self.login("each", "x")
        seconds = self.took(lambda: [client.download("RETR f") for _ in range(20)])
        self.assertLess(seconds, 20)

    def shared(self, *users):
        """Two sessions at once: as fast as one, and each gets its share."""
        self.server.put("f", lib.pattern(self.SIZE // 2))
        clients = [self.login(user, "x") for user in users]
        ends = []
        waits = [self.in_background(
            lambda c=c: (c.download("RETR f"), ends.append(time.monotonic())))
            for c in clients]
        self.check(self.took(lambda: [wait() for wait in waits]), self.SIZE)
        self.assertLess(max(ends) - min(ends), 0.7)

    def test_user_shares(self):
        self.shared("all", "all")

    def test_group_shares(self):
        self.shared("one", "two")

    def test_others_have_no_limit(self):
        self.server.put("f", lib.pattern(20 << 20))
        self.assertLess(self.took(self.login().download, "RETR f"), 20)

    def test_abort_while_waiting(self):
        self.server.put("f", lib.pattern(8 << 20))
        client = self.login("each", "x")
        with client.transfer("RETR f") as sock:
            sock.recv(1000)
            client.send("ABOR")
            self.assertEqual(client.reply().code, 426)
            client.must_end(226)
        client.must("NOOP", 200)

    def test_sessions_of_an_account(self):
        # R16.2
        inside = [self.login("anonymous", "x") for _ in range(3)]
        client = self.client()
        client.must("USER anonymous", 331)
        reply = client.must("PASS x", 530)
        self.assertIn("Too many connections", reply.text)
        inside[0].must("QUIT", 221)
        inside[0].close()

        def again():
            client = self.client()
            client.must("USER anonymous", 331)
            return client.cmd("PASS x").code == 230

        lib.wait_for(again, "a free place")


class LiveRates(lib.TestCase):
    """A reload's rates hold for transfers that run (issue 5)."""

    RATE = 300 << 10
    CONF = "group \"slow\" { }\n"
    USERS = (("one", "x"),)

    @classmethod
    def make_server(cls):
        server = super().make_server()
        server.own(os.path.join(server.base, "users"))
        server.own(server.conf_path)
        return server

    def pace(self, sock, seconds):
        """Bytes a second, once what was on its way has come."""
        sock.settimeout(lib.TIMEOUT)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            self.assertTrue(sock.recv(1 << 20))
        began, moved = time.monotonic(), 0
        while time.monotonic() < began + seconds:
            moved += len(sock.recv(1 << 20))
        return moved / (time.monotonic() - began)

    def check_live(self, *changes):
        """Each makes the running download slow, and the last one fast again."""
        with open(self.server.put("f"), "r+b") as f:
            f.truncate(1 << 36)
        client = self.login("one", "x")
        with client.transfer("RETR f") as sock:
            for change in changes[:-1]:
                change()
                self.assertLess(self.pace(sock, 2), self.RATE * 2)
            changes[-1]()
            self.assertGreater(self.pace(sock, 0.5), self.RATE * 4)
        client.close()

    def test_of_users(self):
        def change(*keys, kind="user", name="one"):
            return lambda: self.server.ctl(kind, "set", name, *keys)

        for key in ("rate_down", "user_rate_down"):
            self.check_live(change(f"{key}={self.RATE}"), change(f"{key}="))
        self.check_live(
            lambda: [self.server.ctl("user", "set", "one", "group=slow"),
                     self.server.ctl("user", "set", "one",
                                     f"group_rate_down={self.RATE}")],
            change("group=", "group_rate_down="))

    def test_of_the_server(self):
        def reload(conf):
            self.server.write_conf(self.CONF + conf)
            self.server.ctl("reload")

        self.check_live(
            lambda: reload(f"limits {{\n rate_down = {self.RATE}\n}}\n"),
            lambda: reload(f"limits {{\n rate_down = {self.RATE // 2}\n}}\n"),
            lambda: reload(""))

    def test_the_administrators_stays(self):
        client = self.login("one", "x")
        sid = self.server.ctl_json("who")["sessions"][-1]["id"]
        self.server.ctl("limit", str(sid), str(self.RATE))
        self.server.ctl("user", "set", "one", "rate_down=1g")
        self.server.put("f", lib.pattern(4 << 20))
        with client.transfer("RETR f") as sock:
            self.assertLess(self.pace(sock, 1), self.RATE * 2)
        client.close()
        self.server.ctl("user", "set", "one", "rate_down=")


class ServerRate(lib.TestCase):
    CONF = "limits {\n rate_up = 400k\n}\n"

    def test_all_together(self):
        data = lib.pattern(200 << 10)
        clients = [self.login(), self.login("anna"), self.login("anna")]
        began = time.monotonic()
        waits = [self.in_background(c.upload, f"STOR {i}", data)
                 for i, c in enumerate(clients)]
        for wait in waits:
            wait()
        self.assertGreater(time.monotonic() - began, (1.5 - 0.1) * 0.95)
        self.assertEqual(self.server.get("2"), data)


class Quota(lib.TestCase):
    LIMIT = 1 << 20
    USERS = (("q", "x"), ("few", "x"))

    @classmethod
    def make_server(cls):
        server = super().make_server()
        path = server.base + "/users"
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text = text.replace('user "q" {', 'user "q" {\n quota = 1m')
        text = text.replace('user "few" {', 'user "few" {\n quota_files = 3')
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return server

    def setUp(self):
        # The directory is emptied behind the server's back.
        self.assertEqual(self.server.stop(), [])
        self.server.empty()
        self.server.reset_log()
        self.server.start()

    def too_much(self, client, command, data):
        """An upload that must end with 552 after its 150."""
        with client.transfer(command) as sock:
            try:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
            except OSError:  # it was ended
                pass
        return client.must_end(552)

    def test_full(self):
        # R19.1: before 150, before any data connection.
        self.server.put("big", lib.pattern(self.LIMIT))
        client = self.login("q", "x")
        for command in ("STOR f", "APPE big", "STOU"):
            client.must("EPSV", 229)
            client.must(command, 552)
        client.must("ALLO 1", 552)
        client.must("DELE big", 250)
        client.must(f"ALLO {self.LIMIT}", 200)
        client.must(f"ALLO {self.LIMIT + 1}", 552)

    def test_exactly_full(self):
        data = lib.pattern(self.LIMIT)
        client = self.login("q", "x")
        client.upload("STOR f", data)
        self.assertEqual(self.server.get("f"), data)
        self.assertEqual(client.must("AVBL", 213).text, "0")
        self.assertEqual(
            client.must("SITE QUOTA", 200).text,
            f"Used: {self.LIMIT} of {self.LIMIT} bytes, 1 files.")

    def test_crossing(self):
        # R19.2: the old file stays, nothing of the new one does.
        self.server.put("f", b"old")
        client = self.login("q", "x")
        self.too_much(client, "STOR f", lib.pattern(self.LIMIT))
        self.assertEqual(self.server.get("f"), b"old")
        # The agent removes it while the reply is on its way.
        lib.wait_for(lambda: self.server.names() == ["f"], "the rest to go")
        client.must("EPSV", 229)
        client.must("STOR f", 552)
        client.upload("STOR g", b"x" * 1000)

    def test_ascii_and_append(self):
        client = self.login("q", "x")
        client.upload("STOR f", lib.pattern(self.LIMIT // 2))
        client.must("TYPE A", 200)
        self.too_much(client, "APPE f", lib.pattern(self.LIMIT))
        self.assertEqual(len(self.server.get("f")), self.LIMIT // 2)
        client.upload("APPE g", lib.pattern(self.LIMIT // 4))

    def test_several_sessions(self):
        # What all store together is never more than the quota.
        part = self.LIMIT * 2 // 5
        clients = [self.login("q", "x") for _ in range(5)]

        def upload(number, client):
            with client.transfer(f"STOR {number}") as sock:
                try:
                    sock.sendall(lib.pattern(part))
                    sock.shutdown(socket.SHUT_WR)
                except OSError:  # it was ended
                    pass
            return client.reply().code

        def try_upload(number, client):
            try:
                return upload(number, client)
            except AssertionError:  # refused before it began
                return 552

        waits = [self.in_background(try_upload, i, c)
                 for i, c in enumerate(clients)]
        codes = [wait() for wait in waits]
        stored = [n for n in self.server.names() if not n.startswith(".")]
        self.assertEqual(codes.count(226), len(stored))
        self.assertEqual(set(codes) - {226, 552}, set())
        self.assertLessEqual(len(stored) * part, self.LIMIT)
        # Nothing is lent any more: the rest fits exactly.
        left = self.LIMIT - len(stored) * part
        client = self.login("q", "x")
        self.assertEqual(client.must("AVBL", 213).text, str(left))
        client.upload("STOR rest", lib.pattern(left))

    def test_number_of_files(self):
        client = self.login("few", "x")
        for name in "abc":
            client.upload("STOR " + name, b"x")
        client.must("EPSV", 229)
        client.must("STOR d", 552)
        client.upload("STOR a", b"replaced")
        client.must("RNFR a", 350)
        client.must("RNTO b", 250)
        client.upload("STOR d", b"x")

    def test_no_quota(self):
        client = self.login()
        self.assertEqual(client.must("SITE QUOTA", 200).text, "No quota.")
        client.upload("STOR f", lib.pattern(self.LIMIT * 2))


if __name__ == "__main__":
    lib.main()
