#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Virtual hosts (RFC 7151, R21.1, R21.2): by address, SNI and HOST; with accounts,
certificates, greetings and limits of their own.
"""

import os
import shutil
import subprocess
import unittest

import lib
import tlslib

HOSTS = """
users_file = "users"
host "a.example" {
 names = "*.a.example"
 banner = "A at your service"
 users_file = "a.users"
 sessions_per_user = 2
 certificate "a" { file = "a.crt" key = "a.key" }
}
host "guests.example" {
 banner = "For everybody"
 anonymous { enabled = yes root = "@BASE@/guests" }
}
host "small.example" { sessions = 1 }
"""


class Hosts(tlslib.Case):
    """anna is one account on the server and another one on a.example."""

    CONF = HOSTS

    @classmethod
    def make_server(cls):
        server = super().make_server()
        cls.prepare(server)
        return server

    @classmethod
    def prepare(cls, server):
        server.make_directory("a")
        server.make_directory("guests")
        base = server.base
        text = lib.user_text(lib.USER, "other", "--root", "/@BASE@/a")
        for name, content in (("a.users", text.replace("/@BASE@", base)),
                              ("a/only-a", "a"), ("guests/hello", "hello")):
            path = os.path.join(base, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(content)
            os.chmod(path, 0o600)
            server.own(path)
        tlslib.make_pair(f"{base}/a.crt", f"{base}/a.key", name="a.example")
        server.own(f"{base}/a.key")

    def at(self, host, **keywords):
        client = self.client(**keywords)
        client.must(f"HOST {host}", 220)
        return client

    def sni(self, name, **keywords):
        """A client in TLS that was begun for the name."""
        client = self.tls(**keywords)
        client.must("AUTH TLS", 234)
        client.sock = client.ctx.wrap_socket(client.sock, server_hostname=name)
        return client

    def refused(self, client, password=lib.PASSWORD, user=lib.USER):
        client.must(f"USER {user}", 331)
        return client.must(f"PASS {password}", 530)

    def test_accounts(self):
        self.server.put("only-server")
        client = self.at("a.example").login(lib.USER, "other")
        client.must("SIZE only-a", 213)
        client.must("SIZE only-server", 550)
        event = self.server.wait_event("auth-ok", host="a.example")
        self.assertEqual(event["user"], lib.USER)
        self.login().must("SIZE only-server", 213)
        self.refused(self.at("a.example"))
        self.refused(self.client(), "other")

    def test_guests(self):
        client = self.at("guests.example")
        client.must("USER ftp", 331)
        client.must("PASS me@example.org", 230)
        client.must("SIZE hello", 213)
        self.refused(self.at("guests.example"))
        self.refused(self.at("a.example"), "me@example.org", "anonymous")

    def test_greeting(self):
        client = self.client()
        self.assertIn(b"FTP server ready", client.greeting.lines[0])
        self.assertIn(b" HOST", client.must("FEAT", 211).lines)
        reply = client.must("HOST x.A.example.", 220)
        self.assertEqual(reply.lines, [b"220 A at your service"])
        client.must("HOST nobody.example", 504)
        client.must("HOST a.example:21", 501)
        client.login(lib.USER, "other")
        client.must("HOST a.example", 503)

    def test_certificate_by_sni(self):
        own = tlslib.file_fingerprint(f"{self.server.base}/a.crt")
        for version in tlslib.VERSIONS:
            client = self.sni("a.example", ctx=tlslib.context(version))
            self.assertEqual(client.print, own)
            client.must("HOST guests.example", 504)
            client.login(lib.USER, "other").private()
            self.assertEqual(client.download("RETR only-a"), b"a")
            self.assertEqual(client.data_prints[-1], own)
        other = self.sni("unknown.example")
        self.assertNotEqual(other.print, own)
        other.must("HOST a.example", 504)
        other.login()

    def test_certificate_by_host(self):
        client = self.tls()
        client.must("HOST y.a.example", 220)
        client.auth()
        self.assertEqual(client.print, tlslib.file_fingerprint(
            f"{self.server.base}/a.crt"))
        client.login(lib.USER, "other")

    def test_contradiction(self):
        client = self.tls()
        client.must("HOST guests.example", 220)
        client.must("AUTH TLS", 234)
        client.sock = client.ctx.wrap_socket(
            client.sock, server_hostname="a.example")
        self.assertEqual(client.reply().code, 421)
        self.server.wait_event("end", reason="other-host")

    def test_limits(self):
        first = self.at("small.example").login()
        reply = self.refused(self.at("small.example"))
        self.assertIn(b"Too many connections, try later", reply.lines[0])
        self.server.wait_event("refuse", reason="max-per-host")
        self.login()
        first.must("QUIT", 221)
        lib.wait_for(lambda: self.server.ctl_json("who")["sessions"] is not None)
        clients = [self.at("a.example").login(lib.USER, "other") for _ in range(2)]
        self.refused(self.at("a.example"), "other")
        self.login()
        del clients

    def test_who(self):
        keep = self.at("a.example").login(lib.USER, "other")
        rows = [row for row in self.server.ctl_json("who")["sessions"]
                if row["host"] == "a.example"]
        self.assertEqual([row["user"] for row in rows[-1:]], [lib.USER])
        self.assertIn("a.example", self.server.ctl("who"))
        keep.must("QUIT", 221)

    def test_explain(self):
        def explain(*args):
            return subprocess.run(
                [lib.programs()[0], "-c", self.server.conf_path, "explain", *args],
                capture_output=True, text=True, timeout=lib.TIMEOUT, check=False)

        result = explain("--host", "guests.example", lib.USER, "RETR", "/x")
        self.assertIn("530, reason no-such-user", result.stdout)
        result = explain("--host", "a.example", lib.USER, "RETR", "/only-a")
        self.assertIn("allowed: RETR /only-a (exists)", result.stdout)
        self.assertIn("decided by the default of rights", result.stdout)
        result = explain(lib.USER, "RETR", "/only-a", "host=y.a.example")
        self.assertIn("allowed: RETR /only-a (exists)", result.stdout)
        self.assertRegex(result.stdout, r"sessions of the user: \d+ of at most 2 "
                         r'\(\S+ftpd.conf:\d+: host "a.example"\)')
        for args in (("--host", "x", lib.USER, "RETR", "/"),
                     (lib.USER, "RETR", "/", "host=x")):
            result = explain(*args)
            self.assertEqual(result.returncode, 1)
            self.assertIn('there is no host "x"', result.stderr)

    def test_explain_limits(self):
        """It refuses what the host refuses, by the same line."""
        def explain(*args):
            return subprocess.run(
                [lib.programs()[0], "-c", self.server.conf_path, "explain", *args],
                capture_output=True, text=True, timeout=lib.TIMEOUT, check=False,
                env=self.server.environment(), **self.server.identity()).stdout

        def left(host):
            lib.wait_for(lambda: not [
                row for row in self.server.ctl_json("who")["sessions"]
                if row["host"] == host], "an empty host")

        left("small.example")
        question = (lib.USER, "LIST", "/", "host=small.example")
        self.assertIn("sessions of the host: 0 of at most 1", explain(*question))
        only = self.at("small.example").login()
        self.refused(self.at("small.example"))
        refusal = self.server.wait_event("refuse", reason="max-per-host")
        text = explain(*question)
        self.assertIn(": 530, reason max-per-host", text)
        self.assertIn("decided by " + refusal["rule"].replace('\\"', '"'), text)
        only.must("QUIT", 221)
        # The same name on another host is another account.
        left("a.example")
        keep = [self.at("a.example").login(lib.USER, "other") for _ in range(2)]
        self.assertIn("allowed", explain(lib.USER, "LIST", "/"))
        text = explain(lib.USER, "LIST", "/", "host=a.example")
        self.assertIn(": 530, reason max-per-user", text)
        self.refused(self.at("a.example"), "other")
        refusal = self.server.wait_event("refuse", reason="max-per-user")
        self.assertIn("decided by " + refusal["rule"].replace('\\"', '"'), text)
        for client in keep:
            client.must("QUIT", 221)

    def test_ternctl(self):
        """The list of hosts is edited, and the server knows at once."""
        ctl, conf = self.server.ctl, self.server.conf_path
        self.server.own(conf)
        with open(conf, encoding="utf-8") as f:
            before = f.read()
        users = os.path.join(self.server.base, "new.users")
        output = ctl("host", "add", "new.example", "banner=New here",
                     f"users_file={users}")
        self.assertIn("host new.example added; the running server knows it", output)
        self.assertEqual(self.at("new.example").must("HOST new.example", 220).lines,
                         [b"220 New here"])
        ctl("-H", "new.example", "user", "add", "eve", "--root", self.server.root,
            text="pass\n")
        self.at("new.example").login("eve", "pass")
        self.refused(self.client(), "pass", "eve")
        ctl("host", "set", "new.example", "banner=Newer")
        self.assertEqual(self.at("new.example").must("HOST new.example", 220).lines,
                         [b"220 Newer"])
        self.assertRegex(ctl("host", "list"), r"new\.example +own +- +-\n")
        self.assertIn("banner = \"Newer\"", ctl("host", "show", "new.example"))
        self.assertNotIn("$y$", ctl("host", "show", "a.example"))
        self.assertIn("is no name of a host",
                      ctl("host", "add", "b a d", status=1))
        self.assertIn("has a host new.example already",
                      ctl("host", "add", "new.example", status=1))
        ctl("host", "del", "new.example")
        self.client().must("HOST new.example", 504)
        with open(conf, encoding="utf-8") as f:
            self.assertEqual(f.read(), before)
        self.assertIn("has no host new.example",
                      ctl("host", "del", "new.example", status=1))
        self.assertIn("has no users_file", ctl("-H", "small.example", "user",
                                                "list", status=1))

    def test_ternctl_blocks_inside(self):
        """Certificates, guests and users of a host, and their mounts."""
        ctl, base = self.server.ctl, self.server.base
        self.server.own(self.server.conf_path)
        with open(self.server.conf_path, encoding="utf-8") as f:
            before = f.read()
        ctl("host", "add", "inside.example")
        ctl("host", "set", "inside.example", "anonymous", "enabled=yes",
            f"root={base}/guests")
        client = self.at("inside.example")
        client.must("USER ftp", 331)
        client.must("PASS x", 230)
        client.must("SIZE hello", 213)
        client.must("SIZE /a/only-a", 550)
        ctl("host", "set", "inside.example", "anonymous", "mount", "/a",
            f"path={base}/a", "rights=read-only")
        os.makedirs(f"{base}/guests/a", exist_ok=True)
        ctl("host", "set", "inside.example", "certificate", "c",
            f"file={base}/a.crt", f"key={base}/a.key")
        client = self.sni("inside.example")
        self.assertEqual(client.print, tlslib.file_fingerprint(f"{base}/a.crt"))
        client.must("USER ftp", 331)
        client.must("PASS x", 230)
        client.must("SIZE /a/only-a", 213)
        text = ctl("host", "show", "inside.example")
        self.assertIn(f'\t\tmount "/a" {{\n\t\t\trights = "read-only"\n'
                      f'\t\t\tpath = "{base}/a"\n\t\t}}\n\t}}\n', text)
        self.assertIn("mount is a block in a anonymous",
                      ctl("host", "set", "inside.example", "anonymous",
                          "mount=/x", status=1))
        self.assertIn("left as it was", ctl(
            "host", "set", "inside.example", "anonymous", "mount", "/b",
            "rights=full", status=1))
        self.assertIn("neither KEY=VALUE nor a block", ctl(
            "host", "set", "inside.example", "mount", "/b", "rights=full",
            status=1))
        ctl("host", "del", "inside.example", "anonymous", "mount", "/a")
        self.assertNotIn("mount", ctl("host", "show", "inside.example"))
        self.assertIn("no host inside.example with such a block", ctl(
            "host", "del", "inside.example", "anonymous", "mount", "/a", status=1))
        ctl("host", "del", "inside.example", "anonymous")
        self.refused(self.at("inside.example"), "x", "ftp")
        ctl("host", "del", "inside.example")
        with open(self.server.conf_path, encoding="utf-8") as f:
            self.assertEqual(f.read(), before)

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_curl(self):
        """As a client that checks the certificate for the name it was given."""
        result = subprocess.run(
            ["curl", "-sS", "--ssl-reqd", "--cacert", f"{self.server.base}/a.crt",
             "--resolve", f"a.example:{self.server.port}:127.0.0.1",
             "-u", f"{lib.USER}:other",
             f"ftp://a.example:{self.server.port}/only-a"],
            capture_output=True, text=True, timeout=lib.TIMEOUT, check=False)
        self.assertEqual((result.stdout, result.stderr), ("a", ""))


class Address(lib.TestCase):
    """127.0.0.2 is another host: nobody need name it."""

    CONF = """
listen "one" { address = "127.0.0.1" port = 0 }
listen "two" { address = "127.0.0.2" port = 0 }
host "two.example" { address = 127.0.0.2 banner = Two sessions = 1 }
host "one.example" { listen = one names = localhost }
"""

    def test_address(self):
        client = self.client("127.0.0.2")
        self.assertEqual(client.greeting.lines, [b"220 Two"])
        client.must("HOST one.example", 504)
        client.must("HOST 127.0.0.2", 220)
        client.must("HOST [::1]", 504)
        with self.assertRaises(lib.Closed):
            refused = self.client("127.0.0.2", greet=False)
            self.assertEqual(refused.reply().code, 421)
            refused.reply()
        self.client().must("HOST localhost", 220)
        text = subprocess.run(
            [lib.programs()[0], "-c", self.server.conf_path, "explain",
             lib.USER, "LIST", "/", "listen=two"],
            capture_output=True, text=True, timeout=lib.TIMEOUT, check=False,
            env=self.server.environment(), **self.server.identity()).stdout
        self.assertIn(": 421, reason max-per-host", text)


class Reload(lib.OwnServer):
    """Hosts come and go."""

    CONF = HOSTS

    @classmethod
    def make_server(cls):
        server = super().make_server()
        Hosts.prepare(server)
        return server

    def test_host_goes(self):
        client = self.client()
        client.must("HOST a.example", 220)
        gone = self.client()
        gone.must("HOST a.example", 220)
        client.login(lib.USER, "other")
        other = self.login()
        self.server.write_conf()
        output = self.server.ctl("reload")
        self.assertIn('host "a.example" is gone', output)
        # Whose account went with it ends, the same name elsewhere does not.
        reply = client.reply()
        self.assertEqual(reply.code, 421)
        self.assertIn(b"Host removed", reply.lines[0])
        other.must("NOOP", 200)
        gone.must(f"USER {lib.USER}", 331)
        gone.must("PASS other", 530)
        self.server.wait_event("auth-fail", reason="no-such-host")
        self.login().must("HOST a.example", 502)

    def test_users_of_a_host(self):
        client = self.client()
        client.must("HOST a.example", 220)
        client.login(lib.USER, "other")
        path = os.path.join(self.server.base, "a.users")
        with open(path, "a", encoding="utf-8") as f:
            f.write(lib.user_text("bob", "b", "--root", self.server.base + "/a"))
        output = self.server.ctl("reload")
        self.assertIn('host "a.example": user "bob" is new', output)
        late = self.client()
        late.must("HOST a.example", 220)
        late.login("bob", "b")
        client.must("NOOP", 200)


if __name__ == "__main__":
    lib.main()
