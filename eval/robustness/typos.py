"""The slips of a hand on a keyboard: a neighbouring key, one key too many, one too few, two in the wrong order.

Those are nearly all of the errors people make in typing (Damerau, 1964). Digits and signs stay as they are: 17 for 18
is another question. Knows no question.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SHIFTS = (0.0, 0.25, 0.75)
"""How far each row of keys lies to the right, in keys."""
REACH = 1.2


def with_typos(text: str, rate: float, chance: random.Random, *, surely: bool) -> str:
    """The text with each letter mistyped with this chance; `surely` at least one, where it has any."""
    letters = [n for n, character in enumerate(text) if character.isascii() and character.isalpha()]
    if not letters:
        return text
    wrong = {n for n in letters if chance.random() < rate}
    if surely and not wrong:
        wrong = {chance.choice(letters)}
    keys, found, n = neighbours(), list[str](), 0
    while n < len(text):
        if n in wrong:
            typed, read = _slip(text, n, keys, chance)
            found.append(typed)
            n += read
        else:
            found.append(text[n])
            n += 1
    return "".join(found)


def neighbours() -> Mapping[str, str]:
    """Of each letter, those that a finger hits beside it."""
    places = {key: (n + SHIFTS[y], y) for y, row in enumerate(ROWS) for n, key in enumerate(row)}
    return {
        key: "".join(other for other, (u, v) in places.items() if 0 < (u - x) ** 2 + (v - y) ** 2 < REACH**2)
        for key, (x, y) in places.items()
    }


def _slip(text: str, n: int, keys: Mapping[str, str], chance: random.Random) -> tuple[str, int]:
    """What is typed in place of the letter at n, and how many letters that took; it always differs."""
    slips: tuple[Callable[[], tuple[str, int]], ...] = (
        lambda: (_beside(text[n], keys, chance), 1),
        lambda: (text[n] + _beside(text[n], keys, chance), 1),
        lambda: (text[n] * 2, 1),
        lambda: ("", 1),
        lambda: (text[n + 1] + text[n], 2),
    )
    swappable = n + 1 < len(text) and text[n + 1].isalpha() and text[n + 1] != text[n]
    typed, read = chance.choice(slips if swappable else slips[:-1])()
    return typed, read


def _beside(letter: str, keys: Mapping[str, str], chance: random.Random) -> str:
    hit = chance.choice(keys[letter.lower()])
    return hit.upper() if letter.isupper() else hit
