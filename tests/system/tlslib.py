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

import lib


def make_pair(crt, key, days=90, name="ftp.example.org"):
    """A self-signed certificate and its key in files of these paths."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
         "-days", str(days), "-keyout", key, "-out", crt],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=lib.TIMEOUT)
    os.chmod(key, 0o600)


def fingerprint(der):
    """As the server's log writes it."""
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


def file_fingerprint(path):
    with open(path, encoding="ascii") as f:
        return fingerprint(ssl.PEM_cert_to_DER_cert(f.read()))


def context(version=None):
    """Of a client that takes any certificate."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
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

    @contextlib.contextmanager
    def transfer(self, command, how="EPSV"):
        with super().transfer(command, how) as sock:
            if not self.is_private:
                yield sock
                return
            with self.ctx.wrap_socket(sock, session=self.sock.session) as tls:
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
