"""The programs that a benchmark needs beside Python, and the environment that every child process is given."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.bench.errors import BenchError
from gateway.settings import environment

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where nginx lies on Debian; the search path of an ordinary user leaves them out."""
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


@dataclass(frozen=True, slots=True)
class Tools:
    """Where they are."""

    nginx: str
    wrk: str


def find_tools(path: str, system: Sequence[str] = SYSTEM_FOLDERS) -> Tools:
    """Both programs, on this search path or where the system keeps its own; BenchError says how to install them."""
    wide = os.pathsep.join((path, *system))
    nginx, wrk = shutil.which("nginx", path=wide), shutil.which("wrk", path=wide)
    if nginx is None or wrk is None:
        raise BenchError("the benchmark needs nginx and wrk: apt-get install nginx-light wrk")
    return Tools(nginx, wrk)


def plain_environment() -> Mapping[str, str]:
    """What every child is given of ours."""
    return plain(environment())


def plain(everything: Mapping[str, str]) -> Mapping[str, str]:
    """What a child needs to run, and nothing that could set it up differently: no proxy, no COTERIE_ variable."""
    return {name: value for name, value in everything.items() if name in PASSED_ON}
