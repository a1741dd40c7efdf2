#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""ternctl watch in a terminal (tmux): sessions, dialogues, keys, sizes, and its
end."""

import json
import os
import re
import signal
import subprocess
import threading
import time

import lib


@lib.needs("tmux")
class Watch(lib.TestCase):
    SIZE = (80, 24)

    def setUp(self):
        super().setUp()
        self.tmux_socket = os.path.join(self.server.base, f"tmux.{self.id()}")
        self.status = os.path.join(self.server.base, "status")
        if os.path.exists(self.status):
            os.unlink(self.status)
        command = (f"{lib.programs()[1]} -c {self.server.conf_path} watch "
                   f"2>{self.server.base}/errors; echo $? >{self.status}; "
                   "sleep 60")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x",
                  str(self.SIZE[0]), "-y", str(self.SIZE[1]), command)
        self.addCleanup(self.tmux, "kill-server")

    def tmux(self, *args):
        env = dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8")
        env.pop("TMUX", None)
        return subprocess.run(["tmux", "-S", self.tmux_socket, *args], env=env,
                              capture_output=True, text=True, check=True,
                              timeout=lib.TIMEOUT).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def shows(self, text):
        try:
            lib.wait_for(lambda: text in self.screen(), repr(text))
        except AssertionError as e:
            raise AssertionError(f"{e} on the screen:\n{self.screen()}") from e
        return self.screen()

    def hides(self, text):
        lib.wait_for(lambda: text not in self.screen(), f"no {text!r}")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def ended(self):
        def read():
            if os.path.exists(self.status):
                with open(self.status, encoding="ascii") as f:
                    return f.read().strip()
            return None
        return lib.wait_for(read, "ternctl to end")

    def test_dialogue_and_sessions(self):
        self.shows("ternftpd")
        client = self.login()
        self.shows(lib.USER)
        client.must("CWD a\x1b[7mdir", 550)
        text = self.shows(r"> CWD a\033[7mdir")
        self.assertIn("> PASS ***", text)
        self.assertIn("< 230 ", text)
        self.assertNotIn(lib.PASSWORD, text)
        self.assertEqual(len(text.splitlines()), self.SIZE[1])
        client.must("QUIT", 221)
        self.shows(" 0 sessions")
        self.press("q")
        self.assertEqual(self.ended(), "0")

    def test_transfer(self):
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(64 << 20)
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(1 << 20)
            text = self.shows("/big")
            self.assertIn("1 transfers", text)
            self.assertRegex(text, r"down +[#.]{8} +\d+%")

    def test_filters(self):
        # Room for all lines: those of two workers come in any order.
        self.tmux("resize-window", "-x", "80", "-y", "60")
        client, other = self.login(), self.login()
        self.shows(" 2 sessions")
        client.must("NOOP", 200)
        self.shows("> NOOP")
        client.must("CWD /nowhere", 550)
        self.shows("< 550")
        self.press("e")
        self.shows("errors only")
        self.hides("> NOOP")
        self.assertIn("< 550", self.screen())
        self.press("e")
        self.shows("> NOOP")
        self.press("Down", "Enter")
        self.shows("of session")
        self.hides("> NOOP")
        other.must("SYST", 215)
        self.shows("> SYST")
        self.press("p")
        self.shows("PAUSED")
        other.must("PWD", 257)
        self.press("p")
        self.shows("> PWD")
        self.press("?")
        self.shows("Passwords are never shown")

    def test_kick(self):
        client = self.login()
        self.shows(lib.USER)
        self.press("K")
        self.shows("Kick this session")
        self.press("-l", "Enough")
        self.press("Enter")
        self.assertIn("Enough", client.must_end(421).text)
        self.shows("1 session ended")

    def test_limit(self):
        client = self.login()
        self.shows(lib.USER)
        self.press("R")
        self.shows("Bytes per second")
        self.press("-l", "300k")
        self.press("Enter")
        self.shows("is limited to 307200 bytes/s")
        self.server.put("f", lib.pattern(900 << 10))
        began = time.monotonic()
        client.download("RETR f")
        self.assertGreater(time.monotonic() - began, 1.5)

    def test_ban(self):
        client = self.login(source="127.0.0.77")
        self.shows("127.0.0.77")
        self.press("B")
        self.shows("Ban its address")
        self.press("-l", "soon")
        self.press("Enter")
        self.shows("That is no time.")
        self.press("B")
        self.shows("Ban its address")
        self.press("-l", "1h")
        self.press("Enter")
        client.must_end(421)
        self.assertEqual(
            [b["address"] for b in self.server.ctl_json("bans")["bans"]],
            ["127.0.0.77"])
        self.server.ctl("unban", "127.0.0.77")

    def test_sizes(self):
        self.login()
        for size in ((120, 40), (40, 10), (20, 4), (1, 1), (80, 24)):
            self.tmux("resize-window", "-x", str(size[0]), "-y", str(size[1]))
        self.shows(lib.USER)
        self.assertFalse(os.path.exists(self.status))

    def test_resized_while_the_server_is_busy(self):
        self.shows("ternftpd")
        shell = int(self.tmux("display", "-p", "#{pane_pid}"))
        with open(f"/proc/{shell}/task/{shell}/children", encoding="ascii") as f:
            watch = int(f.read())
        self.server.kill(signal.SIGSTOP)
        try:
            lib.wait_for(lambda: self.is_waiting(watch), "an unanswered request")
            self.tmux("resize-window", "-x", "100", "-y", "30")
        finally:
            self.server.kill(signal.SIGCONT)
        self.login()
        self.shows(lib.USER)

    @staticmethod
    def is_waiting(pid):
        """Not one look around within a second: it waits for the server."""
        def wakes():
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                return re.search(r"^voluntary.*", f.read(), re.M).group()
        before = wakes()
        time.sleep(1)
        return wakes() == before

    def test_the_server_goes(self):
        self.shows("ternftpd")
        self.server.ctl("stop")
        self.assertEqual(self.ended(), "1")
        with open(f"{self.server.base}/errors", encoding="utf-8") as f:
            self.assertIn("the server has closed the connection", f.read())
        self.server.process.wait()
        self.server.reset_log()
        self.server.start()


class Json(lib.OwnServer):
    """For programs: an object for each line, as it happens."""

    def test_lines(self):
        with self.server.spawn([lib.programs()[1], "-c", self.server.conf_path,
                                "watch", "--json"], text=True,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL) as ctl:
            seen = {}

            def read():
                for text in ctl.stdout:
                    line = json.loads(text)
                    seen[line["text"].split()[0]] = line

            reader = threading.Thread(target=read)
            reader.start()

            def is_told():  # who watches is told of what comes
                self.login().must("QUIT", 221)
                return "PASS" in seen and "221" in seen

            lib.wait_for(is_told, "the dialogue")
            self.assertEqual(seen["PASS"]["text"], "PASS ***")
            self.assertEqual(seen["230"]["user"], lib.USER)
            self.assertEqual({e["kind"][0] for e in seen.values()}, set("cre"))
            self.assertEqual(self.server.stop(), [])
            self.assertEqual(ctl.wait(lib.TIMEOUT), 1)
            reader.join()


class NoTerminal(lib.TestCase):
    def test_is_told(self):
        self.assertIn("needs a terminal", self.server.ctl("watch", status=1))


if __name__ == "__main__":
    lib.main()
