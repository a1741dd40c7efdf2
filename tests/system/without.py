#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""without.py ERROR FEATURE[,FEATURE] COMMAND...: runs the command as if on a kernel
that lacks these ("landlock", "filters"): what they begin with fails with ERROR, a
number. By a filter of system calls, so it holds for all that the command starts."""

import ctypes
import os
import sys

ALLOW = 0x7FFF0000
EQUAL = 4  # SCMP_CMP_EQ
PR_SET_SECCOMP = 22


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


# The call, and what its first argument must be for it to fail.
CALLS = {
    "landlock": [(b"landlock_create_ruleset", None)],
    "filters": [(b"seccomp", None), (b"prctl", PR_SET_SECCOMP)],
}


def refuse(error, features):
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_init.argtypes = [ctypes.c_uint32]
    lib.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    lib.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
        ctypes.POINTER(Compare)]
    lib.seccomp_load.argtypes = [ctypes.c_void_p]
    made = lib.seccomp_init(ALLOW)
    for feature in features:
        for call, first in CALLS[feature]:
            when = Compare(0, EQUAL, first or 0, 0)
            number = lib.seccomp_syscall_resolve_name(call)
            if lib.seccomp_rule_add_array(made, 0x00050000 | error, number,
                                          int(first is not None),
                                          ctypes.byref(when)) != 0:
                sys.exit("without.py: no rule for " + call.decode())
    if lib.seccomp_load(made) != 0:
        sys.exit("without.py: no filter can be loaded")


if __name__ == "__main__":
    refuse(int(sys.argv[1]), sys.argv[2].split(","))
    os.execvp(sys.argv[3], sys.argv[3:])
