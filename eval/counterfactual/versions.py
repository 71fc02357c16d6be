"""The versions of one file, numbered, with a journal of who changed what and why. Knows no policy and no logs.

They lie beside it, in FILE.versions/. A version and its entry are on the disk before the file itself changes, and the
file changes at once: whatever stops half-way, the file is whole and every content it ever had is kept.
"""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import ConfigError
from gateway.locking import locked

JOURNAL = "journal.jsonl"


class VersionError(ConfigError):
    """A version cannot be written, found or taken back; one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Version:
    """after: the version in force before it; None for the first. restores: whose content it has again.

    did: found, edited by hand, promoted, rolled back. at: UTC, ISO 8601. why: the words of whoever forced it.
    """

    version: int
    after: int | None
    did: str
    at: str
    who: str
    sha256: str
    restores: int | None = None
    why: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> int:
        """The version that first had this content."""
        return self.version if self.restores is None else self.restores


@dataclass(frozen=True, slots=True)
class Note:
    """What a new version's entry says."""

    did: str
    restores: int | None = None
    why: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)


class Versions:
    """Of one file; a link is followed, so that it stays one."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.folder = self.path.with_name(f"{self.path.name}.versions")

    def history(self) -> tuple[Version, ...]:
        """The oldest first; VersionError where the journal is damaged."""
        journal = self.folder / JOURNAL
        try:
            lines = journal.read_bytes().splitlines()
            return tuple(Version(**orjson.loads(line)) for line in lines)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError) as error:
            raise VersionError(f"{journal} cannot be read ({error}); move it away to begin anew") from None

    def in_force(self, history: Sequence[Version]) -> Version | None:
        """The newest with the file's content; None where the file was changed by other means, or never had versions."""
        now = _digest(self.content())
        return next((one for one in reversed(history) if one.sha256 == now), None)

    def content(self) -> bytes:
        """Of the file as it is; VersionError where it cannot be read."""
        return _read(self.path)

    def content_of(self, version: Version) -> bytes:
        """VersionError where it is lost or damaged."""
        path = self.folder / f"{version.version}.yaml"
        content = _read(path)
        if _digest(content) != version.sha256:
            raise VersionError(f"{path} is not what was kept as version {version.version}; it is not brought back")
        return content

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One process at a time; VersionError where versions cannot be kept here."""
        with ExitStack() as stack:
            try:
                self.folder.mkdir(exist_ok=True)
                stack.enter_context(locked(self.folder / ".lock"))
            except OSError as error:
                raise self._unwritten(self.folder, error) from None
            self._sweep()
            yield

    def add(self, content: bytes, note: Note) -> Version:
        """Put this content in force, as a version of its own, the file as it is kept before; call it `alone`.

        VersionError where it cannot be written: then the file is as it was.
        """
        history = list(self.history())
        before = self.in_force(history)
        if before is None:
            before = self._keep(history, self.content(), Note("edited by hand" if history else "found"), None)
        added = self._keep(history, content, note, before)
        self._write(self.folder / JOURNAL, b"".join(orjson.dumps(asdict(one)) + b"\n" for one in history))
        self._write(self.path, content)
        return added

    def _sweep(self) -> None:
        """What a process that was killed had begun to write."""
        for left in (*self.folder.glob(".*.new"), *self.path.parent.glob(f".{self.path.name}.*.new")):
            with suppress(OSError):
                left.unlink()

    def _keep(self, history: list[Version], content: bytes, note: Note, before: Version | None) -> Version:
        number = max((one.version for one in history), default=0) + 1
        last = before or (history[-1] if history else None)
        version = Version(
            number, None if last is None else last.version, note.did, _now(), _who(), _digest(content),
            note.restores, note.why, note.changed, note.evidence,
        )  # fmt: skip
        self._write(self.folder / f"{number}.yaml", content)
        history.append(version)
        return version

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all, and on the disk."""
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                unfinished.chmod(path.stat().st_mode & 0o7777)
            os.replace(unfinished, path)
            _sync(path.parent)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise self._unwritten(path, error) from None

    def _unwritten(self, path: Path, error: OSError) -> VersionError:
        return VersionError(f"{path} cannot be written ({error.strerror}); {self.path.name} is as it was")


def _sync(folder: Path) -> None:
    """So that the new name outlives a power cut; some systems know no such thing."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise VersionError(f"{path} cannot be read ({error.strerror})") from None


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _who() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):
        return f"uid {os.getuid()}@{socket.gethostname()}"
