# SPDX-License-Identifier: ISC
"""The page of fault.h: where in a program a fault is due, and what it calls."""

import mmap
import os
import struct
import tempfile

SITES, TESTS = 2048, 1024
HEADER = struct.Struct("<6i")  # pid, site, countdown, hits, round, lost
CLOCK = struct.Struct("<q")
SITE = struct.Struct("<QI20s")
FIRST_SITE = HEADER.size + CLOCK.size
FIRST_TEST = FIRST_SITE + SITES * SITE.size
BITS = SITES // 8  # bytes for the sites of a test


class Page:
    def __init__(self, directory=None):
        fd, self.path = tempfile.mkstemp(prefix="fault.", dir=directory)
        os.ftruncate(fd, FIRST_TEST + TESTS * BITS)
        os.fchmod(fd, 0o666)
        self.map = mmap.mmap(fd, 0)
        os.close(fd)

    def close(self):
        self.map.close()
        os.unlink(self.path)

    def arm(self, site, countdown=1, pid=0, round=0):
        """From now on: who calls from there that often meets a fault."""
        HEADER.pack_into(self.map, 0, pid, site, countdown, 0, round, 0)

    def disarm(self):
        """Returns whether the fault happened."""
        hits = self.hits()
        self.arm(0, 0)
        return hits > 0

    def hits(self):
        return HEADER.unpack_from(self.map)[3]

    def lost(self):
        return HEADER.unpack_from(self.map)[5]

    def set_clock(self, seconds):
        """The clock of the day is so far off."""
        CLOCK.pack_into(self.map, HEADER.size, seconds)

    def reset_calls(self):
        for place in range(FIRST_SITE + 8, FIRST_TEST, SITE.size):
            struct.pack_into("<I", self.map, place, 0)

    def sites(self):
        """Number of each site that has called: (name of the call, how often)."""
        found = {}
        for number in range(SITES):
            where, calls, name = SITE.unpack_from(
                self.map, FIRST_SITE + number * SITE.size)
            if where and calls:
                found[number] = name.split(b"\0")[0].decode(), calls
        return found

    def test_sites(self):
        """How many sites each test of a Check program calls from."""
        counts = []
        for test in range(TESTS):
            start = FIRST_TEST + test * BITS
            bits = int.from_bytes(self.map[start:start + BITS], "little")
            counts.append(bin(bits).count("1"))
        return [count for count in counts if count]
