"""Logged decisions as tests need them: rows, and whole records whose draws and truths are known."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import insert

from gateway.draw import Lot
from gateway.logged import Forecast, Logged
from gateway.store.database import Database
from gateway.store.schema import prepare
from gateway.store.tables import FEEDBACK, RECORDS, TEXTS

NAMES = ("first", "second", "third")
EXPERTS = """\
version: 1
# who there is
defaults: {provider: openai, base_url: 'http://127.0.0.1:9/v1', abilities: {default: 0.5}}
experts:
  - {name: first, model: m, price: {input_per_mtok: 10, output_per_mtok: 10}}  # dear
  - {name: second, model: m}
  - {name: third, model: m}

policies:
  auto: {explore: 0.3, thrift: 0}  # mine
  calm: {switch_margin: 0.5}
"""


def forecasts(scores: Mapping[str, float | None]) -> tuple[Forecast, ...]:
    return tuple(Forecast(name, score, 0.1, 0.001, 1.0, score) for name, score in scores.items())


def logged(id: str = "dec_1", **more: Any) -> Logged:
    """A decision of `auto` for the first of three, drawn with 0.9."""
    scores = more.pop("scores", dict(zip(NAMES, (0.8, 0.5, 0.4), strict=True)))
    given: dict[str, Any] = {
        "id": id,
        "at": 1.0,
        "tenant": "acme",
        "model": "auto",
        "strategy": "single",
        "policy": "auto",
        "router": "blend",
        "artifact": "v1",
        "category": "math",
        "confidence": 0.9,
        "sure": True,
        "outlier": False,
        "input_tokens": 10,
        "needs": frozenset(),
        "session": None,
        "thrift": None,
        "forecasts": forecasts(scores),
        "experts": ("first", "second", "third"),
        "propensity": 0.9,
        "served": "first",
        "status": "ok",
        "cost_usd": 0.001,
        "latency_s": 1.0,
        "calls": 1,
        "lot": Lot("first", 0.15, 0.01),
    }
    return Logged(**{**given, **more})


def write_record(
    path: Path,
    n: int,
    quality: Callable[[int, str], float],
    *,
    explore: float = 0.3,
    heard: float = 1.0,
    texts: Sequence[str] = (),
    **more: Any,
) -> str:
    """A record in which `first` was in front and others were drawn; the URL. quality: of (row, expert), as judged."""
    database, chance = Database(f"sqlite:///{path}"), random.Random(7)
    database.open()
    prepare(database.engine, path.name)
    rows, opinions = [], []
    for number in range(n):
        who = chance.choice(NAMES) if chance.random() < explore else "first"
        propensity = explore / 3 + (1 - explore) * (who == "first")
        rows.append({**_row(number, who, propensity, explore), **more})
        if chance.random() < heard:
            opinions.append(_opinion(number, quality(number, who)))
    with database.engine.begin() as connection:
        connection.execute(insert(RECORDS), rows)
        if opinions:
            connection.execute(insert(FEEDBACK), opinions)
        if texts:
            connection.execute(insert(TEXTS), [_words(number, text) for number, text in enumerate(texts)])
    database.close()
    return f"sqlite:///{path}"


def _row(number: int, who: str, propensity: float, explore: float) -> dict[str, Any]:
    order = (who, *(name for name in NAMES if name != who))
    plan = {"experts": order, "draw": {"front": "first", "explore": explore, "reference_usd": 0.008}}
    estimates = [
        {"expert": name, "score": 0.5 + 0.1 * (name == "first"), "std": 0.1, "cost_usd": 0.008 * (name == "first"),
         "latency_s": 1.0, "utility": 0.5}
        for name in NAMES
    ]  # fmt: skip
    empty = {"reason": "", "stream": False, "tags": "{}", "wishes": "{}", "dropped": "[]", "calls": "[]", "worker": "w"}
    counts = {"input_tokens": 9, "output_tokens": 9, "overhead_s": 0.001, "retries": 0, "fallbacks": 0}
    return {
        "id": f"dec_{number}",
        "created_at": 1_700_000_000.0 + number,
        "tenant": "acme",
        "model": "auto",
        "strategy": "single",
        "policy": "auto",
        "router": "blend",
        "artifact": "v1",
        "confidence": 0.9,
        "sure": True,
        "propensity": propensity,
        "served": who,
        "status": "ok",
        "features": '{"input_tokens": 9, "needs": [], "outlier": false}',
        "estimates": orjson.dumps(estimates).decode(),
        "plan": orjson.dumps(plan).decode(),
        "cost_usd": 0.008 if who == "first" else 0.0,
        "latency_s": 1.0,
        **empty,
        **counts,
    }


def _opinion(number: int, score: float) -> dict[str, Any]:
    return {
        "id": f"fb_{number}",
        "decision_id": f"dec_{number}",
        "tenant": "acme",
        "score": score,
        "created_at": 1_700_000_001.0 + number,
    }


def _words(number: int, text: str) -> dict[str, Any]:
    messages = orjson.dumps([{"role": "user", "content": text}]).decode()
    return {"decision_id": f"dec_{number}", "prompt": messages, "answer": "x", "expires_at": 9e9}
