"""One line a request: its ids, decision, expert, cost and times, and never a word of what was said.

Written as JSON straight to the stream, a few lines at a time: at thousands of requests a second the logging module's
records would cost more than routing does.
"""

from __future__ import annotations

import asyncio
import time
from typing import BinaryIO

import orjson

from gateway.types import Answer

FLUSH_S = 0.05


class RequestLog:
    """`stream` None logs nothing. Lines appear within a twentieth of a second, and at the latest on `flush`."""

    def __init__(self, stream: BinaryIO | None) -> None:
        self._stream = stream
        self._lines: list[bytes] = []

    def answered(self, request_id: str, answer: Answer) -> None:
        """A request that was planned, however it ended."""
        if self._stream is None:
            return
        served = answer.served
        self._add(
            {
                "time": round(time.time(), 3),
                "level": "info",
                "logger": "coterie.request",
                "event": "answered",
                "request": request_id,
                "id": answer.query.id,
                "tenant": answer.query.tenant,
                "model": answer.query.model,
                "expert": served.expert if served else None,
                "code": answer.error.code if answer.error else "ok",
                "reason": answer.error.reason if answer.error else None,
                "policy": answer.plan.policy,
                "strategy": answer.plan.strategy,
                "category": answer.decision.category,
                "cost_usd": answer.cost_usd,
                "input_tokens": sum(outcome.usage.input_tokens for outcome in answer.outcomes),
                "output_tokens": sum(outcome.usage.output_tokens for outcome in answer.outcomes),
                "retries": answer.retries,
                "fallbacks": answer.fallbacks,
                "first_token_s": served.first_token_s if served else None,
                "latency_s": round(answer.latency_s, 4),
                "overhead_ms": round(answer.overhead_s * 1000, 2),
            }
        )

    def ended(self, event: str, request_id: str, code: str, status: int) -> None:
        """A request that never came to a plan, or whose caller left."""
        if self._stream is None:
            return
        line = {"time": round(time.time(), 3), "level": "info", "logger": "coterie.request", "event": event}
        self._add({**line, "request": request_id, "code": code, "status": status})

    def flush(self) -> None:
        """Write what waits."""
        lines, self._lines = self._lines, []
        if lines and self._stream is not None:
            self._stream.write(b"".join(lines))
            self._stream.flush()

    def _add(self, line: dict[str, object]) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_S, self.flush)
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
