#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Certificates are renewed while sessions transfer: nothing is dropped, and who
comes afterwards is shown the new one.

RENEWAL_SESSIONS and RENEWAL_SWAPS make it larger: 200 and 10 is the full size.
"""

import os
import re
import sys
import time

import crowd
import lib
import tlslib

SESSIONS = int(os.environ.get("RENEWAL_SESSIONS", "20"))
SWAPS = int(os.environ.get("RENEWAL_SWAPS", "3"))
LOOKS = 60  # seconds in which a renewal must have been noticed


@lib.needs("openssl")
class Renewal(crowd.Crowd):
    CONF = ('certificate "main" {\n file = "@BASE@/live.crt"\n'
            ' key = "@BASE@/live.key"\n}\n' + crowd.Crowd.CONF)

    @classmethod
    def make_server(cls):
        cls.server = super().make_server()
        cls.ctx = tlslib.context()
        cls.swap(0)
        return cls.server

    @classmethod
    def swap(cls, number):
        """A new pair takes the place of the old; gives its fingerprint."""
        base = cls.server.base
        new = [os.path.join(base, f"{number}.{end}") for end in ("crt", "key")]
        tlslib.make_pair(*new)
        for path, end in zip(new, ("crt", "key")):
            cls.server.own(path)
            if number % 2:  # a file takes the place, or a link to one
                os.symlink(path, os.path.join(base, "link"))
                path = os.path.join(base, "link")
            os.rename(path, os.path.join(base, f"live.{end}"))
        return tlslib.file_fingerprint(os.path.join(base, "live.crt"))

    def connect(self):
        client = tlslib.TlsClient(self.server, ctx=self.ctx).all()
        client.own = client.print
        return client

    def new_client(self):
        with tlslib.TlsClient(self.server, ctx=self.ctx).all() as client:
            client.lines("NLST")
            client.must("QUIT", 221)
            self.assertEqual(client.data_reused, [True])
            self.assertEqual(client.data_prints, [client.print])
            return client.print

    def test_under_load(self):
        sessions = self.begin(SESSIONS)
        first, noticed = sessions[0].client.own, []
        for number in range(1, SWAPS + 1):
            wanted, begun = self.swap(number), time.monotonic()
            self.server.log_has(f"certificate .*{re.escape(wanted)}", LOOKS)
            noticed.append(time.monotonic() - begun)
            self.assertEqual(self.new_client(), wanted)
            self.assert_all_well(sessions)
        workers = len(self.server.pids("worker"))
        before = sum(s.transfers for s in sessions)
        self.end(sessions)
        for session in sessions:
            self.assertEqual({session.client.own, first}, {first})
            self.assertEqual(set(session.client.data_prints), {first})
            self.assertTrue(all(session.client.data_reused))
        print(f"{len(sessions)} sessions, {SWAPS} renewals noticed after "
              f"{min(noticed):.1f} to {max(noticed):.1f} s; {before} transfers "
              f"during them, {sum(s.transfers for s in sessions)} in all with "
              f"{sum(s.bytes for s in sessions) >> 20} MiB, 0 failed; "
              f"{workers} workers at the most, {os.cpu_count()} afterwards",
              file=sys.stderr)


if __name__ == "__main__":
    lib.main()
