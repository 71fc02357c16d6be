"""What stands between the grader and a program it does not trust: run as a script, by `python -I -S`.

Takes the program on standard input and what to close off in its first argument, shuts itself in, runs it, and ends as
it ended. Imports nothing of this package, which the program must not see.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import sys
from typing import Any

NOBODY = 61_313
"""A user that owns nothing."""
WORK = "work"
PROGRAM = "program.py"
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MNT_DETACH = 2, 4, 4096, 16384, 2
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
RDONLY_NOSUID = 1 | 2
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS = 1, 28, 38
NO_ROOT_FOR_EVER = 0b11101111
"""Securebits, all but one locked: being user 0 brings no capability (man 7 capabilities)."""
MEGABYTE = 1024 * 1024
SIGKILL = 9

Spec = dict[str, Any]


def main() -> None:
    spec: Spec = json.loads(sys.argv[1])
    program = sys.stdin.buffer.read()
    if spec["own_root"]:
        shut_in(spec["scratch"].encode(), spec["shown"], spec["file_mb"])
    else:
        os.chdir(spec["scratch"])
    with open(PROGRAM, "wb") as file:
        file.write(program)
    if spec["as_nobody"]:
        os.chown(".", NOBODY, NOBODY)
    child = os.fork()
    if child == 0:
        become(spec)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) % 256)


def shut_in(scratch: bytes, shown: list[str], size_mb: int) -> None:
    """A root of its own: what Python needs, read-only, and an empty folder in memory to write to."""
    mount(b"tmpfs", scratch, b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=1m")
    for path in (*shown, *DEVICES):
        show(path, os.fsdecode(scratch) + path)
    work = scratch + b"/" + WORK.encode()
    os.mkdir(work)
    read_only(scratch)
    mount(b"tmpfs", work, b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=%dm" % (2 * size_mb))
    os.chdir(scratch)
    call("pivot_root", b".", b".")
    call("umount2", b".", MNT_DETACH)
    os.chdir("/" + WORK)


def show(path: str, target: str) -> None:
    """The same file or folder at the same place, as a link where it is one."""
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
    elif os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
        mount(path.encode(), target.encode(), None, MS_BIND | MS_REC, None)
    elif os.path.exists(path):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "wb").close()
        mount(path.encode(), target.encode(), None, MS_BIND, None)


def read_only(scratch: bytes) -> None:
    """Everything mounted up to here (mount_setattr, Linux 5.12)."""
    attributes = (ctypes.c_uint64 * 4)(RDONLY_NOSUID, 0, 0, 0)
    call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, scratch, AT_RECURSIVE, attributes, ctypes.sizeof(attributes))


def become(spec: Spec) -> None:
    """The program, with neither rights nor environment."""
    if sys.platform == "linux":
        call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if spec["as_nobody"]:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        if sys.platform == "linux":
            call("prctl", PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)  # another user's process starts without it
    elif spec["own_root"]:
        call("prctl", PR_SET_SECUREBITS, NO_ROOT_FOR_EVER, 0, 0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    limit(spec)
    os.execve(sys.executable, [sys.executable, "-I", "-S", "-B", PROGRAM], {})


def limit(spec: Spec) -> None:
    """Neither process nor thread can be started: the program is one, and needs no other."""
    most = {
        resource.RLIMIT_CPU: spec["cpu_s"],
        resource.RLIMIT_AS: spec["memory_mb"] * MEGABYTE,
        resource.RLIMIT_FSIZE: spec["file_mb"] * MEGABYTE,
        resource.RLIMIT_NOFILE: spec["open_files"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, value in most.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise  # elsewhere some kinds cannot be set (macOS: memory)


def mount(source: bytes, target: bytes, kind: bytes | None, flags: int, options: bytes | None) -> None:
    call("mount", source, target, kind, ctypes.c_ulong(flags), options)


def call(name: str, *arguments: Any) -> None:
    """A function of the C library; OSError where it says that it failed."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, name):
        raise OSError(errno.ENOSYS, name)
    if getattr(library, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
