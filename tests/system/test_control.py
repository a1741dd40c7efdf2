#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""ternctl and the running server: the control socket, reload with its errors,
kick, drain and stop."""

import os
import re
import signal
import socket
import stat
import struct
import subprocess

import lib

BIG = 64 << 20


def socket_of(server):
    return os.path.join(server.base, "control")


def connect(server):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.connect(socket_of(server))
    sock.settimeout(lib.TIMEOUT)
    return sock


class Socket(lib.TestCase):
    """Who may connect, and what a bad ternctl can do."""

    def test_is_private(self):
        mode = os.lstat(socket_of(self.server)).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    @lib.unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_others_are_refused(self):
        # The mode alone would let them in: the peer is asked for, too.
        path = socket_of(self.server)
        os.chmod(path, 0o666)
        self.addCleanup(os.chmod, path, 0o600)
        text = f"""if 1:
            import os, socket
            os.setgroups([]); os.setgid(12345); os.setuid(12345)
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.connect({path!r})
            try:
                s.send(b"x")
                print(len(s.recv(10)))
            except (BrokenPipeError, ConnectionResetError):
                print(0)"""
        out = subprocess.run(["python3", "-c", text], check=True,
                             capture_output=True, timeout=lib.TIMEOUT)
        self.assertEqual(out.stdout.strip(), b"0")

    def test_nonsense_closes_the_connection(self):
        for message in (b"x", b"\xff\xff", struct.pack("=HH", 999, 1),
                        struct.pack("=HHQ", 161, 1, 5), b"a" * 90000):
            with self.subTest(message=message[:20]), connect(self.server) as s:
                s.send(message)
                self.assertEqual(s.recv(100), b"")
        self.server.ctl("reload")

    def test_another_version_is_told(self):
        with connect(self.server) as s:
            s.send(struct.pack("=HHB", 161, 99, 0))
            self.assertIn(b"another control protocol", s.recv(1000))

    def test_silent_ones_do_not_keep_others_out(self):
        silent = [connect(self.server) for _ in range(20)]
        self.server.ctl("reload")
        for s in silent:
            s.close()

    def test_too_many_are_refused(self):
        many = [connect(self.server) for _ in range(40)]
        self.login().must("NOOP", 200)
        for s in many:
            s.close()
        lib.wait_for(self.reload_works, "room for another")

    def reload_works(self):
        try:
            return self.server.ctl("reload")
        except AssertionError:
            return None

    def test_who_does_not_read(self):
        with connect(self.server) as s:
            s.setblocking(False)
            try:
                for _ in range(100000):
                    s.send(struct.pack("=HHB", 161, 99, 0))
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                pass
            self.login().must("NOOP", 200)

    def test_no_server(self):
        text = self.server.ctl("-s", "/does/not/exist", "reload", status=1)
        self.assertIn("no server answers at /does/not/exist", text)


class Path(lib.OwnServer):
    """The socket's file, when servers come and go."""

    def second(self):
        return subprocess.run(
            [*self.server.command(), "-f"], capture_output=True, text=True,
            env=self.server.environment(), timeout=lib.TIMEOUT,
            **self.server.identity(), check=False)

    def test_of_a_living_server_is_an_error(self):
        result = self.second()
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "control_socket .*another server")
        self.server.ctl("reload")

    def test_of_a_dead_server_is_replaced(self):
        self.server.pids()
        self.server.process.kill()
        self.server.process.wait()
        self.assertTrue(os.path.exists(socket_of(self.server)))
        self.server.reset_log()
        self.server.start()
        self.server.ctl("reload")

    def test_is_removed_at_the_end(self):
        self.assertEqual(self.server.stop(), [])
        self.assertFalse(os.path.exists(socket_of(self.server)))

    def test_something_else_is_left_alone(self):
        self.assertEqual(self.server.stop(), [])
        with open(socket_of(self.server), "w", encoding="ascii") as f:
            f.write("mine")
        result = self.second()
        self.assertEqual(result.returncode, 1)
        self.assertIn("no socket", result.stderr)
        with open(socket_of(self.server), encoding="ascii") as f:
            self.assertEqual(f.read(), "mine")

    def test_moves_with_a_reload(self):
        self.server.write_conf('control_socket = "elsewhere"')
        old = os.path.join(self.server.base, "control")
        self.server.ctl("-s", old, "reload")
        self.assertFalse(os.path.exists(old))
        self.server.ctl("reload")
        self.server.write_conf("control_socket = none")
        self.server.ctl("-s", os.path.join(self.server.base, "elsewhere"),
                        "reload")
        text = self.server.ctl("reload", status=1)
        self.assertIn("turns the control socket off", text)


class Reload(lib.TestCase):
    ERRORS = r"ftpd\.conf:\d+|not reloaded|users:\d+"

    def test_good(self):
        self.assertEqual(len(re.findall(r"^config generation \d+ active$",
                                        self.server.ctl("reload"), re.M)), 1)
        reply = self.server.ctl_json("reload")
        self.assertTrue(reply["ok"])
        self.assertIn("generation", reply["message"])

    def test_mistakes_are_told_with_their_lines(self):
        # R11.1; and the path of the socket is found in spite of them.
        client = self.login()
        self.server.write_conf("workers = many\nnonsense = 1\n")
        self.addCleanup(self.server.write_conf)
        with open(self.server.conf_path, encoding="utf-8") as f:
            line = f.read().splitlines().index("workers = many") + 1
        text = self.server.ctl("reload", status=1)
        path = self.server.conf_path
        self.assertIn(f"{path}:{line}: ", text)
        self.assertIn(f'{path}:{line + 1}: unknown key "nonsense"', text)
        self.assertRegex(text, r"not reloaded: generation \d+ stays")
        for each in text.splitlines():
            self.assertIn(each, self.server.log())
        reply = self.server.ctl_json("reload", status=1)
        self.assertFalse(reply["ok"])
        self.assertIn(f"{path}:{line}: ", reply["message"])
        client.must("NOOP", 200)

    def generation(self):
        text = self.server.ctl("reload")
        return int(re.search(r"generation (\d+) active", text).group(1))

    def test_dry_run(self):
        before = self.generation()
        text = self.server.ctl("reload", "--dry-run")
        self.assertIn("is in order", text)
        self.assertIn("nothing would change", text)
        self.server.write_conf('banner = "Changed FTP"')
        self.assertRegex(self.server.ctl("reload", "--dry-run"),
                         "banner.*Changed FTP")
        self.assertNotIn("Changed", self.client().greeting.text)
        self.server.write_conf("nonsense = 1")
        text = self.server.ctl("reload", "--dry-run", status=1)
        self.assertRegex(text, r"ftpd\.conf:\d+: unknown key")
        self.server.write_conf()
        self.assertEqual(self.generation(), before + 1)


class Kick(lib.TestCase):
    USERS = (("bert", "b"),)

    def test_user(self):
        bert, anna = self.login("bert", "b"), self.login()
        self.assertEqual(self.server.ctl("kick", "user:bert"),
                         "1 session ended\n")
        reply = bert.must_end(421)
        self.assertIn("Disconnected by the administrator", reply.text)
        self.assertEqual(bert.at_end(), b"")
        anna.must("NOOP", 200)

    def test_address_and_reason(self):
        clients = [self.login(), self.client()]
        text = self.server.ctl("kick", "ip:127.0.0.1", "--reason", "Go\r\nhome")
        self.assertEqual(text, "2 sessions ended\n")
        for client in clients:
            self.assertIn("Go??home", client.must_end(421).text)

    def test_transfer(self):
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            self.server.ctl("kick", f"user:{lib.USER}")
            client.must_end(426)
            client.must_end(421)

    def test_nobody(self):
        self.assertIn("no such session",
                      self.server.ctl("kick", "999999", status=1))
        self.assertIn("no such session",
                      self.server.ctl("kick", "user:nobody", status=1))
        self.assertFalse(
            self.server.ctl_json("kick", "999999", status=1)["ok"])

    def test_nonsense(self):
        self.server.ctl("kick", status=1)
        self.server.ctl("kick", "anna", status=1)
        self.server.ctl("kick", "ip:nowhere", status=1)
        self.server.ctl("kick", "1", "2", status=1)
        self.server.ctl("kick", "1", "--reason", "x" * 2000, status=1)
        self.server.ctl("kick", "1", "--now", status=1)


class Who(lib.TestCase):
    USERS = (("b\"rt", "b"),)
    CONF = """
        limits {
            sessions_per_ip = 0
            connections_per_minute = 0
        }"""

    def sessions(self):
        return self.server.ctl_json("who")["sessions"]

    def alone(self):
        return lib.wait_for(lambda: not self.sessions(), "old ones to go") or 1

    def one(self):
        found = self.sessions()
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_idle_session(self):
        self.alone()
        self.server.mkdir("a dir")
        client = self.login()
        client.must("CWD a dir", 250)
        s = self.one()
        self.assertEqual(s["user"], lib.USER)
        self.assertEqual(s["address"], "127.0.0.1")
        self.assertEqual(s["port"], client.sock.getsockname()[1])
        self.assertEqual(s["state"], "in")
        self.assertEqual(s["tls"], "")
        self.assertEqual(s["directory"], "/a dir")
        self.assertEqual(s["command"], "CWD")
        self.assertFalse(s["runs"])
        self.assertEqual(s["transfer"], "")
        text = self.server.ctl("who")
        self.assertRegex(text, r"ID +USER +HOST +ADDRESS")
        self.assertRegex(text, rf"(?m)^ *{s['id']} +{lib.USER} +- +127.0.0.1 ")

    def test_before_the_login(self):
        self.alone()
        client = self.client()
        self.assertEqual(self.one()["state"], "connected")
        client.must("USER some\x1b[31mbody", 331)
        # Escaped by the worker: no terminal obeys it.
        self.assertEqual(self.one()["user"], "some\\033[31mbody")
        self.assertNotIn("\x1b", self.server.ctl("who"))

    def test_download(self):
        self.alone()
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            s = lib.wait_for(lambda: self.one().get("bytes") and self.one(),
                             "bytes to move")
            self.assertEqual(s["transfer"], "down")
            self.assertEqual(s["path"], "/big")
            self.assertEqual(s["size"], BIG)
            self.assertTrue(0 < s["bytes"] < BIG)
            self.assertEqual(s["idle"], 0)
            self.assertIn("/big", self.server.ctl("who"))
            lib.read_all(sock)
        client.must_end(226)
        self.assertEqual(self.one()["transfer"], "")

    def test_upload(self):
        self.alone()
        client = self.login()
        with client.transfer("STOR new") as sock:
            sock.sendall(b"x" * 5000)
            s = lib.wait_for(
                lambda: self.one().get("bytes") == 5000 and self.one(),
                "bytes to come")
            self.assertEqual((s["transfer"], s["path"]), ("up", "/new"))
            self.assertIsNone(s["size"])
            sock.shutdown(socket.SHUT_WR)
        client.must_end(226)

    def test_many(self):
        # Several pages.
        self.alone()
        clients = [self.client() for _ in range(400)]
        names = [f"{n}-" + "x" * 250 for n in range(len(clients))]
        for client, name in zip(clients, names):
            client.send(f"USER {name}")
        for client in clients:
            client.must_end(331)
        found = self.sessions()
        self.assertEqual(sorted(s["user"] for s in found), sorted(names))
        self.assertEqual(len(self.server.ctl("who").splitlines()), 401)
        self.assertEqual(self.server.ctl_json("stats")["sessions"], 400)

    def test_a_worker_that_does_not_answer(self):
        client = self.login()
        pids = self.server.pids("worker")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertEqual(self.sessions()[0]["user"], lib.USER)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        client.must("NOOP", 200)
        self.sessions()


class Limit(lib.TestCase):
    def test_rate_of_a_session(self):
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)
        client = self.login()
        sid = self.server.ctl_json("who")["sessions"][-1]["id"]
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            self.server.ctl("limit", str(sid), "1")
            # What was on its way comes, and then a byte a second.
            sock.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                while sock.recv(1 << 20):
                    pass
            sock.settimeout(lib.TIMEOUT)
            self.server.ctl("limit", str(sid), "0")
            while sock.recv(1 << 20):
                pass
        client.must_end(226)

    def test_before_login(self):
        self.client()
        sid = self.server.ctl_json("who")["sessions"][-1]["id"]
        said = self.server.ctl("limit", str(sid), "1", status=1)
        self.assertIn("nobody is logged in", said)

    def test_nonsense(self):
        self.server.ctl("limit", "999999", "1M", status=1)
        self.server.ctl("limit", "1", "fast", status=1)
        self.server.ctl("limit", "1", status=1)


class Stats(lib.TestCase):
    def stats(self):
        return self.server.ctl_json("stats")

    def test_counters(self):
        before = self.stats()
        self.server.put("f", b"x" * 1000)
        client = self.login()
        client.download("RETR f")
        client.upload("STOR g", b"y" * 500)
        client.lines("LIST")
        wrong = self.client()
        wrong.must(f"USER {lib.USER}", 331)
        wrong.must("PASS wrong", 530)
        with client.transfer("STOR h") as sock:
            sock.sendall(b"z")
            client.must("ABOR", 426)
            client.must_end(226)
        after = self.stats()

        def more(name):
            return after.get(name, 0) - before.get(name, 0)

        self.assertEqual(more("transfers.down.ok"), 1)
        self.assertEqual(more("transfers.up.ok"), 1)
        self.assertEqual(more("transfers.up.failed"), 1)
        self.assertEqual(more("transfers.list.ok"), 1)
        self.assertEqual(more("bytes.down"), 1000)
        self.assertIn(more("bytes.up"), (500, 501))
        self.assertEqual(more("logins.ok"), 1)
        self.assertEqual(more("connections"), 2)
        denied = [name for name in after if name.startswith("logins.denied")]
        self.assertEqual(sum(more(name) for name in denied), 1)
        self.assertEqual(after["sessions.logged-in"], 1)
        self.assertEqual(after["auth.queue"], 0)
        self.assertGreater(more("commands"), 8)

    def test_counters_outlive_their_worker(self):
        self.server.put("f", b"x" * 1000)
        client = self.login()
        client.download("RETR f")
        before = self.stats()
        old = self.server.pids("worker")
        self.server.ctl("reload")
        client.must("QUIT", 221)
        client.close()
        lib.wait_for(
            lambda: not set(old) & set(self.server.pids("worker")),
            "the old workers to go")
        after = self.stats()
        self.assertEqual(after["bytes.down"], before["bytes.down"])
        self.assertEqual(after["commands"], before["commands"] + 1)
        self.assertEqual(after["config.generation"],
                         before["config.generation"] + 1)
        self.assertRegex(self.server.ctl("stats"), r"(?m)^uptime +\d+s$")


class Bans(lib.TestCase):
    def tearDown(self):
        for ban in self.server.ctl_json("bans")["bans"]:
            self.server.ctl("unban", ban["address"])
        super().tearDown()

    def test_ban(self):
        client = self.login()
        other = self.login(host="::1") if lib.has_ipv6() else None
        text = self.server.ctl("ban", "127.0.0.1", "15m", "--reason", "go away")
        self.assertIn("banned for 900 s", text)
        client.must_end(421)
        self.assertEqual(self.client().greeting.code, 421)
        if other:
            other.must("NOOP", 200)
        bans = self.server.ctl_json("bans")["bans"]
        self.assertEqual(len(bans), 1)
        self.assertEqual(bans[0]["address"], "127.0.0.1")
        self.assertEqual(bans[0]["reason"], "go-away")
        self.assertTrue(890 < bans[0]["left"] <= 900)
        self.assertEqual(bans[0]["refused"], 1)
        self.assertIn("127.0.0.1", self.server.ctl("bans"))
        self.server.ctl("reload")
        self.assertEqual(len(self.server.ctl_json("bans")["bans"]), 1)
        self.server.ctl("unban", "127.0.0.1")
        self.login()

    def test_many(self):
        # Pages.
        with connect(self.server) as s:
            for n in range(3000):
                ip = f"198.51.{n >> 8}.{n & 255}".encode()
                s.send(struct.pack("=HHH", 167, 1, len(ip)) + ip +
                       struct.pack("=IH", 60, 1) + b"r")
                s.recv(1000)
        self.assertEqual(len(self.server.ctl_json("bans")["bans"]), 3000)
        with connect(self.server) as s:
            for n in range(3000):
                ip = f"198.51.{n >> 8}.{n & 255}".encode()
                s.send(struct.pack("=HHH", 168, 1, len(ip)) + ip)
                s.recv(1000)

    def test_nonsense(self):
        self.server.ctl("ban", "nowhere", status=1)
        self.server.ctl("ban", "127.0.0.1", "soon", status=1)
        self.server.ctl("ban", status=1)
        self.assertIn("not banned",
                      self.server.ctl("unban", "192.0.2.1", status=1))


class Ending(lib.OwnServer):
    """Each test ends the server itself."""

    def setUp(self):
        super().setUp()
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)

    def ended(self):
        self.assertEqual(self.server.process.wait(lib.TIMEOUT), 0)
        self.assertEqual(self.server.stop() + self.server.complaints(), [])

    def test_stop_waits_for_the_end(self):
        client = self.login()
        self.server.pids()
        self.assertIn("stopping: 1 session", self.server.ctl("stop"))
        client.must_end(421)
        self.assertEqual(self.server.process.wait(lib.TIMEOUT), 0)
        self.ended()

    def test_stop_now(self):
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            self.server.pids()
            self.server.ctl("stop", "--now")
        self.ended()

    def test_drain(self):
        # R18.1: no new sessions, the others are left alone.
        client, other = self.login(), self.login()
        self.server.pids()
        self.assertIn("draining: 2 sessions", self.server.ctl("drain"))
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", self.server.port)).close()
        self.assertEqual(len(client.download("RETR big")), BIG)
        client.must("QUIT", 221)
        other.must("NOOP", 200)
        self.assertIsNone(self.server.process.poll())
        self.assertIn("stopping", self.server.ctl("reload", status=1))
        wait = self.in_background(self.server.ctl, "drain", "--wait")
        other.must("QUIT", 221)
        self.ended()
        self.assertIn("draining", wait())

    def test_stop_after_drain(self):
        client = self.login()
        self.server.pids()
        self.server.ctl("drain")
        self.server.ctl("stop")
        client.must_end(421)
        self.ended()


if __name__ == "__main__":
    lib.main()
