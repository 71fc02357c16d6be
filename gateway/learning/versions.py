"""Which version of each expert is configured: another model behind the same name has to be learned anew."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from gateway.experts import Expert

MATTERS = {"provider", "model", "base_url", "endpoint", "template", "system", "sampling", "profile", "abilities"}
"""What changes answers, or what is foretold of them."""


def versions_of(experts: Iterable[Expert]) -> dict[str, str]:
    """By name, a few letters that change with it."""
    return {expert.name: _version(expert) for expert in experts}


def _version(expert: Expert) -> str:
    return blake2b(expert.model_dump_json(include=MATTERS).encode(), digest_size=4).hexdigest()
