#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Who is kept out, and how much the others may have: guessing, bans, rates."""

import os
import signal

import lib

LIMITS = """
limits {
	login_attempts = 100
	login_delay = 0
	ban_after = 4
	ban_time = 1h
	commands_before_login = 20
	allow = "127.0.0.9"
}
state_dir = "@BASE@/files"
"""


class Bans(lib.TestCase):
    CONF = LIMITS

    def setUp(self):
        self.assertEqual(self.server.stop(), [])
        self.server.empty()
        self.server.reset_log()
        self.server.start()

    def guess(self, source, *passwords):
        """Tries these and returns what was said to the last."""
        client = self.client(source=source)
        for password in passwords:
            client.must("USER " + lib.USER, 331)
            reply = client.cmd("PASS " + password)
        return client, reply

    def refused(self, source):
        """What a new connection is told, if it is not served."""
        client = self.client(source=source, greet=False)
        reply = client.reply()
        return reply.text if reply.code == 421 else None

    def test_guessing_is_a_ban(self):
        # R15.1, R15.2
        client, reply = self.guess("127.0.0.2", "a", "b", "c", "d")
        self.assertIn(reply.code, (530, 421))
        if reply.code == 530:
            reply = client.reply()
        self.assertIn("banned", reply.text)
        self.assertIn("banned, try again in 60 minutes", self.refused("127.0.0.2"))
        self.assertIsNone(self.refused("127.0.0.3"))
        self.server.log_has("banned ip=127.0.0.2 seconds=3600 "
                            "reason=login-failures count=1")

    def test_same_password_counts_once(self):
        client, _ = self.guess("127.0.0.2", *["old"] * 6)
        client.login()

    def test_who_is_in_stays(self):
        inside = self.login(source="127.0.0.2")
        self.guess("127.0.0.2", "a", "b", "c", "d")
        self.assertTrue(self.refused("127.0.0.2"))
        inside.must("NOOP", 200)

    def test_allowed_are_never_banned(self):
        client, reply = self.guess("127.0.0.9", *"abcdefgh")
        self.assertEqual(reply.code, 530)
        client.login()

    def test_reload_and_restart_remember(self):
        self.guess("127.0.0.2", "a", "b", "c", "d")
        self.server.kill(signal.SIGHUP)
        self.server.log_has("generation 2 active")
        self.assertTrue(self.refused("127.0.0.2"))
        self.server.stop()
        self.assertEqual(lib.file_mode(self.server.path("bans")), 0o600)
        self.server.reset_log()
        self.server.start()
        self.assertTrue(self.refused("127.0.0.2"))
        self.assertIsNone(self.refused("127.0.0.3"))

    def test_flood_of_a_banned_client_is_logged_once(self):
        self.guess("127.0.0.2", "a", "b", "c", "d")
        for _ in range(50):
            self.assertTrue(self.refused("127.0.0.2"))
        self.assertEqual(self.server.log().count("reason=banned"), 1)

    def test_commands_before_login(self):
        client = self.client()
        for _ in range(20):
            client.must("NOOP", 200)
        client.must("NOOP", 421)


class Delays(lib.TestCase):
    CONF = "limits {\n login_delay = 1\n connections_per_minute = 30\n}\n"

    def test_parallel_guesses_queue(self):
        # Of many at once, the right one too waits its turn.
        clients = [self.client() for _ in range(3)]
        clients[0].must("USER " + lib.USER, 331)
        clients[0].must("PASS a", 530)
        for client, password in zip(clients, ("b", "c", lib.PASSWORD)):
            client.must("USER " + lib.USER, 331)
            client.send("PASS " + password)
        self.assertEqual([client.reply().code for client in clients],
                         [530, 530, 230])

    def test_connections_per_minute(self):
        for _ in range(30):
            self.client(source="127.0.0.5")
        client = self.client(source="127.0.0.5", greet=False)
        reply = client.must_end(421)
        self.assertIn("Too many connections from your address", reply.text)
        self.client(source="127.0.0.6")


if __name__ == "__main__":
    lib.main()
