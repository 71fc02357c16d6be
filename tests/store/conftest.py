"""Both databases for every test: a SQLite file of its own, and a schema of its own on a real Postgres."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from sqlalchemy import create_engine, make_url


class Postgres:
    """A server that may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pgserver looks for folders at import and says so
            import pgserver
            from pgserver._commands import pg_ctl
        self._pg_ctl = pg_ctl
        self._server = pgserver.get_server(folder)
        self.folder = folder

    def create(self) -> str:
        """A new, empty schema, which is faster made and removed than a database; the URL that means it."""
        name = f"test_{uuid4().hex[:12]}"
        url = self._server.get_uri()
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        engine.dispose()
        return f"{url}&options=-csearch_path%3D{name}"

    def stop(self) -> None:
        self._pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def freeze(self) -> list[int]:
        """Stops every process of it in its tracks: connections stay open, nothing answers."""
        head = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        pids = [head.pid, *(child.pid for child in head.children(recursive=True))]
        self.send(pids, signal.SIGSTOP)
        return pids

    def send(self, pids: list[int], number: int) -> None:
        for pid in pids:
            os.kill(pid, number)

    def thaw(self, pids: list[int]) -> None:
        self.send(pids, signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path is short
    server = Postgres(folder)
    yield server
    server.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mortal_postgres(postgres: Postgres) -> Iterator[Postgres]:
    """The same server, which may be stopped; it is started again for whoever comes next."""
    yield postgres
    postgres.start()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/record.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create()


@pytest.fixture
def rows() -> Iterator[Callable[..., list[Any]]]:
    """Asks a database directly."""
    engines = []

    def ask(url: str, sql: str) -> list[Any]:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        engines.append(engine)
        with engine.begin() as connection:
            result = connection.exec_driver_sql(sql)
            return list(result) if result.returns_rows else []

    yield ask
    for engine in engines:
        engine.dispose()
