"""Server programs that a benchmark starts, waits for and never leaves behind. Knows none of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from eval.bench.asking import status
from eval.bench.errors import BenchError

READY_S = 180.0
STOP_S = 15.0


@dataclass(frozen=True, slots=True)
class Program:
    """How to start a server, and the path that answers 200 once it can work."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    ready: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """A program that runs and is ready; `pid` is the root of its processes."""

    url: str
    pid: int


def free_port() -> int:
    """A port of the loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(program: Program, log: Path) -> Iterator[Server]:
    """The program, ready, with what it prints in `log`; on leaving it and all its children end."""
    with running(program.command, program.environment, log) as process:
        _wait(program, process, log)
        yield Server(program.url, process.pid)


@contextmanager
def running(command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own: Ctrl-C is ours to pass on, and its children are found by the group."""
    with log.open("ab") as printed:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _wait(program: Program, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while status(program.url + program.ready) != 200:
        if process.poll() is not None:
            raise BenchError(f"{program.name} ended at its start: {last_line(log)}")
        if time.monotonic() > deadline:
            raise BenchError(f"{program.name} was not ready within {READY_S:g} s: {last_line(log)}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the group to end; whoever of it is still there after that, or when we are hurried, is killed."""
    try:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def last_line(log: Path) -> str:
    """The last thing it said."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip()[:300] if lines else "it printed nothing"
