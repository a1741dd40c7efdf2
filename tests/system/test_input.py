#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Bad and odd input on the control connection: no crash, no hang, no growth, and
exactly one reply to everything."""

import os
import random
import socket
import time

import lib


def memory(pid):
    """Resident bytes of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Input(lib.TestCase):
    def test_a_line_that_does_not_end(self):
        # 100 MB: one reply (R0b K), no memory, and the session lives.
        client = self.login()
        before = {pid: memory(pid) for pid in self.server.pids("worker")}
        block = b"x" * (1 << 20)
        for _ in range(100):
            client.sock.sendall(block)
        growth = max(memory(pid) - before[pid] for pid in before)
        self.assertLess(growth, 20 << 20)
        client.send("")
        client.must_end(500)
        client.must("NOOP", 200)

    def test_line_lengths(self):
        # T7; rule 52: whatever a path may be, fits.
        client = self.login()
        client.must("CWD /" + "x" * 4000, 550)
        for length in (8187, 8188, 8200, 65536, 200000):
            self.assertIn(client.cmd("CWD " + "x" * length).code, (500, 550))
        client.must("NOOP", 200)

    def test_a_thousand_commands_in_one_segment(self):
        # T3
        client = self.login()
        client.sock.sendall(b"NOOP\r\nPWD\r\n" * 500)
        for _ in range(500):
            client.must_end(200)
            client.must_end(257)
        client.must("NOOP", 200)

    def test_a_session_in_one_segment(self):
        self.server.put("f", b"12345")
        client = self.client()
        client.sock.sendall(
            f"USER {lib.USER}\r\nPASS {lib.PASSWORD}\r\nTYPE I\r\nSIZE f\r\n"
            "CWD /\r\nMKD d\r\nRNFR f\r\nRNTO d/g\r\nRETR d/g\r\nQUIT\r\n".encode())
        codes = [client.reply().code for _ in range(11)]
        # RETR without PASV tries the default data port (RFC 959 3.2).
        self.assertEqual(codes, [331, 230, 200, 213, 250, 257, 350, 250, 150, 425, 221])
        self.assertEqual(client.at_end(), b"")
        self.assertEqual(self.server.get("d/g"), b"12345")

    def test_a_byte_at_a_time(self):
        # T2
        client = self.client()
        for line, code in ((f"USER {lib.USER}", 331), (f"PASS {lib.PASSWORD}", 230),
                           ("MKD with space", 257), ("XYZZY", 500)):
            for byte in line.encode() + b"\r\n":
                client.sock.sendall(bytes((byte,)))
                time.sleep(0.001)
            client.must_end(code)

    def test_more_than_is_read(self):
        # Back-pressure: a client that never reads stops itself.
        client = self.login()
        client.sock.settimeout(1)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += client.sock.send(b"STAT\r\n" * 1000)
        except TimeoutError:
            pass
        self.assertLess(sent, 64 << 20)
        other = self.login()
        other.must("NOOP", 200)
        client.sock.settimeout(lib.TIMEOUT)
        for _ in range(100):
            client.must_end(211)

    def test_line_ends(self):
        # T4, T5
        client = self.login()
        client.sock.sendall(b"NOOP\nNOOP\r\n\r\n\n\r\nNOOP\n")
        for _ in range(3):
            client.must_end(200)
        client.sock.sendall(b"NOOP\r")
        time.sleep(0.05)
        client.sock.sendall(b"\n")
        client.must_end(200)
        client.sock.sendall(b"SIZE a\r\0b\r\n")
        client.must_end(550)
        self.assertTrue(client.quiet())

    def test_nul(self):
        # T6
        self.server.put("precious")
        client = self.login()
        client.sock.sendall(b"DELE precious\0.txt\r\n")
        self.assertIn(client.reply().code, (500, 501))
        client.sock.sendall(b"\0\r\n")
        self.assertIn(client.reply().code, (500, 501))
        self.assertTrue(self.server.exists("precious"))

    def test_telnet(self):
        # T9: WILL and DO are refused, at most so often; the rest vanishes.
        client = self.login()
        client.sock.sendall(b"NO\xff\xf1OP\xff\xfe\x01\xff\xfc\x02\r\n")
        client.must_end(200)
        client.sock.sendall(b"\xff\xfa\x18\x01\xff\xf0NOOP\r\n")
        client.must_end(200)
        client.sock.sendall(b"\xff\xfb\x05\xff\xfd\x06NOOP\r\n")
        line = client.line()
        self.assertIn(b"\xff\xfe\x05", line)
        self.assertIn(b"\xff\xfc\x06", line)
        self.assertTrue(line.endswith(b"200 NOOP ok."), line)
        client.sock.sendall(b"\xff\xfb\x05" * 100 + b"NOOP\r\n")
        line = client.line()
        self.assertLessEqual(line.count(b"\xff\xfe\x05"), 16)

    def test_verbs(self):
        # proftpd#2019: bytes of a verb above 127; rule 14
        client = self.login()
        for line in (b"\x80\xfe", b"NO\xc3\x96P", b"noop\x80", b" NOOP", b"?", b"0",
                     b"NOOP:", b"%s%n", b"x" * 500):
            self.assertEqual(client.cmd(line).code, 500, line)
        client.must("nOoP", 200)
        client.must("NOOP with argument", 200)

    def test_other_protocols(self):
        # Protocol 2.3, R15.4: no replies to be misused.
        for hello in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"SSH-2.0-x\r\n",
                      b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100,
                      b"EHLO x\r\nMAIL FROM:<x>\r\n", b"POST / HTTP/1.0\r\n\r\n"):
            with self.subTest(hello=hello):
                client = self.client()
                client.sock.sendall(hello)
                rest = client.at_end()
                self.assertLessEqual(rest.count(b"\r\n"), 1, rest)

    def test_addresses(self):
        client = self.login()
        for argument in ("1,2,3,4,5", "127,0,0,1,256,1", "127,0,0,1,0,0", "",
                         "127,0,0,1,1,", "a,b,c,d,e,f", "127,0,0,1,-1,1",
                         "127,0,0,1,99999999999,1", "10,0,0,1,200,1",
                         "127, 0,0,1,200,1"):
            client.must("PORT " + argument, 501)
        client.must("PORT 127,0,0,1,3,255", 504)
        for argument in ("|1|127.0.0.1|", "|1|127.0.0.1|0|", "|1|127.0.0.1|65536|",
                         "|1|300.0.0.1|2000|", "|2|::1%lo|2000|", "", "|||||",
                         "|1|10.0.0.1|2000|", "1127.0.0.112000"):
            client.must("EPRT " + argument, 501)
        client.must("EPRT |3|x|2000|", 522)
        client.must("EPSV 3", 522)
        client.must("EPSV x", 501)
        client.must("EPSV 1", 229)

    def test_numbers(self):
        client = self.login()
        for argument in ("x", "-1", "99999999999999999999999", "1 R", "1 R x"):
            client.must("ALLO " + argument, 501)
        for argument in ("1", "10 R 5", "18446744073709551615"):
            self.assertIn(client.cmd("ALLO " + argument).code, (200, 202))
        for argument in ("x", "999999999999", "-1"):
            client.must("SITE IDLE " + argument, 501)
        for argument in ("8", "1777", "x", "-1"):
            client.must("SITE UMASK " + argument, 501)
        for argument in ("B", "X", "", "L", "L 7", "A C", "A X"):
            self.assertIn(client.cmd("TYPE " + argument).code, (501, 504))

    def test_random_bytes(self):
        # Any bytes at all; each line that is one gets an answer or ends it.
        source = random.Random(7)
        for _ in range(100):
            with self.client() as client:
                if source.random() < 0.5:
                    client.login()
                data = bytes(source.choices(
                    [source.randrange(256) for _ in range(8)] +
                    list(b"\r\n\0\xff\xf2 ABCDEFLIST"), k=source.randrange(3000)))
                client.sock.sendall(data + b"\r\nQUIT\r\n")
                client.sock.shutdown(socket.SHUT_WR)
                client.at_end()
        self.login().must("NOOP", 200)

    def test_connections_that_say_nothing(self):
        clients = [self.client() for _ in range(40)]
        for client in clients[::2]:
            client.reset()
        for client in clients[1::2]:
            client.close()
        for _ in range(40):
            sock = socket.create_connection(("127.0.0.1", self.server.port))
            sock.close()
        self.login().must("NOOP", 200)

    def test_nothing_spins(self):
        # P8: broken and silent peers, then rest: no processor time is used.
        client = self.login()
        half = self.login()
        half.sock.shutdown(socket.SHUT_WR)
        half.at_end()
        stuck = self.login()
        stuck.sock.sendall(b"STAT\r\n" * 20000)
        waiting = self.login()
        waiting.passive()
        waiting.must("STOR f", 150)
        dead = self.login()
        dead.connect().close()
        time.sleep(1)
        pids = self.server.pids() + [self.server.process.pid]
        before = sum(lib.cpu(pid) for pid in pids)
        time.sleep(1.5)
        self.assertLess(sum(lib.cpu(pid) for pid in pids) - before, 0.3)
        client.must("NOOP", 200)


if __name__ == "__main__":
    lib.main()
