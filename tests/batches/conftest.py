"""A way into the database of a gateway that a test has started."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.batches.build import RowsIn


@pytest.fixture
def rows_in() -> RowsIn:
    """rows_in(folder, sql): what the gateway's SQLite file of this folder says."""

    def ask(folder: Path, sql: str) -> list[Any]:
        with closing(sqlite3.connect(folder / "records.db", timeout=10)) as database, database:
            return database.execute(sql).fetchall()

    return ask
