"""The clients: what they are installed with, what is told of them, and that a cancelled call ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from eval.bench.clients.callers import CALLERS
from eval.bench.clients.cancelled import closes
from eval.bench.clients.environment import installed, requirements
from eval.bench.clients.report import as_json, sheet
from eval.bench.clients.served import Forwarder
from eval.bench.contestants import UPSTREAM
from eval.bench.rounds import Figures, Results


def figures(requests_per_s: float) -> Figures:
    return Figures(requests_per_s, 1.0, 2.0, 0.25, 10.0, turns=())


RESULTS = Results({UPSTREAM: figures(90_000), "slow": figures(500), "fast": figures(9_000)}, {})
CANCELLATIONS = {"slow": 0.0123, "fast": None}


def test_versions_are_ours_where_we_have_them():
    assert requirements(["pytest", "no-such-package"]) == (f"pytest=={pytest.__version__}", "no-such-package")
    assert installed("no-such-package") == ""


def test_the_fastest_client_stands_first_and_the_upstream_last():
    rows = sheet(RESULTS, CANCELLATIONS).rows
    assert [row[0] for row in rows] == ["fast", "slow", UPSTREAM]
    assert rows[1] == ("slow", "500", "1.00", "2.00", "0.250", "yes, 12 ms")
    assert [row[-1] for row in rows] == ["no", "yes, 12 ms", ""]


def test_the_json_holds_figures_and_cancellations():
    told = json.loads(json.dumps(as_json(RESULTS, CANCELLATIONS)))
    assert told["results"]["figures"]["fast"]["requests_per_s"] == 9_000
    assert told["cancellation_s"] == {"slow": 0.0123, "fast": None}


def test_the_client_we_use_closes_the_connection_of_a_cancelled_call():
    took_s = asyncio.run(closes(CALLERS["pyqwest"]))
    assert took_s is not None and took_s < 1.0


def test_a_client_that_keeps_the_connection_is_found_out():
    assert asyncio.run(closes(careless, limit_s=0.1)) is None


@asynccontextmanager
async def careless(url: str):
    """A client whose connection outlives its calls."""
    _, writer = await asyncio.open_connection("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]))

    async def call(body: bytes) -> tuple[int, bytes]:
        writer.write(body)
        await asyncio.Event().wait()
        return 200, b""

    yield call
    writer.close()
    await writer.wait_closed()


def test_the_minimal_gateway_forwards_a_request_and_its_answer():
    seen: list[bytes] = []
    sent: list[dict] = []
    pieces = [{"body": b'{"a": ', "more_body": True}, {"body": b"1}", "more_body": False}]

    async def call(body: bytes) -> tuple[int, bytes]:
        seen.append(body)
        return 201, b'{"b": 2}'

    async def receive() -> dict:
        return pieces.pop(0)

    async def send(message: dict) -> None:
        sent.append(message)

    asyncio.run(Forwarder(call)({"method": "POST"}, receive, send))
    assert seen == [b'{"a":1}']
    assert [message.get("status", message.get("body")) for message in sent] == [201, b'{"b":2}']
