"""The invented islands: things of every kind, and what is true of each. A world is its seed; knows no document."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from eval.bench.knowledge.kinds import FactKind, Kind, Vocabulary
from eval.bench.knowledge.names import Namer

TOWNS, ISLANDS, PASSERS_BY = 60, 24, 120
OF_A_KIND, DRILLED = 30, 7
"""Things of each kind, and how many of them are for training alone."""
NEAR = 3
"""Every so many-th thing has nearly the name of the one before it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """value: the gold answer. number: it is one. said: the sentence of the document. asks, drill: questions for it."""

    thing: str
    value: str
    number: bool
    head: str
    said: str
    asks: tuple[str, ...]
    drill: str


@dataclass(frozen=True, slots=True)
class Thing:
    """One lighthouse, ship, ...; `drilled`: its facts are for training alone."""

    name: str
    kind: Kind
    facts: tuple[Fact, ...]
    drilled: bool


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is. Towns, islands and people are spoken of; things have documents of their own."""

    things: tuple[Thing, ...]
    towns: tuple[str, ...]
    islands: tuple[str, ...]
    people: tuple[str, ...]


def make_world(vocabulary: Vocabulary, seed: int) -> World:
    """The same for the same seed."""
    return _Maker(vocabulary, random.Random(seed)).world()


class _Maker:
    def __init__(self, vocabulary: Vocabulary, chance: random.Random) -> None:
        self._vocabulary = vocabulary
        self._chance = chance
        self._namer = Namer(chance)
        self._towns = [self._namer.name("town") for _ in range(TOWNS)]

    def world(self) -> World:
        islands = tuple(self._namer.name("island") for _ in range(ISLANDS))
        people = tuple(self._namer.person() for _ in range(PASSERS_BY))
        things = tuple(chain.from_iterable(self._things(kind) for kind in self._vocabulary.kinds))
        return World(things, tuple(self._towns), islands, people)

    def _things(self, kind: Kind) -> Iterator[Thing]:
        names = list(self._names(kind))
        for number, name in enumerate(names):
            facts = tuple(self._fact(name, fact) for fact in kind.facts)
            yield Thing(name, kind, facts, drilled=number >= OF_A_KIND - DRILLED)

    def _names(self, kind: Kind) -> Iterator[str]:
        """Patterns of words that can be told apart are filled in, each way once; others get words nobody has met."""
        taken: set[str] = set()
        word = ""
        for number in range(OF_A_KIND):
            word = self._namer.near(word) if number % NEAR == NEAR - 1 else self._namer.name("word")
            name = next(name for name in self._tries(kind, word, number) if name not in taken)
            taken.add(name)
            yield name

    def _tries(self, kind: Kind, word: str, number: int) -> Iterator[str]:
        words = self._vocabulary.words
        while True:
            pattern = kind.names[number % len(kind.names)]
            filled = {place: self._chance.choice(known) for place, known in words.items()}
            yield pattern.format(w=word, l=word if "{l}" == pattern else word.capitalize(), **filled)

    def _fact(self, name: str, fact: FactKind) -> Fact:
        value = self._value(fact.value)
        said = capital(self._chance.choice(fact.says).format(n=name, v=value))
        return Fact(
            thing=name,
            value=value,
            number=fact.value in self._vocabulary.numbers,
            head=self._chance.choice(fact.head),
            said=said,
            asks=tuple(asked.format(n=name) for asked in fact.asks),
            drill=fact.drill.format(n=name),
        )

    def _value(self, kind: str) -> str:
        if kind in self._vocabulary.numbers:
            return str(self._chance.randint(*self._vocabulary.numbers[kind]))
        if kind == "person":
            return self._namer.person()
        if kind == "town":
            return self._chance.choice(self._towns)
        if kind == "river":
            return self._namer.name("river")
        return self._chance.choice(self._vocabulary.values[kind])


def capital(sentence: str) -> str:
    """With a capital letter first."""
    return sentence[:1].upper() + sentence[1:]


def facts_of(things: Sequence[Thing], *, drilled: bool) -> list[Fact]:
    """Those for training, or the others."""
    return [fact for thing in things if thing.drilled == drilled for fact in thing.facts]
