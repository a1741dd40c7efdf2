#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""ternctl metrics (R42): the text that Prometheus reads, once and over HTTP."""

import contextlib
import http.client
import os
import re
import signal
import socket
import stat
import subprocess
import unittest

import lib

SAMPLE = re.compile(r'(ternftpd_[a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+)\})?'
                    r" (\d+)")
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')
CONTENT = "text/plain; version=0.0.4; charset=utf-8"


def parse(text):
    """Samples by name and labels; fails where the format does (as its description
    says: one HELP and one TYPE before the samples of a name, all together)."""
    samples, types, current = {}, {}, None
    if not text.endswith("\n"):
        raise AssertionError("no line end at the end")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            current = line.split()[2]
            if current in types or len(line.split()) < 4:
                raise AssertionError(f"again, or without words: {line}")
            types[current] = None
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            if name != current or kind not in ("gauge", "counter"):
                raise AssertionError(line)
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            if not match or match.group(1) != current:
                raise AssertionError(f"not a sample of {current}: {line!r}")
            if (types[current] == "counter") != current.endswith("_total"):
                raise AssertionError(f"{current} is a {types[current]}")
            key = (current, tuple(LABEL.findall(match.group(2) or "")))
            if key in samples:
                raise AssertionError(f"again: {line}")
            samples[key] = int(match.group(3))
    return samples


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=lib.TIMEOUT)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(lib.TIMEOUT)
        self.sock.connect(self.path)


class Once(lib.TestCase):
    def metrics(self):
        return parse(self.server.ctl("metrics"))

    def test_all_that_stats_has(self):
        """Every number of stats is a sample, so a new counter is not forgotten."""
        client = self.login()
        client.upload("STOR f", b"x" * 1000)
        with contextlib.closing(self.client()) as other:
            other.must("USER anna", 331)
            other.must("PASS wrong", 530)
            stats = self.server.ctl_json("stats")
            found = self.metrics()
        numbers = [name for name, value in stats.items()
                   if value is not None and not isinstance(value, str)]
        self.assertEqual(len(found) - 2, len(numbers), (found, numbers))
        self.assertEqual(found["ternftpd_up", ()], 1)
        self.assertEqual(
            found["ternftpd_info", (("version", stats["version"]),)], 1)
        for name, labels, value in (
                ("ready", (), 1), ("sessions", (), 2),
                ("sessions_by_state", (("state", "logged-in"),), 1),
                ("transfers_total", (("direction", "up"), ("result", "ok")), 1),
                ("transfer_bytes_total", (("direction", "up"),), 1000),
                ("logins_total", (("result", "ok"),), 1),
                ("logins_total", (("result", "denied"),
                                  ("reason", "bad-password")), 1),
                ("tls_handshakes_total", (("connection", "data"),), 0),
                ("data_connections_failed_total",
                 (("cause", "ip-mismatch"),), 0)):
            self.assertEqual(found["ternftpd_" + name, labels], value, name)

    def test_nobody_is_named(self):
        self.login().upload("STOR secret-name", b"x")
        text = self.server.ctl("metrics")
        for word in lib.USER, "secret-name", "127.0.0.1", self.server.root:
            self.assertNotIn(word, text)


class Gone(lib.OwnServer):
    def test_once(self):
        """A file that says that it is down is better than an old one."""
        self.server.stop()
        text = self.server.ctl("metrics", status=1)
        self.assertEqual(parse(text), {("ternftpd_up", ()): 0})


class Http(lib.OwnServer):
    WHERE = "127.0.0.1:0"

    def setUp(self):
        super().setUp()
        self.start_exporter()
        self.addCleanup(self.end_exporter)

    def spawn(self):
        where = self.WHERE.replace("@BASE@", self.server.base)
        return self.server.spawn(
            [lib.programs()[1], "-c", self.server.conf_path, "metrics",
             "--listen", where], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT)

    def start_exporter(self):
        self.exporter = self.spawn()
        said = self.exporter.stdout.readline().split()
        self.assertEqual(said[:2], ["metrics", "at"])
        self.where = said[2]

    def end_exporter(self):
        self.exporter.terminate()
        rest, _ = self.exporter.communicate(timeout=lib.TIMEOUT)
        self.assertEqual((self.exporter.returncode, rest), (0, ""))

    def connection(self):
        host, port = self.where.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=lib.TIMEOUT)

    def get(self, path, method="GET"):
        with contextlib.closing(self.connection()) as connection:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def test_paths(self):
        status, headers, text = self.get("/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, CONTENT))
        self.assertEqual(parse(text)["ternftpd_ready", ()], 1)
        self.assertEqual(self.get("/healthz")[::2], (200, "ok\n"))
        self.assertEqual(self.get("/readyz")[::2], (200, "ok\n"))
        self.assertEqual(self.get("/")[0], 404)
        self.assertEqual(self.get("/metrics/../etc/passwd")[0], 404)
        self.assertEqual(self.get("/metrics", "HEAD")[::2], (200, ""))
        self.assertGreaterEqual(self.get("/metrics", "POST")[0], 400)

    def test_one_connection_for_many(self):
        with contextlib.closing(self.connection()) as connection:
            for _ in range(3):
                connection.request("GET", "/metrics")
                answer = connection.getresponse()
                self.assertEqual(parse(answer.read().decode())["ternftpd_up", ()], 1)

    def test_drain(self):
        """Alive, and takes nobody any more: /readyz is for who sends clients."""
        client = lib.Client(self.server).login()
        self.addCleanup(client.close)
        self.server.ctl("drain")
        self.assertEqual(self.get("/healthz")[0], 200)
        self.assertEqual(self.get("/readyz")[::2], (503, "no\n"))
        self.assertEqual(parse(self.get("/metrics")[2])["ternftpd_ready", ()], 0)

    def test_restart(self):
        """It outlives the server, and says so meanwhile."""
        self.server.stop()
        self.assertEqual(self.get("/healthz")[0], 503)
        self.assertEqual(self.get("/readyz")[0], 503)
        status, _, text = self.get("/metrics")
        self.assertEqual((status, parse(text)), (200, {("ternftpd_up", ()): 0}))
        self.server.reset_log()
        self.server.start()
        self.assertEqual(self.get("/readyz")[0], 200)

    def test_server_that_hangs(self):
        self.server.kill(signal.SIGSTOP)
        try:
            self.assertEqual(self.get("/healthz")[0], 503)
        finally:
            self.server.kill(signal.SIGCONT)
        self.assertEqual(self.get("/healthz")[0], 200)

    def test_nonsense(self):
        """Of who speaks no HTTP, or too much of it."""
        host, port = self.where.rsplit(":", 1)
        for text in (b"\r\n\r\n", b"PROXY TCP4\r\n", b"\0" * 1000,
                     b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 100000,
                     b"GET /metrics HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"):
            with socket.create_connection((host, int(port))) as sock, \
                    contextlib.suppress(OSError):
                sock.sendall(text)
                sock.shutdown(socket.SHUT_WR)
                sock.settimeout(lib.TIMEOUT)
                lib.read_all(sock)
        self.assertEqual(self.get("/healthz")[0], 200)


class Unix(Http):
    """The same on a socket in the file system."""

    WHERE = "@BASE@/metrics"

    def connection(self):
        return UnixConnection(self.where)

    test_nonsense = None  # as over TCP

    def test_mode(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.where).st_mode), 0o660)

    def test_name(self):
        """Gone with the program; one that was left behind is in nobody's way, one
        that is in use is not taken."""
        second = self.spawn()
        self.assertIn("in use", second.communicate(timeout=lib.TIMEOUT)[0])
        self.assertEqual(second.returncode, 1)
        self.end_exporter()
        self.assertFalse(os.path.exists(self.where))
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(self.where)
        self.server.own(self.where)
        self.start_exporter()
        self.assertEqual(self.get("/healthz")[0], 200)


class Usage(unittest.TestCase):
    def test_only_loopback(self):
        for where in ("0.0.0.0:9121", "[::]:9121", "192.0.2.1:9121", "9121",
                      "localhost:9121", "127.0.0.1", "127.0.0.1:x", "metrics"):
            result = subprocess.run(
                [lib.programs()[1], "metrics", "--listen", where], text=True,
                capture_output=True, check=False, timeout=lib.TIMEOUT)
            with self.subTest(where):
                self.assertEqual(result.returncode, 1)
                self.assertIn("neither a loopback address", result.stderr)


if __name__ == "__main__":
    lib.main()
