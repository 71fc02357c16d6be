"""The sandbox: a program goes in, how it ended comes out. Knows no question.

What it does not protect against stands in docs/evaluation.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from eval.collect.sandbox import launcher
from eval.collect.sandbox.ways import Way, interpreter, shown, ways
from gateway.errors import ConfigError

KEPT = 4096
"""Bytes of what a program writes that are kept: the last ones."""
CHUNK = 65_536
MOST_WRITTEN = 4 * 1024 * 1024
"""Bytes; a program that writes more is stopped."""
STOPPED = 255


@dataclass(frozen=True, slots=True)
class Limits:
    """wall_s: from its start, whatever it does. open_files: with the three standard ones."""

    cpu_s: int = 10
    wall_s: float = 20.0
    memory_mb: int = 1024
    file_mb: int = 16
    open_files: int = 64


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended. status: its exit status, from 192 on where it was stopped, None where the time was over.

    written, complaints: the tails of what it wrote.
    """

    status: int | None
    written: bytes
    complaints: bytes
    seconds: float


@dataclass(slots=True)
class Box:
    """Runs programs in the closest way that this machine allows; which one that is, the first run finds out."""

    limits: Limits = Limits()
    among: Sequence[Way] = field(default_factory=ways)
    _way: Way | None = None
    _finding: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def way(self) -> Way:
        """ConfigError where there is none."""
        async with self._finding:
            if self._way is None:
                self._way = await self._found()
        return self._way

    async def run(self, program: str) -> Ran:
        """The program, to its end or that of its time; everything it has started is gone then."""
        return await self._ran(await self.way(), program)

    async def _found(self) -> Way:
        mark = secrets.token_hex(8)
        for way in self.among:
            ran = await self._ran(way, f"import json, math, re\nprint({mark!r})")
            if ran.status == 0 and ran.written.strip() == mark.encode():
                return way
        raise ConfigError(f"programs cannot be run with limits on this system ({sys.platform}), so code is not graded")

    async def _ran(self, way: Way, program: str) -> Ran:
        with tempfile.TemporaryDirectory(prefix="coterie-", ignore_cleanup_errors=True) as scratch:
            begun = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *_command(way, self.limits, scratch),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=scratch,
                env={},
                start_new_session=True,
            )
            status, (written, complaints) = await self._ended(process, program.encode("utf-8", "replace"))
        return Ran(status, written, complaints, time.monotonic() - begun)

    async def _ended(self, process: asyncio.subprocess.Process, program: bytes) -> tuple[int | None, list[bytes]]:
        tails = [bytearray(), bytearray()]
        assert process.stdout is not None and process.stderr is not None
        status: int | None = None
        try:
            async with asyncio.timeout(self.limits.wall_s):
                _, *loud = await asyncio.gather(
                    _given(process, program),
                    _tail(process.stdout, tails[0], process.pid),
                    _tail(process.stderr, tails[1], process.pid),
                )
                status = await process.wait()
                status = STOPPED if any(loud) else status
        except TimeoutError:
            pass
        finally:
            _end(process.pid)
            await asyncio.gather(_drained(process.stdout), _drained(process.stderr))
            await process.wait()
        return status, [bytes(tail) for tail in tails]


def _command(way: Way, limits: Limits, scratch: str) -> Sequence[str]:
    spec = {
        **asdict(limits),
        "scratch": scratch,
        "own_root": way.own_root,
        "as_nobody": way.as_nobody,
        "shown": shown(),
    }
    script = str(Path(launcher.__file__).resolve())
    return (*way.wrapped, interpreter(), "-I", "-S", script, json.dumps(spec))


async def _given(process: asyncio.subprocess.Process, program: bytes) -> None:
    assert process.stdin is not None
    with suppress(ConnectionError):  # it may end before it has read
        process.stdin.write(program)
        await process.stdin.drain()
        process.stdin.close()


async def _tail(stream: asyncio.StreamReader, tail: bytearray, group: int) -> bool:
    """Only the end of what is written is kept. True: it was too much, so that its writers were ended."""
    written = 0
    while chunk := await stream.read(CHUNK):
        tail += chunk
        del tail[:-KEPT]
        written += len(chunk)
        if written > MOST_WRITTEN:
            _end(group)
    return written > MOST_WRITTEN


async def _drained(stream: asyncio.StreamReader) -> None:
    """To its end: asyncio takes a process for gone once its pipes are, and a full pipe that nobody reads stays."""
    while await stream.read(CHUNK):
        pass


def _end(group: int) -> None:
    """The whole process group; it may be gone already."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
