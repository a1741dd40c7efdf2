#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Can names of users be told by time? Wrong passwords of a user, and of names that
nobody has, in turn: prints how long the answers take, and how far apart the two
distributions are. A figure to look at, no test.

usage: tests/bench/login_times.py [TRIES]   (TERNFTPD and TERNCTL as for the tests)
"""

import os
import shutil
import statistics
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             os.pardir, "system"))
import lib  # noqa: E402

CONF = """
limits {
	login_attempts = 1000
	login_delay = 0
	ban_after = 0
	commands_before_login = 0
}
timeouts {
	login = 1h
}
"""


def answer(client, name, number):
    client.must(f"USER {name}", 331)
    start = time.perf_counter()
    client.must(f"PASS wrong{number}", 530)
    return 1000 * (time.perf_counter() - start)


def distance(a, b):
    """Kolmogorov and Smirnov's: the most by which the two sums differ."""
    return max(abs(sum(v <= x for v in a) / len(a) - sum(v <= x for v in b) / len(b))
               for x in a + b)


def main():
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    server = lib.Server(CONF).start()
    times = {lib.USER: [], "nobody": []}
    try:
        with lib.Client(server) as client:
            for number in range(tries):
                for name, found in times.items():
                    found.append(answer(client, name, number))
    finally:
        server.stop()
        for path in lib.SCRATCH:
            shutil.rmtree(path, ignore_errors=True)
    for name, found in times.items():
        cut = statistics.quantiles(found, n=20)
        print(f"{name:8} {len(found)} tries: 5 % {cut[0]:.2f}  median "
              f"{statistics.median(found):.2f}  95 % {cut[-1]:.2f} ms")
    # What chance alone exceeds once in a hundred times.
    print(f"distance {distance(*times.values()):.3f}, by chance up to "
          f"{1.63 * (2 / tries) ** 0.5:.3f}")


if __name__ == "__main__":
    main()
