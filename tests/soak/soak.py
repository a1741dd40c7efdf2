#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Mixed traffic of many sessions for as long as wanted, while configurations and
certificates are loaded anew and processes are killed; says at the end what the
server's processes used, whether that grew, and what was lost.

usage: tests/soak/soak.py [--minutes N] [--sessions N] [--threads N] [--calm S]
                          [--pause-file PATH]

TERNFTPD and TERNCTL name the programs, as for the system tests. While the file
--pause-file exists nothing is done.
"""

import argparse
import collections
import os
import random
import re
import shutil
import signal
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             os.pardir, "system"))
import lib  # noqa: E402
import storm  # noqa: E402
import tlslib  # noqa: E402

ROLES = ("monitor", "worker", "auth", "agent", "keys")
SAMPLE = 10  # seconds
GROWTH = 0.05  # of the mean, over the whole time: more is not flat
CONF = """
workers = 2
certificate "soak" {
	file = @BASE@/soak.crt
	key = @BASE@/soak.key
}
limits {
	sessions_per_ip = 0
	login_delay = 0
	auth_queue = 10000
}
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--calm", type=float, default=0.02,
                        help="seconds that a thread rests between two actions")
    parser.add_argument("--pause-file", default="")
    return parser.parse_args()


class Soak:
    def __init__(self, options):
        self.options = options
        self.server = lib.Server(CONF)
        self.server.verbose = False
        self.make_certificates()
        self.server.start()
        self.storm = storm.Storm(self.server, random.randrange(1 << 30),
                                 options.sessions, options.threads,
                                 pause=options.calm)
        self.samples = []
        self.counts = collections.Counter()
        self.events = ((self.reload, 23), (self.certificates, 61),
                       (self.users, 47), (self.kill_worker, 97),
                       (self.kill_agent, 139), (self.kill_auth, 83),
                       (self.kill_keys, 71))

    # -------------------------------------------------------------- events

    def make_certificates(self):
        base = self.server.base
        for name in ("soak", "other"):
            tlslib.make_pair(f"{base}/{name}.crt", f"{base}/{name}.key")
            for end in ("crt", "key"):
                self.server.own(f"{base}/{name}.{end}")

    def certificates(self):
        base = self.server.base
        for end in ("crt", "key"):
            os.rename(f"{base}/soak.{end}", f"{base}/third.{end}")
            shutil.copy2(f"{base}/other.{end}", f"{base}/soak.{end}")
            self.server.own(f"{base}/soak.{end}")
            os.rename(f"{base}/third.{end}", f"{base}/other.{end}")
        self.server.ctl("reload")

    def reload(self):
        self.server.write_conf(f'{CONF}\nbanner = "FTP {sum(self.counts.values())}"')
        self.server.ctl("reload")

    def users(self):
        self.server.write_users([(f"user{self.counts['users'] % 4}", "secret")])
        self.server.ctl("reload")

    def kill(self, role):
        pids = self.server.pids(role)
        if pids:
            os.kill(random.choice(pids), signal.SIGKILL)

    def kill_worker(self):
        self.kill("worker")

    def kill_agent(self):
        self.kill("agent")

    def kill_auth(self):
        self.kill("auth")

    def kill_keys(self):
        self.kill("keys")

    # ------------------------------------------------------------- samples

    @staticmethod
    def pss(pid):
        """KiB of memory that a process has for itself or its share of."""
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            return int(re.search(r"^Pss: +(\d+)", f.read(), re.M).group(1))

    @staticmethod
    def descriptors(pid):
        """Numbers of open descriptors, and of sockets among them."""
        names = []
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                names.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except OSError:
                pass
        return len(names), sum(name.startswith("socket:") for name in names)

    def sample(self, when):
        found = {"when": when}
        for role in ROLES:
            pids = [self.server.process.pid] if role == "monitor" \
                else self.server.pids(role)
            values = []
            for pid in pids:
                try:
                    values.append((self.pss(pid), *self.descriptors(pid)))
                except OSError:
                    pass  # just gone
            for name, column in zip(("KiB", "descriptors", "sockets"),
                                    zip(*values)):
                found[f"{role} {name}"] = sum(column)
            found[f"{role} processes"] = len(values)
        return found

    @staticmethod
    def each(sample):
        """For one process of each role: every reload leaves a generation to
        serve the sessions that it has. The monitor has a channel to each."""
        children = sum(sample[f"{role} processes"] for role in ROLES[1:])
        for name, value in list(sample.items()):
            role = name.split()[0]
            if role == "monitor" and not name.endswith("KiB"):
                sample[name] = max(value - children, 1)
            elif role in ROLES and not name.endswith("processes"):
                sample[name] = value / max(sample[f"{role} processes"], 1)
        return sample

    def listening_ports(self):
        """How many ports the server's workers listen on right now."""
        inodes = set()
        for pid in self.server.pids("worker"):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                try:
                    name = os.readlink(f"/proc/{pid}/fd/{fd}")
                except OSError:
                    continue
                if name.startswith("socket:"):
                    inodes.add(name[8:-1])
        with open("/proc/net/tcp", encoding="ascii") as f:
            rows = [line.split() for line in f.readlines()[1:]]
        return sum(row[3] == "0A" and row[9] in inodes for row in rows)

    # ---------------------------------------------------------------- time

    def paused(self):
        return self.options.pause_file and \
            os.path.exists(self.options.pause_file)

    def run(self):
        print("before:", self.sample(0), flush=True)
        self.storm.start()
        done = pause = 0.0
        due = {event: period for event, period in self.events}
        last = time.monotonic()
        next_sample = 30.0  # after the first logins
        while done < self.options.minutes * 60 and not self.storm.wrong:
            time.sleep(0.5)
            now = time.monotonic()
            step, last = now - last, now
            if self.paused():
                self.storm.rest.set()
                pause += step
                continue
            self.storm.rest.clear()
            done += step
            for event, period in self.events:
                if done >= due[event]:
                    due[event] += period
                    event()
                    self.counts[event.__name__] += 1
            if done >= next_sample:
                next_sample += SAMPLE
                self.samples.append(self.each(self.sample(done)))
        self.counts["seconds"] = round(done)
        self.counts["seconds of pause"] = round(pause)
        return self.finish()

    def finish(self):
        self.storm.rest.clear()
        self.storm.stop()
        lib.wait_for(lambda: self.server.ctl_json("who")["sessions"] == [],
                     "the sessions to end", 4 * lib.TIMEOUT)
        names = self.storm.check_all()
        ports = self.listening_ports()
        print("after:", self.sample(self.counts["seconds"]), "listening ports:",
              ports, flush=True)
        wrong = [str(w) for w in self.storm.wrong]
        if ports:
            wrong.append(f"{ports} ports are left over")
        wrong += self.server.stop()
        wrong += self.server.complaints(r"signal 9|has gone|not answer")
        flat = self.report()
        print("traffic:", dict(sorted(self.storm.counts.items())))
        print("events:", dict(self.counts))
        print(f"names checked: {names}; wrong: {wrong or 'nothing'}")
        return not wrong and flat

    # -------------------------------------------------------------- figures

    def report(self):
        """Prints each figure with its line of best fit; are all flat?"""
        flat = True
        for name in sorted({key for s in self.samples for key in s} - {"when"}):
            points = [(s["when"], s[name]) for s in self.samples if name in s]
            points = points[len(points) // 5:]  # until caches are full
            if len(points) < 10 or name.endswith("processes"):
                continue
            mean, slope = fit(points)
            growth = slope * (points[-1][0] - points[0][0])
            good = growth <= max(GROWTH * mean, 256 if "KiB" in name else 5)
            flat = flat and good
            print(f"{name:20} mean {mean:10.1f}  {3600 * slope:+10.1f} per hour, "
                  f"{growth:+8.1f} in all: {'flat' if good else 'GROWS'}")
        return flat


def fit(points):
    """Mean and slope of the line of least squares."""
    n = len(points)
    x0 = sum(x for x, _ in points) / n
    y0 = sum(y for _, y in points) / n
    square = sum((x - x0) ** 2 for x, _ in points)
    return y0, sum((x - x0) * (y - y0) for x, y in points) / square


def main():
    options = arguments()
    soak = Soak(options)
    try:
        good = soak.run()
    finally:
        soak.server.stop()
        for path in lib.SCRATCH:
            shutil.rmtree(path, ignore_errors=True)
    print("flat, and nothing is lost" if good else "NOT WELL")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
