"""Calls through the gateway of which a note is kept in a file, so that none is made twice. Grades nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import GatewayError
from gateway.lines import append, lines_in
from gateway.pipeline import Pipeline
from gateway.types import Answer, Json, Query, Reply

AT_ONCE = 4
IN_A_ROW = 4
"""So many calls that fail one after the other, and nobody is asked on."""

Note = Callable[[Answer, Reply], Json]
"""What is kept of an answer."""


class KeptCalls:
    """`made`: how many calls were answered now, and not read from the file."""

    def __init__(self, pipeline: Pipeline, path: Path) -> None:
        self.made = 0
        self._pipeline = pipeline
        self._path = path
        self._known = {str(row.get("key")): row for row in lines_in(path)}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._failed = 0

    def known(self, parts: list[Any]) -> Json | None:
        """What was kept of the call that these parts tell from every other; None where it was not made yet."""
        return self._known.get(_key(parts))

    async def note(self, parts: list[Any], query: Query, note: Note) -> Json | None:
        """What is kept of the call, made now where it was not before; None where it failed.

        The error itself where several fail in a row.
        """
        known = self.known(parts)
        if known is not None:
            return known
        async with self._places:
            answer = await self._answer(query)
        if answer is None:
            return None
        row = {"key": _key(parts), **note(*answer)}
        append(self._path, row)
        self._known[str(row["key"])] = row
        self.made += 1
        return row

    async def _answer(self, query: Query) -> tuple[Answer, Reply] | None:
        found = await self._tried(query)
        if not isinstance(found, GatewayError):
            self._failed = 0
            return found
        self._failed += 1
        if self._failed >= IN_A_ROW:
            raise found
        return None

    async def _tried(self, query: Query) -> tuple[Answer, Reply] | GatewayError:
        try:
            answer = await self._pipeline.answer(query)
        except GatewayError as error:
            return error
        reply = answer.served.reply if answer.served else None
        return (answer, reply) if reply is not None else answer.error or GatewayError("nothing came back")


def _key(parts: list[Any]) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]
