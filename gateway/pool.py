"""The experts that can be asked: entries of experts.yaml with their keys, or the reason why one is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import StartError
from gateway.experts import Expert, Experts


@dataclass(frozen=True, slots=True)
class Member:
    """One expert of the pool; `key` never shows, `absent` says why it cannot be asked ('' where it can)."""

    expert: Expert
    key: str
    absent: str

    def __repr__(self) -> str:
        return f"Member({self.expert.name!r}, absent={self.absent!r})"


@dataclass(frozen=True, slots=True)
class Pool:
    """Every expert of the file, in its order, by name."""

    members: Mapping[str, Member]

    @property
    def present(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members.values() if not member.absent)


def gather(experts: Experts, environment: Mapping[str, str]) -> Pool:
    """The pool; a missing key variable leaves its expert out, and StartError is raised where nobody is left."""
    pool = Pool({expert.name: _member(expert, environment) for expert in experts.experts})
    if not pool.present:
        reasons = "; ".join(f"{name}: {member.absent}" for name, member in pool.members.items())
        raise StartError(f"no expert is left to ask: {reasons}")
    return pool


def _member(expert: Expert, environment: Mapping[str, str]) -> Member:
    key = environment.get(expert.api_key_env, "").strip() if expert.api_key_env else ""
    if not expert.enabled:
        return Member(expert, key, "it is disabled in experts.yaml (enabled: false)")
    if expert.api_key_env and not key:
        return Member(expert, key, f"the environment variable {expert.api_key_env} is not set")
    if not key.isascii() or not key.isprintable():
        return Member(expert, "", f"the environment variable {expert.api_key_env} holds characters no key can have")
    return Member(expert, key, "")
