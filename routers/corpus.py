"""What the category classifier learns from: a table's questions and our own prompts, as weighted rows.

Knows no features and no expert.
"""

from __future__ import annotations

import random
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from routers.categories import CATEGORIES, category_of
from routers.errors import TableError
from routers.prompts import Prompt, seed_prompts
from routers.table import Table

SIDE_WEIGHT = 0.1
"""What a row of another source than the reference counts: its mix of categories is not that of the queries to come."""
PROMPT_WEIGHT = 0.6
"""What one of our own prompts counts: there are many, and many are alike."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The rows of one training: `dev` is the reference's own, `prompts_dev` our held-out prompts."""

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    dev_with_options: tuple[Row, ...]
    prompts_dev: tuple[Row, ...]
    reference: str
    prompts: int
    """How many of the rows are prompts of our own."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text, its category, and how much it counts in training."""

    text: str
    category: str
    weight: float = 1.0


def gather(table: Table, seed: int) -> Corpus:
    """TableError where the table has nothing to train or to choose on."""
    prompts_train, prompts_dev = held_out(seed_prompts(seed))
    asked, dev = rows_of(table, "train"), reference_rows(table, "dev")
    if not asked or not dev:
        raise TableError(f"{len(asked)} questions with a known category to train on and {len(dev)} to choose on")
    own = len(prompts_train) + len(prompts_dev)
    spelled = spelled_rows(table, "dev")
    return Corpus(
        (*asked, *prompts_train), tuple(dev), tuple(spelled), tuple(prompts_dev), reference_source(table), own
    )


def reference_source(table: Table) -> str:
    """The source that names the most of our categories itself; the classifier is chosen and calibrated on it."""
    named: dict[str, set[str]] = {}
    for source, category in zip(table.sources, table.categories, strict=True):
        named.setdefault(source, set()).add(category.strip().lower())
    return max(sorted(named), key=lambda source: len(named[source].intersection(CATEGORIES)))


def rows_of(table: Table, split: str, *, with_choices: bool = True) -> list[Row]:
    """The rows of a split with a category, options left out; `with_choices` adds the reference's with options too."""
    reference, rows = reference_source(table), []
    for n in table.rows(split):
        category, ours = category_of(table.categories[n]), table.sources[n] == reference
        if not category:
            continue
        rows.append(Row(table.texts[n], category, 1.0 if ours else SIDE_WEIGHT))
        if ours and with_choices and table.choices[n]:
            rows.append(Row(spelled_out(table.texts[n], table.choices[n]), category))
    return rows


def reference_rows(table: Table, split: str) -> list[Row]:
    return [row for row in rows_of(table, split, with_choices=False) if row.weight == 1.0]


def spelled_rows(table: Table, split: str) -> list[Row]:
    """The reference's rows of a split as they are asked: options and all."""
    reference = reference_source(table)
    return [
        Row(spelled_out(table.texts[n], table.choices[n]), category)
        for n in table.rows(split)
        if table.sources[n] == reference and (category := category_of(table.categories[n]))
    ]


def spelled_out(text: str, choices: Sequence[str]) -> str:
    """A question with its options under it, lettered; the question alone where it has none."""
    lettered = zip(string.ascii_uppercase, choices, strict=False)
    return "\n".join([text, *(f"{letter}. {choice}" for letter, choice in lettered)])


def held_out(prompts: Sequence[Prompt]) -> tuple[list[Row], list[Row]]:
    """Our prompts as (train, dev): one group in ten, by hash, is held out."""
    train: list[Row] = []
    dev: list[Row] = []
    for prompt in prompts:
        part = dev if zlib.crc32(prompt.group.encode()) % 10 == 0 else train
        part.append(Row(prompt.text, prompt.category, PROMPT_WEIGHT))
    return train, dev


def with_typos(text: str, edits: int, chance: random.Random) -> str:
    """The text after some random letters were dropped, added, replaced or swapped."""
    for _ in range(edits if len(text) > 3 else 0):
        at, letter = chance.randrange(len(text) - 1), chance.choice(string.ascii_lowercase)
        before, after = text[:at], text[at:]
        text = before + chance.choice((after[1:], letter + after, letter + after[1:], after[1] + after[0] + after[2:]))
    return text
