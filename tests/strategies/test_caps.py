"""Caps on calls, dollars and seconds, whatever experts do and whatever the strategy."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from gateway.strategies import STRATEGIES
from tests.conftest import Running, gateway_in
from tests.strategies.pool import QUESTION
from tests.strategies.told import Behaviour, logprobs, told_yaml
from tests.upstream import BEHAVIOURS, Exchange, Office, Upstream, completion

ABLE = sorted(set(STRATEGIES) - {"prompts"})
"""Those that need nothing else; `prompts` asks as `single` does."""
POOL = {"one": (0.5, 1.0), "two": (0.7, 5.0), "three": (0.9, 20.0), "four": (0.8, 0.0)}
SAID = (
    "C",
    "The answer is (B).",
    "",
    "I would rather not say. " * 200,
    '[{"part": "Which gases are there?", "needs": []}, {"part": "Which do plants need?", "needs": [1]}]',
    '<expert role="a botanist">What do plants breathe?</expert><expert>Is helium a gas?</expert>',
    "NONE",
    "Answer 2",
)
FAULTS = ("fail", "garbage", "odd", "refuse", "hang", "busy")
DEADLINE_S, SLACK_S = 1.0, 1.5


@pytest.fixture(scope="module")
def house(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    upstream = Upstream()
    upstream.url = office.url
    yaml = told_yaml(upstream, POOL, sure=0.9).replace("retries: 0", "retries: 0, breaker_failures: 1000")
    with gateway_in(tmp_path_factory.mktemp("caps"), yaml) as running:
        yield running


def whatever(chance: random.Random) -> Behaviour:
    """Says one thing or another, as long as it may, or fails in some way."""

    async def behave(x: Exchange) -> None:
        if chance.random() < 0.25:
            await BEHAVIOURS[chance.choice(FAULTS)](x)
            return
        written = min(x.body.get("max_tokens") or 400, 400)
        body = completion(chance.choice(SAID), usage={"prompt_tokens": 20, "completion_tokens": written})
        body["choices"][0]["logprobs"] = logprobs(chance.uniform(0.1, 1.0)) if x.body.get("logprobs") else None
        await x.reply(200, body)

    return behave


@pytest.mark.parametrize("strategy", ABLE)
@pytest.mark.parametrize("seed", range(4))
def test_no_cap_is_passed(house: Running, upstream: Upstream, strategy: str, seed: int) -> None:
    chance = random.Random(f"{strategy} {seed}")
    upstream.behave |= {name: whatever(chance) for name in POOL}
    calls, usd = chance.randint(1, 9), chance.choice((0.0005, 0.002, 0.01, 0.05))
    begun = time.monotonic()
    response = house.ask(
        f"auto:{strategy}",
        QUESTION,
        coterie={"max_calls": calls, "max_cost_usd": usd, "deadline_s": DEADLINE_S, "explain": True},
    )
    took = time.monotonic() - begun
    body = response.json()
    assert response.status_code in {200, 400, 429, 502, 503, 504} and took < DEADLINE_S + SLACK_S
    assert len(upstream.received) <= calls
    if response.status_code == 200:
        assert body["coterie"]["cost_usd"] <= usd + 1e-12
        assert body["choices"][0]["message"]["content"] in SAID
        assert body["choices"][0].get("logprobs") is None
