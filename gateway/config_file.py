"""Reading experts.yaml: YAML to checked types, with every complaint naming file, line, key and what is allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import process
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gateway.errors import ConfigError
from gateway.experts import Expert, Experts, Policy

Path_ = tuple[int | str, ...]


def load_experts(path: Path, *, routers: Collection[str], strategies: Collection[str]) -> Experts:
    """The experts of a file; ConfigError in one line where anything about it is wrong."""
    document, values = _parse(path)
    merged = _with_defaults(document, values, path)
    try:
        experts = Experts.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_complaint(path, document, error.errors(include_url=False, include_context=False))) from None
    _check_policies(experts, path, document, {"router": routers, "strategy": strategies})
    return experts


def _parse(path: Path) -> tuple[Any, dict[str, Any]]:
    """The document, which knows its lines, and its plain values."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one, or name another with --config") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    try:
        document, values = (YAML(typ=kind, pure=True).load(text) for kind in ("rt", "safe"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = str(error.problem or error.context).split(" with value ")[0]  # a value may be a secret
        raise ConfigError(f"{path}:{line}: not YAML: {problem}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}:1: must be a mapping with the keys {_listed(Experts.model_fields)}")
    return document, values


def _with_defaults(document: Any, values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Each expert with `defaults` under its own keys."""
    plain = dict(values)
    defaults = plain.get("defaults") or {}
    if not isinstance(defaults, dict):
        raise ConfigError(f"{path}:{_line(document, ('defaults',))}: defaults: must be a mapping")
    for key in defaults:
        if key not in Expert.model_fields:
            raise ConfigError(
                f"{path}:{_line(document, ('defaults', key))}: defaults.{key}: {_unknown(str(key), Expert.model_fields)}"
            )
    entries = plain.get("experts")
    if isinstance(entries, list):
        plain["experts"] = [{**defaults, **entry} if isinstance(entry, dict) else entry for entry in entries]
    return plain


def _complaint(path: Path, document: Any, errors: Sequence[ErrorDetails]) -> str:
    """The first error in words, and how many more there are."""
    # pydantic does not count an expert that is wrong, and goes on to say that there is none
    errors = [error for error in errors if error["type"] != "too_short"] or errors
    # a misspelt key goes before a missing one
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    where = _origin(document, tuple(first["loc"]))
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    key = _dotted(where)
    return f"{path}:{_line(document, where)}: {key + ': ' if key else ''}{_in_words(first, where)}{more}"


def _origin(document: Any, where: Path_) -> Path_:
    """Where the operator wrote it: in `defaults`, if the expert itself does not hold the key."""
    if where[:1] == ("experts",) and len(where) > 2 and isinstance(where[1], int):
        key, own = where[2], document["experts"][where[1]]
        if key not in own and key in (document.get("defaults") or {}):
            return ("defaults", *where[2:])
    return where


def _in_words(error: ErrorDetails, where: Path_) -> str:
    if error["type"] == "extra_forbidden":
        return _unknown(str(where[-1]), _fields_at(where[:-1]))
    if error["type"] == "missing":
        return "is missing; it must be given"
    message = error["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _unknown(key: str, allowed: Iterable[str]) -> str:
    names = list(allowed)
    near = process.extractOne(key, names, score_cutoff=60)
    return f"unknown key{f'; did you mean {near[0]!r}?' if near else ';'} Allowed: {_listed(names)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _fields_at(where: Path_) -> Iterable[str]:
    """The keys that a place in the file may hold."""
    if not where:
        return Experts.model_fields
    model: type[BaseModel] = Policy if where[0] == "policies" else Expert
    for part in where[1:] if where[0] == "defaults" else where[2:]:
        annotation = model.model_fields[str(part)].annotation
        options = [annotation, *get_args(annotation)]
        model = next(option for option in options if isinstance(option, type) and issubclass(option, BaseModel))
    return model.model_fields


def _dotted(where: Path_) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")


def _line(document: Any, where: Path_) -> int:
    """The line of a key, or of the nearest thing around it that the file does hold."""
    node, line = document, 1
    for part in where:
        if not isinstance(node, list | dict) or not hasattr(node, "lc"):
            break
        if (isinstance(node, dict) and part not in node) or (isinstance(node, list) and not isinstance(part, int)):
            break
        line = (node.lc.key(part) if isinstance(node, dict) else node.lc.item(part))[0] + 1
        node = node[part]  # type: ignore[index]
    return line


def _check_policies(experts: Experts, path: Path, document: Any, known: dict[str, Collection[str]]) -> None:
    """Policies name experts, routers and strategies that exist."""
    names = [expert.name for expert in experts.experts]
    for name, policy in experts.policies.items():
        checks = [("router", policy.router, known["router"]), ("strategy", policy.strategy, known["strategy"])]
        checks += [("fallback", policy.fallback, names)] if policy.fallback else []
        checks += [("experts", expert, names) for expert in policy.experts or ()]
        for key, value, allowed in checks:
            if value not in allowed:
                where = ("policies", name, key)
                raise ConfigError(
                    f"{path}:{_line(document, where)}: {_dotted(where)}: no such name: {value!r}. "
                    f"Allowed: {_listed(allowed)}"
                )
