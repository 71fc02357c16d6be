"""One GGUF file behind an OpenAI-shaped HTTP server on the loopback. Knows no experts and sends no requests."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from gateway.errors import StartError

log = logging.getLogger("coterie.models")
WORKER = Path(__file__).with_name("worker.py")
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How one model is run. Memory for context is taken at start: slots x context tokens of it."""

    context: int = 4096
    """Tokens of prompt and answer together, for each of the slots."""
    slots: int = 4
    """Requests answered at once; more of them wait inside the server."""
    threads: int | None = None
    """None: all cores but one, which the gateway and its other models need.

    Threads of llama.cpp wait for one another at every layer: with as many as there are cores, one other busy process
    makes them five times slower than one thread alone.
    """
    answer_tokens: int = 1024
    """Ends an answer whose request names no max_tokens; without it a small model rambles until its context is full."""
    batch: int = 256
    """Prompt tokens between two looks at whether the client is still there."""
    prompt_cache_mb: int = 256
    load_timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the worker is told, on its standard input so that no other user of the machine sees the key."""

    path: str
    alias: str
    api_key: str
    context: int
    slots: int
    threads: int
    answer_tokens: int
    batch: int
    prompt_cache_mb: int


class LocalServer:
    """`async with LocalServer(path, "name", key) as server:` loads the model and answers at `server.base_url`."""

    def __init__(self, path: Path, alias: str, api_key: str, options: ServerOptions | None = None) -> None:
        self.path = path
        self.alias = alias
        self.options = options or ServerOptions()
        self._api_key = api_key
        self._address = ""
        self._process: Process | None = None
        self._log: asyncio.Task[None] | None = None
        self._last_words: deque[str] = deque(maxlen=5)

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`. Every call to it needs `Authorization: Bearer` and the key."""
        return f"{self._address}/v1"

    @property
    def alive(self) -> bool:
        return bool(self._address) and self._process is not None and self._process.returncode is None

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self.options.load_timeout_s):
                answer = await self._start()
        except TimeoutError:
            answer = {"error": f"not loaded within {self.options.load_timeout_s:.0f} s"}
        finally:
            if not self._address:
                await self._stop()
        if not self._address:
            raise StartError(self._why(answer))
        log.info("model %s answers at %s", self.alias, self._address)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stop()

    async def _start(self) -> dict[str, str]:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", str(WORKER), stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
        assert self._process.stdin and self._process.stdout
        self._log = asyncio.create_task(self._read_log(self._process))
        with suppress(ConnectionError):
            self._process.stdin.write(json.dumps(asdict(self._order())).encode() + b"\n")
            await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        answer: dict[str, str] = json.loads(line) if line else {"error": "llama.cpp ended while loading it"}
        self._address = answer.get("address", "")
        return answer

    async def _stop(self) -> None:
        """Ends the process, whatever it is doing: its memory and its port are free afterwards."""
        process, self._address = self._process, ""
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._log is not None:
            await self._log
        self._process = None

    async def _read_log(self, process: Process) -> None:
        assert process.stderr
        while line := await process.stderr.readline():
            words = line.decode(errors="replace").strip()
            self._last_words.append(words)
            log.debug("llama.cpp, model %s: %s", self.alias, words)

    def _order(self) -> Order:
        options: dict[str, Any] = asdict(self.options)
        del options["load_timeout_s"]
        options["threads"] = self.options.threads or max(1, _cores() - 1)
        return Order(path=str(self.path), alias=self.alias, api_key=self._api_key, **options)

    def _why(self, answer: dict[str, str]) -> str:
        if "missing" in answer:
            return f"model {self.alias} needs llama.cpp: pip install 'coterie[local]' ({answer['missing']})"
        reason = self._last_words[-1] if self._last_words else answer.get("error", "")
        return f"model {self.alias} ({self.path}) could not be loaded: {reason}"


def _cores() -> int:
    """Cores this process may use, where the system tells."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
