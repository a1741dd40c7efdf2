#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
ternftpd explain says what a client will find: random accounts, commands and
paths, each tried by a client and compared.

EXPLAIN_CASES is the number of cases (300).
"""

import os
import random
import subprocess

import lib

CASES = int(os.environ.get("EXPLAIN_CASES", "300"))
RIGHTS = ("list", "read", "write", "overwrite", "append", "delete", "rename",
          "mkdir", "rmdir", "chmod", "mtime", "hash")
PRESETS = ("full", "read-only", "upload-only", "none")
DIRECTORIES = ("/", "/a", "/a/b", "/pub", "/pub/deep")
USERS = 12
# Each with the codes that mean that it was let through.
VERBS = {"RETR": (150,), "STOR": (150,), "APPE": (150,), "DELE": (250,),
         "MKD": (257,), "RMD": (250,), "RNFR": (350,), "LIST": (150,),
         "NLST": (150,), "MLSD": (150,), "SIZE": (213,), "MDTM": (213,),
         "CWD": (250,)}
SEED = 20261128


class Explain(lib.TestCase):
    @classmethod
    def make_server(cls):
        cls.random = random.Random(SEED)
        server = super().make_server()
        cls.mount = server.make_directory("mounted")
        with open(os.path.join(server.base, "users"), encoding="utf-8") as f:
            template = f.read()
        text, cls.refused = template, {}
        for number in range(USERS):
            text += cls.make_user(template, number)
        text += ('group "half" {\n rights = "list read"\n'
                 ' path "/pub" {\n  rights = "write list"\n }\n}\n')
        with open(os.path.join(server.base, "users"), "w",
                  encoding="utf-8") as f:
            f.write(text)
        return server

    @classmethod
    def rights(cls):
        if cls.random.random() < 0.4:
            return cls.random.choice(PRESETS)
        return " ".join(r for r in RIGHTS if cls.random.random() < 0.6) or "none"

    @classmethod
    def make_user(cls, template, number):
        """The user of all tests with another name and other settings."""
        name, draw = f"user{number}", cls.random
        head, rest = template.replace(lib.USER, name, 1).split("{", 1)
        keys = "".join(line + "\n" for line in rest.split("\n")
                       if "password" in line or "root" in line)
        if number % 4 == 3:
            keys += ' group = "half"\n'
        else:
            keys += f' rights = "{cls.rights()}"\n'
        for at in draw.sample(DIRECTORIES[1:], draw.randrange(3)):
            keys += f' path "{at}" {{\n  rights = "{cls.rights()}"\n }}\n'
        if draw.random() < 0.3:
            keys += (f' mount "/a/m" {{\n  path = "@MOUNT@"\n'
                     f'  rights = "{cls.rights()}"\n }}\n')
        bad = {4: ' disabled = yes\n', 5: ' expires = "2020-01-01"\n',
               6: ' networks = "192.0.2.0/24"\n'}.get(number, "")
        if bad:
            cls.refused[name] = bad.split("=")[0].strip()
        return f"{head}{{\n{keys.replace('@MOUNT@', cls.mount)}{bad}}}\n"

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

    def explain(self, lines):
        """(allowed, whole text) of each."""
        result = subprocess.run(
            [lib.programs()[0], "-c", self.server.conf_path, "explain"],
            input="\n".join(lines) + "\n", text=True, capture_output=True,
            env=self.server.environment(), timeout=2 * lib.TIMEOUT,
            **self.server.identity())
        self.assertEqual(result.stderr, "")
        answers = []
        for line in result.stdout.splitlines():
            if line.startswith("  "):
                answers[-1] += "\n" + line
            else:
                answers.append(line)
        self.assertEqual(len(answers), len(lines))
        return [(a.startswith("allowed: "), a) for a in answers]

    def a_case(self):
        draw = self.random
        verb = draw.choice(list(VERBS))
        directory = draw.choice(DIRECTORIES + ("/a/m",)).rstrip("/")
        if verb in ("LIST", "NLST", "MLSD", "CWD"):
            path = directory or "/"
        elif verb in ("RMD",):
            path = directory + "/empty"
        elif verb == "MKD":
            path = directory + "/new"
        elif verb in ("STOR", "APPE"):
            path = directory + draw.choice(("/file", "/new"))
        else:
            path = directory + "/file"
        return f"user{draw.randrange(USERS)} {verb} {path}"

    def does(self, case):
        """Is it let through?"""
        user, verb, path = case.split()
        with self.client() as client:
            client.must(f"USER {user}", 331)
            client.send(f"PASS {lib.PASSWORD}")
            if client.reply().code != 230:
                return False
            client.must("TYPE I", 200)
            if 150 in VERBS[verb]:
                with client.connect() as sock:
                    client.send(f"{verb} {path}")
                    code = client.reply().code
                    sock.close()
            else:
                client.send(f"{verb} {path}")
                code = client.reply().code
            self.assertIn(code, VERBS[verb] + (550, 553), case)
            return code in VERBS[verb]

    def test_agrees_with_what_happens(self):
        cases = [self.a_case() for _ in range(CASES)]
        allowed = 0
        for case in cases:
            self.lay_out()
            (expected, text), = self.explain([case])
            self.assertRegex(text, r"decided by \S+:\d+: |decided by the group")
            self.assertEqual(self.does(case), expected, f"{case}\n{text}")
            allowed += expected
        print(f"{CASES} cases, {allowed} allowed, no difference")
        self.assertGreater(allowed, CASES // 10)
        self.assertLess(allowed, CASES * 9 // 10)

    def test_names_the_line(self):
        with open(os.path.join(self.server.base, "users"),
                  encoding="utf-8") as f:
            lines = f.read().splitlines()
        for name, key in self.refused.items():
            (allowed, text), = self.explain([f"{name} LIST /"])
            self.assertFalse(allowed)
            self.assertRegex(text, r"530, reason \S+")
            number = int(text.rsplit("users:", 1)[1].split(":")[0])
            self.assertIn("user" if key == "disabled" else key,
                          lines[number - 1])
        (allowed, text), = self.explain(["nobody LIST /"])
        self.assertIn("no-such-user", text)
        (allowed, text), = self.explain(["anonymous STOR /x"])
        self.assertFalse(allowed)
        self.assertRegex(text, r"has read-only\n  decided by \S+ftpd.conf: anonymous, "
                         "the default of rights")

    def test_wrong_usage(self):
        for args in (["anna"], ["anna", "FOO", "/"], ["anna", "LIST", "/", "x"]):
            result = subprocess.run(
                [lib.programs()[0], "-c", self.server.conf_path, "explain",
                 *args], capture_output=True, timeout=lib.TIMEOUT,
                **self.server.identity(), env=self.server.environment())
            self.assertEqual(result.returncode, 1)
            self.assertIn(b"usage", result.stderr)


if __name__ == "__main__":
    lib.main()
