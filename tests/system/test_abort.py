#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What happens while data moves: ABOR in all its forms, STAT, QUIT, commands that
wait, connections that break."""

import os
import socket
import struct
import time

import lib

BIG = 256 << 20  # more than any socket buffer
IAC, IP, DM = 255, 244, 242


class Abort(lib.TestCase):
    def setUp(self):
        super().setUp()
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)

    def assert_reset(self, sock):
        # T35: never a clean end, the client would take it for the whole file.
        with self.assertRaises(ConnectionResetError):
            lib.read_all(sock)

    def test_plain(self):
        client = self.login()
        with client.transfer("RETR big") as sock:
            client.must("ABOR", 426)
            client.must_end(226)
            self.assert_reset(sock)
        client.must("NOOP", 200)

    def test_as_ftplib_sends_it(self):
        # The whole command as urgent data (R0b I, T10).
        client = self.login()
        with client.transfer("RETR big") as sock:
            client.sock.send(b"ABOR\r\n", socket.MSG_OOB)
            client.must_end(426)
            client.must_end(226)
            self.assert_reset(sock)
        client.must("NOOP", 200)

    def test_as_telnet_wants_it(self):
        # lftp, ftp: IAC IP IAC, then DM as urgent data, then the command.
        client = self.login()
        with client.transfer("RETR big") as sock:
            client.sock.sendall(bytes((IAC, IP, IAC)))
            client.sock.send(bytes((DM,)), socket.MSG_OOB)
            client.sock.sendall(b"ABOR\r\n")
            client.must_end(426)
            client.must_end(226)
            self.assert_reset(sock)
        client.must("NOOP", 200)

    def test_upload(self):
        self.server.put("old", b"old")
        client = self.login()
        with client.transfer("STOR old") as sock:
            sock.sendall(b"x" * 100000)
            client.must("ABOR", 426)
            client.must_end(226)
        # R7.3: the old file is untouched.
        self.assertEqual(self.server.get("old"), b"old")

    def test_listing(self):
        for number in range(3000):
            self.server.put(f"d/{'x' * 200}{number}")
        client = self.login()
        with client.transfer("LIST d"):
            # It may be in the socket's buffers already.
            code = client.cmd("ABOR").code
            self.assertIn(code, (226, 426))
            client.must_end(226)
        client.must("NOOP", 200)

    def test_before_the_data_connection(self):
        # aioftp#205: waiting for a client that does not come.
        client = self.login()
        address = client.passive()
        client.must("RETR big", 150)
        client.must("ABOR", 426)
        client.must_end(226)
        with self.assertRaises(OSError):
            socket.create_connection(address, 5)

    def test_nothing_to_abort(self):
        client = self.login()
        client.must("ABOR", 226)
        address = client.passive()
        client.must("ABOR", 226)
        with self.assertRaises(OSError):
            socket.create_connection(address, 5)
        sock = client.connect()
        client.must("ABOR", 226)
        self.assertEqual(sock.recv(1), b"")
        sock.close()

    def test_extended_passive_survives(self):
        # proftpd#2255: EPSV ALL holds after an abort.
        client = self.login()
        client.must("EPSV ALL", 200)
        with client.transfer("RETR big"):
            client.must("ABOR", 426)
            client.must_end(226)
        client.must("PASV", 501)
        client.must("PORT 127,0,0,1,200,1", 501)

    def test_again_and_again(self):
        client = self.login()
        for _ in range(30):
            with client.transfer("RETR big") as sock:
                sock.recv(1000)
                client.must("ABOR", 426)
                client.must_end(226)
        client.must("NOOP", 200)

    def test_status(self):
        # T25: how far it is, and the answer comes now.
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(100000)
            reply = client.must("STAT", 213)
            self.assertRegex(reply.text, rf"^Status: \d+ of {BIG} bytes")
            # As urgent data, as ftp and lftp send it.
            client.sock.sendall(bytes((IAC, IP, IAC)))
            client.sock.send(bytes((DM,)), socket.MSG_OOB)
            client.must("STAT", 213)
            self.assertEqual(len(lib.read_all(sock)), BIG - 100000)
        client.must_end(226)

    def test_quit(self):
        # T26: the transfer is finished first.
        client = self.login()
        with client.transfer("RETR big") as sock:
            client.send("QUIT")
            self.assertEqual(len(lib.read_all(sock)), BIG)
        client.must_end(226)
        client.must_end(221)
        self.assertEqual(client.at_end(), b"")

    def test_quit_of_an_upload(self):
        client = self.login()
        with client.transfer("STOR f") as sock:
            client.send("QUIT")
            sock.sendall(b"x" * 100000)
        client.must_end(226)
        client.must_end(221)
        self.assertEqual(self.server.get("f"), b"x" * 100000)

    def test_commands_wait_their_turn(self):
        # T24, R6.4: a NOOP is answered once, after the transfer.
        client = self.login()
        with client.transfer("RETR big") as sock:
            for _ in range(5):
                client.send("NOOP")
            client.send("PWD")
            self.assertTrue(client.quiet())
            lib.read_all(sock)
        client.must_end(226)
        for _ in range(5):
            client.must_end(200)
        client.must_end(257)

    def test_client_closes_a_download(self):
        # T33, rule 47
        client = self.login()
        with client.transfer("RETR big") as sock:
            sock.recv(10)
        client.must_end(426)
        client.must("NOOP", 200)

    def test_client_resets_an_upload(self):
        client = self.login()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"x" * 10000)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        client.must_end(426)
        client.must("NOOP", 200)
        self.assertFalse(self.server.exists("f"))

    def test_control_connection_dies(self):
        # T27: everything goes, nothing is left to hold the file.
        workers = lambda: self.server.open_files("worker")
        self.login().must("NOOP", 200)
        before = workers()
        for end in (lib.Client.close, lib.Client.reset):
            client = self.login()
            sock = client.connect()
            client.must("RETR big", 150)
            up = self.login()
            up_sock = up.connect()
            up.must("STOR f", 150)
            up_sock.sendall(b"x" * 1000)
            end(client)
            end(up)
            self.assert_reset(sock)
            lib.wait_for(lambda: workers() <= before, "the sessions to end")
            up_sock.close()
            sock.close()
        self.assertFalse(self.server.exists("f"))

    def test_half_a_command_is_none(self):
        # A line that ends in EOF is not executed.
        self.server.put("precious")
        client = self.login()
        client.sock.sendall(b"DELE precious")
        client.sock.shutdown(socket.SHUT_WR)
        client.at_end()
        self.assertTrue(self.server.exists("precious"))


class Stalled(lib.TestCase):
    CONF = """
        timeouts {
            accept = 1
            connect = 1
            stall = 1
            idle = 2
        }"""

    def test_nobody_connects(self):
        # T31
        client = self.login()
        client.passive()
        client.must("STOR f", 150)
        client.must_end(425)
        self.assertFalse(self.server.exists("f"))
        client.must("NOOP", 200)

    def test_nobody_listens(self):
        client = self.login()
        with client.listen("PORT"):
            pass
        replies = [client.cmd("STOR f").code]
        if replies == [150]:
            replies.append(client.reply().code)
        self.assertEqual(replies[-1], 425)
        self.assertFalse(self.server.exists("f"))

    def test_upload_stalls(self):
        client = self.login()
        with client.transfer("STOR f") as sock:
            sock.sendall(b"x")
            client.must_end(426)
        self.assertFalse(self.server.exists("f"))

    def test_download_stalls(self):
        with open(self.server.put("big"), "r+b") as f:
            f.truncate(BIG)
        client = self.login()
        with client.transfer("RETR big"):
            client.must_end(426)
        client.must("NOOP", 200)

    def test_moving_data_is_no_idleness(self):
        # R6.1, T28: longer than the idle time, but never still.
        client = self.login()
        with client.transfer("STOR f") as sock:
            for _ in range(12):
                sock.sendall(b"x" * 1000)
                time.sleep(0.25)
        client.must_end(226)
        self.assertEqual(os.path.getsize(self.server.path("f")), 12000)


if __name__ == "__main__":
    lib.main()
