#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
ternftpd explain says what a client will find: random accounts, addresses,
listeners, commands and paths, each tried by a client and compared, with the code
of the reply.

EXPLAIN_CASES is the number of cases (100).
"""

import os
import random
import re
import subprocess
import time

import lib
import tlslib

CASES = int(os.environ.get("EXPLAIN_CASES", "100"))
RIGHTS = ("list", "read", "write", "overwrite", "append", "delete", "rename",
          "mkdir", "rmdir", "chmod", "mtime", "hash")
PRESETS = ("full", "read-only", "upload-only", "none")
DIRECTORIES = ("/", "/a", "/a/b", "/pub", "/pub/deep")
USERS = 12
# Each with the code that means that it was let through.
VERBS = {"RETR": 150, "STOR": 150, "APPE": 150, "STOU": 150, "DELE": 250,
         "MKD": 257, "RMD": 250, "RNFR": 350, "RNTO": 250, "LIST": 150,
         "NLST": 150, "MLSD": 150, "SIZE": 213, "MDTM": 213, "CWD": 250,
         "SITE CHMOD": 200, "SITE MKDIR": 200, "SITE UTIME": 200,
         "SITE RMDIR": 200, "SITE SYMLINK": 200, "PORT": 200}
# Before the path of SITE commands.
ARGUMENTS = {"SITE CHMOD": "600 ", "SITE UTIME": "20200101000000 ",
             "SITE SYMLINK": "x "}
LISTENERS = {"main": "127.0.0.1", "strict": "127.0.0.2", "clear": "127.0.0.3",
             "data": "127.0.0.4"}
BANNED, CROWDED, PER_IP = "127.0.0.66", "127.0.0.77", 4
ADDRESSES = ("127.0.0.1", "127.0.0.9", BANNED, CROWDED)
# Of some users: what is special, and the key that refuses, if any.
SPECIAL = {"disabled": ("disabled = yes", "disabled"),
           "expired": ('expires = "2020-01-01"', "expires"),
           "far": ('networks = "192.0.2.0/24"', "networks"),
           "near": ('networks = "127.0.0.9/32"', None),
           "secret": ("tls = required", None),
           "private": ("tls_data = required", None),
           "lonely": ("sessions = 1", "sessions"),
           "full": ("quota = 1", None),
           "many": ("quota_files = 1", None),
           "roomy": ("quota = 1g", None)}
SEED = 20261128


class Server(lib.Server):
    """With explain beside it."""

    def explain(self, lines):
        """(allowed, whole text) of each."""
        result = subprocess.run(
            [lib.programs()[0], "-c", self.conf_path, "explain"],
            input="\n".join(lines) + "\n", text=True, capture_output=True,
            env=self.environment(), timeout=2 * lib.TIMEOUT,
            **self.identity())
        if result.stderr:
            raise AssertionError(result.stderr)
        answers = []
        for line in result.stdout.splitlines():
            if line.startswith("  "):
                answers[-1] += "\n" + line
            else:
                answers.append(line)
        if len(answers) != len(lines):
            raise AssertionError(result.stdout)
        return [(a.startswith("allowed: "), a) for a in answers]


class Explain(tlslib.Case):
    CONF = "".join(
        f'listen "{name}" {{\n address = "{address}"\n port = 0\n{keys}}}\n'
        for (name, address), keys in zip(
            LISTENERS.items(), ("", " tls = required\n", " tls = off\n",
                                " tls_data = required\n"))) + (
            "files {\n site_rmdir = yes\n}\n"
            f"limits {{\n sessions_per_ip = {PER_IP}\n ban_after = 0\n}}\n")

    @classmethod
    def make_server(cls):
        cls.random = random.Random(SEED)
        server = Server(cls.CONF)
        cls.mount = server.make_directory("mounted")
        path = os.path.join(server.base, "users")
        with open(path, encoding="utf-8") as f:
            template = f.read()
        text = template
        for number in range(USERS):
            text += cls.make_user(template, f"user{number}", number)
        for name, (keys, _) in SPECIAL.items():
            text += cls.make_user(template, name, 0, f" {keys}\n")
        text += ('group "half" {\n rights = "list read"\n'
                 ' path "/pub" {\n  rights = "write list"\n }\n}\n')
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return server

    @classmethod
    def rights(cls):
        if cls.random.random() < 0.4:
            return cls.random.choice(PRESETS)
        return " ".join(r for r in RIGHTS if cls.random.random() < 0.6) or "none"

    @classmethod
    def make_user(cls, template, name, number, more=""):
        """The user of all tests with another name and other settings."""
        draw = cls.random
        head, rest = template.replace(lib.USER, name, 1).split("{", 1)
        keys = "".join(line + "\n" for line in rest.split("\n")
                       if "password" in line or "root" in line)
        if more:  # what they have stored is not to shrink
            keys += ' rights = "list read write overwrite append mkdir"\n'
            return f"{head}{{\n{keys}{more}}}\n"
        if number % 4 == 3:
            keys += ' group = "half"\n'
        else:
            keys += f' rights = "{cls.rights()}"\n'
        for at in draw.sample(DIRECTORIES[1:], draw.randrange(3)):
            keys += f' path "{at}" {{\n  rights = "{cls.rights()}"\n }}\n'
        if draw.random() < 0.3:
            keys += (f' mount "/a/m" {{\n  path = "{cls.mount}"\n'
                     f'  rights = "{cls.rights()}"\n }}\n')
        return f"{head}{{\n{keys}}}\n"

    def lay_out(self):
        self.server.empty()
        for directory in DIRECTORIES + ("/a/m",):
            self.server.mkdir(directory[1:] or ".")
            self.server.put(f"{directory}/file".strip("/"), b"text")
            self.server.mkdir(f"{directory}/empty".strip("/"))
        for name in os.listdir(self.mount):
            path = os.path.join(self.mount, name)
            (os.rmdir if os.path.isdir(path) else os.unlink)(path)
        with open(os.path.join(self.mount, "file"), "w", encoding="ascii") as f:
            f.write("text")
        os.mkdir(os.path.join(self.mount, "empty"))
        for name in ("file", "empty"):
            self.server.own(os.path.join(self.mount, name))

    # ------------------------------------------------------------- cases

    def a_path(self, verb):
        draw = self.random
        directory = draw.choice(DIRECTORIES + ("/a/m",)).rstrip("/")
        if verb in ("LIST", "NLST", "MLSD", "CWD"):
            return directory or "/"
        if verb in ("RMD", "SITE RMDIR"):
            return directory + "/empty"
        if verb in ("MKD", "SITE MKDIR", "SITE SYMLINK", "STOU"):
            return directory + "/new"
        if verb in ("STOR", "APPE", "RNTO"):
            return directory + draw.choice(("/file", "/new"))
        return directory + "/file"

    def a_case(self):
        draw = self.random
        verb = draw.choice(list(VERBS))
        case = {"user": f"user{draw.randrange(USERS)}", "verb": verb,
                "path": self.a_path(verb), "source": ADDRESSES[0],
                "listen": "main", "tls": False, "prot": False, "from": None}
        if draw.random() < 0.3:
            case["user"] = draw.choice(list(SPECIAL))
        if draw.random() < 0.3:
            case["source"] = draw.choice(ADDRESSES)
        if draw.random() < 0.4:
            case["listen"] = draw.choice(list(LISTENERS))
        if draw.random() < 0.3:
            case["tls"] = True
            case["prot"] = draw.random() < 0.5
        if verb == "RNTO":
            case["from"] = self.a_path("RETR")
        return case

    @staticmethod
    def question(case):
        line = (f'{case["user"]} {case["verb"]} {case["path"]} {case["source"]} '
                f'listen={case["listen"]} tls={"yes" if case["tls"] else "no"} '
                f'prot={"P" if case["prot"] else "C"}')
        return line + (f' from={case["from"]}' if case["from"] else "")

    def command(self, client, case):
        verb, path = case["verb"], case["path"]
        if case["from"]:
            reply = client.cmd(f'RNFR {case["from"]}')
            if reply.code != 350:
                return reply.code
        if verb == "PORT":
            return client.cmd("PORT " + case["source"].replace(".", ",") +
                              ",200,1").code
        line = f"{verb} {ARGUMENTS.get(verb, '')}{path}"
        if VERBS[verb] != 150:
            return client.cmd(line).code
        with client.connect() as sock:
            client.send(line)
            code = client.reply().code
            sock.close()
        if code == 150:  # till then an upload's names come and go
            client.reply()
        return code

    def does(self, case):
        """The code of what refuses, or of the command."""
        with self.tls(host=LISTENERS[case["listen"]], greet=False,
                      source=case["source"]) as client:
            greeting = client.reply()
            if greeting.code != 220:
                return greeting.code
            if case["tls"]:
                reply = client.cmd("AUTH TLS")
                if reply.code != 234:
                    return reply.code
                client.sock = client.ctx.wrap_socket(client.sock)
            for line, good in ((f'USER {case["user"]}', 331),
                               (f"PASS {lib.PASSWORD}", 230), ("TYPE I", 200)):
                reply = client.cmd(line)
                if reply.code != good:
                    return reply.code
            if case["prot"]:
                client.private()
            return self.command(client, case)

    def hold_sessions(self):
        """Those that use limits up."""
        for _ in range(PER_IP):
            self.client(source=CROWDED)
        self.login("lonely")
        self.server.ctl("ban", BANNED, "1h")

    def test_agrees_with_what_happens(self):
        self.hold_sessions()
        cases = [self.a_case() for _ in range(CASES)]
        allowed, reasons = 0, set()
        for case in cases:
            self.lay_out()
            line = self.question(case)
            (expected, text), = self.server.explain([line])
            if "reason banned" not in text:  # nobody but the administrator
                self.assertRegex(
                    text, r"decided by (\S+:\d+: |the default of )", line)
            code = self.does(case)
            if expected:
                self.assertEqual(code, VERBS[case["verb"]], f"{line}\n{text}")
            else:
                told = re.search(r": (\d+), reason (\S+)", text)
                self.assertEqual(code, int(told.group(1)), f"{line}\n{text}")
                reasons.add(told.group(2))
            allowed += expected
        print(f"{CASES} cases, {allowed} allowed, {len(reasons)} reasons, "
              "no difference")
        self.assertGreater(allowed, CASES // 10)
        self.assertLess(allowed, CASES * 9 // 10)
        if CASES >= 300:
            self.assertGreaterEqual(reasons, {
                "banned", "max-per-ip", "max-per-user", "tls-required",
                "data-tls-required", "not-available", "disabled", "ip-denied",
                "account-expired", "no-right", "quota"})

    # ------------------------------------------------------------- lines

    def line_of(self, text):
        """The key of the deciding line, from the file."""
        path, number, key = re.search(r"decided by (\S+):(\d+): (\S+)",
                                      text).groups()
        with open(path, encoding="utf-8") as f:
            self.assertIn(key.rsplit(".", 1)[-1],
                          f.read().splitlines()[int(number) - 1])
        return key

    def test_names_the_line(self):
        self.lay_out()
        self.hold_sessions()
        for name, (_, key) in SPECIAL.items():
            if key:
                (allowed, text), = self.server.explain([f"{name} LIST /"])
                self.assertFalse(allowed)
                self.assertRegex(text, r"530, reason \S+")
                self.assertEqual(self.line_of(text), key)
        for question, key in (
                ("secret LIST / tls=no", "tls"),
                ("anna LIST / listen=strict tls=no", "listen.tls"),
                ("anna LIST / listen=clear tls=yes", "listen.tls"),
                ("anna LIST / listen=data prot=C", "listen.tls_data"),
                ("private LIST / prot=C", "tls_data"),
                ("full STOR /new", "quota"), ("many STOR /new", "quota_files"),
                (f"anna LIST / {CROWDED}", "limits.sessions_per_ip")):
            (allowed, text), = self.server.explain([question])
            self.assertFalse(allowed, text)
            self.assertEqual(self.line_of(text), key, text)
        (allowed, text), = self.server.explain([f"anna LIST / {BANNED}"])
        self.assertRegex(text, "reason banned\n.*\n  for 3[56]\\d\\d s still")

    def test_defaults(self):
        self.lay_out()
        for question, rule in (
                ("anonymous STOR /x", "the default of rights"),
                ("anna SITE SYMLINK /x", "the default of files.site_symlink"),
                ("anna SITE CHMOD /file", "the default of rights"),
                ("anna PORT -", "the default of data.active")):
            (_, text), = self.server.explain([question])
            self.assertIn(f"decided by {rule}", text)
        (_, text), = self.server.explain(["nobody LIST /"])
        self.assertIn("no-such-user", text)
        (_, text), = self.server.explain(["roomy STOR /new"])
        self.assertRegex(text, r"bytes stored: \d+ of 1073741824 "
                         r"\(\S+users:\d+: quota\)")

    def test_names_of_places_stay(self):
        path = os.path.join(self.server.base, "users")
        with open(path, encoding="utf-8") as f:
            blocks = f.read().split("user \"")[1:]
        for block in blocks:
            at = re.search(r'(?:path|mount) "(/[^"]*)"', block)
            if at and "rights = \"full\"" in block:
                name = block.split('"')[0]
                (allowed, text), = self.server.explain([f"{name} RMD {at[1]}"])
                self.assertFalse(allowed)
                self.assertRegex(text, r"decided by \S+:\d+: (path|mount) /")
                return
        self.skipTest("no user has a place and full rights")

    def test_wrong_usage(self):
        for args in (["anna"], ["anna", "FOO", "/"], ["anna", "LIST", "/", "x"],
                     ["anna", "SITE", "CHMOD"], ["anna", "LIST", "/", "listen=x"],
                     ["anna", "LIST", "/", "foo=x"]):
            result = subprocess.run(
                [lib.programs()[0], "-c", self.server.conf_path, "explain",
                 *args], capture_output=True, timeout=lib.TIMEOUT,
                **self.server.identity(), env=self.server.environment())
            self.assertEqual(result.returncode, 1, args)
            self.assertIn(b"usage", result.stderr)


class Two(lib.TestCase):
    """Two users, one group, one mount, one quota, one rate, one ban (issue 5):
    clients find what the configuration says, and explain says the same."""

    RATE = 200_000
    CONF = ("limits {\n ban_after = 3\n login_delay = 0\n login_attempts = 10\n"
            "}\n")
    KEYS = {"ann": f" rate_down = {RATE}\n",
            "bob": ' quota = 100\n mount "/pub" {\n  path = "@MOUNT@"\n'
                   '  rights = "read-only"\n }\n'}
    GROUP = 'group "staff" {\n rights = "list read write"\n}\n'
    ATTACKER = "127.0.0.99"

    @classmethod
    def make_server(cls):
        server = Server(cls.CONF)
        cls.mount = server.make_directory("mounted")
        with open(os.path.join(cls.mount, "shared"), "w", encoding="ascii") as f:
            f.write("text")
        server.own(f.name)
        path = os.path.join(server.base, "users")
        with open(path, encoding="utf-8") as f:
            head, rest = f.read().split("{", 1)
        kept = "".join(line + "\n" for line in rest.split("\n")
                       if "password" in line or "root" in line)
        text = cls.GROUP
        for name, keys in cls.KEYS.items():
            text += (head.replace(lib.USER, name) + "{\n" + kept +
                     ' group = "staff"\n' + keys.replace("@MOUNT@", cls.mount) +
                     "}\n")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return server

    def agree(self, client, user, line, code, key=None):
        """The client gets this code, and explain knows it and the key."""
        verb, path = line.split()
        (allowed, text), = self.server.explain([f"{user} {verb} {path}"])
        if code < 400:
            self.assertTrue(allowed, text)
        else:
            self.assertIn(f": {code}, reason", text)
        if key:
            self.assertRegex(text, rf"decided by \S+:\d+: {key}\b")
        if verb in ("STOR", "RETR"):
            with client.connect() as sock:
                client.send(line)
                reply = client.reply()
                sock.close()
            self.assertEqual(reply.code, code)
            if code == 150:
                client.reply()
        else:
            client.must(line, code)

    def test_group_and_mount(self):
        self.server.put("file", b"text")
        for user in ("ann", "bob"):
            with self.login(user) as client:
                client.must("TYPE I", 200)
                self.agree(client, user, "RETR /file", 150, "rights")
                self.agree(client, user, "DELE /file", 550, "rights")
                self.agree(client, user, "MKD /d", 550, "rights")
        with self.login("bob") as client:
            self.assertEqual(client.download("RETR /pub/shared"), b"text")
            self.agree(client, "bob", "SIZE /pub/shared", 213, "mount /pub")
            self.agree(client, "bob", "STOR /pub/x", 553, "mount /pub")
        with self.login("ann") as client:
            client.must("CWD /pub", 550)  # it is bob's

    def test_quota(self):
        with self.login("bob") as client:
            client.upload("STOR /first", b"x" * 90)
            # The server may remember a file of another test.
            for number in range(20):
                with client.connect() as sock:
                    client.send(f"STOR /{number}")
                    if client.reply().code == 552:
                        break
                    sock.sendall(b"x")
                client.reply()
            self.server.put("rest", b"x" * 10)
            self.agree(client, "bob", "STOR /second", 552, "quota")
        with self.login("ann") as client:
            client.upload("STOR /third", b"x" * 1000)

    def test_rate(self):
        self.server.put("big", b"x" * 3 * self.RATE)
        (allowed, text), = self.server.explain(["ann RETR /big"])
        self.assertTrue(allowed)
        self.assertRegex(text, rf"rate_down: {self.RATE} bytes a second "
                         r"\(\S+users:\d+: rate_down\)")
        with self.login("ann") as client:
            client.must("TYPE I", 200)
            began = time.monotonic()
            client.download("RETR /big")
            # Never faster; the first second's bytes may come at once.
            self.assertGreater(time.monotonic() - began, 1)
        (_, text), = self.server.explain(["bob RETR /big"])
        self.assertNotIn("rate_down", text)

    def test_ban(self):
        (allowed, _), = self.server.explain([f"ann LIST / {self.ATTACKER}"])
        self.assertTrue(allowed)
        with self.client(source=self.ATTACKER) as client:
            for number in range(3):
                client.must("USER ann", 331)
                client.must(f"PASS wrong{number}", 530)
        with self.client(source=self.ATTACKER, greet=False) as client:
            self.assertEqual(client.reply().code, 421)
        (allowed, text), = self.server.explain([f"ann LIST / {self.ATTACKER}"])
        self.assertFalse(allowed)
        self.assertRegex(text, r"421, reason banned\n"
                         r"  decided by \S+:\d+: limits.ban_after\n")
        self.server.ctl("unban", self.ATTACKER)
        with self.client(source=self.ATTACKER) as client:
            client.login("ann")
        (allowed, _), = self.server.explain([f"ann LIST / {self.ATTACKER}"])
        self.assertTrue(allowed)


if __name__ == "__main__":
    lib.main()
