#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
OCSP stapling as openssl's s_client sees it: a CA, certificates of it, and its
responses about them.
"""

import os
import re
import signal
import subprocess

import lib


class Authority:
    """A CA and what it signs, in a directory of its own."""

    def __init__(self):
        self.base = lib.scratch_directory()
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Test CA",
                 "-keyout", "ca.key", "-out", "ca.crt")
        self.serials = {}

    def path(self, name):
        return os.path.join(self.base, name)

    def run(self, *args):
        subprocess.run(["openssl", *args], cwd=self.base, check=True,
                       capture_output=True, timeout=lib.TIMEOUT)

    def issue(self, name):
        """NAME.crt and NAME.key."""
        serial = self.serials[name] = f"{len(self.serials) + 16:02X}"
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                 "-out", f"{name}.csr")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt",
                 "-CAkey", "ca.key", "-set_serial", "0x" + serial,
                 "-out", f"{name}.crt")
        os.chmod(self.path(f"{name}.key"), 0o600)

    def respond(self, name, status="V"):
        """NAME.ocsp: V is a good certificate, R a revoked one."""
        when = "261101000000Z" if status == "R" else ""
        with open(self.path("index"), "w", encoding="ascii") as f:
            f.write(f"{status}\t991231235959Z\t{when}\t{self.serials[name]}\t"
                    f"unknown\t/CN={name}\n")
        self.run("ocsp", "-issuer", "ca.crt", "-cert", f"{name}.crt",
                 "-reqout", "request")
        self.run("ocsp", "-index", "index", "-CA", "ca.crt", "-rsigner",
                 "ca.crt", "-rkey", "ca.key", "-reqin", "request",
                 "-respout", f"{name}.ocsp", "-ndays", "7")


@lib.needs("openssl")
class Stapling(lib.TestCase):
    """One response is for a certificate of the configuration, one for another
    that clients ask for by name (R21.1)."""

    MAIN, OTHER = "ftp.example.org", "other.example.org"

    @classmethod
    def make_server(cls):
        ca = cls.ca = Authority()
        for name in (cls.MAIN, cls.OTHER):
            ca.issue(name)
            ca.respond(name)
        server = lib.Server(
            conf=f'certificate "main" {{\n file = "{ca.path(cls.MAIN)}.crt"\n'
            f' key = "{ca.path(cls.MAIN)}.key"\n'
            f' ocsp = "{ca.path(cls.MAIN)}.ocsp"\n}}\n'
            f'tls {{\n sni_directory = "{ca.base}"\n}}\n')
        for name in os.listdir(ca.base):
            server.own(ca.path(name))
        return server

    def seen(self, version, *options):
        """What s_client says about stapling."""
        output = subprocess.run(
            ["openssl", "s_client", "-starttls", "ftp", version, "-connect",
             f"127.0.0.1:{self.server.port}", "-CAfile", self.ca.path("ca.crt"),
             "-verify_return_error", *options],
            input=b"QUIT\r\n", check=True, capture_output=True,
            timeout=lib.TIMEOUT).stdout.decode("utf-8", "replace")
        return re.findall(r"Cert Status: \w+|Serial Number: \w+"
                          r"|OCSP Response Status: .*|OCSP response: no.*", output)

    def good(self, name, status="good"):
        return ["OCSP Response Status: successful (0x0)",
                f"Serial Number: {self.ca.serials[name]}",
                f"Cert Status: {status}"]

    def test_stapled(self):
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version=version):
                self.assertEqual(self.seen(version, "-status"),
                                 self.good(self.MAIN))
                self.assertEqual(
                    self.seen(version, "-status", "-servername", self.OTHER),
                    self.good(self.OTHER))
                self.assertEqual(self.seen(version), [])

    def test_new_response(self):
        self.addCleanup(self.change, "V")
        self.change("R")
        self.assertEqual(self.seen("-tls1_3", "-status"),
                         self.good(self.MAIN, "revoked"))

    def change(self, status):
        self.ca.respond(self.MAIN, status)
        self.server.reset_log()
        self.server.kill(signal.SIGHUP)
        self.server.log_has(r"config generation \d+ active")


if __name__ == "__main__":
    lib.main()
