#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Starting and ending: SIGTERM drains, the second one does not wait, the
background, the pid file, a log that is rotated, and the command line."""

import os
import re
import signal
import subprocess
import time

import lib

BIG = 128 << 20


class Stop(lib.OwnServer):
    """Each test stops the server itself."""

    CONF = """
        timeouts {
            drain = 20
        }"""

    def setUp(self):
        super().setUp()
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)

    def ended(self, number=signal.SIGTERM):
        """Stops it, or waits for the end, and looks at it."""
        wrong = self.server.stop(number) + self.server.complaints()
        self.assertEqual(wrong, [])

    def test_at_rest(self):
        self.login().close()
        self.ended()

    def test_interrupt(self):
        self.ended(signal.SIGINT)

    def test_told_again_and_again(self):
        """Up to its very end: it is one stop, and no failure."""
        self.server.pids()
        process = self.server.process
        ends = time.monotonic() + lib.TIMEOUT
        while process.poll() is None and time.monotonic() < ends:
            process.send_signal(signal.SIGTERM)
        self.assertEqual(process.returncode, 0)
        self.ended()

    def test_idle_sessions_are_told(self):
        # R18.1
        client, guest = self.login(), self.client()
        self.server.pids()
        self.server.kill(signal.SIGTERM)
        client.must_end(421)
        guest.must_end(421)
        self.assertEqual(client.at_end(), b"")
        self.assertEqual(self.server.process.wait(lib.TIMEOUT), 0)
        self.ended()

    def test_transfers_are_finished(self):
        client, up = self.login(), self.login()
        with client.transfer("RETR big") as sock, up.transfer("STOR f") as upsock:
            sock.recv(1000)
            self.server.pids()
            self.server.kill(signal.SIGTERM)
            self.server.log_has("stopping")
            with self.assertRaises(OSError):
                lib.Client(self.server)
            self.assertEqual(len(lib.read_all(sock)), BIG - 1000)
            upsock.sendall(b"x" * 1000)
        client.must_end(226)
        client.must_end(421)
        up.must_end(226)
        up.must_end(421)
        self.assertEqual(self.server.process.wait(lib.TIMEOUT), 0)
        self.assertEqual(self.server.get("f"), b"x" * 1000)
        self.ended()

    def test_the_second_signal_does_not_wait(self):
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            self.server.pids()
            self.server.kill(signal.SIGTERM)
            self.server.log_has("stopping")
            self.server.kill(signal.SIGTERM)
            self.assertEqual(self.server.process.wait(10), 0)
        self.ended()


class DrainEnds(Stop):
    CONF = """
        timeouts {
            drain = 1
        }"""

    def test_transfers_are_finished(self):
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1000)
            self.server.pids()
            self.server.kill(signal.SIGTERM)
            client.must_end(426)
            client.must_end(421)
        self.assertEqual(self.server.process.wait(lib.TIMEOUT), 0)
        self.ended()


class CommandLine(lib.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.make_server()

    @classmethod
    def tearDownClass(cls):
        pass

    def run_it(self, *args, status=0):
        result = subprocess.run(
            [lib.programs()[0], *args], capture_output=True, text=True,
            env=self.server.environment(), timeout=lib.TIMEOUT,
            **self.server.identity())
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def test_check(self):
        self.run_it("-t", "-c", self.server.conf_path)
        path = os.path.join(self.server.base, "bad.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write('listen "x" {\n port = 0\n}\nnonsense = 5\n')
        result = self.run_it("-t", "-c", path, status=1)
        self.assertRegex(result.stderr, re.escape(path) + r":4: .*nonsense")
        self.run_it("-t", "-c", "/does/not/exist", status=1)

    def test_print(self):
        text = self.run_it("-T", "-c", self.server.conf_path).stdout
        again = os.path.join(self.server.base, "printed.conf")
        with open(again, "w", encoding="utf-8") as f:
            f.write(text)
        # What it prints is a configuration that means the same.
        self.assertEqual(
            self.run_it("-T", "-c", again).stdout.split("\n", 1)[1],
            text.split("\n", 1)[1])

    def test_words(self):
        self.assertIn("ternftpd", self.run_it("--version").stdout)
        self.assertIn("usage", self.run_it("--help").stdout)
        self.run_it("--nonsense", status=1)

    def test_does_not_start_with_a_mistake(self):
        path = os.path.join(self.server.base, "bad.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write('listen "x" {\n port = 70000\n}\n')
        result = self.run_it("-f", "-c", path, status=1)
        self.assertRegex(result.stderr, r":2: ")


class Background(lib.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.make_server()

    def test_daemon(self):
        base = self.server.base
        log, pidfile = os.path.join(base, "daemon.log"), os.path.join(base, "pid")
        self.server.log_path = log
        self.server.write_conf(f'log = "{log}"\npid_file = "{pidfile}"\n')
        # It comes back when the server is ready.
        subprocess.run([lib.programs()[0], "-c", self.server.conf_path],
                       check=True, env=self.server.environment(),
                       timeout=lib.TIMEOUT, **self.server.identity())
        with open(pidfile, encoding="ascii") as f:
            pid = int(f.read())
        try:
            self.server.read_ports()
            client = self.login()
            # Rotation: SIGUSR1 reopens in all processes.
            os.rename(log, log + ".1")
            os.kill(pid, signal.SIGUSR1)
            lib.wait_for(lambda: os.path.exists(log), "a new log")
            self.login().must("NOOP", 200)
            self.server.log_has("auth-ok")
            client.must("QUIT", 221)
        finally:
            os.kill(pid, signal.SIGTERM)
        lib.wait_for(lambda: not lib.is_alive(pid), "the end")
        self.assertFalse(os.path.exists(pidfile))


if __name__ == "__main__":
    lib.main()
