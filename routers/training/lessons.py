"""What an encoder is taught: texts as people would send them, each with its category and the outcomes of its question.

Knows no network. The same table and seed give the same lessons in the same order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routers.categories import CATEGORIES, category_of
from routers.corpus import Row, spelled_out
from routers.table import Table

BARE_SHARE = 0.3
"""How often a question of the reference is shown without its options: people ask so, too."""
BARE_TOKENS, FULL_TOKENS, PROMPT_TOKENS = 128, 192, 64
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text cut at `tokens`; `row` is its question's row in the table, UNKNOWN where nobody's answer is recorded."""

    text: str
    tokens: int
    category: int
    weight: float
    row: int = UNKNOWN


@dataclass(frozen=True, slots=True)
class Course:
    """How often each source is gone through, and how much its categories count."""

    passes: Mapping[str, float] = field(
        default_factory=lambda: {"mmlu_pro": 3.0, "llmrouter": 3.0, "zeroeval": 1.5, "routellm": 1.0}
    )
    category_weight: float = 0.3
    prompt_weight: float = 0.5
    prompt_passes: int = 2
    default_passes: float = 3.0

    def passes_of(self, source: str) -> float:
        return self.passes.get(source, self.default_passes)


def rounds(table: Table, prompts: Sequence[Row], reference: str, course: Course, seed: int) -> Iterator[list[Lesson]]:
    """The lessons of each round, shuffled; every source is spread evenly over the rounds."""
    chance = random.Random(seed)
    train = [int(n) for n in table.rows("train")]
    number = max(1, round(max(course.passes_of(source) for source in {table.sources[n] for n in train})))
    due = {n: (n * 0.618034) % 1.0 for n in train}
    for turn in range(number):
        lessons = [
            _lesson(table, n, reference, course, chance)
            for n in train
            for _ in range(_times(due[n], turn, course.passes_of(table.sources[n]) / number))
        ]
        lessons += [
            Lesson(row.text, PROMPT_TOKENS, CATEGORIES.index(row.category), course.prompt_weight)
            for place, row in enumerate(prompts)
            if (place + turn) % number < course.prompt_passes
        ]
        chance.shuffle(lessons)
        yield lessons


def _times(due: float, turn: int, share: float) -> int:
    """How often a row comes up in a turn, `share` times on average, each row at its own time."""
    return int((turn + 1) * share + due) - int(turn * share + due)


def _lesson(table: Table, n: int, reference: str, course: Course, chance: random.Random) -> Lesson:
    ours = table.sources[n] == reference
    known = category_of(table.categories[n])
    category = CATEGORIES.index(known) if known else UNKNOWN
    weight = 1.0 if ours else course.category_weight
    options = list(table.choices[n])
    if not options or (ours and chance.random() < BARE_SHARE):
        return Lesson(table.texts[n], BARE_TOKENS, category, weight, n)
    chance.shuffle(options)
    return Lesson(spelled_out(table.texts[n], options), FULL_TOKENS, category, weight, n)
