"""Finding a record again, and taking down what its caller thought of it. Blocks; the recorder calls it in a thread.

Knows no writer: what is still waiting is looked for in the buffer first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import BadRequest, NotFound, Unavailable
from gateway.store.buffer import Buffer
from gateway.store.database import Database
from gateway.store.entries import Entry
from gateway.store.rows import COLUMNS, record_of, row_of
from gateway.store.tables import FEEDBACK, RECORDS
from gateway.types import Json

RETRY_S = 5.0


class RecordUnavailable(Unavailable):
    """The database of the record does not answer."""

    code = "record_unavailable"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a caller thought of one answer: a score in [0, 1], a word, or both."""

    score: float | None = None
    verdict: str | None = None
    comment: str | None = None

    def check(self) -> None:
        if self.score is None and self.verdict is None:
            raise BadRequest("Give a score between 0 and 1, or a verdict.", param="score")
        if self.score is not None and not 0 <= self.score <= 1:
            raise BadRequest("The score is a number between 0 and 1.", param="score")


class Reader:
    """What callers may see: their own tenant's records and no others."""

    def __init__(self, database: Database, buffer: Buffer, worker: str) -> None:
        self._database = database
        self._buffer = buffer
        self._worker = worker

    def find(self, id: str, tenant: str) -> Json:
        """The record of a decision; NotFound where there is none, or it is another tenant's."""
        row = self._waiting(id) or self._written(id)
        if row is None or row["tenant"] != tenant:
            raise NotFound(f"There is no decision {id[:80]!r}.", param="id")
        return record_of(row)

    def feedback(self, decision_id: str, tenant: str, opinion: Opinion) -> str:
        """The id of what has been stored."""
        opinion.check()
        self.find(decision_id, tenant)
        row = {
            "id": f"fb_{uuid4().hex}",
            "decision_id": decision_id,
            "tenant": tenant,
            "score": opinion.score,
            "verdict": _storable(opinion.verdict),
            "comment": _storable(opinion.comment),
            "created_at": time.time(),
        }
        try:
            with self._database.engine.begin() as connection:
                connection.execute(insert(FEEDBACK), [row])
        except SQLAlchemyError as error:
            raise self._unavailable() from error
        return str(row["id"])

    def _waiting(self, id: str) -> dict[str, Any] | None:
        found = self._buffer.find(id)
        if found is None:
            return None
        row = found.record if isinstance(found, Entry) else row_of(found.answer, found.at, self._worker)
        return dict(zip(COLUMNS, row, strict=True))

    def _written(self, id: str) -> dict[str, Any] | None:
        if not (id.isascii() and id.isprintable()):
            return None
        try:
            with self._database.engine.connect() as connection:
                found = connection.execute(select(RECORDS).where(RECORDS.c.id == id)).mappings().one_or_none()
        except SQLAlchemyError as error:
            raise self._unavailable() from error
        return None if found is None else dict(found)

    def _unavailable(self) -> RecordUnavailable:
        return RecordUnavailable("The record cannot be reached now; try again in a moment.", retry_after_s=RETRY_S)


def _storable(text: str | None) -> str | None:
    """Without what a database cannot hold: NUL and lone surrogates."""
    return None if text is None else text.replace("\x00", "").encode("utf-8", "replace").decode()
