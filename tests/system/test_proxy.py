#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""PROXY headers, versions 1 and 2, on control and data connections (R14.4,
R23.1): written by hand, and by haproxy."""

import contextlib
import ipaddress
import socket
import struct
import subprocess
import unittest

import lib
import tlslib

CLIENT, REACHED = "203.0.113.9", "198.51.100.7"
START = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL = START + b"\x20\0\0\0"
OTHER_PROXY, DIRECT = "127.0.0.7", "127.0.0.8"


def v1(client=CLIENT, server=REACHED, port=40001):
    kind = "TCP6" if ":" in client else "TCP4"
    return f"PROXY {kind} {client} {server} {port} 21\r\n".encode()


def v2(client=CLIENT, server=REACHED, port=40001, more=b""):
    addresses = b"".join(ipaddress.ip_address(a).packed for a in (client, server))
    body = addresses + struct.pack("!HH", port, 21) + more
    kind = 0x21 if ":" in client else 0x11
    return START + struct.pack("!BBH", 0x21, kind, len(body)) + body


BOTH = {"v1": v1, "v2": v2}


class ProxyClient(lib.Client):
    """The proxy and its client in one: each connection begins with a header."""

    def __init__(self, server, host="127.0.0.1", header=b"", data=None,
                 greet=True, **keywords):
        super().__init__(server, host, greet=False, **keywords)
        self.data = data
        self.sock.sendall(header)
        self.greeting = self.reply() if greet else None

    def connect(self, how="EPSV", source=None):
        sock = super().connect(how, source)
        if self.data is not None:
            sock.sendall(self.data)
        return sock

    def passive(self, how="EPSV"):
        address, port = super().passive(how)
        self.announced = address
        return self.host, port


class TlsProxyClient(ProxyClient, tlslib.TlsClient):
    pass


class ProxyCase(lib.TestCase):
    LISTENS = ""
    # Sessions of an address, and wrong logins of it, are few.
    CONF = """
    listen "required" {
     address = "127.0.0.1"
     port = 0
     proxy = required
     proxy_from = "127.0.0.1 127.0.0.7"
     proxy_data = required
    }
    listen "optional" {
     address = "127.0.0.2"
     port = 0
     proxy = optional
     proxy_from = "127.0.0.1"
    }
    listen "implicit" {
     address = "127.0.0.3"
     port = 0
     implicit = yes
     proxy = required
     proxy_from = "127.0.0.1"
     proxy_data = required
    }
    listen "off" {
     address = "127.0.0.4"
     port = 0
    }
    limits {
     sessions_per_ip = 2
     ban_after = 2
     login_delay = 0
    }
    timeouts {
     proxy = 1
    }
    group "near" {
     networks = "203.0.113.0/24"
    }
    group "far" {
     networks = "127.0.0.0/8"
    }
    """
    USERS = (("near", lib.PASSWORD, "--group", "near"),
             ("far", lib.PASSWORD, "--group", "far"))

    def setUp(self):
        super().setUp()
        self.server.reset_log()
        # Sessions of the test before have gone, with all that counts them.
        lib.wait_for(lambda: not self.server.ctl_json("who")["sessions"],
                     "the sessions to end")

    def through(self, header, host="127.0.0.1", kind=ProxyClient, **keywords):
        client = kind(self.server, host, header=header, **keywords)
        self.addCleanup(client.close)
        return client

    def nothing(self, header, host="127.0.0.1", end=True):
        """Sends it, and its end; the server ends without a word."""
        client = self.through(header, host, greet=False)
        if end:
            client.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(client.at_end(), b"")

    def refused(self, header, host="127.0.0.1", **keywords):
        client = self.through(header, host, **keywords)
        self.assertEqual(client.greeting.code, 421)
        self.assertEqual(client.at_end(), b"")
        return client.greeting.text


class Control(ProxyCase):
    def test_address_is_the_clients(self):
        for name, header in BOTH.items():
            with self.subTest(name):
                self.server.reset_log()
                client = self.through(header()).login()
                event = self.server.wait_event("connect")
                self.assertEqual(event["ip"], CLIENT)
                self.assertEqual(event["port"], "40001")
                self.assertEqual(event["local"], REACHED + ":21")
                self.assertRegex(event["via"], r"^127\.0\.0\.1:\d+$")
                self.server.wait_event("auth-ok", ip=CLIENT)
                who, = self.server.ctl_json("who")["sessions"]
                self.assertEqual((who["address"], who["port"]), (CLIENT, 40001))
                self.assertIn(CLIENT, repr(client.must("STAT", 211)))
                client.close()
                self.server.wait_event("end", ip=CLIENT)

    def test_ipv6_client(self):
        """The proxy comes over IPv4, its client over IPv6."""
        for header in v1, v2:
            client = self.through(header("2001:db8::5", "2001:db8::1"),
                                  data=header("2001:db8::5", "2001:db8::1")).login()
            self.server.wait_event("connect", ip="2001:db8::5")
            self.assertIn("EPSV", client.must("PASV", 501).text)
            self.assertEqual(client.must("EPSV 1", 522).text,
                             "Network protocol not supported, use (2)")
            self.server.put("a file", b"its bytes")
            self.assertEqual(client.download("RETR a file"), b"its bytes")
            client.close()

    def test_fields_behind_the_addresses(self):
        more = b"\x04" + struct.pack("!H", 3000) + bytes(3000)
        self.through(v2(more=more)).login()
        self.server.wait_event("auth-ok", ip=CLIENT)

    def test_in_pieces(self):
        client = self.through(b"", greet=False)
        for byte in v2(more=b"\4\0\1x"):
            client.sock.sendall(bytes((byte,)))
        self.assertEqual(client.reply().code, 220)
        self.server.wait_event("connect", ip=CLIENT)

    def test_commands_behind_it(self):
        client = self.through(v1() + b"USER anna\r\n")
        client.must_end(331)

    def test_proxy_for_itself(self):
        for header in (LOCAL, START + b"\x20\x11\0\x0c" + bytes(12),
                       START + b"\x21\0\0\0", b"PROXY UNKNOWN\r\n"):
            with self.subTest(header):
                self.server.reset_log()
                self.through(header).login().close()
                self.server.wait_event("connect", ip="127.0.0.1")
                self.server.wait_event("end", ip="127.0.0.1")

    def test_networks_of_accounts(self):
        self.through(v1()).login("near")
        self.through(LOCAL).login("far")
        client = self.through(v2("192.0.2.3"))
        client.must("USER near", 331)
        client.must(f"PASS {lib.PASSWORD}", 530)
        event = self.server.wait_event("auth-fail", ip="192.0.2.3")
        self.assertEqual(event["reason"], "ip-denied")

    def test_sessions_per_address(self):
        self.through(v1()), self.through(v2())
        self.assertIn("your address (max 2)", self.refused(v1()))
        event = self.server.wait_event("refuse", ip=CLIENT)
        self.assertEqual(event["reason"], "max-per-ip")
        self.assertIn("limits.sessions_per_ip", event["rule"])
        for last in range(1, 4):  # they are many, the proxy is one
            self.through(v1(f"203.0.113.{last}"))

    def test_ban_by_hand(self):
        self.server.ctl("ban", CLIENT, "1h")
        self.addCleanup(self.server.ctl, "unban", CLIENT)
        self.assertIn("banned", self.refused(v2()))
        self.server.wait_event("refuse", ip=CLIENT, reason="banned")
        self.through(v1("203.0.113.10")).login()

    def test_ban_of_the_proxy(self):
        """It holds for what the proxy does itself, not for its clients."""
        self.server.ctl("ban", "127.0.0.1", "1h")
        self.addCleanup(self.server.ctl, "unban", "127.0.0.1")
        self.assertIn("banned", self.refused(LOCAL))
        self.through(v1()).login()

    def test_ban_of_who_guesses(self):
        self.addCleanup(self.server.ctl, "unban", CLIENT)
        for word in "12":
            client = self.through(v1())
            client.must("USER anna", 331)
            client.must(f"PASS {word}", 530)
            client.close()
        self.server.wait_event("ban", ip=CLIENT)
        self.assertIn("banned", self.refused(v1()))
        self.through(v1("203.0.113.10")).login()

    def test_refused_under_implicit_tls(self):
        """An alert, as a reply would be no TLS."""
        self.server.ctl("ban", CLIENT, "1h")
        self.addCleanup(self.server.ctl, "unban", CLIENT)
        client = self.through(v1(), "127.0.0.3", greet=False)
        self.assertEqual(client.at_end(), bytes((21, 3, 1, 0, 2, 2, 49)))

    def test_active_mode(self):
        """From here to the client, not to the proxy."""
        client = self.through(v1(DIRECT)).login()
        self.server.put("a file", b"its bytes")
        with socket.create_server((DIRECT, 0)) as listener:
            port = listener.getsockname()[1]
            client.must(f"EPRT |1|127.0.0.1|{port}|", 501)
            client.must(f"EPRT |1|{DIRECT}|{port}|", 200)
            client.must("RETR a file", 150)
            listener.settimeout(lib.TIMEOUT)
            sock, _ = listener.accept()
            with sock:
                self.assertEqual(lib.read_all(sock), b"its bytes")
        client.must_end(226)


class Trust(ProxyCase):
    def test_others_are_refused(self):
        client = self.client(source=DIRECT)
        self.assertEqual(client.greeting.code, 421)
        event = self.server.wait_event("refuse", ip=DIRECT)
        self.assertEqual(event["reason"], "proxy-required")
        self.assertRegex(event["rule"], r"ftpd\.conf:\d+: listen\.proxy_from")
        stats = self.server.ctl("stats")
        self.assertIn("refused.proxy-required", stats)

    def test_several_proxies(self):
        self.through(v1(), source=OTHER_PROXY).login()

    def test_optional_serves_others(self):
        self.login(host="127.0.0.2", source=DIRECT)
        event = self.server.wait_event("connect", ip=DIRECT)
        self.assertNotIn("via", event)
        self.through(v1(), "127.0.0.2").login()
        self.server.wait_event("connect", ip=CLIENT)

    def test_header_of_others(self):
        """They are not believed, and the log says what to do."""
        for host, source in (("127.0.0.2", DIRECT), ("127.0.0.4", "127.0.0.1")):
            for name, header in BOTH.items():
                with self.subTest((host, name)):
                    self.server.reset_log()
                    client = self.client(host, source=source)
                    client.sock.sendall(header())
                    reply = client.must_end(421)
                    self.assertIn("No PROXY header is accepted", reply.text)
                    client.at_end()
                    event = self.server.wait_event("end", ip=source)
                    self.assertEqual(event["reason"], "proxy-untrusted")
                    self.assertFalse(self.server.events("auth-ok"))

    def test_header_later_is_a_command(self):
        client = self.client("127.0.0.4")
        client.must("NOOP", 200)
        client.must(v1().decode().strip(), 500)

    def test_a_second_header(self):
        client = self.through(v1())
        client.sock.sendall(v1("192.0.2.1"))
        client.must_end(421)
        self.server.wait_event("end", ip=CLIENT, reason="proxy-untrusted")


class Told(ProxyCase):
    """What the tools say about it beforehand."""

    def explain(self, *words, status):
        result = subprocess.run(
            [lib.programs()[0], "-c", self.server.conf_path, "explain", "anna",
             "RETR", "/x", *words], capture_output=True, text=True, check=False,
            timeout=lib.TIMEOUT, **self.server.identity())
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result.stdout

    def test_explain(self):
        self.explain(CLIENT, "listen=required", status=0)
        self.explain(CLIENT, "listen=required", "via=127.0.0.7", status=0)
        for listen, via, reason in (("required", DIRECT, "proxy-required"),
                                    ("optional", DIRECT, "proxy-untrusted"),
                                    ("off", "127.0.0.1", "proxy-untrusted")):
            text = self.explain(CLIENT, f"listen={listen}", f"via={via}", status=1)
            self.assertIn(f"a connection through {via}: 421, reason {reason}", text)
            self.assertRegex(text, r"decided by .*listen\.proxy_from")

    def test_explain_asks_for_the_clients_address(self):
        self.server.ctl("ban", CLIENT, "1h")
        self.addCleanup(self.server.ctl, "unban", CLIENT)
        self.assertIn("banned", self.explain(CLIENT, "via=127.0.0.1",
                                             "listen=required", status=1))

    def test_check(self):
        text = self.server.ctl("check", CLIENT)
        self.assertIn("through a proxy from 127.0.0.1 127.0.0.7\n"
                      "  PASV: 227 with the address that the client reached", text)


class Inetd(lib.InetdCase):
    CONF = """listen "inetd" {
     proxy = required
     proxy_from = "127.0.0.1"
     proxy_data = required
    }
    """

    def test_header(self):
        client = ProxyClient(self.server, header=v1(), data=v2(), greet=False)
        self.addCleanup(client.close)
        client, process = self.serve(client)
        client.login()
        self.server.put("a file", b"its bytes")
        self.assertEqual(client.download("RETR a file"), b"its bytes")
        self.assertIn(CLIENT, repr(client.must("STAT", 211)))
        client.must("QUIT", 221)
        self.assertEqual(process.wait(lib.TIMEOUT), 0)


class Bad(ProxyCase):
    def test_no_header(self):
        for text in (b"USER anna\r\n", b"\x16\3\1\2\0\1", b"PROXY nonsense\r\n",
                     v1()[:-2] + b" \r\n", b"PROXY UNKNOWN" + b" " * 100,
                     START + b"\x21\x11\xff\xff", START + b"\x11\x11\0\x0c",
                     v1("0.0.0.0"), v1(CLIENT, "::1")):
            for host in "127.0.0.1", "127.0.0.3":
                with self.subTest((text, host)):
                    self.server.reset_log()
                    self.nothing(text, host, end=False)
                    event = self.server.wait_event("refuse", ip="127.0.0.1")
                    self.assertEqual(event["reason"], "proxy-header")
                    self.assertTrue(event["detail"])
                    self.assertFalse(self.server.events("connect", "end"))

    def test_cut_off(self):
        for text in v1()[:20], v2()[:-1], b"P", START:
            with self.subTest(text):
                self.server.reset_log()
                self.nothing(text)
                event = self.server.wait_event("refuse", ip="127.0.0.1")
                self.assertEqual((event["reason"], event["detail"]), (
                    "proxy-header", "the connection ended before it"))

    def test_late(self):
        for text in b"", v2()[:-1]:
            with self.subTest(text):
                self.server.reset_log()
                self.nothing(text, end=False)
                event = self.server.wait_event("refuse", ip="127.0.0.1")
                self.assertEqual(event["reason"], "proxy-timeout")
                self.assertRegex(event["rule"], r"ftpd\.conf:\d+: timeouts\.proxy")
        self.assertIn("refused.proxy-timeout", self.server.ctl("stats"))

    def test_silent_check(self):
        """Whether somebody listens, which is no news."""
        self.nothing(b"")
        self.through(v1()).login()  # later than that
        self.assertFalse(self.server.events("refuse"))

    def test_while_it_is_waited_for(self):
        """Nobody has to wait for it, neither who looks nor who ends it."""
        waiting = [self.through(v1()[:10], greet=False) for _ in range(2)]
        lib.wait_for(lambda: [s["state"] for s in
                              self.server.ctl_json("who")["sessions"]]
                     == ["proxy"] * 2, "both to be there")
        self.through(LOCAL).login()  # which counts for no address
        sid = self.server.ctl_json("who")["sessions"][0]["id"]
        self.server.ctl("kick", str(sid))
        self.assertEqual(waiting[0].at_end(), b"")


class BadEnd(lib.OwnServer):
    CONF = ProxyCase.CONF.replace("proxy = 1", "proxy = 60")

    def test_stop_does_not_wait(self):
        client = ProxyClient(self.server, header=b"PROXY ", greet=False)
        self.addCleanup(client.close)
        lib.wait_for(lambda: self.server.ctl_json("who")["sessions"], "it")
        self.assertEqual(self.server.stop(), [])
        self.assertEqual(client.at_end(), b"")

    def test_reload(self):
        """The header is still right, and the monitor asks by what holds now."""
        client = ProxyClient(self.server, header=b"PROXY ", greet=False)
        self.addCleanup(client.close)
        lib.wait_for(lambda: self.server.ctl_json("who")["sessions"], "it")
        self.server.ctl("ban", "203.0.113.66", "1h")
        with open(self.server.conf_path, encoding="utf-8") as f:
            text = f.read()
        with open(self.server.conf_path, "w", encoding="utf-8") as f:
            f.write(text.replace('banned_message', "").replace(
                "sessions_per_ip = 2", "sessions_per_ip = 1"))
        self.server.ctl("reload")
        second = ProxyClient(self.server, header=v1())
        self.addCleanup(second.close)
        client.sock.sendall(v1()[6:])
        self.assertIn("(max 1)", client.must_end(421).text)
        second.login()


class Tls(ProxyCase):
    def both(self, host, implicit):
        for name, header in BOTH.items():
            with self.subTest(name):
                self.server.reset_log()
                client = self.through(header(), host, TlsProxyClient,
                                      data=header(), greet=not implicit)
                if implicit:
                    client.sock = client.ctx.wrap_socket(client.sock)
                    client.must_end(220)
                else:
                    client.auth()
                client.login().private()
                self.server.wait_event("tls", ip=CLIENT)
                self.server.put("a file", b"its bytes")
                self.assertEqual(client.download("RETR a file"), b"its bytes")
                client.upload("STOR another", b"x" * 100000)
                self.assertEqual(self.server.get("another"), b"x" * 100000)
                self.assertEqual(client.data_reused, [True, True])
                client.close()

    def test_auth(self):
        self.both("127.0.0.1", False)

    def test_implicit(self):
        self.both("127.0.0.3", True)


class Data(ProxyCase):
    def setUp(self):
        super().setUp()
        self.server.put("a file", b"its bytes")
        self.user = self.through(v1(), data=v1(port=40002)).login()

    def test_announced_address(self):
        """The one that the client has reached, and our port."""
        self.assertEqual(self.user.download("RETR a file", "PASV"), b"its bytes")
        self.assertEqual(self.user.announced, REACHED)

    def test_both_versions(self):
        for header in v1(), v2(), v2(more=b"\4\0\1x"):
            self.user.data = header
            self.assertEqual(self.user.download("RETR a file"), b"its bytes")
            self.user.upload("STOR up", b"what is behind it")
            self.assertEqual(self.server.get("up"), b"what is behind it")

    def test_upload_comes_with_it(self):
        self.user.data = v2() + b"first bytes, "
        self.user.upload("STOR up", b"last bytes")
        self.assertEqual(self.server.get("up"), b"first bytes, last bytes")

    def foreign(self, header, reason, source=None):
        """One of a stranger, and then the owner's on the same port."""
        self.server.reset_log()
        sock = socket.socket()
        sock.settimeout(lib.TIMEOUT)
        address = self.user.passive()
        with sock, socket.socket() as own:
            if source:
                sock.bind((source, 0))
            sock.connect(address)
            sock.sendall(header)
            event = self.server.wait_event("refuse", command="PASV")
            self.assertEqual((event["reason"], event["ip"]), (reason, CLIENT))
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(lib.read_all(sock), b"")
            own.settimeout(lib.TIMEOUT)
            own.connect(address)
            own.sendall(v1())
            self.user.must("RETR a file", 150)
            self.assertEqual(lib.read_all(own), b"its bytes")
            self.user.must_end(226)
        return event

    def test_another_client(self):
        """Port stealing by who comes through the same proxy."""
        for header in v1("203.0.113.66"), v2("203.0.113.66"):
            event = self.foreign(header, "foreign-address")
            self.assertEqual(event["detail"], "203.0.113.66:40001")
        self.foreign(LOCAL, "foreign-address")

    def test_no_proxy(self):
        event = self.foreign(v1(), "proxy-required", source=DIRECT)
        self.assertIn("listen.proxy_from", event["rule"])

    def test_no_header(self):
        event = self.foreign(b"some data", "proxy-header")
        self.assertEqual(event["detail"], "something else came first")

    def test_late(self):
        """Nobody keeps the port from its owner."""
        self.foreign(b"PROXY", "proxy-timeout")

    def test_in_pieces(self):
        with socket.create_connection(self.user.passive()) as sock:
            sock.settimeout(lib.TIMEOUT)
            self.user.send("RETR a file")
            for byte in v2():
                sock.sendall(bytes((byte,)))
            self.user.must_end(150)
            self.assertEqual(lib.read_all(sock), b"its bytes")
        self.user.must_end(226)

    def test_abandoned(self):
        """A new port, while the old one's header is still waited for."""
        with socket.create_connection(self.user.passive()) as sock:
            sock.sendall(b"PROXY ")
            self.assertEqual(self.user.download("RETR a file"), b"its bytes")

    def test_quit_while_it_is_waited_for(self):
        with socket.create_connection(self.user.passive()) as sock:
            sock.sendall(b"PROXY ")
            self.user.must("QUIT", 221)
            self.assertEqual(self.user.at_end(), b"")

    def test_other_proxy_of_the_same_client(self):
        with self.user.connect(source=OTHER_PROXY) as sock:
            self.user.must("RETR a file", 150)
            self.assertEqual(lib.read_all(sock), b"its bytes")
        self.user.must_end(226)

    def test_proxy_for_itself(self):
        client = self.through(LOCAL, data=LOCAL).login()
        self.assertEqual(client.download("RETR a file"), b"its bytes")


class DirectData(ProxyCase):
    """proxy_data = off: they come from the client itself."""

    def setUp(self):
        super().setUp()
        self.server.put("a file", b"its bytes")
        self.user = self.through(v1(DIRECT), "127.0.0.2").login()

    def test_of_the_client(self):
        with self.user.connect(source=DIRECT) as sock:
            self.user.must("RETR a file", 150)
            self.assertEqual(lib.read_all(sock), b"its bytes")
        self.user.must_end(226)

    def test_of_the_proxy(self):
        """It could be anybody's; the log says which key is missing."""
        with self.user.connect(source="127.0.0.1") as sock:
            event = self.server.wait_event("refuse", command="PASV")
            self.assertEqual(event["reason"], "foreign-address")
            self.assertIn("see proxy_data", event["detail"])
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(lib.read_all(sock), b"")

    def test_who_needs_no_proxy(self):
        client = self.login(host="127.0.0.2", source=DIRECT)
        with client.connect(source=DIRECT) as sock:
            client.must("RETR a file", 150)
            self.assertEqual(lib.read_all(sock), b"its bytes")
        client.must_end(226)


class Configuration(unittest.TestCase):
    def test_mistakes(self):
        for keys, text in (
                ("proxy = required", "nothing says which proxies are believed"),
                ('proxy_from = "10.0.0.1"', "is of no use without proxy"),
                ("proxy_data = required", "only who came through a proxy"),
                ('proxy = optional\nproxy_from = "10.0.0.1/8"', "proxy_from")):
            server = lib.Server(listen=keys + "\n")
            result = subprocess.run(
                [lib.programs()[0], "-t", "-c", server.conf_path], check=False,
                capture_output=True, text=True, timeout=lib.TIMEOUT)
            with self.subTest(keys):
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(text, result.stdout + result.stderr)


HAPROXY = """global
    maxconn 100
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend control
    bind 127.0.0.1:{front[0]}
    default_backend control
backend control
    server ftp 127.0.0.2:{control} {send} check inter 100ms
frontend implicit
    bind 127.0.0.1:{front[1]}
    default_backend implicit
backend implicit
    server ftp 127.0.0.3:{implicit} {send}
frontend data
    bind 127.0.0.1:{ports[0]}-{ports[1]}
    use_backend data_implicit if {{ src 127.0.0.77 }}
    default_backend data
backend data
    server ftp 127.0.0.2 {send}
backend data_implicit
    server ftp 127.0.0.3 {send}
"""


@lib.needs("haproxy")
class HaproxyCase:
    """A real proxy on 127.0.0.1, the server on other addresses of the same
    passive ports."""

    SEND = None

    @classmethod
    def make_server(cls):
        cls.ports = lib.free_ports(8)
        cls.CONF = "".join(f"""listen "{name}" {{
         address = "{address}"
         port = 0
         implicit = {implicit}
         proxy = required
         proxy_from = "127.0.0.1"
         proxy_data = required
        }}
        """ for name, address, implicit in (("explicit", "127.0.0.2", "no"),
                                            ("implicit", "127.0.0.3", "yes"))) \
            + f"data {{\n passive_ports = {cls.ports[0]}-{cls.ports[1]}\n}}\n"
        return super().make_server()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        front = lib.free_ports(2)
        path = cls.server.base + "/haproxy.cfg"
        with open(path, "w", encoding="ascii") as f:
            f.write(HAPROXY.format(
                front=front, ports=cls.ports, send=cls.SEND,
                control=cls.server.ports["127.0.0.2"],
                implicit=cls.server.ports["127.0.0.3"]))
        cls.haproxy = subprocess.Popen(
            ["haproxy", "-db", "-f", path], preexec_fn=lib.die_with_parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.end_haproxy)
        cls.server.ports["127.0.0.1"] = front[0]
        cls.implicit = front[1]
        lib.wait_for(cls.is_up, "haproxy")

    @classmethod
    def end_haproxy(cls):
        cls.haproxy.kill()
        cls.haproxy.wait(lib.TIMEOUT)

    @classmethod
    def is_up(cls):
        if cls.haproxy.poll() is not None:
            raise AssertionError(f"haproxy ended: {cls.haproxy.returncode}")
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", cls.server.port)):
            return True
        return False

    def move(self, client, source):
        """Both ways, and whose the session is."""
        self.server.put("a file", b"its bytes" * 100000)
        with client.connect("PASV", source=source) as sock:
            client.must("RETR a file", 150)
            with client.secure(sock) if client.is_private else sock as data:
                self.assertEqual(lib.read_all(data), b"its bytes" * 100000)
        client.must_end(226)
        with client.connect("EPSV", source=source) as sock:
            client.must("STOR up", 150)
            with client.secure(sock) if client.is_private else sock as data:
                data.sendall(b"what came up")
                if client.is_private:
                    data.unwrap()
        client.must_end(226)
        self.assertEqual(self.server.get("up"), b"what came up")
        self.server.wait_event("connect", ip=source)
        self.server.wait_event("store", ip=source)
        self.assertFalse(self.server.events("refuse"))

    def tls_client(self, source, **keywords):
        client = tlslib.TlsClient(self.server, source=source, **keywords)
        self.addCleanup(client.close)
        return client

    def test_clear(self):
        self.move(self.tls_client("127.0.0.71").login(), "127.0.0.71")

    def test_auth_tls(self):
        self.move(self.tls_client("127.0.0.72").all(), "127.0.0.72")

    def test_implicit_tls(self):
        explicit = self.server.ports["127.0.0.1"]
        self.server.ports["127.0.0.1"] = self.implicit
        try:
            client = self.tls_client("127.0.0.77", greet=False)
        finally:
            self.server.ports["127.0.0.1"] = explicit
        client.sock = client.ctx.wrap_socket(client.sock)
        client.must_end(220)
        self.move(client.login().private(), "127.0.0.77")

    def test_announced_address(self):
        """The proxy's, which the client has reached."""
        client = self.tls_client("127.0.0.73").login()
        self.assertEqual(client.passive("PASV")[0], "127.0.0.1")

    def test_another_clients_port(self):
        client = self.tls_client("127.0.0.74").login()
        with client.connect(source="127.0.0.75"):
            event = self.server.wait_event("refuse", ip="127.0.0.74")
            self.assertEqual(event["reason"], "foreign-address")
            self.assertRegex(event["detail"], r"^127\.0\.0\.75:\d+$")
        self.server.reset_log()

    def test_health_checks(self):
        """They are those of the proxy itself, and end at once."""
        self.server.wait_event("end", ip="127.0.0.1")


class HaproxyV1(HaproxyCase, lib.TestCase):
    SEND = "send-proxy"


class HaproxyV2(HaproxyCase, lib.TestCase):
    SEND = "send-proxy-v2"


if __name__ == "__main__":
    lib.main()
