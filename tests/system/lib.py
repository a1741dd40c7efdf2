# SPDX-License-Identifier: ISC
"""
What the system tests share: a real server with a configuration of its own, and
a client that speaks the protocol by hand.

A test class says what is special about its server (CONF, LISTEN, ...); one
server serves all tests of the class and starts with an empty directory for each
test. When it is stopped, it must have exited cleanly, have left no process
behind, and have complained about nothing that a test did not ask for.

Everything runs on loopback addresses and free ports. Started by root, the server
runs as an ordinary user all the same, unless the class says AS_ROOT.
"""

import contextlib
import ctypes
import faulthandler
import functools
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 30  # seconds: the longest that anything may take on a busy machine
USER, PASSWORD = "anna", "a secret"
NOBODY = 65534


def binary(name, variable):
    path = os.environ.get(variable)
    for built in ("build", "build/test", "build/run", "."):
        path = path or shutil.which(os.path.join(TOP, built, "server", name))
    if not path:
        raise unittest.SkipTest(f"no {name}: build it, or set {variable}")
    return path


@functools.lru_cache(maxsize=None)
def programs():
    """Paths of ternftpd and ternctl which the server's user may execute."""
    paths = [binary("ternftpd", "TERNFTPD"), binary("ternctl", "TERNCTL")]
    if os.geteuid() != 0:
        return paths
    try:
        subprocess.run([paths[0], "--version"], user=NOBODY, check=True,
                       stdout=subprocess.DEVNULL)
        return paths
    except PermissionError:
        shared = scratch_directory()
        return [shutil.copy(path, shared) for path in paths]


def scratch_directory():
    """A new directory that goes when the tests end."""
    path = tempfile.mkdtemp(prefix="ternftpd-test.")
    os.chmod(path, 0o755)
    SCRATCH.append(path)
    return path


SCRATCH = []


@functools.lru_cache(maxsize=None)
def user_text(name, password, *options):
    """What `ternctl user add` writes; @ROOT@ stands for the served directory."""
    path = os.path.join(scratch_directory(), "users")
    if "--root" not in options:
        options = ("--root", "/@ROOT@", *options)
    subprocess.run([programs()[1], "-f", path, "user", "add", name, *options],
                   input=password + "\n", text=True, check=True,
                   stdout=subprocess.DEVNULL, timeout=TIMEOUT)
    with open(path, encoding="utf-8") as f:
        return f.read()


def wait_for(condition, what="a condition", timeout=TIMEOUT):
    """Polls until condition() is true, and returns what it returned."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.02)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def started(pid):
    """When a process began, in ticks since boot; numbers are used again."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return int(f.read().rsplit(")", 1)[1].split()[19])
    except OSError:
        return None


def cpu(pid):
    """Seconds of processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def die_with_parent():
    """A server never outlives the test that started it (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_ports(count):
    """The first and last of so many free ports in a row on 127.0.0.1, below
    those that the system hands out for outgoing connections."""
    for _ in range(100):
        first = random.randrange(10000, 32000 - count)
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first, first + count - 1
    raise AssertionError("no free ports in a row")


class Server:
    """One running ternftpd and its directories: base (private), root (served)."""

    SANITIZER = re.compile(
        r"ERROR: (Address|Leak|Memory|Thread)Sanitizer|runtime error:|"
        r"Sanitizer has encountered|SUMMARY: \w+Sanitizer")

    def __init__(self, conf="", listen="", users=(), as_root=False, args=()):
        self.base = scratch_directory()
        self.as_root = as_root
        self.root = self.make_directory("files")
        self.conf_path = os.path.join(self.base, "ftpd.conf")
        self.log_path = os.path.join(self.base, "log")
        self.args = list(args)
        self.process = None
        self.file_limit = None  # bytes that a file may have (RLIMIT_FSIZE)
        self.stderr_path = self.log_path  # apart if "log =" names log_path
        self.verbose = True  # -v: debug lines on stderr, which log_path takes
        self.ports = {}
        self.known = {}  # processes by number: when they began
        self.write_users(users)
        self.write_conf(conf, listen)
        self.own(self.base)

    # ------------------------------------------------------------ files

    def make_directory(self, name):
        path = os.path.join(self.base, name)
        os.makedirs(path, exist_ok=True)
        self.own(path)
        return path

    def own(self, path):
        """Gives a file that the test made to the server's user."""
        if os.geteuid() == 0 and not self.as_root:
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def write_users(self, users=()):
        """USER, and further ones: tuples as the arguments of user_text()."""
        text = "".join(user_text(*user) for user in ((USER, PASSWORD), *users))
        with open(os.path.join(self.base, "users"), "w", encoding="utf-8") as f:
            f.write(text.replace("/@ROOT@", self.root))

    def write_conf(self, conf="", listen=""):
        """What conf does not say itself is as most tests want it."""
        text = ""
        if "listen " not in conf:
            text += 'listen "test4" {\n address = "127.0.0.1"\n port = 0\n' \
                f'{listen}}}\n'
            if has_ipv6():
                text += 'listen "test6" {\n address = "::1"\n port = 0\n' \
                    f'{listen}}}\n'
        if "users_file" not in conf:
            text += 'users_file = "users"\n'
        if "control_socket" not in conf:
            text += 'control_socket = "control"\n'
        if "anonymous " not in conf:
            text += "anonymous {\n enabled = yes\n" \
                f' root = "{self.root}"\n}}\n'
        if self.as_root:
            text += 'service_user = "nobody"\n' \
                f'empty_dir = "{self.base}/empty"\n'
        with open(self.conf_path, "w", encoding="utf-8") as f:
            f.write(text + conf.replace("@BASE@", self.base) + "\n")

    def path(self, name):
        """The host path of a name under the served root (str or bytes)."""
        if isinstance(name, bytes):
            return os.path.join(os.fsencode(self.root), name)
        return os.path.join(self.root, name)

    def put(self, name, data=b"", mode=0o644, mtime=None):
        path = self.path(name)
        if "/" in name:
            self.mkdir(os.path.dirname(name))
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        self.own(path)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        return path

    def mkdir(self, name, mode=0o755):
        """Also makes what is missing above it."""
        path = self.path(name)
        if os.path.isdir(path):
            return path
        if "/" in name:
            self.mkdir(os.path.dirname(name))
        os.mkdir(path)
        os.chmod(path, mode)
        self.own(path)
        return path

    def get(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def names(self, directory="."):
        return sorted(os.listdir(self.path(directory)))

    def exists(self, name):
        return os.path.lexists(self.path(name))

    def empty(self):
        for name in os.listdir(self.root):
            path = self.path(name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                # The server may still be tidying up after a session.
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)

    # ---------------------------------------------------------- process

    def command(self):
        return [programs()[0], "-c", self.conf_path, *self.args]

    def ctl(self, *args, status=0, text=None):
        """Runs ternctl on this server; gives what it printed."""
        result = subprocess.run(
            [programs()[1], "-c", self.conf_path, *args], input=text,
            capture_output=True, text=True, env=self.environment(),
            timeout=2 * TIMEOUT, **self.identity())
        if result.returncode != status:
            raise AssertionError(f"ternctl {args}: status {result.returncode}: "
                                 f"{result.stdout}{result.stderr}")
        return result.stdout + result.stderr

    def ctl_json(self, *args, status=0):
        return json.loads(self.ctl(*args, "--json", status=status))

    def environment(self):
        env = dict(os.environ, LC_ALL="C", TZ="UTC")
        env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
        # A process that changed its user may not look into itself.
        leaks = 0 if self.as_root else 1
        # Freed memory is not kept back for long: tests look at its use.
        # Nor as it was: heap_wipe_free() does nothing for that allocator.
        env["ASAN_OPTIONS"] = (f"detect_leaks={leaks}:quarantine_size_mb=1:"
                               "max_free_fill_size=1073741824")
        return env

    def identity(self):
        """Keyword arguments of Popen: as whom the server starts."""
        if os.geteuid() == 0 and not self.as_root:
            return {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return {}

    def before_exec(self):
        die_with_parent()
        if self.file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_limit,) * 2)

    def spawn(self, args, **keywords):
        return subprocess.Popen(
            args, cwd=self.base, env=self.environment(),
            preexec_fn=self.before_exec, **self.identity(), **keywords)

    def start(self):
        with open(self.stderr_path, "ab") as log:
            self.process = self.spawn([*self.command(), "-f",
                                       *(["-v"] if self.verbose else [])],
                                      stdin=subprocess.DEVNULL, stderr=log)
        wait_for(self.is_ready, "the server to be ready")
        self.read_ports()
        return self

    def is_ready(self):
        if not os.path.exists(self.log_path):
            return False
        if self.process.poll() is not None:
            raise AssertionError("the server did not start:\n" + self.log())
        return re.search(r'monitor\[\d+\] ready|"message":"ready"', self.log())

    def read_ports(self):
        found = re.findall(r"listening on (\S+):(\d+)", self.log())
        self.ports = {address.strip("[]"): int(port) for address, port in found}

    @property
    def port(self):
        return self.ports["127.0.0.1"]

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def log_has(self, pattern, timeout=TIMEOUT):
        """Waits for a line of the log and returns the match."""
        return wait_for(lambda: re.search(pattern, self.log()),
                        f"the log to say {pattern!r}", timeout)

    EVENT = re.compile(r'^\S+ \w+ \w+\[\d+\] ([a-z-]+)((?: [a-z0-9]+='
                       r'(?:"(?:[^"\\]|\\.)*"|[^ "\n]+))+)$', re.M)
    FIELD = re.compile(r' ([a-z0-9]+)=(?:"((?:[^"\\]|\\.)*)"|([^ "]+))')

    def events(self, *names):
        """The events of these names in the log, or all: dictionaries of their
        fields as they are written, and of "event", the name."""
        found = []
        for name, fields in self.EVENT.findall(self.log()):
            if not names or name in names:
                found.append({"event": name, **{
                    key: text or word
                    for key, text, word in self.FIELD.findall(fields)}})
        return found

    def wait_event(self, name, **fields):
        """Waits for an event with such fields and returns it."""
        def find():
            for event in self.events(name):
                if fields.items() <= event.items():
                    return event
            return None

        return wait_for(find, f"the log to tell of {name} {fields}")

    def reset_log(self):
        """Forgets what the log says so far (the server appends)."""
        os.truncate(self.log_path, 0)

    def pids(self, role=None):
        """The server's children; role is worker, auth or agent."""
        found = []
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as f:
            children = [int(pid) for pid in f.read().split()]
        for pid in children:
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    title = f.read().decode("utf-8", "replace")
                if role is None or f": {role}" in title:
                    found.append(pid)
        for pid in found:
            self.known[pid] = started(pid)
        return found

    def open_files(self, role):
        """Numbers of open descriptors of all processes of a role, summed."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids(role))

    def kill(self, number):
        """Sends a signal to the monitor."""
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ends the server and returns what is wrong with how it ended."""
        if self.process is None:
            return []
        wrong = []
        if self.process.poll() is None:
            self.pids()
            self.kill(number)
        try:
            status = self.process.wait(TIMEOUT)
            if status != 0:
                wrong.append(f"the server's exit status is {status}")
        except subprocess.TimeoutExpired:
            wrong.append("the server does not end")
            self.process.kill()
            self.process.wait()
        left = [pid for pid, start in self.known.items()
                if is_alive(pid) and started(pid) == start]
        for pid in left:
            wrong.append(f"process {pid} is left over")
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.process = None
        return wrong

    def complaints(self, expected=None):
        """Reports of sanitizers, and errors that were not expected."""
        wrong = []
        log = self.log()
        if self.SANITIZER.search(log):
            wrong.append("a sanitizer reports:\n" + log[-20000:])
        for line in log.splitlines():
            if " error " in line[:40] and not (
                    expected and re.search(expected, line)):
                wrong.append(f"unexpected in the log: {line}")
        return wrong


class Reply:
    """One reply: code and the lines without their ends."""

    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[0][:3])
        self.text = lines[-1][4:].decode("utf-8", "surrogateescape")

    def __repr__(self):
        return repr(b"\n".join(self.lines))


class Closed(Exception):
    """The server ended the control connection."""


class Client:
    """A control connection, one reply at a time, and its data connections."""

    def __init__(self, server, host="127.0.0.1", greet=True, source=None):
        self.host = host
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(self.family)
        self.sock.settimeout(TIMEOUT)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect((host, server.ports[host]))
        self.buffer = b""
        self.greeting = self.reply() if greet else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Ends the connection with a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    # ---------------------------------------------------------- control

    def send(self, line):
        """Sends a line (str or bytes) and its end."""
        if isinstance(line, str):
            line = line.encode("utf-8", "surrogateescape")
        self.sock.sendall(line + b"\r\n")

    def line(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise Closed(f"end of the connection after {self.buffer!r}")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise AssertionError(f"a line does not end in CRLF: {line!r}")
        return line[:-1]

    def reply(self):
        lines = [self.line()]
        first = re.match(rb"([1-5][0-9]{2})([ -])(.+)", lines[0], re.S)
        if not first:
            raise AssertionError(f"not a reply: {lines[0]!r}")
        if first.group(2) == b"-":
            while not lines[-1].startswith(first.group(1) + b" "):
                lines.append(self.line())
        return Reply(lines)

    def cmd(self, line):
        self.send(line)
        return self.reply()

    def must(self, line, code):
        """A command and the code that it must be answered with."""
        reply = self.cmd(line)
        if reply.code != code:
            raise AssertionError(f"{line!r}: {code} expected, got {reply}")
        return reply

    def must_end(self, code):
        """The next reply has this code."""
        reply = self.reply()
        if reply.code != code:
            raise AssertionError(f"{code} expected, got {reply}")
        return reply

    def login(self, user=USER, password=PASSWORD):
        if self.greeting and self.greeting.code != 220:
            raise AssertionError(f"refused: {self.greeting}")
        self.must(f"USER {user}", 331)
        self.must(f"PASS {password}", 230)
        return self

    def at_end(self):
        """Reads to the end of the connection; what came is returned."""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while data := self.sock.recv(65536):
                self.buffer += data
        rest, self.buffer = self.buffer, b""
        return rest

    def quiet(self, seconds=0.3):
        """Is there nothing to read for this time?"""
        self.sock.settimeout(seconds)
        try:
            return not self.buffer and self.sock.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(TIMEOUT)

    # ------------------------------------------------------------- data

    def passive(self, how="EPSV"):
        """Address announced by PASV or EPSV."""
        if how == "PASV":
            text = self.must("PASV", 227).text
            numbers = re.fullmatch(r"Entering Passive Mode "
                                   r"\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)\.?",
                                   text)
            numbers = [int(n) for n in numbers.groups()]
            return ".".join(map(str, numbers[:4])), numbers[4] * 256 + numbers[5]
        text = self.must("EPSV", 229).text
        port = re.fullmatch(r"Entering Extended Passive Mode \(\|\|\|(\d+)\|\)",
                            text)
        return self.host, int(port.group(1))

    def connect(self, how="EPSV", source=None):
        """A passive data connection."""
        sock = socket.socket(self.family)
        sock.settimeout(TIMEOUT)
        if source:
            sock.bind((source, 0))
        sock.connect(self.passive(how))
        return sock

    def listen(self, how="PORT"):
        """Announces a listening socket by PORT or EPRT and returns it."""
        sock = socket.socket(self.family)
        sock.settimeout(TIMEOUT)
        sock.bind((self.host, 0))
        sock.listen(1)
        port = sock.getsockname()[1]
        if how == "PORT":
            numbers = self.host.split(".") + [str(port >> 8), str(port & 255)]
            self.must("PORT " + ",".join(numbers), 200)
        else:
            number = 2 if self.family == socket.AF_INET6 else 1
            self.must(f"EPRT |{number}|{self.host}|{port}|", 200)
        return sock

    @contextlib.contextmanager
    def transfer(self, command, how="EPSV"):
        """Starts a transfer; gives the data connection; 150 has been read."""
        listener = None
        if how in ("PORT", "EPRT"):
            listener = self.listen(how)
        else:
            sock = self.connect(how)
        try:
            self.must(command, 150)
            if listener:
                sock = listener.accept()[0]
                sock.settimeout(TIMEOUT)
            with sock:
                yield sock
        finally:
            if listener:
                listener.close()

    def download(self, command, how="EPSV"):
        """All bytes of RETR, LIST and the like."""
        with self.transfer(command, how) as sock:
            data = read_all(sock)
        self.must_end(226)
        return data

    def upload(self, command, data, how="EPSV"):
        with self.transfer(command, how) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            read_all(sock)
        return self.must_end(226)

    def lines(self, command, how="EPSV"):
        """The lines of a listing, without their ends."""
        data = self.download(command, how)
        if data and not data.endswith(b"\r\n"):
            raise AssertionError(f"not whole lines: {data[-100:]!r}")
        return [line.decode("utf-8", "surrogateescape")
                for line in data.split(b"\r\n")[:-1]]

    def names(self, command="NLST"):
        return sorted(self.lines(command))


def read_all(sock):
    """Everything until the end; a reset is an error."""
    parts = []
    while part := sock.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


@functools.lru_cache(maxsize=None)
def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def pattern(size, seed=1):
    """Bytes in which every place is recognisable, so shifts are seen."""
    block = bytes((i * 31 + (i >> 8) * 7 + seed) & 0xff for i in range(1 << 16))
    text = bytearray()
    for number in range(-(-size // len(block))):
        text += number.to_bytes(8, "big") + block[8:]
    return bytes(text[:size])


class TestCase(unittest.TestCase):
    """Tests of one server. Classes say what is special about it."""

    CONF = ""  # more text for ftpd.conf; @BASE@ is the server's directory
    LISTEN = ""  # more keys for the listen blocks
    USERS = ()  # more accounts, see Server.write_users
    AS_ROOT = False
    ERRORS = None  # pattern of the errors in the log that are expected
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if cls.AS_ROOT and os.geteuid() != 0:
            raise unittest.SkipTest("needs root")
        cls.server = cls.make_server()
        cls.server.start()

    @classmethod
    def make_server(cls):
        return Server(cls.CONF, cls.LISTEN, cls.USERS, cls.AS_ROOT)

    @classmethod
    def tearDownClass(cls):
        wrong = cls.server.stop() + cls.server.complaints(cls.ERRORS)
        if wrong:
            raise AssertionError("\n".join(wrong))

    def setUp(self):
        if self.server.process is not None:
            self.server.empty()

    def client(self, host="127.0.0.1", **keywords):
        client = Client(self.server, host, **keywords)
        self.addCleanup(client.close)
        return client

    def login(self, user=USER, password=PASSWORD, host="127.0.0.1", **keywords):
        return self.client(host, **keywords).login(user, password)

    def in_background(self, function, *args):
        """Runs function in a thread; returns a function that gives its result."""
        result = []

        def work():
            try:
                result.append((function(*args), None))
            except BaseException as error:  # handed to who asks
                result.append((None, error))

        thread = threading.Thread(target=work, daemon=True)
        thread.start()

        def wait():
            thread.join(2 * TIMEOUT)
            self.assertFalse(thread.is_alive(), "the background does not end")
            value, error = result[0]
            if error:
                raise error
            return value

        return wait


class OwnServer(TestCase):
    """Each test has a server to itself, and may end it."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.server = self.make_server().start()
        self.addCleanup(self.check_end)

    def check_end(self):
        wrong = self.server.stop() + self.server.complaints(self.ERRORS)
        self.assertEqual(wrong, [])


class InetdCase(TestCase):
    """The test accepts the connections, as inetd does."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.make_server()
        cls.listener = socket.create_server(("127.0.0.1", 0))
        cls.server.ports = {"127.0.0.1": cls.listener.getsockname()[1]}

    @classmethod
    def tearDownClass(cls):
        cls.listener.close()
        wrong = cls.server.complaints(cls.ERRORS)
        if wrong:
            raise AssertionError("\n".join(wrong))

    def setUp(self):
        self.server.empty()

    def serve(self, client):
        """Gives the client, just connected, and the process that serves it."""
        sock, _ = self.listener.accept()
        with sock, open(self.server.log_path, "ab") as log:
            process = self.server.spawn([*self.server.command(), "--inetd"],
                                        stdin=sock, stdout=sock, stderr=log)
        self.addCleanup(process.kill)
        client.greeting = client.must_end(220)
        return client, process


def needs(*names):
    """Skips a test class when a program is not installed."""
    missing = [name for name in names if not shutil.which(name)]
    return unittest.skipIf(missing, "not installed: " + ", ".join(missing))


def main():
    """Runs the tests of the file that calls it; the last line counts them."""
    faulthandler.dump_traceback_later(600, exit=True)
    os.umask(0o022)
    try:
        program = unittest.main(exit=False, verbosity=2)
    finally:
        for path in SCRATCH:
            shutil.rmtree(path, ignore_errors=True)
    result = program.result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    passed = max(0, result.testsRun - failed - skipped)
    print(f"results: {passed} passed, {failed} failed, {skipped} skipped",
          file=sys.stderr, flush=True)
    if failed:
        sys.exit(1)
    sys.exit(0 if passed or not skipped else 77)


def file_mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)
