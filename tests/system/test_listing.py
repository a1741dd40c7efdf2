#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Listings: their formats, options, odd names, and very many entries."""

import calendar
import os
import re
import time

import lib

LONG = re.compile(
    r"([-dlbcps])([-rwxsStT]{9}) +(\d+) (\S+) +(\S+) +(\d+) "
    r"([A-Z][a-z]{2} [ 0-9]\d (?:\d\d:\d\d| \d{4})) (.+)", re.S)
FACTS = re.compile(r"((?:[A-Za-z.]+=[^;]*;)*) (.+)", re.S)

ODD_NAMES = (
    "with space", " leading", "trailing ", "-dash", "--", "-la", "a;b", "a=b;c",
    "quote\"double", "quote'single", "back\\slash", "[brackets]", "star*", "what?",
    "{brace}", "per%20cent", "ümläut", "日本語", "~", "~user", "#hash", "a -> b",
    "C:", "$HOME", "`x`", "|pipe", ".dot", "...", "x" * 255,
)
RAW_NAMES = (b"latin\xe9", b"\xff\xff\xff", b"\xf0\x28\x8c\x28")


def facts(line):
    """{fact: value, ...} with lower-case names, and the name."""
    text, name = FACTS.fullmatch(line).groups()
    return dict(fact.split("=", 1) for fact in text.lower().split(";")[:-1]), name


class Listing(lib.TestCase):
    def test_long(self):
        now = time.time()
        self.server.put("new", b"12345", mode=0o640, mtime=now - 3600)
        self.server.put("old", b"x" * 1000, mtime=calendar.timegm((2001, 2, 3, 4, 5, 6)))
        self.server.put("future", mtime=now + 40 * 86400)
        self.server.mkdir("dir", 0o750)
        os.symlink("new", self.server.path("link"))
        os.symlink("nowhere", self.server.path("dangling"))
        rows = {}
        for line in self.login().lines("LIST"):
            match = LONG.fullmatch(line)
            self.assertTrue(match, line)
            rows[match.group(8)] = match
        self.assertEqual(set(rows), {"new", "old", "future", "dir",
                                     "link -> new", "dangling -> nowhere"})
        self.assertEqual(rows["new"].group(1, 2, 6), ("-", "rw-r-----", "5"))
        self.assertEqual(rows["dir"].group(1, 2), ("d", "rwxr-x---"))
        self.assertEqual(rows["link -> new"].group(1), "l")
        # UTC; the time of day only if it is clear which year is meant.
        recent = time.gmtime(now - 3600)
        self.assertEqual(rows["new"].group(7), time.strftime("%b ", recent) +
                         f"{recent.tm_mday:2d}" + time.strftime(" %H:%M", recent))
        self.assertEqual(rows["old"].group(7), "Feb  3  2001")
        self.assertRegex(rows["future"].group(7), r"  \d{4}$")

    def test_machine(self):
        then = calendar.timegm((2024, 2, 29, 23, 59, 58))
        self.server.put("f", b"12345", mode=0o640, mtime=then)
        self.server.mkdir("dir", 0o750)
        rows = {}
        for line in self.login().lines("MLSD"):
            found, name = facts(line)
            rows[name] = found
        self.assertEqual(set(rows), {"f", "dir"})  # no cdir, no pdir (rule 25)
        self.assertEqual(rows["f"]["type"], "file")
        self.assertEqual(rows["f"]["size"], "5")
        self.assertEqual(rows["f"]["modify"], "20240229235958")
        self.assertEqual(rows["f"]["unix.mode"], "0640")
        self.assertEqual(rows["dir"]["type"], "dir")
        self.assertEqual(rows["dir"]["unix.mode"], "0750")
        self.assertNotEqual(rows["f"]["unique"], rows["dir"]["unique"])
        # perm says what may really be done (rule 27).
        self.assertLessEqual(set("rwadf"), set(rows["f"]["perm"]))
        guest = dict(facts(line)[::-1] for line in
                     self.login("ftp", "x").lines("MLSD"))
        self.assertEqual(guest["f"]["perm"], "r")

    def test_one_object(self):
        self.server.put("dir/f", b"12345")
        client = self.login()
        reply = client.must("MLST dir/f", 250)
        self.assertEqual(len(reply.lines), 3)
        self.assertTrue(reply.lines[1].startswith(b" "))
        found, name = facts(reply.lines[1][1:].decode())
        self.assertEqual((found["size"], name), ("5", "/dir/f"))
        client.must("CWD dir", 250)
        self.assertTrue(client.must("MLST", 250).lines[1].endswith(b" /dir"))
        client.must("MLST nothing", 550)
        client.must("MLST *", 550)

    def test_chosen_facts(self):
        self.server.put("f", b"12345")
        client = self.login()
        self.assertEqual(client.must("OPTS MLST size;nonsense;TYPE;", 200).text,
                         "MLST OPTS type;size;")
        self.assertEqual(client.lines("MLSD"), ["type=file;size=5; f"])
        # FEAT says by its stars what is chosen.
        feat = b"\n".join(client.must("FEAT", 211).lines)
        self.assertIn(b"type*;size*;modify;", feat)
        client.must("OPTS MLST", 200)
        self.assertEqual(client.lines("MLSD"), [" f"])

    def test_names(self):
        self.server.put("dir/f")
        self.server.put("dir/g")
        self.server.put("h")
        client = self.login()
        # Rule 31: as RETR takes them.
        self.assertEqual(client.names("NLST"), ["dir", "h"])
        self.assertEqual(client.names("NLST dir"), ["dir/f", "dir/g"])
        self.assertEqual(client.names("NLST /dir"), ["/dir/f", "/dir/g"])
        self.assertEqual(client.names("NLST dir/"), ["dir/f", "dir/g"])
        self.assertEqual(client.names("NLST h"), ["h"])
        self.assertEqual(client.names("NLST dir/*"), ["dir/f", "dir/g"])
        self.assertEqual(client.names("NLST ?"), ["h"])

    def test_options(self):
        self.server.put("f", b"1")
        self.server.put(".dot", b"22")
        self.server.put("sub/x", b"333")
        client = self.login()
        # Rules 20, 21 and 29.
        for options in ("", " ", " -l", " -l ", " -L", " -q", " .", " /", " -l ."):
            self.assertEqual(len(client.lines("LIST" + options)), 3, options)
        for options in (" -a", " -la", " -al .", " -a -l"):
            self.assertEqual(len(client.lines("LIST" + options)), 5, options)
        self.assertTrue(LONG.fullmatch(client.lines("NLST -l f")[0]))
        self.assertEqual(len(client.lines("LIST -l sub")), 1)
        self.assertEqual(len(client.lines("LIST f")), 1)

    def test_a_file_that_looks_like_an_option(self):
        self.server.put("-a", b"x")
        client = self.login()
        self.assertEqual(client.lines("NLST ./-a"), ["./-a"])
        self.assertEqual(client.download("RETR -a"), b"x")

    def test_nothing(self):
        client = self.login()
        for verb in ("LIST", "NLST", "MLSD"):
            self.assertEqual(client.lines(verb), [])

    def test_missing(self):
        client = self.login()
        self.server.put("f")
        for command in ("LIST no", "NLST no", "MLSD no", "LIST no/no", "NLST no*"):
            sock = client.connect()
            client.must(command, 550)
            sock.close()
        sock = client.connect()
        self.assertIn(client.cmd("MLSD f").code, (501, 550))
        sock.close()

    def test_odd_names(self):
        client = self.login()
        for name in ODD_NAMES:
            with self.subTest(name=name):
                client.upload("STOR " + name, name.encode())
                self.assertEqual(self.server.get(name), name.encode())
                self.assertEqual(client.download("RETR " + name), name.encode())
                self.assertEqual(client.must("SIZE " + name, 213).text,
                                 str(len(name.encode())))
                self.assertIn(name, client.names("NLST"))
                self.assertIn(name, [facts(row)[1] for row in client.lines("MLSD")])
                self.assertIn(name, [LONG.fullmatch(row).group(8)
                                     for row in client.lines("LIST")])
                client.must("RNFR " + name, 350)
                client.must("RNTO other", 250)
                client.must("DELE other", 250)
                client.must("MKD " + name, 257)
                client.must("CWD " + name, 250)
                quoted = name.replace('"', '""')
                self.assertEqual(client.must("PWD", 257).text,
                                 f'"/{quoted}" is the current directory.')
                client.must("CDUP", 250)
                client.must("RMD " + name, 250)
        self.assertEqual(self.server.names(), [])

    def test_names_that_are_no_utf8(self):
        # T8, T11: bytes; 0xff is doubled on the control connection.
        client = self.login()
        for name in RAW_NAMES:
            with self.subTest(name=name):
                telnet = name.replace(b"\xff", b"\xff\xff")
                text = name.decode("utf-8", "surrogateescape")
                client.must(b"MKD " + telnet, 257)
                self.assertTrue(os.path.isdir(self.server.path(name)))
                self.assertEqual(client.lines("NLST"), [text])
                self.assertIn(b'"/' + telnet + b'"',
                              client.must(b"XPWD", 257).lines[0]
                              if client.must(b"CWD " + telnet, 250) else b"")
                client.must("CDUP", 250)
                client.must(b"RMD " + telnet, 250)

    def test_names_that_cannot_be_expressed(self):
        for name in ("line\nfeed", "carriage\rreturn"):
            self.server.put(name)
        self.server.put("good")
        client = self.login()
        for verb in ("LIST", "NLST", "MLSD"):
            lines = client.lines(verb)
            self.assertEqual(len(lines), 1, verb)
            self.assertTrue(lines[0].endswith("good"))

    def test_names_that_may_not_be_created(self):
        client = self.login()
        for name in ("bell\a", "tab\tulator", "del\x7f", "esc\x1b[2J"):
            self.assertIn(client.cmd("MKD " + name).code, (550, 553), name)
            sock = client.connect()
            self.assertIn(client.cmd("STOR " + name).code, (550, 553), name)
            sock.close()
        self.assertEqual(self.server.names(), [])

    def test_stat_on_the_control_connection(self):
        self.server.put("d/f", b"12345")
        client = self.login()
        reply = client.must("STAT d", 212)
        self.assertTrue(LONG.fullmatch(reply.lines[1][1:].decode()), reply)
        client.must("STAT d/f", 213)
        client.must("STAT nothing", 550)
        client.must("STAT -la d", 212)
        self.assertEqual(len(client.must("STAT", 211).lines) > 3, True)

    def test_long_link_target(self):
        # proftpd#2146
        os.symlink("x" * 1100, self.server.path("link"))
        client = self.login()
        self.assertEqual(len(client.lines("MLSD")), 1)
        self.assertTrue(client.lines("LIST")[0].endswith("x" * 1100))

    def test_times(self):
        # R32
        then = calendar.timegm((2024, 2, 29, 12, 0, 1))
        path = self.server.put("f n", b"x", mtime=then)
        client = self.login()
        self.assertEqual(client.must("MDTM f n", 213).text, "20240229120001")
        client.must("MFMT 20010203040506 f n", 213)
        self.assertEqual(os.stat(path).st_mtime,
                         calendar.timegm((2001, 2, 3, 4, 5, 6)))
        client.must("MDTM 19991231235959 f n", 213)
        self.assertEqual(client.must("MDTM f n", 213).text, "19991231235959")
        client.must("SITE UTIME 20050607080910 f n", 200)
        self.assertEqual(client.must("MDTM f n", 213).text, "20050607080910")
        client.must("SITE UTIME f n 20060607080910 20060708091011 "
                    "20060607080910 UTC", 200)
        self.assertEqual(client.must("MDTM f n", 213).text, "20060708091011")
        client.must("MFMT 20230229000000 f n", 501)
        client.must("MFMT 20240229000000 nothing", 550)
        # A file that really is named like a time and a name wins.
        self.server.put("20200101000000 f n", mtime=then)
        self.assertEqual(client.must("MDTM 20200101000000 f n", 213).text,
                         "20240229120001")

    def test_modes(self):
        path = self.server.put("f n", b"x")
        client = self.login()
        client.must("SITE CHMOD 600 f n", 200)
        self.assertEqual(lib.file_mode(path), 0o600)
        client.must("MFF UNIX.mode=0640; f n", 213)
        self.assertEqual(lib.file_mode(path), 0o640)
        for bad in ("SITE CHMOD 7777 f n", "SITE CHMOD 8 f n", "SITE CHMOD"):
            client.must(bad, 501)
        self.assertEqual(lib.file_mode(path), 0o640)

    def test_umask(self):
        client = self.login()
        client.must("SITE UMASK 027", 200)
        client.upload("STOR f", b"x")
        client.must("MKD d", 257)
        self.assertEqual(lib.file_mode(self.server.path("f")), 0o640)
        self.assertEqual(lib.file_mode(self.server.path("d")), 0o750)

    def test_features(self):
        client = self.client()
        before = client.must("FEAT", 211)
        client.login()
        after = client.must("FEAT", 211)
        # Rules 5 and 6.
        self.assertEqual(before.lines, after.lines)
        self.assertEqual(after.lines[-1], b"211 End")
        features = [line.decode() for line in after.lines[1:-1]]
        for feature in features:
            self.assertRegex(feature, r"^ \S")
        for wanted in (" UTF8", " TVFS", " SIZE", " MDTM", " MFMT", " REST STREAM",
                       " EPSV", " EPRT"):
            self.assertIn(wanted, features)
        client.must("FEAT x", 501)


class ManyEntries(lib.TestCase):
    COUNT = 20000

    def test_many_entries(self):
        directory = self.server.mkdir("many")
        names = [f"file-{number:06d}" for number in range(self.COUNT)]
        for name in names:
            os.close(os.open(os.path.join(directory, name), os.O_CREAT, 0o644))
        client = self.login()
        # The first name comes at once rather than in its order ...
        self.assertEqual(sorted(client.lines("NLST many")),
                         ["many/" + name for name in names])
        self.assertEqual(sorted(line.split()[-1]
                                for line in client.lines("LIST many")), names)
        # ... unless the client asks for an order.
        self.assertEqual([line.split()[-1]
                          for line in client.lines("LIST -r many")],
                         names[::-1])
        self.assertEqual(len(set(client.lines("MLSD many"))), self.COUNT)
        # On the control connection there is a bound.
        reply = client.must("STAT many", 212)
        self.assertLessEqual(len(reply.lines), 10003)
        # Closed in the middle: the session goes on.
        with client.transfer("LIST many") as sock:
            sock.recv(10)
        self.assertEqual(client.reply().code in (226, 426), True)
        client.must("NOOP", 200)


if __name__ == "__main__":
    lib.main()
