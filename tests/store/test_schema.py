"""The schema: the migrations arrive where the tables are declared, once, and nowhere they do not belong."""

from __future__ import annotations

import asyncio
import multiprocessing
from multiprocessing.synchronize import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from gateway.errors import StartError
from gateway.store.database import Database
from gateway.store.recorder import Recorder
from gateway.store.schema import VERSION_TABLE, prepare
from gateway.store.tables import Stored


async def enter(url: str) -> None:
    async with Recorder(url):
        pass


def migrate(url: str, start: Barrier) -> None:
    database = Database(url)
    database.open()
    start.wait()
    prepare(database.engine, database.name)
    database.close()


def test_the_migrated_schema_is_the_declared_one(url):
    database = Database(url)
    database.open()
    prepare(database.engine, database.name)
    with database.engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Stored.metadata)
    database.close()
    assert differences == []


def test_a_newer_schema_is_refused(url, rows):
    asyncio.run(enter(url))
    rows(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StartError, match=r"newer version \(schema 9999\)"):
        asyncio.run(enter(url))


def test_a_table_of_another_program_is_left_alone(url, rows):
    rows(url, "CREATE TABLE records (mine INTEGER)")
    with pytest.raises(StartError, match=r"belongs to another program \(table records\)"):
        asyncio.run(enter(url))
    assert rows(url, "SELECT * FROM records") == []


def test_a_postgres_with_other_peoples_tables_is_shared(postgres, rows):
    url = postgres.create()
    rows(url, "CREATE TABLE alembic_version (version_num text)")
    rows(url, "INSERT INTO alembic_version VALUES ('theirs')")
    asyncio.run(enter(url))
    assert rows(url, "SELECT * FROM alembic_version") == [("theirs",)]


def test_a_file_of_another_program_is_left_alone(tmp_path, rows):
    url = f"sqlite:///{tmp_path}/theirs.db"
    rows(url, "CREATE TABLE bookmarks (mine INTEGER)")
    with pytest.raises(StartError, match="belongs to another program"):
        asyncio.run(enter(url))


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear reader, " * 500)
    with pytest.raises(StartError, match="cannot hold the record: file is not a database"):
        asyncio.run(enter(f"sqlite:///{path}"))
    assert path.read_text().startswith("Dear reader, ")


def test_the_folder_of_a_file_is_made(tmp_path):
    asyncio.run(enter(f"sqlite:///{tmp_path}/a/b/record.db"))
    assert (tmp_path / "a" / "b" / "record.db").exists()


@pytest.mark.parametrize("path", ["file/record.db", "file/deeper/record.db", "folder"])
def test_a_path_that_cannot_be_is_refused(tmp_path, path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StartError, match="cannot"):
        asyncio.run(enter(f"sqlite:///{tmp_path}/{path}"))


def test_two_workers_may_migrate_at_the_same_time(url, rows):
    context = multiprocessing.get_context("forkserver")
    start = context.Barrier(3)
    workers = [context.Process(target=migrate, args=(url, start)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert rows(url, f"SELECT * FROM {VERSION_TABLE}") == [("0003",)]


def test_sqlite_is_in_wal_mode(tmp_path, rows):
    url = f"sqlite:///{tmp_path}/record.db"
    asyncio.run(enter(url))
    assert rows(url, "PRAGMA journal_mode") == [("wal",)]
