"""`--set knob=value`: a policy with some knobs turned, and which of them a replay can judge. Knows no logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.errors import ConfigError
from gateway.experts import Policy

REPLAYABLE = frozenset(
    {"router", "thrift", "haste", "caution", "balance", "fallback", "experts", "explore", "learn", "switch_margin"}
)
"""Knobs that decide who goes first, and nothing that follows."""
LISTS = frozenset({"experts", "collections"})


def parsed(settings: Sequence[str]) -> dict[str, Any]:
    """knob=value, ... as values; ConfigError in one line for what no policy has or no replay can judge."""
    changes: dict[str, Any] = {}
    for setting in settings:
        knob, equals, value = setting.partition("=")
        knob = knob.strip()
        if not equals or not knob:
            raise ConfigError(f"--set {setting}: must look like thrift=0.5")
        if knob not in Policy.model_fields:
            near = process.extractOne(knob, list(Policy.model_fields), scorer=fuzz.ratio, score_cutoff=50)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise ConfigError(f"--set {setting}: no policy has a knob {knob!r}{hint} Allowed: {_listed()}")
        changes[knob] = _value(knob, value.strip(), setting)
    return changes


def turned(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """The policy with these knobs; ConfigError in one line where a value cannot be.

    Who is to learn explores by that: what the policy explored before ends, unless it is asked for.
    """
    if changes.get("learn") is not None:
        changes = {"explore": 0.0, **changes}
    try:
        return Policy.model_validate({**policy.model_dump(exclude_unset=True), **changes})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        said, where = first["msg"].removeprefix("Value error, "), ".".join(str(part) for part in first["loc"])
        what = f"{where}={first['input']}: " if where else ""
        said = "no policy has such a knob" if first["type"] == "extra_forbidden" else said
        raise ConfigError(f"--set {what}{said[0].lower()}{said[1:]}") from None


def difference(before: Policy, after: Policy) -> dict[str, Any]:
    """The knobs, with their new values, in which they differ."""
    return {
        name: _plain(getattr(after, name))
        for name in Policy.model_fields
        if getattr(before, name) != getattr(after, name)
    }


def refuse_what_follows(before: Policy, after: Policy) -> None:
    """ConfigError where they differ in what the logs of one cannot tell of the other."""
    for knob in difference(before, after):
        if knob not in REPLAYABLE:
            raise ConfigError(
                f"{knob} decides more than who goes first, and what follows the first choice was logged under the old"
                f" one only: the logs cannot say. A replay can judge {_listed()}"
            )
    if after.balance not in (0.0, before.balance):
        raise ConfigError(
            "balance goes by how busy experts are, which another balance would have changed: the logs cannot say."
            " A replay can judge balance=0"
        )


def in_words(changes: Mapping[str, Any]) -> str:
    """thrift=0.5 experts=a,b"""
    return " ".join(f"{knob}={_shown(value)}" for knob, value in changes.items())


def _plain(value: Any) -> Any:
    """As it would stand in the file."""
    return value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return f"{{{', '.join(f'{knob}: {_shown(held)}' for knob, held in value.items())}}}"
    return "null" if value is None else str(value)


def _value(knob: str, given: str, setting: str) -> Any:
    try:
        value = YAML(typ="safe", pure=True).load(given)
    except YAMLError:
        raise ConfigError(f"--set {setting}: {given!r} is no value that experts.yaml could hold") from None
    if knob in LISTS and isinstance(value, str | int | float):
        return [name.strip() for name in given.split(",") if name.strip()]
    return value


def _listed() -> str:
    return ", ".join(sorted(REPLAYABLE))
