# SPDX-License-Identifier: ISC
"""A file system of a few files in memory that can be made to hang.

It talks to the kernel through /dev/fuse itself (linux/fuse.h), so it needs no
library, but root to mount. SlowFS(directory, {name: bytes}) mounts; stall(name)
lets every read and write of that file wait until resume(name), stall(HOME)
every question whether the directory may be entered, and stall(NEW) every write
to files that were made here later.
"""

import ctypes
import errno
import os
import stat
import struct
import threading

LOOKUP, FORGET, GETATTR, SETATTR, UNLINK, RENAME, OPEN, READ, WRITE, STATFS, \
    RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, CREATE, \
    INTERRUPT, BATCH_FORGET, RENAME2 = \
    1, 2, 3, 4, 10, 12, 14, 15, 16, 17, 18, 25, 26, 27, 28, 29, 34, 35, 36, \
    42, 45
MINOR = 31
HEADER = struct.Struct("<IIQQIIIHH")  # struct fuse_in_header
MESSAGE = 1 << 20
ROOT = 1
HOME = ""
NEW = "*"
DIRECT_IO = 1  # FOPEN_DIRECT_IO
DETACH = 2  # MNT_DETACH


class SlowFS:
    def __init__(self, directory, files):
        # The number of a node is one more than that of its name here.
        self.names = [HOME, NEW, *files]
        self.data = [b"", b"", *files.values()]
        self.first_new = len(self.names)
        self.lock = threading.Condition()
        self.errors = {}  # by number of file
        self.stalled = set()  # numbers of files
        self.waiting = []  # (unique, number, answer)
        self.directory = directory
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fd},rootmode=40000,user_id=0,group_id=0,allow_other"
        self.libc = ctypes.CDLL(None, use_errno=True)
        if self.libc.mount(b"slowfs", directory.encode(), b"fuse", 0,
                           options.encode()) != 0:
            os.close(self.fd)
            raise OSError(ctypes.get_errno(), "mount")
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        for number in range(self.first_new):
            self.resume(self.names[number])
        self.libc.umount2(self.directory.encode(), DETACH)
        self.thread.join(5)
        os.close(self.fd)

    def stall(self, name):
        with self.lock:
            self.stalled.add(self.names.index(name))

    def resume(self, name, error=0):
        """Lets go of a file; from now on reads may get an error instead."""
        number = self.names.index(name)
        with self.lock:
            self.errors[number] = error
            self.stalled.discard(number)
            ready = [w for w in self.waiting if w[1] == number]
            self.waiting = [w for w in self.waiting if w[1] != number]
        for unique, _, answer in ready:
            answer(unique)

    def is_waited_for(self, name):
        """Does somebody hang there?"""
        number = self.names.index(name)
        with self.lock:
            return any(w[1] == number for w in self.waiting)

    # ---------------------------------------------------------- requests

    def serve(self):
        while True:
            try:
                message = os.read(self.fd, MESSAGE + 4096)
            except InterruptedError:
                continue
            except OSError:
                return  # unmounted
            _, opcode, unique, node = HEADER.unpack_from(message)[:4]
            self.handle(opcode, unique, node, message[HEADER.size:])

    def reply(self, unique, payload=b"", error=0):
        # A request that was interrupted meanwhile is not there any more.
        try:
            os.write(self.fd, struct.pack("<IiQ", 16 + len(payload), -error,
                                          unique) + payload)
        except FileNotFoundError:
            pass

    def handle(self, opcode, unique, node, body):
        if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
            return
        answer = {INIT: self.init, LOOKUP: self.lookup, GETATTR: self.getattr,
                  SETATTR: self.getattr, OPEN: self.open, OPENDIR: self.open,
                  READDIR: self.readdir, STATFS: self.statfs,
                  CREATE: self.create, UNLINK: self.unlink,
                  RENAME: self.rename, RENAME2: self.rename}.get(opcode)
        if opcode == READ:
            self.read(unique, node, body)
        elif opcode == WRITE:
            self.write(unique, node, body)
        elif opcode == ACCESS:
            self.answer_or_hang(unique, node - 1, self.reply)
        elif answer is not None:
            payload = answer(node, body)
            if payload is None:
                self.reply(unique, error=errno.ENOENT)
            else:
                self.reply(unique, payload)
        elif opcode in (FLUSH, RELEASE, RELEASEDIR):
            self.reply(unique)
        else:
            self.reply(unique, error=errno.ENOSYS)

    def init(self, _node, body):
        readahead = struct.unpack_from("<IIII", body)[2]
        return struct.pack("<IIIIHHIIHH8I", 7, MINOR, readahead, 0, 16, 12,
                           MESSAGE, 1, 256, 0, *[0] * 8)

    def attributes(self, node):
        mode, size = (stat.S_IFDIR | 0o755, 0) if node == ROOT else \
            (stat.S_IFREG | 0o644, len(self.data[node - 1]))
        return struct.pack("<6Q10I", node, size, (size + 511) // 512, 1, 1, 1,
                           0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def lookup(self, _node, body):
        name = body.split(b"\0")[0].decode()
        if name not in self.names:
            return None
        node = self.names.index(name) + 1
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + \
            self.attributes(node)

    def getattr(self, node, _body):
        return struct.pack("<QII", 0, 0, 0) + self.attributes(node)

    def open(self, _node, _body):
        # Past the page cache: what was read once hangs again.
        return struct.pack("<QII", 0, DIRECT_IO, 0)

    def statfs(self, _node, _body):
        return struct.pack("<5Q10I", *[0] * 5, 4096, 255, 4096, *[0] * 7)

    def readdir(self, _node, body):
        offset, size = struct.unpack_from("<QQI", body)[1:]
        out = b""
        for i, name in enumerate(self.names[offset + 1:], offset + 1):
            if name in (HOME, NEW):
                continue
            raw = name.encode()
            entry = struct.pack("<QQII", i + 1, i, len(raw), stat.S_IFREG >> 12)
            entry += raw.ljust((len(raw) + 7) // 8 * 8, b"\0")
            if len(out) + len(entry) > size:
                break
            out += entry
        return out

    # ------------------------------------------------------ new files

    def create(self, node, body):
        self.names.append(body[16:].split(b"\0")[0].decode())
        self.data.append(b"")
        return self.lookup(node, body[16:]) + self.open(node, body)

    def unlink(self, _node, body):
        name = body.split(b"\0")[0].decode()
        self.names[self.names.index(name)] = HOME  # nobody asks for that
        return b""

    def rename(self, _node, body):
        old, new = (n.decode() for n in body.split(b"\0")[-3:-1])
        if new in self.names:
            self.names[self.names.index(new)] = HOME
        self.names[self.names.index(old)] = new
        return b""

    # --------------------------------------------------- what can hang

    def read(self, unique, node, body):
        offset, size = struct.unpack_from("<QQI", body)[1:]
        number = node - 1

        def answer(unique):
            error = self.errors.get(number, 0)
            data = b"" if error else self.data[number][offset:offset + size]
            self.reply(unique, data, error)

        self.answer_or_hang(unique, number, answer)

    def write(self, unique, node, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        number = node - 1
        stall = number if number < self.first_new else self.names.index(NEW)

        def answer(unique):
            error = self.errors.get(stall, 0)
            if not error:
                old = self.data[number].ljust(offset, b"\0")
                self.data[number] = old[:offset] + body[40:40 + size] + \
                    old[offset + size:]
            self.reply(unique, b"" if error else struct.pack("<II", size, 0),
                       error)

        self.answer_or_hang(unique, stall, answer)

    def answer_or_hang(self, unique, number, answer):
        with self.lock:
            if number in self.stalled:
                self.waiting.append((unique, number, answer))
                return
        answer(unique)
