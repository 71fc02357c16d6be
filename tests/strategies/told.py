"""Scripted experts with abilities and prices of their own, that say how probable their tokens were."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from tests.upstream import Exchange, Json, Upstream, completion, says

Behaviour = Callable[[Exchange], Awaitable[None]]


def told_yaml(upstream: Upstream, experts: dict[str, tuple[float, float]], **policy: Any) -> str:
    """By name, the ability at everything and the dollars per million tokens written; all give log-probabilities."""
    lines = ["version: 1", f"defaults: {{provider: openai, base_url: '{upstream.url}', retries: 0}}", "experts:"]
    for name, (ability, price) in experts.items():
        entry = {"name": name, "model": name, "abilities": {"default": ability}, "price": {"output_per_mtok": price}}
        lines.append(f"  - {orjson.dumps({**entry, 'supports': ['logprobs', 'tools']}).decode()}")
    given = {"router": "category", "thrift": 0.0, **policy}
    return "\n".join([*lines, "policies:", f"  auto: {orjson.dumps(given).decode()}", ""])


def logprobs(*chances: float, others: int = 0) -> Json:
    """As an endpoint gives them: for each token its log-probability, and that of as many others, alike."""
    tokens = []
    for chance in chances:
        rest = [{"token": "y", "logprob": math.log((1 - chance) / others)}] * others if others else []
        tokens.append(
            {
                "token": "x",
                "logprob": math.log(chance),
                "top_logprobs": [{"token": "x", "logprob": math.log(chance)}, *rest],
            }
        )
    return {"content": tokens}


def sure(text: str, chance: float, after: float = 0.0) -> Behaviour:
    """Says this, each token with this probability, where it is asked for it."""
    return sampled([(text, chance)], after)


def sampled(replies: list[tuple[str, float]], after: float = 0.0) -> Behaviour:
    """One reply after the other, the last one again and again, each with the probability of its tokens."""
    left = list(replies)

    async def behave(x: Exchange) -> None:
        text, chance = left.pop(0) if len(left) > 1 else left[0]
        if x.body.get("stream") or not x.body.get("logprobs"):
            await says(text, after)(x)
            return
        await asyncio.sleep(after)
        body = completion(text)
        body["choices"][0]["logprobs"] = logprobs(chance, chance, others=4 if x.body.get("top_logprobs") else 0)
        await x.reply(200, body)

    return behave


def in_order(*texts: str) -> Behaviour:
    """One text after the other, the last one again and again."""
    left = list(texts)

    async def behave(x: Exchange) -> None:
        await says(left.pop(0) if len(left) > 1 else left[0])(x)

    return behave
