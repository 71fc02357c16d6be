"""A YAML file that knows its lines, so that whatever is wrong with it can be said with its place. Knows no experts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gateway.errors import ConfigError

Where = tuple[int | str, ...]
"""The way to a place in the file: ("experts", 1, "price")."""


class Misplaced(Exception):
    """Something at a place of the file cannot be; who raises it need not know the file."""

    def __init__(self, where: Where, message: str) -> None:
        super().__init__(message)
        self.where = where
        self.message = message


@dataclass(frozen=True, slots=True)
class Document:
    """`lines` is the file with its places, `values` the same in plain Python."""

    path: Path
    lines: Any
    values: dict[str, Any]

    def complaint(self, where: Where, message: str) -> ConfigError:
        """The error, with file, line and key."""
        key = dotted(where)
        return ConfigError(f"{self.path}:{self._line(where)}: {key + ': ' if key else ''}{message}")

    @contextmanager
    def placing(self) -> Iterator[None]:
        """What is Misplaced inside becomes a complaint."""
        try:
            yield
        except Misplaced as error:
            raise self.complaint(self.origin(error.where), error.message) from None

    def origin(self, where: Where) -> Where:
        """Where the operator wrote it: in `defaults`, if the expert itself does not hold the key."""
        if where[:1] == ("experts",) and len(where) > 2 and isinstance(where[1], int):
            key, own = where[2], self.values["experts"][where[1]]
            if key not in own and key in (self.values.get("defaults") or {}):
                return ("defaults", *where[2:])
        return where

    def _line(self, where: Where) -> int:
        """The line of a key, or of the nearest thing around it that the file does hold."""
        node, line = self.lines, 1
        for part in where:
            if not isinstance(node, list | dict) or not hasattr(node, "lc"):
                break
            if (isinstance(node, dict) and part not in node) or (isinstance(node, list) and not isinstance(part, int)):
                break
            line = (node.lc.key(part) if isinstance(node, dict) else node.lc.item(part))[0] + 1
            node = node[part]  # type: ignore[index]
        return line


def dotted(where: Where) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")


def read_document(path: Path, keys: str) -> Document:
    """The file; ConfigError in one line where it cannot be read or is no mapping with these keys."""
    text = _text(path)
    try:
        lines, values = (YAML(typ=kind, pure=True).load(text) for kind in ("rt", "safe"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = str(error.problem or error.context).split(" with value ")[0]  # a value may be a secret
        raise ConfigError(f"{path}:{line}: not YAML: {problem}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}:1: must be a mapping with the keys {keys}")
    return Document(path, lines, values)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one, or name another with --config") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
