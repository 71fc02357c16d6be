"""The record read as a log to learn from: decisions in the order they were taken, joined with their feedback.

Reads only, in pages by time and id, so that a large record is never in memory at once, while gateways write. Blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import nan
from sys import intern
from typing import Any

import orjson
from sqlalchemy import Connection, Select, and_, func, inspect, or_, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.draw import Lot
from gateway.errors import StartError
from gateway.logged import VERDICTS, Forecast, Logged
from gateway.store.database import Database
from gateway.store.tables import FEEDBACK, RECORDS, TEXTS
from gateway.types import Json

PAGE = 1000
COLUMNS = (
    "id", "created_at", "tenant", "model", "strategy", "policy", "router", "artifact", "category", "confidence", "sure",
    "propensity", "served", "status", "session", "thrift", "wishes", "features", "estimates", "plan", "calls",
    "cost_usd", "latency_s", "retrieval",
)  # fmt: skip
Found = Any
"""A row as the database has it."""


@contextmanager
def record_at(url: str) -> Iterator[Database]:
    """The record of this URL, to be read; StartError, in one line, where there is none or it is something else."""
    database = Database(url)
    if database.path is not None and not database.path.is_file():
        raise StartError(
            f"There is no record at {database.path}; name one with --record, or let the gateway serve first."
        )
    database.open()
    try:
        _refuse(database)
        yield database
    finally:
        database.close()


def logged_in(database: Database, since: float = 0.0, until: float | None = None) -> Iterator[Logged]:
    """Every decision taken from `since` and before `until` (UTC seconds). StartError where it cannot be read."""
    after: tuple[float, str] | None = None
    with reading(database) as connection:
        while page := connection.execute(_page(since, until, after)).all():
            opinions = _opinions(connection, [row.id for row in page])
            yield from (_logged(row, opinions.get(row.id, ())) for row in page)
            after = page[-1].created_at, page[-1].id


def count_in(database: Database, since: float = 0.0, until: float | None = None) -> int:
    """How many decisions `logged_in` would tell of; StartError where it cannot be read."""
    with reading(database) as connection:
        return connection.execute(
            select(func.count()).select_from(_within(select(RECORDS.c.id), since, until).subquery())
        ).scalar_one()


def strays_in(database: Database) -> int:
    """How many opinions are of decisions that the record does not hold; StartError where it cannot be read."""
    known = select(RECORDS.c.id).where(RECORDS.c.id == FEEDBACK.c.decision_id).exists()
    with reading(database) as connection:
        return connection.execute(select(func.count()).select_from(FEEDBACK).where(~known)).scalar_one()


def prompts_in(database: Database, ids: Sequence[str]) -> Iterator[tuple[str, list[Json]]]:
    """(id, the messages of its request) of those of these decisions whose texts were kept, in any order."""
    with reading(database) as connection:
        for start in range(0, len(ids), PAGE):
            wanted = select(TEXTS.c.decision_id, TEXTS.c.prompt).where(
                TEXTS.c.decision_id.in_(ids[start : start + PAGE])
            )
            for row in connection.execute(wanted).all():
                messages = _parsed(row.prompt)
                if isinstance(messages, list):
                    yield row.decision_id, messages


def logged_as(database: Database, ids: Sequence[str]) -> Iterator[Logged]:
    """The decisions of these ids, without those that the record does not hold, in any order."""
    with reading(database) as connection:
        for start in range(0, len(ids), PAGE):
            asked = ids[start : start + PAGE]
            wanted = select(*(RECORDS.c[name] for name in COLUMNS)).where(RECORDS.c.id.in_(asked))
            opinions = _opinions(connection, asked)
            yield from (_logged(row, opinions.get(row.id, ())) for row in connection.execute(wanted).all())


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """A connection to read by; StartError, in one line, where that fails."""
    try:
        with database.engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StartError(f"{database.name} cannot be read: {database.reason(error)}") from error


def _refuse(database: Database) -> None:
    """StartError where this is no record, or one of an older gateway."""
    with reading(database) as connection:
        found = inspect(connection)
        tables = set(found.get_table_names())
        missing = sorted({RECORDS.name, FEEDBACK.name, TEXTS.name} - tables)
        columns = {column["name"] for column in found.get_columns(RECORDS.name)} if RECORDS.name in tables else set()
    if missing:
        raise StartError(
            f"{database.name} is no record of the gateway (it has no table {missing[0]}); name another with --record."
        )
    if lacking := sorted(set(COLUMNS) - columns):
        raise StartError(
            f"{database.name} is of an older version (no column {lacking[0]}); `coterie serve` brings it up to date."
        )


def _page(since: float, until: float | None, after: tuple[float, str] | None) -> Select[Any]:
    at, id_ = RECORDS.c.created_at, RECORDS.c.id
    wanted = _within(select(*(RECORDS.c[name] for name in COLUMNS)), since, until)
    if after is not None:
        wanted = wanted.where(or_(at > after[0], and_(at == after[0], id_ > after[1])))
    return wanted.order_by(at, id_).limit(PAGE)


def _within(wanted: Select[Any], since: float, until: float | None) -> Select[Any]:
    at = RECORDS.c.created_at
    return wanted.where(at >= since) if until is None else wanted.where(at >= since, at < until)


def _opinions(connection: Connection, ids: Sequence[str]) -> Mapping[str, Sequence[Found]]:
    columns = FEEDBACK.c.decision_id, FEEDBACK.c.score, FEEDBACK.c.verdict, FEEDBACK.c.created_at
    found: dict[str, list[Found]] = {}
    for row in connection.execute(select(*columns).where(FEEDBACK.c.decision_id.in_(ids))):
        found.setdefault(row.decision_id, []).append(row)
    return found


def _logged(row: Found, opinions: Sequence[Found]) -> Logged:
    said = [(worth, one.created_at) for one in opinions if (worth := _worth(one.score, one.verdict)) is not None]
    plain = Logged(
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
        sure=bool(row.sure),
        outlier=False,
        input_tokens=0,
        needs=frozenset(),
        session=row.session,
        thrift=row.thrift,
        forecasts=(),
        experts=(),
        propensity=nan if row.propensity is None else row.propensity,
        served=row.served,
        status=row.status,
        cost_usd=row.cost_usd,
        latency_s=row.latency_s,
        calls=0,
        feedback=sum(worth for worth, _ in said) / len(said) if said else None,
        feedback_at=max((at for _, at in said), default=None),
        grounded=row.retrieval is not None,
    )
    try:
        return _with_documents(plain, row)
    except (ValueError, TypeError, KeyError, AttributeError):  # damaged, or by another hand: the row tells less
        return plain


def _with_documents(plain: Logged, row: Found) -> Logged:
    """What the columns of JSON tell."""
    features, plan = orjson.loads(row.features), orjson.loads(row.plan)
    return replace(
        plain,
        outlier=bool(features.get("outlier", False)),
        input_tokens=int(features.get("input_tokens", 0)),
        needs=frozenset(features.get("needs", ())),
        forecasts=tuple(map(_forecast, orjson.loads(row.estimates))),
        experts=tuple(plan.get("experts", ())),
        calls=len(orjson.loads(row.calls)),
        wishes={} if row.wishes == "{}" else orjson.loads(row.wishes),
        lot=_lot(plan["draw"]) if "draw" in plan else None,
        version=plan["learning"].get("version") if "learning" in plan else None,
    )


def _parsed(text: str) -> Any:
    """None where it is no JSON."""
    try:
        return orjson.loads(text)
    except ValueError:
        return None


def _worth(score: float | None, verdict: str | None) -> float | None:
    """A score counts as it is; a verdict alone where it is one of the API's."""
    return score if score is not None else VERDICTS.get((verdict or "").strip().lower())


def _lot(given: Mapping[str, Any]) -> Lot:
    return Lot(**{**given, "behind": tuple(given.get("behind", ()))})


def _forecast(given: Mapping[str, Any]) -> Forecast:
    return Forecast(
        intern(given["expert"]),
        given.get("score"),
        given.get("std"),
        float(given.get("cost_usd") or 0.0),
        float(given.get("latency_s") or 0.0),
        given.get("utility"),
        float(given.get("load_price") or 0.0),
        given.get("raw"),
    )
