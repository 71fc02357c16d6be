"""Which files lie where somebody points, and which that were there are gone. Reads no file."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.retrieval.reading.documents import Unreadable
from gateway.retrieval.reading.readers import SUFFIXES

JUNK_FOLDERS = {"node_modules", "__pycache__", "site-packages", "venv", "lost+found", "$RECYCLE.BIN"}
JUNK_FILES = {"Thumbs.db", "desktop.ini"}
GONE = (FileNotFoundError, NotADirectoryError)


@dataclass(slots=True)
class Walk:
    """files: absolute paths, each once. gone: sources that were taken before and are no more. others: not of a kind
    that is read."""

    files: dict[str, None] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)
    refused: list[Unreadable] = field(default_factory=list)
    others: int = 0


def absolute(path: str) -> str:
    """What a file is called in the store: its path from the root, links in it not followed."""
    return os.path.abspath(os.path.expanduser(path))


def below(folder: str, names: Iterable[str]) -> Iterator[str]:
    """Those names that are the folder's own, or of something in it."""
    inside = folder.rstrip(os.sep) + os.sep
    return (name for name in names if name == folder or name.startswith(inside))


def walk(paths: Iterable[str], known: Collection[str], store: Path) -> Walk:
    """Folders are gone through, but for hidden files, junk and the store itself; a file that is named is taken.

    known: the sources that the collection has.
    """
    found = Walk()
    for path in map(absolute, paths):
        if os.path.isdir(path):
            _into(path, absolute(str(store)), found)
            _missing(path, known, found)
        else:  # what is wrong with a file is said when it is read
            found.files[path] = None
    for name in [*found.files]:
        if not _utf8(name):
            del found.files[name]
            shown = name.encode("utf-8", "replace").decode()
            found.refused.append(Unreadable(shown, "its name is not UTF-8; rename it"))
    return found


def _into(folder: str, store: str, found: Walk) -> None:
    def unlisted(error: OSError) -> None:
        found.refused.append(
            Unreadable(str(error.filename), f"cannot be listed ({error.strerror}); look at its rights")
        )

    for where, folders, files in os.walk(folder, onerror=unlisted):
        inside = (name for name in folders if not _hidden(name) and name not in JUNK_FOLDERS)
        folders[:] = sorted(name for name in inside if os.path.join(where, name) != store)
        for name in sorted(files):
            if _hidden(name) or name in JUNK_FILES:
                continue
            if Path(name).suffix.lower() in SUFFIXES:
                found.files[os.path.join(where, name)] = None
            else:
                found.others += 1


def _missing(folder: str, known: Iterable[str], found: Walk) -> None:
    """Those known below the folder that were not met: gone, or to be read although a walk passes them over."""
    for name in below(folder, known):
        if name in found.files:
            continue
        try:
            if stat.S_ISREG(os.stat(name).st_mode):
                found.files[name] = None
            else:
                found.gone[name] = None
        except GONE:
            found.gone[name] = None
        except OSError:  # not to be seen is not to be gone
            found.files[name] = None


def _hidden(name: str) -> bool:
    """By its name: of the system, of an editor."""
    return name.startswith((".", "~$")) or name.endswith("~")


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
