# SPDX-License-Identifier: ISC
"""
Certificates, and a client that speaks FTPS by hand: what the system tests of TLS
share beside lib.py.
"""

import contextlib
import hashlib
import os
import ssl
import subprocess
import time

import lib

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def make_pair(crt, key, days=90, name="ftp.example.org"):
    """A self-signed certificate and its key in files of these paths."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
         "-days", str(days), "-keyout", key, "-out", crt],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=lib.TIMEOUT)
    os.chmod(key, 0o600)


def sign(crt, issuer, days=90):
    """Another authority's signature in place of its own: issuer are the paths of
    its certificate and key; with 0 days it has expired at once."""
    subprocess.run(
        ["openssl", "x509", "-in", crt, "-clrext", "-CA", issuer[0], "-CAkey", issuer[1],
         "-CAcreateserial", "-days", str(days), "-out", crt],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=lib.TIMEOUT)


def fingerprint(der):
    """As the server's log writes it."""
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


def file_fingerprint(path):
    with open(path, encoding="ascii") as f:
        return fingerprint(ssl.PEM_cert_to_DER_cert(f.read()))


class Socket(ssl.SSLSocket):
    """Keeps an error to the connection that had it: since Python 3.13 an error of
    the system stays in OpenSSL's queue for errors, which is the thread's, and
    whichever connection reads next, and finds nothing yet, reports it as its own
    (https://github.com/python/cpython/issues/148594)."""

    def do_handshake(self, *args):
        with forgetting():
            super().do_handshake(*args)

    def read(self, *args):  # recv() and recv_into() call it
        with forgetting():
            return super().read(*args)

    def send(self, *args):  # sendall() calls it
        with forgetting():
            return super().send(*args)

    def unwrap(self):
        with forgetting():
            return super().unwrap()


@contextlib.contextmanager
def forgetting():
    """An exception leaves nothing in the queue: handshakes begin by emptying it."""
    try:
        yield
    except OSError:
        client_hello()
        raise


def context(version=None):
    """Of a client that takes any certificate."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.sslsocket_class = Socket
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    if version:
        ctx.minimum_version = ctx.maximum_version = version
    return ctx


class TlsClient(lib.Client):
    """After auth() the control connection, after private() also the data
    connections are in TLS. Data connections resume the control session."""

    def __init__(self, server, host="127.0.0.1", ctx=None, session=None, **keywords):
        super().__init__(server, host, **keywords)
        self.ctx = ctx or context()
        self.resume = session
        self.is_private = False
        self.offer = None  # for data connections, instead of their own session
        self.data_reused = []  # of each data connection: was it resumed?
        self.data_prints = []

    def auth(self):
        self.must("AUTH TLS", 234)
        self.sock = self.ctx.wrap_socket(self.sock, session=self.resume)
        return self

    def private(self):
        self.must("PBSZ 0", 200)
        self.must("PROT P", 200)
        self.is_private = True
        return self

    def all(self):
        """The usual way in."""
        return self.auth().login().private()

    @property
    def print(self):
        """Fingerprint of the server's certificate."""
        return fingerprint(self.sock.getpeercert(True))

    @property
    def reused(self):
        return self.sock.session_reused

    def ticket(self):
        """The newest session; under TLS 1.3 tickets come with replies to EPSV."""
        self.must("EPSV", 229)
        return self.sock.session

    def secure(self, sock):
        """Shakes hands on a data connection."""
        return self.ctx.wrap_socket(sock, session=self.offer or self.sock.session)

    @contextlib.contextmanager
    def transfer(self, command, how="EPSV"):
        with super().transfer(command, how) as sock:
            if not self.is_private:
                yield sock
                return
            with self.secure(sock) as tls:
                self.data_reused.append(tls.session_reused)
                self.data_prints.append(fingerprint(tls.getpeercert(True)))
                yield tls

    def upload(self, command, data, how="EPSV"):
        if not self.is_private:
            return super().upload(command, data, how)
        with self.transfer(command, how) as tls:
            tls.sendall(data)
            tls.unwrap()
        return self.must_end(226)


def client_hello(ctx=None):
    """A true one, as one record."""
    out = ssl.MemoryBIO()
    tls = (ctx or context()).wrap_bio(ssl.MemoryBIO(), out)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


class Case(lib.TestCase):
    def tls(self, **keywords):
        client = TlsClient(self.server, **keywords)
        self.addCleanup(client.close)
        return client


def wakeups(pid):
    """Of a process, so far: it runs only after one."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)


class Disturbed(Case):
    """Another session works beside what the test does, and the server is at rest
    afterwards, while the test's clients are still connected."""

    HANDSHAKE = 30  # seconds that one may take

    @classmethod
    def make_server(cls):
        conf = f"""
            limits {{
                sessions_per_ip = 0
            }}
            timeouts {{
                handshake = {cls.HANDSHAKE}
            }}"""
        return lib.Server(cls.CONF + conf, cls.LISTEN, cls.USERS)

    def other_session(self):
        return self.tls().all()

    def setUp(self):
        super().setUp()
        self.other = self.other_session()

    def tearDown(self):
        super().tearDown()
        self.check_other()
        lib.wait_for(self.is_at_rest, "the server to be at rest")

    def check_other(self):
        self.other.upload("STOR other", b"text")
        self.assertEqual(self.other.download("RETR other"), b"text")

    def is_at_rest(self):
        before = self.activity()
        time.sleep(0.25)
        return self.activity() == before

    def activity(self):
        return [(lib.cpu(pid), wakeups(pid)) for pid in self.server.pids("worker")]
