"""The record read as a log to learn from: decisions in the order in which they were taken, joined with their feedback.

Reads only, in pages by time and id, so that a large record is never in memory at once; blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Select, and_, or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StartError
from gateway.logged import VERDICTS, Forecast, Logged
from gateway.store.database import Database
from gateway.store.tables import FEEDBACK, RECORDS

PAGE = 1000
COLUMNS = (
    "id", "created_at", "tenant", "model", "strategy", "policy", "router", "artifact", "category", "confidence", "sure",
    "propensity", "served", "status", "session", "thrift", "features", "estimates", "plan", "calls", "cost_usd",
    "latency_s",
)  # fmt: skip
Found = Any
"""A row as the database has it."""


def logged_in(database: Database, since: float = 0.0, until: float | None = None) -> Iterator[Logged]:
    """Every decision taken from `since` and before `until` (UTC seconds). StartError where it cannot be read."""
    after: tuple[float, str] | None = None
    try:
        with database.engine.connect() as connection:
            while page := connection.execute(_page(since, until, after)).all():
                opinions = _opinions(connection, [row.id for row in page])
                yield from (_logged(row, opinions.get(row.id, ())) for row in page)
                after = page[-1].created_at, page[-1].id
    except SQLAlchemyError as error:
        raise StartError(f"{database.name} cannot be read: {database.reason(error)}") from error


def _page(since: float, until: float | None, after: tuple[float, str] | None) -> Select[Any]:
    at, id_ = RECORDS.c.created_at, RECORDS.c.id
    wanted = select(*(RECORDS.c[name] for name in COLUMNS)).where(at >= since)
    if until is not None:
        wanted = wanted.where(at < until)
    if after is not None:
        wanted = wanted.where(or_(at > after[0], and_(at == after[0], id_ > after[1])))
    return wanted.order_by(at, id_).limit(PAGE)


def _opinions(connection: Connection, ids: Sequence[str]) -> Mapping[str, Sequence[Found]]:
    columns = FEEDBACK.c.decision_id, FEEDBACK.c.score, FEEDBACK.c.verdict, FEEDBACK.c.created_at
    found: dict[str, list[Found]] = {}
    for row in connection.execute(select(*columns).where(FEEDBACK.c.decision_id.in_(ids))):
        found.setdefault(row.decision_id, []).append(row)
    return found


def _logged(row: Found, opinions: Sequence[Found]) -> Logged:
    features, plan = orjson.loads(row.features), orjson.loads(row.plan)
    said = [(worth, one.created_at) for one in opinions if (worth := _worth(one.score, one.verdict)) is not None]
    return Logged(
        id=row.id,
        at=row.created_at,
        tenant=row.tenant,
        model=row.model,
        strategy=row.strategy,
        policy=row.policy,
        router=row.router,
        artifact=row.artifact,
        category=row.category,
        confidence=row.confidence,
        sure=row.sure,
        outlier=bool(features.get("outlier", False)),
        input_tokens=int(features.get("input_tokens", 0)),
        needs=frozenset(features.get("needs", ())),
        session=row.session,
        thrift=row.thrift,
        forecasts=tuple(map(_forecast, orjson.loads(row.estimates))),
        experts=tuple(plan.get("experts", ())),
        propensity=row.propensity,
        served=row.served,
        status=row.status,
        cost_usd=row.cost_usd,
        latency_s=row.latency_s,
        calls=len(orjson.loads(row.calls)),
        feedback=sum(worth for worth, _ in said) / len(said) if said else None,
        feedback_at=max((at for _, at in said), default=None),
    )


def _worth(score: float | None, verdict: str | None) -> float | None:
    """A score counts as it is; a verdict alone where it is one of the API's."""
    return score if score is not None else VERDICTS.get((verdict or "").strip().lower())


def _forecast(given: Mapping[str, Any]) -> Forecast:
    return Forecast(
        given["expert"],
        given.get("score"),
        given.get("std"),
        float(given.get("cost_usd") or 0.0),
        float(given.get("latency_s") or 0.0),
        given.get("utility"),
        float(given.get("load_price") or 0.0),
    )
