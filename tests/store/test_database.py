"""Database URLs: what is taken, what is refused, and that no password is ever shown."""

from __future__ import annotations

import asyncio
import logging
import traceback

import pytest

from gateway.errors import StartError
from gateway.store.database import Database
from gateway.store.recorder import Recorder

from .build import answer

SECRET = "s3cr3t-w0rd"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:s3cr3t-w0rd@h/d", "not kept in mysql"),
        ("postgresql+asyncpg://u:s3cr3t-w0rd@h/d", "not kept in postgresql"),
        ("postgresql://u:s3cr3t-w0rd@h:port/d", "cannot be read"),
        ("s3cr3t-w0rd", "cannot be read"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_url_that_cannot_hold_the_record_is_refused_without_showing_it(url, message):
    with pytest.raises(StartError, match=message) as caught:
        Recorder(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgres_means_psycopg(scheme):
    assert repr(Database(f"{scheme}://u:{SECRET}@h/d")) == "Database('postgresql+psycopg://u:***@h/d')"


@pytest.mark.parametrize("form", ["u:{}@127.0.0.1:9/d", "u@127.0.0.1:9/d?password={}", "u:{}@127.0.0.1:9/d?{}=1"])
def test_a_server_that_is_away_costs_one_warning_that_shows_no_password(form, caplog):
    async def main():
        async with Recorder("postgresql://" + form.format(SECRET, SECRET), interval_s=0.01, flush_timeout_s=0.2) as one:
            one.record(answer("dec_1"))
            await asyncio.sleep(0.2)
            return repr(one), one.failed_writes

    with caplog.at_level(logging.DEBUG):
        shown, failed = asyncio.run(main())
    assert failed >= 1
    [first, last] = [record for record in caplog.records if record.name == "coterie.store"]
    assert first.getMessage().startswith("cannot write the record (")
    assert last.getMessage() == "records lost at the end: 1 (no folder to spill to)"
    assert SECRET not in shown + caplog.text + str([vars(record) for record in caplog.records])
