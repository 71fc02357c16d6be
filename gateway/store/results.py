"""Results of lines: kept until they stand in an output file, counted as they come. Knows no files. Blocks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple

import orjson
from sqlalchemy import Connection, case, delete, func, insert, select, update

from gateway.batches.types import ENDED, Complaint, Counts, File, Result, Share, Spent
from gateway.store.batch_rows import hold
from gateway.store.batch_tables import BATCHES, FILES, RESULTS
from gateway.store.file_rows import row_of
from gateway.store.vault import Vault

CHUNK = 200
MANY = 5000


class Results:
    """The results of all batches; only the owner of a batch adds to them or ends it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def keep(self, id: str, owner: str, results: Sequence[Result], until: float) -> Counts:
        """Writes those that are new, with their sums, in one transaction, and says what is done by now.

        May be called again after a failure that hid whether it had succeeded. LeaseLost: nothing was written.
        """
        with self._vault.transaction() as connection:
            hold(connection, id, owner, until)
            numbers = [result.number for result in results]
            there = select(RESULTS.c.number).where(RESULTS.c.batch_id == id, RESULTS.c.number.in_(numbers))
            old = set(connection.execute(there).scalars())
            new = [result for result in results if result.number not in old]
            if new:
                connection.execute(insert(RESULTS), [_row(id, result) for result in new])
                _count(connection, id, new)
            row = connection.execute(
                select(BATCHES.c.total, BATCHES.c.completed, BATCHES.c.failed).where(BATCHES.c.id == id)
            ).one()
        return Counts(*row)

    def numbers(self, id: str) -> Iterator[int]:
        """The lines that are done, in order."""
        yield from (number for number, _ in self._pages(id, RESULTS.c.number, MANY, None))

    def texts(self, id: str, ok: bool | None) -> Iterator[str]:
        """The lines of the output file, of the error file, or (None) of both, in the order of the input."""
        yield from (text for _, text in self._pages(id, RESULTS.c.line, CHUNK, ok))

    def shares(self, id: str) -> tuple[Share, ...]:
        """What each expert did, the busiest first."""
        c = RESULTS.c
        sums = [func.sum(column) for column in (c.input_tokens, c.output_tokens, c.cost_usd)]
        bad = func.sum(case((c.ok, 0), else_=1))
        query = select(c.expert, func.count(), bad, *sums).where(c.batch_id == id).group_by(c.expert)
        with self._vault.transaction() as connection:
            rows = connection.execute(query).all()
        shares = [Share(expert, n, bad, Spent(int(i), int(o), float(usd))) for expert, n, bad, i, o, usd in rows]
        return tuple(sorted(shares, key=lambda share: (-share.lines, share.expert)))

    def end(self, id: str, owner: str, status: str, files: Sequence[File | None], complaint: Complaint | None) -> None:
        """The end of a batch: its output file and its error file, where there are any, become visible with it."""
        output, errors = files
        shares = [[s.expert, s.lines, s.errors, *astuple(s.spent)] for s in self.shares(id)]
        values = {
            "status": status,
            f"{status}_at": time.time(),
            "output_file_id": output.id if output else None,
            "error_file_id": errors.id if errors else None,
            "complaint": orjson.dumps(complaint).decode() if complaint else None,
            "shares": orjson.dumps(shares).decode(),
            "owner": None,
            "lease_until": None,
        }
        with self._vault.transaction() as connection:
            hold(connection, id, owner, None)
            for file in (output, errors):
                if file is not None:
                    connection.execute(insert(FILES), row_of(file))
            connection.execute(update(BATCHES).where(BATCHES.c.id == id).values(values))

    def clear(self) -> None:
        """Results of batches that have ended go, a few at a time, so that nobody else's write waits long."""
        ended = select(BATCHES.c.id).where(BATCHES.c.status.in_(ENDED))
        one = select(RESULTS.c.batch_id).where(RESULTS.c.batch_id.in_(ended)).limit(1)
        while True:
            with self._vault.transaction() as connection:
                id = connection.execute(one).scalar_one_or_none()
                if id is None:
                    return
                some = select(RESULTS.c.number).where(RESULTS.c.batch_id == id).limit(CHUNK)
                connection.execute(delete(RESULTS).where(RESULTS.c.batch_id == id, RESULTS.c.number.in_(some)))

    def _pages(self, id: str, column: object, size: int, ok: bool | None) -> Iterator[tuple[int, str]]:
        c, last = RESULTS.c, 0
        query = select(c.number, column).where(c.batch_id == id).order_by(c.number).limit(size)  # type: ignore[call-overload]
        if ok is not None:
            query = query.where(c.ok == ok)
        while True:
            with self._vault.transaction() as connection:
                rows = connection.execute(query.where(c.number > last)).all()
            yield from rows
            if len(rows) < size:
                return
            last = rows[-1][0]


def _row(id: str, result: Result) -> dict[str, object]:
    spent = result.spent
    return {
        "batch_id": id,
        "number": result.number,
        "ok": result.ok,
        "expert": result.expert,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "cost_usd": spent.cost_usd,
        "line": result.text,
    }


def _count(connection: Connection, id: str, new: Sequence[Result]) -> None:
    c, good = BATCHES.c, sum(result.ok for result in new)
    connection.execute(
        update(BATCHES)
        .where(c.id == id)
        .values(
            completed=c.completed + good,
            failed=c.failed + len(new) - good,
            input_tokens=c.input_tokens + sum(result.spent.input_tokens for result in new),
            output_tokens=c.output_tokens + sum(result.spent.output_tokens for result in new),
            cost_usd=c.cost_usd + sum(result.spent.cost_usd for result in new),
        )
    )
