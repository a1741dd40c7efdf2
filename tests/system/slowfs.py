# SPDX-License-Identifier: ISC
"""A file system of a few files in memory whose reads can be made to hang.

It talks to the kernel through /dev/fuse itself (linux/fuse.h), so it needs no
library, but root to mount. SlowFS(directory, {name: bytes}) mounts; stall(name)
lets every read of that file wait until resume(name), and stall(HOME) every
question whether the directory may be entered.
"""

import ctypes
import errno
import os
import stat
import struct
import threading

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, \
    READDIR, RELEASEDIR, ACCESS, INTERRUPT, BATCH_FORGET = \
    1, 2, 3, 14, 15, 17, 18, 25, 26, 27, 28, 29, 34, 36, 42
MINOR = 31
HEADER = struct.Struct("<IIQQIIIHH")  # struct fuse_in_header
MESSAGE = 1 << 20
ROOT = 1
HOME = ""
DIRECT_IO = 1  # FOPEN_DIRECT_IO
DETACH = 2  # MNT_DETACH


class SlowFS:
    def __init__(self, directory, files):
        # The number of a node is one more than that of its name here.
        self.names = [HOME, *files]
        self.data = [b"", *files.values()]
        self.lock = threading.Condition()
        self.errors = {}  # by number of file
        self.stalled = set()  # numbers of files
        self.waiting = []  # (unique, number, offset, size) of reads
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
        for name in self.names:
            self.resume(name)
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
        for unique, _, offset, size in ready:
            self.answer_read(unique, number, offset, size)

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
                  OPEN: self.open, OPENDIR: self.open, READDIR: self.readdir,
                  STATFS: self.statfs}.get(opcode)
        if opcode == READ:
            self.read(unique, node, body)
        elif opcode == ACCESS:
            self.answer_or_hang(unique, node - 1, 0, 0)
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
            raw = name.encode()
            entry = struct.pack("<QQII", i + 1, i, len(raw), stat.S_IFREG >> 12)
            entry += raw.ljust((len(raw) + 7) // 8 * 8, b"\0")
            if len(out) + len(entry) > size:
                break
            out += entry
        return out

    def read(self, unique, node, body):
        self.answer_or_hang(unique, node - 1,
                            *struct.unpack_from("<QQI", body)[1:])

    def answer_or_hang(self, unique, number, offset, size):
        with self.lock:
            if number in self.stalled:
                self.waiting.append((unique, number, offset, size))
                return
        self.answer_read(unique, number, offset, size)

    def answer_read(self, unique, number, offset, size):
        error = self.errors.get(number, 0)
        data = b"" if error else self.data[number][offset:offset + size]
        self.reply(unique, data, error)
