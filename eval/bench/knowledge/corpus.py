"""The corpus on disk, and the two sets of questions: 300 to measure with, and others to learn from.

Half of each set needs the documents, and nobody can know the answers otherwise; the other half is what people know.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import orjson

from eval.bench.knowledge.documents import Document, documents_of
from eval.bench.knowledge.kinds import load_vocabulary
from eval.bench.knowledge.world import Fact, facts_of, make_world

SEED = 20
ASKED, DRILLED = 150, 60
"""Questions that need the documents, in the set to measure with and the one to learn from."""
DOCUMENTS, COMMON = "documents", "common"


@dataclass(frozen=True, slots=True)
class Asking:
    """One graded question. needs: it can only be answered from the documents."""

    query_id: str
    text: str
    gold: tuple[str, ...]
    answer_type: str
    needs: bool
    kind: str

    def row(self) -> dict[str, str]:
        """As a row of a table of questions."""
        return {
            "query_id": self.query_id,
            "text": self.text,
            "category": "other",
            "gold": orjson.dumps(self.gold).decode() if len(self.gold) > 1 else self.gold[0],
            "answer_type": self.answer_type,
            "source": DOCUMENTS if self.needs else COMMON,
        }


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents, the questions to measure with, and those to learn from."""

    documents: tuple[Document, ...]
    asked: tuple[Asking, ...]
    drilled: tuple[Asking, ...]


def make_corpus(seed: int = SEED) -> Corpus:
    """The same for the same seed, but for the common questions, which are always the same."""
    vocabulary = load_vocabulary()
    world = make_world(vocabulary, seed)
    documents = tuple(documents_of(world, vocabulary, seed + 1))
    chance = random.Random(seed + 2)
    asked = _spread(facts_of(world.things, drilled=False), ASKED, chance)
    drilled = _spread(facts_of(world.things, drilled=True), DRILLED, chance)
    told = [_asking(fact, chance.choice(fact.asks), f"asked-{n:03}") for n, fact in enumerate(asked)]
    trained = [_asking(fact, fact.drill, f"drilled-{n:03}") for n, fact in enumerate(drilled)]
    return Corpus(documents, (*told, *_common("common")), (*trained, *_common("common_train")))


def write_documents(documents: Sequence[Document], folder: Path) -> None:
    """A file for each."""
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        (folder / document.name).write_text(document.text, encoding="utf-8")


def write_questions(questions: Sequence[Asking], path: Path) -> None:
    """A table of questions, as JSONL."""
    path.write_bytes(b"".join(orjson.dumps(question.row()) + b"\n" for question in questions))


def _spread(facts: Sequence[Fact], count: int, chance: random.Random) -> list[Fact]:
    """So many facts, of as many things as possible."""
    shuffled = chance.sample(facts, len(facts))
    first = {fact.thing: fact for fact in reversed(shuffled)}
    others = [fact for fact in shuffled if first[fact.thing] is not fact]
    return [*first.values(), *others][:count]


def _asking(fact: Fact, text: str, query_id: str) -> Asking:
    return Asking(query_id, text, (fact.value,), "numeric" if fact.number else "short_text", True, DOCUMENTS)


def _common(name: str) -> tuple[Asking, ...]:
    lines = (files("eval.bench.knowledge") / f"{name}.jsonl").read_bytes().splitlines()
    rows = [orjson.loads(line) for line in lines]
    return tuple(
        Asking(f"{name}-{n:03}", row["question"], tuple(row["gold"]), row["answer_type"], False, row["kind"])
        for n, row in enumerate(rows)
    )
