"""The questions in other forms: mistyped, reworded, their options in another order. Knows no router."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from eval.robustness.paraphrases import Paraphrases
from eval.robustness.typos import with_typos
from eval.robustness.wording import RULES
from routers.corpus import spelled_out
from routers.table import Table

RATES = (0.01, 0.03, 0.06)
"""Chances that a letter is mistyped: a careful hand, a usual one on a phone, and a hurried one."""
TYPED = 3
"""So often is a question mistyped at each rate."""
ORDERS = 2
"""So often are its options put in another order."""
TYPOS, WORDING = "typos", "wording"


@dataclass(frozen=True, slots=True)
class Variant:
    """A question of the table (its row) as somebody else might ask it. family: typos or wording."""

    row: int
    family: str
    kind: str
    text: str


def variants_of(table: Table, rows: Sequence[int], paraphrases: Paraphrases, seed: int) -> Iterator[Variant]:
    """Of these rows, those that differ from the question itself; each draws from a seed of its own."""
    for row in rows:
        text, choices = table.texts[row], table.choices[row]
        chance = partial(_chance, seed, table.query_ids[row])
        plain = spelled_out(text, choices)
        for family, kind, found in _forms(text, choices, paraphrases.get(table.query_ids[row], ()), chance):
            if found != plain:
                yield Variant(row, family, kind, found)


def _forms(
    text: str, choices: Sequence[str], others: Sequence[str], chance: partial[random.Random]
) -> Iterator[tuple[str, str, str]]:
    for rate in RATES:
        for time in range(TYPED):
            drawn = chance(f"typos {rate} {time}")
            mistyped = with_typos(text, rate, drawn, surely=True)
            options = [with_typos(choice, rate, drawn, surely=False) for choice in choices]
            yield TYPOS, f"typos in {rate:.0%} of the letters", spelled_out(mistyped, options)
    for name, rule in RULES.items():
        yield WORDING, name, spelled_out(rule(text), choices)
    for time in range(ORDERS if len(choices) > 1 else 0):
        order = chance(f"order {time}").sample(choices, len(choices))
        yield WORDING, "order of options", spelled_out(text, order)
    for other in others:
        yield WORDING, "paraphrase", spelled_out(other, choices)


def _chance(seed: int, query_id: str, what: str) -> random.Random:
    return random.Random(f"{seed} {query_id} {what}")
