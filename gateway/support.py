"""One of the answers that were given, and how far it is believed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Support:
    """One of the answers that were given: by whom, and the chance that it is right."""

    key: str
    """The answer in its normal form: an option's letter, a number, a few words; "" for a whole text."""
    experts: tuple[str, ...]
    chance: float
