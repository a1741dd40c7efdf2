#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Behind a real NAT: the configuration and the router's rule of the guide, a
client in the Internet, one that is behind a NAT of its own, and one near the
server. The hosts are network namespaces; no kernel has a helper for FTP on."""

import os
import re
import subprocess
import unittest

import lib

OUTSIDE, HOME, NEAR = "203.0.113.9", "192.168.1.2", "10.0.1.7"
PUBLIC, SERVER = "192.0.2.1", "10.0.0.5"

# host: its interfaces with their addresses, and its default route
HOSTS = {
    "server": ({"eth": f"{SERVER}/24"}, "10.0.0.1"),
    "router": ({"lan": "10.0.0.1/24", "lan2": "10.0.1.1/24",
                "wan": f"{PUBLIC}/24"}, "192.0.2.2"),
    "internet": ({"wan": "192.0.2.2/24", "out": "203.0.113.1/24"}, None),
    "outside": ({"eth": f"{OUTSIDE}/24", "lan": "192.168.1.1/24"},
                "203.0.113.1"),
    "home": ({"eth": f"{HOME}/24"}, "192.168.1.1"),
    "near": ({"eth": f"{NEAR}/24"}, "10.0.1.1"),
}
CABLES = (("server", "eth", "router", "lan"), ("near", "eth", "router", "lan2"),
          ("router", "wan", "internet", "wan"),
          ("internet", "out", "outside", "eth"), ("outside", "lan", "home", "eth"))

# What a router for the home does: nothing comes in but what was asked for.
NAT = """
add table ip nat
add chain ip nat postrouting {{ type nat hook postrouting priority 100; }}
add rule ip nat postrouting oif {wan} masquerade
add chain ip nat forward {{ type filter hook forward priority 0; policy drop; }}
add rule ip nat forward ct state established,related accept
add rule ip nat forward ct status dnat accept
add rule ip nat forward iif != {wan} accept
"""


def guide(kind):
    """The guide's configuration, or the commands for the router."""
    path = os.path.join(lib.TOP, "docs", "guides", "behind-nat.md")
    with open(path, encoding="utf-8") as f:
        return re.search(kind, f.read(), re.M | re.S).group(1)


class Network:
    """The hosts, each a process that waits in a network namespace of its own."""

    def __init__(self):
        self.hosts = {}
        for name in HOSTS:
            self.hosts[name] = subprocess.Popen(
                ["unshare", "-n", "sh", "-c", "echo; exec cat"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                preexec_fn=lib.die_with_parent)
            self.hosts[name].stdout.readline()

    def end(self):
        for process in self.hosts.values():
            process.communicate()

    def on(self, host, *args):
        """The command that runs this one on the host."""
        return ["nsenter", f"--net=/proc/{self.hosts[host].pid}/ns/net", *args]

    def run(self, host, *args, text=None):
        result = subprocess.run(self.on(host, *args), input=text, text=True,
                                capture_output=True, timeout=lib.TIMEOUT)
        if result.returncode != 0:
            raise OSError(f"{host}: {args}: {result.stderr}")

    def build(self):
        for one, end, other, far in CABLES:
            self.run(one, "ip", "link", "add", end, "type", "veth", "peer", "name",
                     far, "netns", str(self.hosts[other].pid))
        for host, (interfaces, gateway) in HOSTS.items():
            self.run(host, "ip", "link", "set", "lo", "up")
            for name, address in interfaces.items():
                self.run(host, "ip", "address", "add", address, "dev", name)
                self.run(host, "ip", "link", "set", name, "up")
            if gateway is not None:
                self.run(host, "ip", "route", "add", "default", "via", gateway)
        for host, wan in (("router", "wan"), ("outside", "eth"),
                          ("internet", None)):
            self.run(host, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
            if wan is not None:
                self.run(host, "nft", "-f", "-", text=NAT.format(wan=wan))
        self.run("router", "sh", "-ec", guide(r"^((?:    nft [^\n]*\n)+)"))


class NatServer(lib.Server):
    def command(self):
        return self.network.on("server", *super().command())

    def check(self, address):
        """ternctl check, on the server's machine."""
        return subprocess.run(
            self.network.on("server", lib.programs()[1], "-c", self.conf_path,
                            "check", address), text=True, capture_output=True,
            check=True, env=self.environment(), timeout=lib.TIMEOUT).stdout


@lib.needs("unshare", "nsenter", "ip", "nft", "curl", "lftp")
class Routers(lib.TestCase):
    AS_ROOT = True

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root")
        cls.network = Network()
        try:
            cls.network.build()
        except OSError as error:
            cls.network.end()
            raise unittest.SkipTest(f"no network of one's own here: {error}")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.network.end()

    @classmethod
    def make_server(cls):
        conf = guide(r"^```conf\n(.*?)^```$")
        server = NatServer(as_root=True)
        server.write_conf(conf.replace("/srv/ftp", server.root).replace(
            "enabled = yes", 'enabled = yes\n\trights = "list read write"'))
        server.network = cls.network
        return server

    def setUp(self):
        super().setUp()
        os.chmod(self.server.root, 0o1777)
        self.server.put("hello", lib.pattern(100_000))
        self.here = lib.scratch_directory()

    def curl(self, host, *args, address=PUBLIC, status=0):
        """Fetches hello from there and checks it; gives the dialogue."""
        path = os.path.join(self.here, "got")
        result = subprocess.run(
            self.network.on(host, "curl", "-sSv", "--max-time", "30", "-o", path,
                            *args, f"ftp://{address}/hello"),
            text=True, capture_output=True, timeout=2 * lib.TIMEOUT)
        self.assertEqual(result.returncode, status, result.stderr)
        if status == 0:
            with open(path, "rb") as f:
                self.assertEqual(f.read(), lib.pattern(100_000))
        return result.stderr

    def told(self, host, address=PUBLIC):
        """The address and port that PASV tells this host, which are used."""
        text = self.curl(host, "--disable-epsv", "--no-ftp-skip-pasv-ip",
                         address=address)
        found = re.search(r"< 227 .*\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)", text)
        *bytes4, high, low = found.groups()
        return ".".join(bytes4), 256 * int(high) + int(low)

    def test_passive(self):
        for host in ("outside", "home"):
            with self.subTest(host):
                address, port = self.told(host)
                self.assertEqual(address, PUBLIC)
                self.assertIn(port, range(50000, 50100))
                self.assertIn("< 229 ", self.curl(host))

    def test_near(self):
        self.assertEqual(self.told("near", address=SERVER)[0], SERVER)

    def test_who_it_was(self):
        """The router passes connections on with their clients' addresses."""
        self.server.reset_log()
        for host in ("outside", "home"):
            self.curl(host)
        self.server.wait_event("retrieve")
        self.assertEqual({e["ip"] for e in self.server.events()}, {OUTSIDE})

    def test_check_promises_what_is_told(self):
        for host, address, server in (("outside", OUTSIDE, PUBLIC),
                                      ("near", NEAR, SERVER)):
            text = self.server.check(address)
            self.assertIn(f"227 with the address {self.told(host, server)[0]}\n",
                          text)
            self.assertIn(f"EPSV: 229 with a port of {SERVER}\n", text)
            self.assertNotIn("warning", text)

    def test_active(self):
        """Needs no rule: the server's connections leave as all others do."""
        self.assertIn("< 200 ", self.curl("outside", "-P", "-"))
        self.assertIn("> PORT 203,0,113,9,",
                      self.curl("outside", "-P", "-", "--disable-eprt"))

    def test_active_through_two(self):
        """Of no use to a client behind a NAT, and refused at once."""
        text = self.curl("home", "-P", "-", "--disable-eprt", status=30)
        self.assertRegex(text, "(?s)> PORT 192,168,1,2,.*< 501 PORT address")

    def test_tls(self):
        """What no router can read needs none that does."""
        for host in ("outside", "home"):
            self.curl(host, "-k", "--ssl-reqd", "--disable-epsv",
                      "--no-ftp-skip-pasv-ip")

    def test_uploads(self):
        path = os.path.join(self.here, "up")
        with open(path, "wb") as f:
            f.write(lib.pattern(300_000))
        for host in ("outside", "home"):
            result = subprocess.run(self.network.on(
                host, "lftp", "-e", "set ssl:verify-certificate no;"
                " set net:max-retries 1; set ftp:prefer-epsv no;"
                f" put {path} -o {host}; quit", PUBLIC), text=True,
                capture_output=True, timeout=2 * lib.TIMEOUT)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.server.get(host), lib.pattern(300_000))


if __name__ == "__main__":
    lib.main()
