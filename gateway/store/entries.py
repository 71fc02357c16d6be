"""What waits to be written: answers as they were handed over, and the rows made of them. Knows no database."""

from __future__ import annotations

from typing import NamedTuple

from gateway.store.rows import Row, as_json, row_of
from gateway.types import Answer


class Arrival(NamedTuple):
    """An answer as it was handed over, at a time in UTC seconds."""

    at: float
    answer: Answer

    @property
    def id(self) -> str:
        return self.answer.query.id


class Entry(NamedTuple):
    """What is written of one answer; `words`, a row of `texts`, only where the operator keeps them."""

    record: Row
    words: Row | None

    @property
    def id(self) -> str:
        return str(self.record[0])

    @property
    def chars(self) -> int:
        """The length of prompt and answer."""
        return 0 if self.words is None else len(self.words[1]) + len(self.words[2] or "")


def entry_of(arrival: Arrival, worker: str, keep_texts_s: float) -> Entry:
    words = _words_of(arrival, keep_texts_s) if keep_texts_s > 0 else None
    return Entry(row_of(arrival.answer, arrival.at, worker), words)


def _words_of(arrival: Arrival, keep_texts_s: float) -> Row:
    query, served = arrival.answer.query, arrival.answer.served
    reply = None if served is None else served.reply
    prompt = as_json(query.body.get("messages", []))
    return query.id, prompt, None if reply is None else reply.text, arrival.at + keep_texts_s
