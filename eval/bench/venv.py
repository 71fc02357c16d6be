"""Throw-away virtual environments for what is measured beside us, kept in the user's cache folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from eval.bench.errors import BenchError

STAMP = "installed.txt"


def cache_folder(name: str) -> Path:
    """Where the environment of this name is kept."""
    return user_cache_path("coterie", appauthor=False) / "bench" / name


def python_with(folder: Path, requirements: Sequence[str], say: Callable[[str], None]) -> Path:
    """The interpreter of a virtual environment that has them, made on first use; BenchError where pip fails."""
    python = folder / "bin" / "python"
    wanted = stamp(requirements)
    written = folder / STAMP
    if written.is_file() and written.read_text() == wanted:
        return python
    say(f"installing {', '.join(requirements)} into {folder} (once)")
    _run([sys.executable, "-m", "venv", "--clear", str(folder)], folder.name)
    _run([str(python), "-m", "pip", "install", "--quiet", *requirements], folder.name)
    written.write_text(wanted)
    return python


def stamp(requirements: Sequence[str]) -> str:
    """What a finished environment holds; written last, so that a broken-off installation is begun anew."""
    return "\n".join((sys.version, *requirements))


def _run(command: Sequence[str], name: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise BenchError(f"cannot install {name}: {lines[-1].strip()[:300]}")
