"""Where files and batches are kept: rows in the database, bytes in a folder. Opens nothing before it is needed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from gateway.batches.folder import Folder
from gateway.fittings import DAY_S
from gateway.settings import Settings, data_folder
from gateway.store.batch_rows import BatchRows
from gateway.store.database import Database
from gateway.store.file_rows import FileRows
from gateway.store.results import Results
from gateway.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Archive:
    """Everything in it blocks."""

    vault: Vault
    files: FileRows
    batches: BatchRows
    results: Results
    folder: Folder
    keep_files_s: float | None

    def tidy(self) -> None:
        """What is past its time goes, and what a process that was killed has left."""
        now = time.time()
        before = None if self.keep_files_s is None else now - self.keep_files_s
        self.files.expire(now, before)
        if before is not None:
            self.batches.ended_before(before)
        self.results.clear()
        self.folder.sweep(self.files.known, now)


def archive_for(settings: Settings) -> Archive:
    """The archive that these settings ask for."""
    url = settings.database_url.get_secret_value()
    vault = Vault(url)
    keep_files_s = settings.keep_files_days * DAY_S or None
    folder = Folder(settings.files_dir or _beside(Database(url).path))
    return Archive(vault, FileRows(vault), BatchRows(vault), Results(vault), folder, keep_files_s)


def _beside(database: Path | None) -> Path:
    """Next to a database that is a file, else in this user's data folder."""
    return (data_folder() if database is None else database.parent) / "files"
