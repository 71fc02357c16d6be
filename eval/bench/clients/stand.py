"""The clients, running: the upstream, one minimal gateway a client, and the check of what a cancelled call does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from eval.bench import nginx
from eval.bench.clients.callers import CALLERS
from eval.bench.clients.cancelled import NEVER
from eval.bench.clients.environment import child_environment
from eval.bench.contestants import CHAT_PATH, UPSTREAM, Contestant
from eval.bench.errors import BenchError
from eval.bench.processes import Program, Server, free_port, serving
from eval.bench.tools import Tools

CHECK_S = 60.0


@contextmanager
def clients(tools: Tools, folder: Path, python: Path) -> Iterator[tuple[Contestant, ...]]:
    """The upstream by itself, then everyone in front of it."""
    with ExitStack() as stack:
        port = free_port()
        config = nginx.upstream_config(port, folder / "upstream")
        program = nginx.program(UPSTREAM, tools, folder / "upstream", port, config)
        upstream = stack.enter_context(serving(program, folder / "upstream.log"))
        contestants = [_contestant(UPSTREAM, upstream)]
        for client in CALLERS:
            server = stack.enter_context(serving(_program(client, python, upstream), folder / f"{client}.log"))
            contestants.append(_contestant(client, server))
        yield tuple(contestants)


def _contestant(name: str, server: Server) -> Contestant:
    return Contestant(name, server, nginx.MODEL, (nginx.MODEL,))


def _program(client: str, python: Path, upstream: Server) -> Program:
    port = free_port()
    command = (str(python), "-m", "eval.bench.clients.served", client, upstream.url + CHAT_PATH, str(port))
    return Program(client, command, child_environment(), port, "/")


def cancellation_s(client: str, python: Path) -> float | None:
    """Seconds until a cancelled call's connection is closed; None where it stays open."""
    command = [str(python), "-m", "eval.bench.clients.cancelled", client]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=dict(child_environment()),
            timeout=CHECK_S,
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{client}: the cancellation check did not end within {CHECK_S:g} s") from None
    if done.returncode:
        raise BenchError(f"{client}: the cancellation check failed: {done.stderr.strip().splitlines()[-1:]}")
    printed = done.stdout.strip()
    return None if printed == NEVER else float(printed)
