"""experts.yaml: from a document to checked types, with every complaint naming file, line, key and what is allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import process

from gateway.document import Document, Misplaced, Where
from gateway.experts import Expert, Experts, Group, Policy
from gateway.knowledge import Knowledge
from gateway.residency.check import check_groups


def experts_in(document: Document, *, routers: Collection[str], strategies: Collection[str]) -> Experts:
    """The experts of a file; ConfigError in one line where anything about it is wrong."""
    with document.placing():
        try:
            experts = Experts.model_validate(_with_defaults(document.values))
        except ValidationError as error:
            raise _first(document, error.errors(include_url=False, include_context=False)) from None
        _check_names(experts)
        for misplaced in _unknown_names(experts, {"router": routers, "strategy": strategies}):
            raise misplaced
        check_groups(experts)
    return experts


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Each expert with `defaults` under its own keys."""
    defaults = values.get("defaults") or {}
    if not isinstance(defaults, dict):
        raise Misplaced(("defaults",), "must be a mapping")
    for key in defaults:
        if key not in Expert.model_fields:
            raise Misplaced(("defaults", str(key)), _unknown(str(key), Expert.model_fields))
    entries = values.get("experts")
    if not isinstance(entries, list):
        return values
    merged = [{**defaults, **entry} if isinstance(entry, dict) else entry for entry in entries]
    return {**values, "experts": merged}


def _first(document: Document, errors: Sequence[ErrorDetails]) -> Misplaced:
    """The first error in words, and how many more there are."""
    # pydantic does not count an expert that is wrong, and goes on to say that there is none
    errors = [error for error in errors if error["type"] != "too_short"] or errors
    # a misspelt key goes before a missing one
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    where = document.origin(tuple(part for part in first["loc"] if part != "[key]"))
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Misplaced(where, _in_words(first, where) + more)


def _in_words(error: ErrorDetails, where: Where) -> str:
    if error["type"] == "extra_forbidden":
        return _unknown(str(where[-1]), _fields_at(where[:-1]))
    if error["type"] == "missing":
        return "is missing; it must be given"
    message = error["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _unknown(key: str, allowed: Iterable[str]) -> str:
    names = list(allowed)
    near = process.extractOne(key, names, score_cutoff=60)
    return f"unknown key{f'; did you mean {near[0]!r}?' if near else ';'} Allowed: {listed(names)}"


def _fields_at(where: Where) -> Iterable[str]:
    """The keys that a place in the file may hold."""
    if not where:
        return Experts.model_fields
    kinds: dict[Any, type[BaseModel]] = {"policies": Policy, "groups": Group, "knowledge": Knowledge}
    model = kinds.get(where[0], Expert)
    for part in where[1:] if where[0] == "defaults" else where[2:]:
        annotation = model.model_fields[str(part)].annotation
        options = [annotation, *get_args(annotation)]
        model = next(option for option in options if isinstance(option, type) and issubclass(option, BaseModel))
    return model.model_fields


def _check_names(experts: Experts) -> None:
    """Experts and policies have names of their own."""
    taken: set[str] = set()
    for place, expert in enumerate(experts.experts):
        if expert.name in taken:
            raise Misplaced(("experts", place, "name"), f"two experts are named '{expert.name}'; names must differ")
        taken.add(expert.name)
    for name in experts.policies:
        if name in taken:
            raise Misplaced(("policies", name), f"'{name}' is both an expert and a policy; names must differ")


def _unknown_names(experts: Experts, known: dict[str, Collection[str]]) -> Iterator[Misplaced]:
    """Experts, routers and strategies that a policy names and that do not exist."""
    names = [expert.name for expert in experts.experts]
    for name, policy in experts.policies.items():
        checks: list[tuple[Where, str, Collection[str]]] = [
            (("router",), policy.router, known["router"]),
            (("strategy",), policy.strategy, known["strategy"]),
            *((where, expert, names) for where, expert in _parts(policy)),
            *((("experts",), expert, names) for expert in policy.experts or ()),
        ]
        for where, value, allowed in checks:
            if value not in allowed:
                yield Misplaced(("policies", name, *where), f"no such name: {value!r}. Allowed: {listed(allowed)}")
        yield from _never_asked(name, policy)


def _parts(policy: Policy) -> Iterator[tuple[Where, str]]:
    """Experts whom a policy gives a part, and where it says so."""
    last_resort = policy.abstain.to if policy.abstain is not None else None
    for where, expert in ((("fallback",), policy.fallback), (("lead",), policy.lead), (("abstain", "to"), last_resort)):
        if expert is not None:
            yield where, expert


def _never_asked(name: str, policy: Policy) -> Iterator[Misplaced]:
    """Experts whom a policy gives a part, and whom it does not let anybody ask."""
    for where, expert in _parts(policy):
        if policy.experts is not None and expert not in policy.experts:
            why = f"{expert!r} is not among the policy's `experts`: {listed(policy.experts)}"
            yield Misplaced(("policies", name, *where), why)
