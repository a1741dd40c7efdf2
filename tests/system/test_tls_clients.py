#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Command line clients over FTPS: many transfers on one control connection, then
several connections of one client, in each version of TLS and under each policy.
Where a client can resume at all, all its data connections are resumed (R1.1).
No upload ends without close_notify (R0b D): the server would refuse it.
"""

import collections
import concurrent.futures
import ftplib
import os
import shutil
import urllib.parse

import clients
import lib
import tlslib

FILES = {f"f{n}": lib.pattern(n * 1777, n) for n in range(20)}
ADDRESSES = {"prefer": "127.0.0.1", "require": "127.0.0.2", "implicit": "127.0.0.3"}
TLS_VERSIONS = dict(zip(("1.2", "1.3"), tlslib.VERSIONS))
TRANSFERS = ("store", "retrieve", "list")


class TlsClientCase(clients.ClientCase):
    """A listener for each policy, and files to send and to fetch."""

    CONF = "".join(
        f'listen "{name}" {{\n address = "{address}"\n port = 0\n'
        f' session_reuse = {"prefer" if name == "prefer" else "require"}\n'
        f' implicit = {"yes" if name == "implicit" else "no"}\n'
        ' tls = required\n tls_data = required\n unclean_eof = refuse\n}\n'
        for name, address in ADDRESSES.items())

    def at(self, listener):
        address = ADDRESSES[listener]
        return address, self.server.ports[address]

    def url(self, listener):
        """ftp: or ftps:, as most clients tell how TLS begins."""
        address, port = self.at(listener)
        return f"{'ftps' if listener == 'implicit' else 'ftp'}://{address}:{port}"

    def begin(self):
        self.server.empty()
        self.server.mkdir("d")
        self.server.reset_log()
        for name, data in FILES.items():
            self.write("up/" + name, data)
        shutil.rmtree(os.path.join(self.local, "down"), ignore_errors=True)
        os.mkdir(os.path.join(self.local, "down"))

    def ends(self):
        """Of all transfers since begin(), once all sessions are over."""
        def over():
            log = self.server.log()
            return 0 < log.count("] connect ") == log.count("] end ")

        lib.wait_for(over, "the sessions to end")
        return self.server.events(*TRANSFERS)

    def assert_same(self, read, directory):
        for name, data in FILES.items():
            self.assertTrue(read(f"{directory}/{name}") == data, name)


class Rounds:
    """The tests; each client says how it sends and fetches all files, in both()."""

    VERSIONS = tuple(TLS_VERSIONS)
    RESUMES = VERSIONS
    LISTENERS = tuple(ADDRESSES)
    CONNECTIONS = 1  # of both()
    MOVES = {"store": len(FILES), "retrieve": len(FILES)}

    def run_round(self, listener, version, work):
        """All is well, whatever the connections; returns the ends."""
        self.begin()
        work(listener, version)
        self.assert_same(self.server.get, "d")
        self.assert_same(self.read, "down")
        ends = self.ends()
        for end in ends:
            self.assertEqual(end["result"], "complete", end)
            self.assertNotIn("detail", end)
        return ends

    def assert_resumed(self, ends, version):
        resumed = "yes" if version in self.RESUMES else "no"
        for end in ends:
            self.assertEqual(end["resumed"], resumed, end)

    def test_one_connection(self):
        for version in self.VERSIONS:
            for listener in self.LISTENERS:
                if listener != "prefer" and version not in self.RESUMES:
                    continue
                with self.subTest(version=version, listener=listener):
                    ends = self.run_round(listener, version, self.both)
                    self.assert_resumed(ends, version)
                    self.assertEqual(collections.Counter(
                        end["event"] for end in ends if end["event"] in self.MOVES),
                        self.MOVES)
                    self.assertEqual(len({end["session"] for end in ends}),
                                     self.CONNECTIONS)


class ParallelRounds(Rounds):
    """Several connections with one cache of sessions: in parallel()."""

    SHORT_OF_TICKETS = ()  # versions; some connections find none

    def test_parallel(self):
        for version in self.VERSIONS:
            with self.subTest(version=version):
                if version in self.SHORT_OF_TICKETS:
                    ends = self.run_round("prefer", version, self.parallel)
                else:
                    ends = self.run_round("require", version, self.parallel)
                    self.assert_resumed(ends, version)
                self.assertGreater(len({end["session"] for end in ends}), 2)


@lib.needs("curl")
class Curl(ParallelRounds, TlsClientCase):
    """Under TLS 1.2 it wants no tickets, but names sessions by their ids."""

    CPUS = sorted(os.sched_getaffinity(0))
    # Its connections share a cache with room for one ticket, and OpenSSL takes a
    # ticket of 1.3 for used up as soon as a handshake with it is over.
    SHORT_OF_TICKETS = ("1.3",)

    @classmethod
    def setUpClass(cls):
        # curl 7.88 waits a second, before it connects, when the reply to EPSV
        # is there as soon as it has sent it: not likely on another CPU.
        cls.addClassCleanup(os.sched_setaffinity, 0, cls.CPUS)
        os.sched_setaffinity(0, cls.CPUS[:1])
        super().setUpClass()
        os.sched_setaffinity(0, cls.CPUS[1:] or cls.CPUS)

    def transfer(self, listener, version, way, *options):
        """The arguments of all uploads, or all downloads."""
        url = self.url(listener) + "/d/"
        names = "{" + ",".join(FILES) + "}"
        return ("-sS", "-k", "--ssl-reqd", f"--tlsv{version}", "--tls-max", version,
                "-u", f"{lib.USER}:{lib.PASSWORD}", *options,
                *(("-T", f"up/{names}", url) if way == "up" else
                  ("-o", "down/#1", url + names)))

    def both(self, *where):
        self.run_client("curl", *self.transfer(*where, "up"), "--next",
                        *self.transfer(*where, "down"))

    def parallel(self, *where):
        for way in ("up", "down"):
            self.run_client("curl", *self.transfer(
                *where, way, "--parallel", "--parallel-immediate",
                "--parallel-max", "4"))


@lib.needs("lftp")
class Lftp(ParallelRounds, TlsClientCase):
    def lftp(self, listener, version, commands):
        self.run_client(
            "lftp", "--norc", "-u", f"{lib.USER},{lib.PASSWORD}", "-e",
            "set cmd:fail-exit yes; set net:max-retries 1; set xfer:log no; "
            "set ftp:ssl-force yes; set ssl:verify-certificate no; "
            f"set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS{version}; "
            f"{commands}; exit", self.url(listener))

    def both(self, listener, version):
        self.lftp(listener, version, "mput -O d up/*; mget -O down d/*")

    def parallel(self, listener, version):
        self.lftp(listener, version, "mirror -R --parallel=4 up d; "
                                     "mirror --parallel=4 d down")


@lib.needs("rclone")
class Rclone(ParallelRounds, TlsClientCase):
    CONNECTIONS = 2  # it copies in one direction only

    def rclone(self, listener, version, count, *args):
        address, port = self.at(listener)
        self.run_client(
            "rclone", "--config", "", "--retries", "1", "--low-level-retries", "1",
            "--transfers", str(count), "--checkers", "1",
            "--ftp-tls" if listener == "implicit" else "--ftp-explicit-tls",
            f"--ftp-disable-tls13={'true' if version == '1.2' else 'false'}",
            "--ftp-no-check-certificate", "--ftp-host", address, "--ftp-port",
            str(port), "--ftp-user", lib.USER, "--ftp-pass", self.rclone_secret(),
            *args)

    def copy(self, listener, version, count, *args):
        self.rclone(listener, version, count, "copy", "up", ":ftp:d", *args)
        self.rclone(listener, version, count, "copy", ":ftp:d", "down", *args)

    def both(self, listener, version):
        self.copy(listener, version, 1, "--ftp-concurrency", "1", "--check-first")

    def parallel(self, listener, version):
        self.copy(listener, version, 4)


@lib.needs("wget")
class Wget(Rounds, TlsClientCase):
    """It only downloads. Under TLS 1.3 it asks for its session right behind the
    handshake, when there is none yet."""

    RESUMES = ("1.2",)
    MOVES = {"retrieve": len(FILES)}

    def both(self, listener, version):
        for name, data in FILES.items():
            self.server.put("d/" + name, data)
        address, port = self.at(listener)
        login = f"{lib.USER}:{urllib.parse.quote(lib.PASSWORD)}"
        self.run_client(
            "wget", "-nv", "-T", "30", "-t", "1", "--no-check-certificate",
            f"--ciphers=NORMAL:-VERS-ALL:+VERS-TLS{version}", "-P", "down",
            *(("--ftps-implicit",) if listener == "implicit" else ()),
            f"ftps://{login}@{address}:{port}/d/*")


class ResumingFtpTls(ftplib.FTP_TLS):
    """As people write it who need resumption with Python."""

    def session(self):
        return self.sock.session

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        return self.context.wrap_socket(conn, session=self.session()), size


class SharingFtpTls(ResumingFtpTls):
    """Data connections resume what any control connection has got last."""

    def session(self):
        last = getattr(self.context, "last", self.sock.session)
        self.context.last = self.sock.session
        return last


class Ftplib(Rounds, TlsClientCase):
    RESUMES = ()
    LISTENERS = ("prefer", "require")  # it does not know implicit TLS

    def connect(self, client, listener, context):
        ftp = client(timeout=lib.TIMEOUT, context=context)
        self.addCleanup(ftp.close)
        ftp.connect(*self.at(listener))
        ftp.login(lib.USER, lib.PASSWORD)
        ftp.prot_p()
        return ftp

    def send_and_fetch(self, ftp, names=FILES):
        for name in names:
            with open(os.path.join(self.local, "up", name), "rb") as f:
                ftp.storbinary(f"STOR d/{name}", f)
        for name in names:
            with open(os.path.join(self.local, "down", name), "wb") as f:
                ftp.retrbinary(f"RETR d/{name}", f.write)
        ftp.quit()

    def both(self, listener, version):
        context = tlslib.context(TLS_VERSIONS[version])
        self.send_and_fetch(self.connect(ftplib.FTP_TLS, listener, context))


class ResumingFtplib(ParallelRounds, Ftplib):
    RESUMES = Rounds.VERSIONS

    def both(self, listener, version):
        context = tlslib.context(TLS_VERSIONS[version])
        self.send_and_fetch(self.connect(ResumingFtpTls, listener, context))

    def parallel(self, listener, version):
        context = tlslib.context(TLS_VERSIONS[version])
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            connections = list(pool.map(
                lambda _: self.connect(SharingFtpTls, listener, context), range(4)))
            list(pool.map(self.send_and_fetch, connections,
                          (list(FILES)[n::4] for n in range(4))))


if __name__ == "__main__":
    lib.main()
