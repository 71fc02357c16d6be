"""Starts `coterie` without waiting for its imports: one process makes them once, and forks for each command.

A command is a process of its own still, with its own environment, folder and exit code. That the installed program
starts by itself is what the tests of the README and of `coterie serve` show.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

PRELOADED = (
    "pytest",
    "eval.cli",
    "sklearn.linear_model",
    "scipy.stats",
    "onnxruntime",
    "tokenizers",
    "tests.starting",
)
"""What any command imports first, and what many import later; nothing of `eval` but its command line."""


def become(command: Sequence[str], folder: Path, environment: Mapping[str, str], said: Path) -> None:
    """This process runs the command from here on; what it prints goes to two files."""
    for name, stream in (("out", 1), ("err", 2)):
        with (said / name).open("wb") as file:
            os.dup2(file.fileno(), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = list(command)
    from eval.cli import main

    main()


def run_forked(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> CompletedProcess[str]:
    """The command (the program's path first), run to its end. Raises TimeoutExpired."""
    with TemporaryDirectory() as said:
        process = forking().Process(target=become, args=(command, folder, environment, Path(said)))
        process.start()
        process.join(seconds)
        late = process.is_alive()
        process.kill()
        process.join()
        out, err = ((Path(said) / name).read_text() for name in ("out", "err"))
    if late:
        raise TimeoutExpired(list(command), seconds, out, err)
    assert process.exitcode is not None
    return CompletedProcess(list(command), process.exitcode, out, err)


@cache
def forking() -> ForkServerContext:
    """The process that has imported it all; it is started with the first command."""
    context = get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context
