#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The server's certificates: the self-signed one, renewal under running sessions,
what becomes of mistakes, and the keys that must not get about.
"""

import base64
import contextlib
import os
import re
import signal
import ssl

import lib
import tlslib

LOOKS = 40  # seconds in which a renewal must have been noticed


class Case(tlslib.Case):
    def seen(self):
        """The certificate that a new client is shown."""
        with self.tls().auth() as client:
            client.must("QUIT", 221)
            return client.print


class SelfSigned(Case):
    def test_made_once(self):
        crt = os.path.join(self.server.base, "selfsigned.crt")
        key = os.path.join(self.server.base, "selfsigned.key")
        self.assertEqual(lib.file_mode(key), 0o600)
        found = tlslib.file_fingerprint(crt)
        # R11.6; an administrator compares what a client shows with this line.
        self.server.log_has(re.escape(f"certificate {crt}, SHA-256 {found}"))
        self.assertEqual(self.seen(), found)
        with open(key, "rb") as f:
            before = f.read()
        self.assertEqual(self.server.stop(), [])
        self.server.reset_log()
        self.server.start()
        self.assertEqual(self.seen(), found)
        with open(key, "rb") as f:
            self.assertEqual(f.read(), before)


class Pair(Case):
    """One certificate block, the files of which are links to a pair."""

    CONF = ('certificate "main" {\n file = "@BASE@/live.crt"\n'
            ' key = "@BASE@/live.key"\n}\n')

    @classmethod
    def make_server(cls):
        server = super().make_server()
        cls.server = server
        cls.serial = 0
        cls.point(cls.pair())
        return server

    @classmethod
    def pair(cls, **keywords):
        """Paths of a new pair, readable by the server alone."""
        cls.serial += 1
        paths = [os.path.join(cls.server.base, f"{cls.serial}.{end}")
                 for end in ("crt", "key")]
        tlslib.make_pair(*paths, **keywords)
        for path in paths:
            cls.server.own(path)
        return paths

    @classmethod
    def live(cls, end):
        return os.path.join(cls.server.base, f"live.{end}")

    @classmethod
    def point(cls, paths):
        """The live names become links to these, each in one step."""
        for path, end in zip(paths, ("crt", "key")):
            temporary = os.path.join(cls.server.base, "link")
            os.symlink(path, temporary)
            os.rename(temporary, cls.live(end))

    def renewed(self):
        self.server.log_has("certificates have changed: generation", LOOKS)


@lib.needs("openssl")
class Renewal(Pair):
    ERRORS = r"certificate \"main\"|not reloaded"

    def setUp(self):
        super().setUp()
        self.server.reset_log()

    def test_rename_and_links(self):
        """R11.2: noticed without a signal, and no session is disturbed."""
        data = lib.pattern(1 << 20)
        self.server.put("f", data)
        old = self.tls().all()
        first = old.print
        with old.transfer("RETR f") as sock:
            got = sock.recv(1000)
            paths = self.pair()
            for path, end in zip(paths, ("crt", "key")):
                os.rename(path, self.live(end))
            self.renewed()
            second = tlslib.file_fingerprint(self.live("crt"))
            self.assertNotEqual(first, second)
            self.server.log_has(re.escape(second))
            self.assertEqual(self.seen(), second)
            got += lib.read_all(sock)
        old.must_end(226)
        self.assertEqual(got, data)
        old.upload("STOR g", data)
        self.assertEqual(self.server.get("g"), data)
        self.assertEqual(set(old.data_prints), {first})

        self.server.reset_log()
        paths = self.pair()
        self.point(paths)
        self.renewed()
        third = tlslib.file_fingerprint(paths[0])
        new = self.tls().all()
        self.assertEqual(new.print, third)
        self.assertEqual(new.download("RETR g"), data)
        self.assertEqual(new.data_prints, [third])
        for client in (old, new):
            client.must("QUIT", 221)
            client.close()
        # The old workers go with their sessions.
        lib.wait_for(lambda: len(self.server.pids("worker")) == os.cpu_count(),
                     "the old workers to go")

    def test_half_a_pair(self):
        before = self.seen()
        paths = self.pair()
        self.point(paths[:1])
        self.server.log_has(r" warn .*old certificates stay in use: .*"
                            r"does not belong to the key", LOOKS)
        client = self.tls().all()
        self.assertEqual(client.print, before)
        self.assertEqual(client.lines("NLST"), [])
        self.point(paths)
        self.renewed()
        self.assertEqual(self.seen(),
                         tlslib.file_fingerprint(paths[0]))
        self.assertEqual(len(re.findall("stay in use", self.server.log())), 1)

    def test_reload_with_a_broken_one(self):
        """R11.1: all or nothing."""
        session = self.tls().all()
        before = session.print
        good = [os.readlink(self.live(end)) if os.path.islink(self.live(end))
                else self.live(end) for end in ("crt", "key")]
        saved = [path + ".saved" for path in good]
        for path, copy in zip(good, saved):
            os.rename(path, copy)
        with open(good[0], "w", encoding="ascii") as f:
            f.write("no certificate\n")
        self.server.own(good[0])
        self.server.kill(signal.SIGHUP)
        self.server.log_has(r"not reloaded: generation \d+ stays")
        self.server.log_has(r"holds no certificate")
        self.assertEqual(self.seen(), before)
        session.must("NOOP", 200)
        for path, copy in zip(good, saved):
            os.rename(copy, path)
        self.server.kill(signal.SIGHUP)
        self.server.log_has(r"config generation \d+ active")
        self.assertEqual(self.seen(), before)
        session.must("NOOP", 200)

    def test_expiry(self):
        """R11.6"""
        self.point(self.pair(days=5))
        self.renewed()
        self.server.log_has(r" warn .*live\.crt expires in 4 days, on 20")
        self.point(self.pair())


@lib.needs("openssl")
class Tickets(Pair):
    CONF = Pair.CONF + 'tls {\n ticket_keys = "@BASE@/tickets"\n}\n'

    def resumed(self, session, ctx):
        """Does a new control connection resume it?"""
        client = self.tls(ctx=ctx, session=session).auth()
        client.must("NOOP", 200)
        return client.reused

    def test_reload_and_restart(self):
        """R1.6"""
        for version in tlslib.VERSIONS:
            with self.subTest(version=version):
                ctx = tlslib.context(version)
                session = self.tls(ctx=ctx).all().ticket()
                self.assertTrue(self.resumed(session, ctx))
                self.server.reset_log()
                self.server.kill(signal.SIGHUP)
                self.server.log_has(r"config generation \d+ active")
                self.assertTrue(self.resumed(session, ctx))
                self.assertEqual(self.server.stop(), [])
                self.server.reset_log()
                self.server.start()
                self.assertTrue(self.resumed(session, ctx))
        self.assertEqual(
            lib.file_mode(os.path.join(self.server.base, "tickets")), 0o600)

    def test_data_connections_across_workers(self):
        """The session of one worker is resumed in any other."""
        ctx = tlslib.context()
        first = self.tls(ctx=ctx).all()
        session = first.ticket()
        for _ in range(2 * os.cpu_count()):
            client = self.tls(ctx=ctx, session=session).all()
            self.assertTrue(client.reused)
            client.lines("NLST")
            self.assertEqual(client.data_reused, [True])


@lib.needs("openssl")
class TicketsInMemory(Pair):
    def test_reload_keeps_and_restart_forgets(self):
        ctx = tlslib.context()
        session = self.tls(ctx=ctx).all().ticket()
        self.server.reset_log()
        self.server.kill(signal.SIGHUP)
        self.server.log_has(r"config generation \d+ active")
        client = self.tls(ctx=ctx, session=session).auth()
        self.assertTrue(client.reused)
        self.assertEqual(self.server.stop(), [])
        self.server.reset_log()
        self.server.start()
        client = self.tls(ctx=ctx, session=session).all()
        self.assertFalse(client.reused)
        self.assertEqual(client.lines("NLST"), [])


@lib.needs("openssl")
class Inetd(lib.InetdCase, Pair):
    """A process for each connection: only the file makes them one server."""

    CONF = Tickets.CONF

    def accept(self, **keywords):
        return self.serve(self.tls(greet=False, **keywords))

    def test_session_of_another_process(self):
        ctx = tlslib.context()
        client, process = self.accept(ctx=ctx)
        client.all()
        session = client.ticket()
        client.upload("STOR f", b"text")
        self.assertEqual(client.data_reused, [True])
        client.must("QUIT", 221)
        client.close()
        self.assertEqual(process.wait(lib.TIMEOUT), 0)
        client, process = self.accept(ctx=ctx, session=session)
        client.all()
        self.assertTrue(client.reused)
        self.assertEqual(client.download("RETR f"), b"text")
        self.assertEqual(client.data_reused, [True])
        client.must("QUIT", 221)
        self.assertEqual(process.wait(lib.TIMEOUT), 0)


MANY = 300
HASH = "$6$saltsaltsaltsalt$"
TOTP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@lib.needs("openssl")
class Secrets(Pair):
    """Who needs no keys has none, wherever one looks in its memory."""

    CONF = Tickets.CONF

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to read memory")
        super().setUp()

    @classmethod
    def make_server(cls):
        """With so many users that what is read of them is not overwritten by
        chance."""
        server = super().make_server()
        with open(os.path.join(server.base, "users"), "a",
                  encoding="utf-8") as f:
            for n in range(MANY):
                f.write(f'user "user{n}" {{\n password = "{HASH}{n}"\n'
                        f' root = "/"\n totp = "{TOTP}"\n}}\n')
        return server

    def traces(self):
        """Pieces of the key: as it stands in the file, and as numbers."""
        with open(self.live("key"), encoding="ascii") as f:
            lines = f.read().split("\n")[1:-2]
        der = base64.b64decode("".join(lines))
        # ECPrivateKey in PKCS 8: version, then the secret as 32 bytes.
        at = der.index(b"\x02\x01\x01\x04\x20") + 5
        secret = der[at:at + 32]
        with open(os.path.join(self.server.base, "tickets"), "rb") as f:
            tickets = f.read()
        # After the first line: name, AES and HMAC key, each with its length.
        at = tickets.index(b"\n") + 1 + 4 + 16 + 4
        return {"hash": HASH.encode(), "totp": TOTP.encode(),
                "text": lines[1].encode(), "number": secret,
                "limbs": secret[::-1], "ticket": tickets[at:at + 32]}

    def found_in(self, pid):
        found, traces = set(), self.traces()
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
                open(f"/proc/{pid}/mem", "rb") as memory:
            for line in maps:
                match = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
                if not match:
                    continue
                start, end = (int(n, 16) for n in match.groups())
                # Anonymous and shared: the page that tells the monitor of
                # forbidden system calls is everybody's, the used one-time
                # passwords and the sessions are not.
                if "/dev/zero" in line and end - start > 4096:
                    found.add("used" if end - start == 65536 else "sessions")
                # A sanitizer's shadow is of terabytes, and of no interest.
                if end - start > 1 << 31:
                    continue
                with contextlib.suppress(OSError, OverflowError, ValueError):
                    memory.seek(start)
                    data = memory.read(end - start)
                    found.update(name for name, trace in traces.items()
                                 if trace in data)
        return found

    def found(self, role):
        """What each of the processes of a role has."""
        pids = self.server.pids(role)
        self.assertTrue(pids)
        return [self.found_in(pid) for pid in pids]

    def test_memory(self):
        self.look()

    def test_memory_after_reload(self):
        """What was read for a reload is nobody's business either."""
        self.server.ctl("reload")
        self.look()

    def look(self):
        client = self.tls().all()
        client.lines("NLST")
        # That one can be found where it is needed shows that one can be found.
        found = self.found("keys")
        for each in found:
            self.assertLessEqual(each, {"number", "limbs"})
            self.assertIn("number", each)
        self.assertIn({"number", "limbs"}, found)  # the one that has signed
        for each in self.found("worker"):
            self.assertEqual(each, {"ticket", "sessions"})
        self.nobody_else()
        self.assertEqual(self.found_in(self.server.process.pid),
                         {"hash", "totp", "used", "ticket", "sessions"})

    def nobody_else(self):
        for role, may in (("agent", set()), ("auth", {"hash", "totp", "used"})):
            for each in self.found(role):
                with self.subTest(role=role):
                    self.assertEqual(each, may)

    def configure(self, conf):
        self.server.write_conf(conf)
        self.server.ctl("reload")

    def test_without_key_processes(self):
        """Then workers have the keys, and nobody else but the monitor."""
        conf = re.sub(r"tls \{", "tls {\n key_process = no", self.CONF, count=1)
        self.assertNotEqual(conf, self.CONF)
        self.configure(conf)
        self.addCleanup(self.configure, self.CONF)
        client = self.tls().all()
        client.lines("NLST")
        lib.wait_for(lambda: not self.server.pids("keys"), "them to go")
        for each in self.found("worker"):
            self.assertIn("limbs", each)
        self.nobody_else()

    def test_no_dump(self):
        """Not even the user it runs as can look at a key process."""
        for pid in self.server.pids("keys"):
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                self.assertNotRegex(f.read(), r"(?m)^Uid:\t0\t")
            self.assertEqual(os.stat(f"/proc/{pid}/mem").st_uid, 0)
            with open(f"/proc/{pid}/limits", encoding="ascii") as f:
                self.assertRegex(f.read(), r"Max core file size +0 +0 ")


if __name__ == "__main__":
    lib.main()
