# SPDX-License-Identifier: ISC
"""
Random clients that know what must be on the disk: they upload, resume, append,
download, rename, delete, abort and cut connections, whatever happens to the
server meanwhile.

What holds: an upload that was answered 226 is whole and visible under its name;
one that was refused is not there; of one whose answer was lost either all is
there or nothing. What else a name may hold is what it held before.
"""

import contextlib
import os
import queue
import random
import socket
import threading
import time

import lib
import tlslib

SIZES = (0, 1, 1000, 40000, 400000)  # up to so many bytes
NAMES = 4  # of each client at a time
GONE = (lib.Closed, ConnectionError, EOFError, BrokenPipeError)


class Wrong(Exception):
    """The invariant does not hold."""


class File:
    """A name and what may be under it: bytes, or None for no file."""

    def __init__(self, name):
        self.name = name
        self.may_be = [None]
        self.kept = None  # all of an upload of which a part may be kept
        self.late = self.was_late = False  # the end of an upload may come late
        self.history = []  # what was done to it

    def is_sure(self):
        return len(self.may_be) == 1 and self.may_be[0] is not None

    def became(self, data):
        self.may_be, self.kept, self.late = [data], None, False

    def may_have_become(self, data):
        if not any(data == other for other in self.may_be):
            self.may_be = [*self.may_be, data]


class Player:
    """A client with names of its own; one session after another."""

    def __init__(self, storm, number):
        self.storm = storm
        self.name = f"c{number}"
        self.random = random.Random(f"{storm.seed} {number}")
        self.files = []
        self.next = 0
        self.client = None

    # ------------------------------------------------------------ session

    def connect(self):
        if self.random.random() < self.storm.tls:
            client = tlslib.TlsClient(self.storm.server)
            self.client = client
            client.all()
        else:
            self.client = lib.Client(self.storm.server)
            self.client.login()
        self.storm.count("sessions")

    def drop(self):
        if self.client is not None:
            self.client.close()
            self.client = None

    def play(self):
        """One thing that clients do; a session that ends is no wrong."""
        action = self.random.choices(*zip(*ACTIONS))[0]
        try:
            if self.client is None:
                self.connect()
            action(self)
        except TimeoutError as error:
            self.drop()
            raise Wrong(f"{self.name}: {action.__name__} hangs") from error
        except (*GONE, OSError) as error:
            self.drop()
            self.storm.count(f"sessions that ended: {type(error).__name__}")
        except AssertionError:  # another reply than usual
            self.drop()
            self.storm.count("sessions that met a refusal")

    def file(self, sure=False):
        """One of the names, or, unless it must be there, a new one."""
        known = [f for f in self.files if f.is_sure() and f.kept is None and
                 not f.late] \
            if sure else self.files
        if sure or len(self.files) >= NAMES:
            return self.random.choice(known) if known else None
        self.next += 1
        self.files.append(File(f"{self.name}.{self.next}"))
        return self.files[-1]

    def data(self):
        return self.random.randbytes(
            self.random.randint(0, self.random.choice(SIZES)))

    # ------------------------------------------------------------- uploads

    def put(self, file, command, data, whole, break_at=None):
        """Sends data and keeps account; whole is what the file then is."""
        file.history.append([command, len(whole), break_at])
        with self.client.transfer(command) as sock:
            file.history[-1].append(150)
            # What an upload that the server has not given up yet leaves may
            # come after that of a newer one: there is no resuming then.
            file.kept = None if file.late and whole != file.kept else whole
            file.was_late, file.late = file.late, True
            if break_at is not None:
                sock.sendall(data[:break_at])
                if break_at == len(data):
                    file.may_have_become(whole)
                self.break_off(file, sock)
                return
            before = file.may_be
            file.may_have_become(whole)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(data)
                self.finish(sock)
        self.judge(file, self.client.reply(), whole, before)

    def finish(self, sock):
        if isinstance(self.client, tlslib.TlsClient):
            sock.unwrap()
        else:
            sock.shutdown(socket.SHUT_WR)
            lib.read_all(sock)

    def judge(self, file, reply, whole, before):
        file.history.append(reply.code)
        if reply.code == 226:
            file.became(whole)
            self.storm.count("uploads")
            self.storm.count("bytes", len(whole))
        elif reply.code == 421:  # the session is over, and its answer lost
            self.storm.count("uploads unanswered")
            self.drop()
        elif reply.code >= 400:
            file.may_be, file.late = before, file.was_late
            self.storm.count(f"uploads refused: {reply.code}")
        else:
            raise Wrong(f"{reply} ends an upload")
        self.storm.check(file)

    def break_off(self, file, sock):
        """In one of the ways in which uploads end before they are whole."""
        how = self.random.randrange(3)
        linger = b"\1\0\0\0\0\0\0\0"
        if how == 0:  # the data connection is reset
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            sock.close()
            if self.client.reply().code == 226:
                raise Wrong("an upload that was reset is answered 226")
            file.late = file.was_late
        elif how == 1:
            self.client.must("ABOR", 426)
            self.client.must_end(226)
            file.late = file.was_late
        else:
            self.client.sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.drop()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            sock.close()
        self.storm.count("uploads broken off")

    def stor(self):
        data = self.data()
        file = self.file()
        self.put(file, f"STOR {file.name}", data, data)

    def break_stor(self):
        data = self.data()
        file = self.file()
        self.put(file, f"STOR {file.name}", data, data,
                 self.random.randint(0, len(data)))

    def resume(self):
        """Of what is kept, the rest is sent."""
        waiting = [f for f in self.files if f.kept is not None and f.may_be[0] is None]
        if not waiting:
            return self.break_stor()
        file = self.random.choice(waiting)
        whole = file.kept
        reply = self.client.cmd(f"SIZE {file.name}")
        if reply.code != 213:
            file.kept = None
            return None
        size = int(reply.text)
        file.history.append(f"resumed at {size}")
        if size > len(whole):
            raise Wrong(f"{size} of {len(whole)} bytes of {file.name} are kept")
        self.client.must(f"REST {size}", 350)
        self.put(file, f"STOR {file.name}", whole[size:], whole)
        self.storm.count("uploads resumed")
        return None

    def appe(self):
        file = self.file(sure=True)
        if file is None or len(file.may_be[0]) > max(SIZES):
            return self.stor()
        data = self.data()
        return self.put(file, f"APPE {file.name}", data, file.may_be[0] + data)

    def stou(self):
        data = self.data()
        file = File(None)
        with self.storm.lock:
            self.storm.unnamed.append(data)
        sock = self.client.connect()
        with sock:
            reply = self.client.must("STOU", 150)
            file.name = reply.text.removeprefix("FILE: ")
            file.may_be = [None, data]
            self.files.append(file)
            if isinstance(self.client, tlslib.TlsClient):
                sock = self.client.secure(sock)
            with sock:
                sock.sendall(data)
                self.finish(sock)
        self.judge(file, self.client.reply(), data, [None])

    def losing_stor(self):
        """Somebody removes what has not its name yet."""
        data = self.data()
        file = self.file()
        file.history.append("STOR that loses its file")
        with self.client.transfer(f"STOR {file.name}") as sock:
            file.kept, file.late, file.was_late = None, True, True
            sock.sendall(data[:len(data) // 2])
            for name in os.listdir(self.storm.server.root):
                if name.startswith(f".{file.name}."):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(self.storm.server.path(name))
            before = file.may_be
            file.may_have_become(data)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(data[len(data) // 2:])
                self.finish(sock)
        self.judge(file, self.client.reply(), data, before)

    # --------------------------------------------------------- other things

    def retr(self):
        file = self.file(sure=True)
        if file is None:
            return
        with self.client.transfer(f"RETR {file.name}") as sock:
            if self.random.random() < 0.2:  # it goes while it is read
                os.unlink(self.storm.server.path(file.name))
                data, file.may_be = file.may_be[0], [None]
            else:
                data = file.may_be[0]
            received = lib.read_all(sock)
        if self.client.reply().code != 226:
            return
        if received != data:
            raise Wrong(f"{file.name} is downloaded with 226, but is not whole")
        self.storm.count("downloads")
        self.storm.count("bytes", len(data))

    def leave_retr(self):
        file = self.file(sure=True)
        if file is not None:
            with self.client.transfer(f"RETR {file.name}") as sock:
                sock.recv(10)
            self.client.reply()

    def delete(self):
        file = self.file()
        file.history.append("DELE")
        before, file.may_be = file.may_be, file.may_be + [None]
        code = self.client.cmd(f"DELE {file.name}").code
        file.history.append(code)
        if code == 250:
            file.became(None)
        elif code >= 400:
            file.may_be = before
        if code != 550:
            self.storm.count("deletions")

    def rename(self):
        file = self.file(sure=True)
        if file is None:
            return
        to = File(f"{file.name}r{self.next}")
        self.next += 1
        # If the answer is lost, both names are done with.
        self.files.remove(file)
        code = None
        try:
            if self.client.cmd(f"RNFR {file.name}").code != 350:
                code = 550
                return
            code = self.client.cmd(f"RNTO {to.name}").code
        finally:
            if code is None:
                with self.storm.lock:
                    self.storm.renames.append((file, to))
            elif code == 250:
                to.may_be = file.may_be
                self.files.append(to)
                self.storm.count("renames")
            else:
                self.files.append(file)

    def directories(self):
        name = f"d{self.name}"
        if self.client.cmd(f"MKD {name}").code == 257:
            self.client.cmd(f"CWD {name}")
            self.client.cmd("CDUP")
        self.client.cmd(f"RMD {name}")

    def listing(self):
        self.client.lines(self.random.choice(("LIST", "MLSD", "NLST -a")))

    def leave(self):
        self.client.must("QUIT", 221)
        self.drop()


ACTIONS = (
    (Player.stor, 20), (Player.break_stor, 8), (Player.resume, 8),
    (Player.appe, 6), (Player.stou, 2), (Player.losing_stor, 2),
    (Player.retr, 20), (Player.leave_retr, 3), (Player.delete, 5),
    (Player.rename, 5), (Player.directories, 2), (Player.listing, 3),
    (Player.leave, 4),
)


class Storm:
    """Some threads that play with many clients."""

    def __init__(self, server, seed, players, threads, tls=0.3, pause=0):
        self.server, self.seed, self.tls, self.pause = server, seed, tls, pause
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.rest = threading.Event()  # nothing is done for a while
        self.wrong = []
        self.counts = {}
        self.renames = []  # whose answer was lost
        self.unnamed = []  # what STOU sent
        self.players = [Player(self, n) for n in range(players)]
        self.idle = queue.Queue()
        for player in self.players:
            self.idle.put(player)
        self.threads = [threading.Thread(target=self.run, daemon=True)
                        for _ in range(threads)]

    def count(self, what, number=1):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + number

    def start(self):
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.over.is_set():
            if self.rest.is_set():
                time.sleep(1)
                continue
            player = self.idle.get()
            try:
                player.play()
            except Exception as error:  # told by the test
                self.wrong.append(error if isinstance(error, Wrong)
                                  else Wrong(f"{player.name}: {error!r}"))
            self.idle.put(player)
            time.sleep(self.pause)

    def stop(self):
        """Everybody leaves, and the server has done what it was asked."""
        self.over.set()
        for thread in self.threads:
            thread.join(4 * lib.TIMEOUT)
            if thread.is_alive():
                self.wrong.append(Wrong("a client does not end"))
        for player in self.players:
            player.drop()

    # ------------------------------------------------------------- the disk

    def on_disk(self, file):
        try:
            return self.server.get(file.name)
        except FileNotFoundError:
            return None

    def check(self, file):
        found = self.on_disk(file)
        if not any(found == data for data in file.may_be):
            raise Wrong(self.describe(file, found))

    @staticmethod
    def describe(file, found):
        def of(data):
            return "no file" if data is None else f"{len(data)} bytes"

        text = f"{file.name}: {of(found)} in place of " + \
            " or ".join(map(of, file.may_be))
        for data in file.may_be:
            if found and data:
                same = len(os.path.commonprefix([found, data]))
                text += f"; the first {same} are the same"
        return f"{text}; it had {file.history[-8:]}"

    def check_rename(self, file, to):
        """One of the names has it, unless both answers are still open."""
        old, new = self.on_disk(file), self.on_disk(to)
        data = file.may_be[0]
        if not (old == data and new is None or old is None and new == data):
            raise Wrong(f"lost between {file.name} and {to.name}")

    def check_all(self):
        """At rest: each name has what it may have; returns how many files."""
        known = set()
        files = [f for player in self.players for f in player.files]
        for check, args in [(self.check, (f,)) for f in files] + \
                [(self.check_rename, pair) for pair in self.renames]:
            try:
                check(*args)
            except Wrong as error:
                self.wrong.append(error)
            known.update(file.name for file in args)
        for name in self.server.names():
            if name not in known and not name.startswith(".") and not \
                    os.path.isdir(self.server.path(name)) and \
                    self.server.get(name) not in self.unnamed:
                self.wrong.append(Wrong(f"{name}: nobody knows it"))
        return len(known)
