#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""inetd mode: one connection on descriptor 0, and nothing left afterwards."""

import shutil
import socket
import ssl
import subprocess
import time

import lib
import tlslib


class Inetd(lib.InetdCase):
    def accept(self):
        return self.serve(self.client(greet=False))

    def assert_gone(self, process):
        self.assertEqual(process.wait(lib.TIMEOUT), 0)

    def test_session(self):
        self.server.put("f", b"text")
        client, process = self.accept()
        client.login()
        self.assertEqual(client.download("RETR f"), b"text")
        self.assertEqual(client.download("RETR f", "PORT"), b"text")
        client.upload("STOR g", b"new")
        client.must("QUIT", 221)
        self.assertEqual(client.at_end(), b"")
        self.assert_gone(process)
        self.assertEqual(self.server.get("g"), b"new")

    def test_client_goes(self):
        for end in (lib.Client.close, lib.Client.reset):
            client, process = self.accept()
            client.login()
            end(client)
            self.assert_gone(process)

    def test_two_at_once(self):
        one, first = self.accept()
        two, second = self.accept()
        one.login()
        two.login("ftp", "x")
        one.must("QUIT", 221)
        self.assert_gone(first)
        two.must("NOOP", 200)
        two.must("QUIT", 221)
        self.assert_gone(second)

    def test_tls(self):
        """R1.6, R1.7: data connections resume by ticket and by session id."""
        two, three = tlslib.VERSIONS
        processes = []
        for version, options in ((two, 0), (two, ssl.OP_NO_TICKET), (three, 0)):
            ctx = tlslib.context(version)
            ctx.options |= options
            client, process = self.serve(
                tlslib.TlsClient(self.server, greet=False, ctx=ctx))
            self.addCleanup(client.close)
            client.all()
            client.upload("STOR f", b"text")
            self.assertEqual(client.download("RETR f"), b"text")
            self.assertEqual(client.data_reused, [True, True])
            client.must("QUIT", 221)
            processes.append(process)
        for process in processes:
            self.assert_gone(process)

    def test_nothing_of_the_log_reaches_the_client(self):
        client, process = self.accept()
        client.must("USER x\x1b[31m", 331)
        client.must("PASS wrong", 530)
        client.must("QUIT", 221)
        self.assertEqual(client.at_end(), b"")
        self.assert_gone(process)


@lib.unittest.skipIf(lib.os.geteuid() != 0, "needs root")
class RootInetd(lib.InetdCase):
    """As the first program of ours on a machine: nothing is there yet."""

    AS_ROOT = True

    @classmethod
    def make_server(cls):
        server = super().make_server()
        with open(server.conf_path, "r+", encoding="utf-8") as f:
            text = f.read().replace("/empty", "/new/empty").replace(
                'control_socket = "control"', "control_socket = none")
            f.seek(0)
            f.write(text)
        return server

    def test_session(self):
        lib.os.chmod(self.server.root, 0o1777)
        client, process = self.serve(self.client(greet=False))
        client.login()
        client.upload("STOR f", b"text")
        client.must("QUIT", 221)
        self.assertEqual(process.wait(lib.TIMEOUT), 0)
        self.assertEqual(lib.file_mode(self.server.base + "/new"), 0o755)


@lib.needs("inetd", "curl")
class RealInetd(lib.TestCase):
    """Under the inetd of the system, if there is one."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.make_server()
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = sock.getsockname()[1]
        cls.server.ports = {"127.0.0.1": port}
        path = cls.server.base + "/inetd.conf"
        user = "nobody" if lib.os.geteuid() == 0 else lib.os.environ["USER"]
        program, conf = lib.programs()[0], cls.server.conf_path
        with open(path, "w", encoding="ascii") as f:
            f.write(f"127.0.0.1:{port} stream tcp nowait {user} {program} "
                    f"ternftpd --inetd -c {conf}\n")
        cls.server.process = subprocess.Popen(
            [shutil.which("inetd"), "-d", path], cwd=cls.server.base,
            env=cls.server.environment(), preexec_fn=lib.die_with_parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + lib.TIMEOUT
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise lib.unittest.SkipTest("this inetd does not serve 127.0.0.1:port")

    @classmethod
    def tearDownClass(cls):
        cls.server.process.kill()
        cls.server.process.wait()

    def test_curl(self):
        self.server.put("f", b"text")
        url = f"ftp://{lib.USER}:a%20secret@127.0.0.1:{self.server.port}/f"
        result = subprocess.run(["curl", "-sS", url], capture_output=True,
                                timeout=lib.TIMEOUT, check=True)
        self.assertEqual(result.stdout, b"text")


if __name__ == "__main__":
    lib.main()
