"""Which policy is judged, in place of which: from what was typed and what experts.yaml says. Knows no logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from eval.counterfactual.knobs import difference, in_words, parsed, refuse_what_follows, turned
from gateway.configuration import Configuration
from gateway.errors import ConfigError
from gateway.experts import RESERVED, Policy

CHOOSES_ANEW = frozenset({"experts", "thrift", "haste", "caution", "router"})
"""Knobs that a budget's choice of experts goes by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """policy: whose decisions are judged. instead: another one in its place. settings: knob=value on top."""

    policy: str = RESERVED
    instead: str | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """now: as the file has it. then: with the changes; the same where there are none."""

    name: str
    now: Policy
    then: Policy
    changes: Mapping[str, Any]


def candidate(wanted: Wanted, configuration: Configuration) -> Candidate:
    """ConfigError in one line for a policy, knob or expert that is none, or that no replay can judge."""
    now = _policy(wanted.policy, "--policy", configuration)
    base = now if wanted.instead is None else _policy(wanted.instead, "--instead", configuration)
    then = turned(base, parsed(wanted.settings))
    refuse_what_follows(now, then)
    changes = difference(now, then)
    if now.budget is not None and (anew := sorted(CHOOSES_ANEW & changes.keys())):
        raise ConfigError(
            f"policy {wanted.policy} has a budget, by which its experts would be chosen anew with another {anew[0]}:"
            " the replay would judge others than would be asked; name its experts in place of the budget first"
        )
    _check_names(then, configuration)
    name = in_words(changes) if wanted.instead is None or wanted.settings else f"as {wanted.instead}"
    return Candidate(f"{wanted.policy}: {name}" if changes else wanted.policy, now, then, changes)


def _policy(name: str, option: str, configuration: Configuration) -> Policy:
    policies = [one.name for one in configuration.book.values() if not one.expert]
    if name not in policies:
        raise ConfigError(f"{option} {name}: no policy is called so.{_near(name, policies)}")
    return configuration.book[name].policy


def _check_names(policy: Policy, configuration: Configuration) -> None:
    experts = list(configuration.pool.members)
    for name in (*(policy.experts or ()), *filter(None, (policy.fallback,))):
        if name not in experts:
            raise ConfigError(f"no expert is called {name!r}.{_near(name, experts)}")
    if policy.fallback is not None and policy.experts is not None and policy.fallback not in policy.experts:
        raise ConfigError(
            f"the policy's fallback {policy.fallback} is not among its experts; add it, or --set fallback=null"
        )
    if policy.router not in configuration.readings:
        routers = sorted(configuration.readings)
        raise ConfigError(f"no router is called {policy.router!r}.{_near(policy.router, routers)}")


def _near(name: str, known: Sequence[str]) -> str:
    near = process.extractOne(name, known, scorer=fuzz.ratio, score_cutoff=50)
    return f"{f' Did you mean {near[0]}?' if near else ''} There are {', '.join(known)}"
