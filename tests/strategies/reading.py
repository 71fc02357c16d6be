"""What came back, and what experts were told, for the tests of strategies."""

from __future__ import annotations

from typing import Any

import orjson

from tests.conftest import Running
from tests.upstream import Upstream

Json = dict[str, Any]
CALL_USD = (11 * 1.0 + 7 * 2.0) / 1e6
"""What every scripted answer costs at the prices of `pool_yaml`."""


def said_to(upstream: Upstream, model: str) -> list[str]:
    """The latest turn of every request that an expert was sent, in order."""
    return [body["messages"][-1]["content"] for body in upstream.received if body["model"] == model]


def record_of(running: Running, response: Any) -> Json:
    """The decision's record."""
    found: Json = running.get(f"/v1/decisions/{response.headers['x-coterie-decision']}").json()
    return found


def text_of(response: Any) -> str:
    """The words of an answer."""
    return str(response.json()["choices"][0]["message"]["content"]).strip()


def streamed(lines: list[str]) -> list[Json]:
    """The chunks of a stream."""
    return [orjson.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


def heard(lines: list[str]) -> str:
    """The words of a stream."""
    choices = (one for event in streamed(lines) for one in event.get("choices") or ())
    return "".join(one["delta"].get("content") or "" for one in choices).strip()
