"""Putting a policy that was judged into experts.yaml, and taking it back. Judges nothing itself."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.counterfactual.edit import edited
from eval.counterfactual.versions import Note, Version, VersionError, Versions
from gateway.configuration import configure
from gateway.errors import ConfigError, StartError
from routers.suite import Suite

SHOWN = 12
"""Lines of a difference that are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """content: the file as it was when the policy was judged. changes: knobs of the policy, with their new values."""

    content: bytes
    policy: str
    changes: Mapping[str, Any]


def promote(path: Path, change: Change, note: Note, environment: Mapping[str, str], suite: Suite) -> Version:
    """The file with the change, as a new version; ConfigError, and the file as it was, where that cannot be."""
    after = edited(change.content.decode(), change.policy, change.changes).encode()
    versions = Versions(path)
    with versions.alone():
        if versions.content() != change.content:
            raise VersionError(f"{path} was changed while its logs were read; replay again, then promote")
        _check(versions.path, after, environment, suite)
        return versions.add(after, note)


def roll_back(path: Path, to: int | None, why: str | None) -> Version:
    """A new version with the content of an older one (None: of the one before this).

    why: the words of whoever insists, though the file was changed by other means since; that content is kept too.
    """
    versions = Versions(path)
    history = versions.history()
    if not history:
        raise VersionError(f"{path} has no versions; `coterie eval replay --promote` makes the first")
    with versions.alone():
        history = versions.history()
        now = versions.in_force(history)
        if now is None and why is None:
            raise VersionError(_by_hand(versions, history[-1]))
        target = _numbered(history, to) if to is not None else _before(history, now)
        content = versions.content_of(target)
        if now is not None and now.sha256 == target.sha256:
            raise VersionError(f"{path} holds the content of version {target.version} already")
        return versions.add(content, Note("rolled back", restores=target.origin, why=why or ""))


def _check(path: Path, content: bytes, environment: Mapping[str, str], suite: Suite) -> None:
    """As `coterie config check` reads it, in its own folder, which its paths are relative to."""
    trial = path.with_name(f".{path.name}.trial")
    try:
        trial.write_bytes(content)
        configure(trial, environment, suite)
    except (ConfigError, StartError) as error:
        said = str(error).replace(str(trial), str(path))
        raise ConfigError(f"not promoted, the file would be wrong: {said}") from None
    except OSError as error:
        raise VersionError(f"{trial} cannot be written ({error.strerror}); {path.name} is as it was") from None
    finally:
        _forget(trial)


def _forget(trial: Path) -> None:
    try:
        trial.unlink(missing_ok=True)
    except OSError:  # a folder that could not be written to holds no trial
        return


def _numbered(history: tuple[Version, ...], number: int) -> Version:
    for one in history:
        if one.version == number:
            return one
    raise VersionError(f"there is no version {number}; there are {', '.join(str(one.version) for one in history)}")


def _before(history: tuple[Version, ...], now: Version | None) -> Version:
    """What was in force before this content first was; where it was changed by other means, the last version."""
    if now is None:
        return history[-1]
    after = _numbered(history, now.origin).after
    if after is None:
        raise VersionError(f"version {now.origin} is the oldest; --to N brings back another, --list shows all")
    return _numbered(history, after)


def _by_hand(versions: Versions, last: Version) -> str:
    """How the file differs from its last version, and the way out."""
    before, after = (
        content.decode(errors="replace").splitlines() for content in (versions.content_of(last), versions.content())
    )
    found = list(difflib.unified_diff(before, after, f"version {last.version}", versions.path.name, lineterm="", n=0))
    shown = "\n".join(f"  {line}" for line in found[:SHOWN]) + (
        f"\n  ... {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    )
    return (
        f"{versions.path} was edited by hand since version {last.version}; take that back yourself, or insist with"
        f' --force "why" (the edited file is kept as a version too)\n{shown}'
    )
