"""Names that nobody has met: of people, towns, islands and rivers, and of things that are nearly called the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

ONSETS = "b d f g h k l m n p r s t v z br dr gl kr pl st tr".split()
VOWELS = "a e i o u".split()
MIDDLES = "l r n m v d t nd rv st ll".split()
ENDS = {
    "word": "en os ar une ith ost ell ane orn eth ond usk".split(),
    "town": "haven mouth wick stead ford moor by holm fell dale ness".split(),
    "island": "ay ey oe ensund skerry isle".split(),
    "river": "a e ull ane ine".split(),
    "given": "a o en is un ek ia or el".split(),
    "family": "mark dane rush weld sand lind quist cott ander ovar umble inter".split(),
    "dish": "et ossa uk inka olle ash".split(),
}
LONG = 0.25
"""So many names have a syllable more."""
PREFIXES = ("Upper", "Lower", "Old", "New", "Little", "Great")


class Namer:
    """Draws names, none of them twice. `kind` is a key of ENDS."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._taken: set[str] = set()

    def name(self, kind: str) -> str:
        """A name of two or three syllables with the ending of its kind."""
        return next(name for name in self._tries(kind) if self._free(name))

    def person(self) -> str:
        """Given name and family name; neither is anybody else's."""
        return f"{self.name('given')} {self.name('family')}"

    def near(self, name: str) -> str:
        """Another name that is easily taken for this one: a letter is different, or it has a word before it."""
        others = (f"{prefix} {name}" for prefix in self._chance.sample(PREFIXES, len(PREFIXES)))
        return next(other for other in (*self._misspelt(name), *others) if self._free(other))

    def _free(self, name: str) -> bool:
        if name.casefold() in self._taken:
            return False
        self._taken.add(name.casefold())
        return True

    def _tries(self, kind: str) -> Iterator[str]:
        while True:
            start = self._pick(ONSETS) + self._pick(VOWELS)
            if self._chance.random() < LONG:
                start += self._pick(MIDDLES) + self._pick(VOWELS)
            yield (start + self._pick(MIDDLES) + self._pick(ENDS[kind])).capitalize()

    def _misspelt(self, name: str) -> Sequence[str]:
        places = [n for n, letter in enumerate(name) if n > 1 and letter in "aeiou"]
        place = self._chance.choice(places)
        others = [vowel for vowel in "aeiou" if vowel != name[place]]
        return [name[:place] + self._chance.choice(others) + name[place + 1 :]]

    def _pick(self, parts: Sequence[str]) -> str:
        return self._chance.choice(parts)
