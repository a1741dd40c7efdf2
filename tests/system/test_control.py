#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""ternctl and the running server: the control socket, reload with its errors,
kick, drain and stop."""

import os
import re
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


class Path(lib.TestCase):
    """The socket's file, when servers come and go."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.server = self.make_server().start()
        self.addCleanup(self.server.stop)

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
        self.assertRegex(self.server.ctl("reload"),
                         r"config generation \d+ active\n$")
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


class Ending(lib.TestCase):
    """Each test ends the server itself."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.server = self.make_server().start()
        self.addCleanup(self.server.stop)
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
