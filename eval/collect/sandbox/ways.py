"""Ways to shut a program in, the closest first, and which of them this machine allows. Runs nothing itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SPACES = ("--net", "--pid", "--ipc", "--uts", "--mount", "--fork", "--kill-child")
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store")
"""Where Python's own libraries may lie; what is not there is passed over."""


@dataclass(frozen=True, slots=True)
class Way:
    """wrapped: the command in front. own_root: it sees Python alone. as_nobody: it runs as a user without any rights.

    told: in words, what stays open.
    """

    wrapped: tuple[str, ...] = ()
    own_root: bool = False
    as_nobody: bool = False
    told: str = ""


def ways() -> Sequence[Way]:
    """Those that may work here. Limits bind no root, so nothing runs as root that is not shut in."""
    root = sys.platform != "win32" and os.geteuid() == 0
    unshare = shutil.which("unshare") if sys.platform == "linux" else None
    found = []
    if unshare:
        user = () if root else ("--user", "--map-root-user")
        found.append(Way((unshare, *user, *SPACES, "--"), own_root=True, as_nobody=root))
    if root:
        found.append(Way(as_nobody=True, told="it can use the network and read what every user may"))
    elif sys.platform != "win32":
        found.append(Way(told="it can use the network, and read and write what you can"))
    return found


def shown() -> tuple[str, ...]:
    """What a program with a root of its own sees: Python and the system's libraries."""
    prefix = str(Path(sys.base_prefix).resolve())
    paths = [path for path in LIBRARIES if os.path.exists(path) and not path.startswith(f"{prefix}/")]
    return tuple(paths if any(prefix.startswith(f"{path}/") for path in paths) else (prefix, *paths))


def interpreter() -> str:
    """Python itself, and not the one of a virtual environment."""
    return str(Path(sys.executable).resolve())
