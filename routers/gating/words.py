"""Words of a question as the gate sees them: which carry meaning, and which speak of time. Knows no rarity, no expert.

Works on lower case throughout: people type names without capitals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 4000
"""Characters that are read of a text, so that the work stays bounded."""
RECENT_YEAR = 2024
"""From here on a year is beyond what most experts were taught."""
ENGLISH = 0.15
"""The least share of closed words in an English question."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_CLOSED = frozenset(
    """
    a about above across after again against all along also am among an and another any anybody anyone anything are as
    at away be because been before being below between both but by can could did do does doing done down during each
    either else ever every everybody everyone everything few for from further get gets give given gives go goes going
    gone got had has have having he her here hers him his how however i if in instead into is it its itself just kind
    know let like made make makes many may me mean might more most much must my name named neither no nobody none nor
    not nothing of off often on once one only onto or other others our ours out over own please rather same say says
    shall she should since so some somebody someone something sort such take tell than that the their theirs them then
    there these they thing things this those though through to too toward towards under until up upon us use used uses
    using very was we went were what whatever when where whether which while who whom whose why will with within without
    would yes yet you your yours d ll m re s t ve
    """.split()
)
"""Words of closed class, and verbs that say next to nothing."""
_RECENT = frozenset(
    """
    today tonight tomorrow yesterday now nowadays current currently latest newest recent recently lately upcoming
    """.split()
)
_DATED = frozenset(
    """
    after ago before begin beginning century day date during decade earlier end era later month previous previously
    prior since until week when while year years
    """.split()
)
_SPANS = re.compile(r"\b(?:this|last|next|past) (?:week|month|year|season|quarter)\b")


@dataclass(frozen=True, slots=True)
class Question:
    """content: its words of open class, each once, in order. recent: it asks for what changes. dated: for a time.

    english: enough of its words are English ones of closed class; lists of English words say nothing of others.
    """

    content: tuple[str, ...]
    recent: bool
    dated: bool
    english: bool


def read_question(text: str) -> Question:
    """Where no word carries meaning ("who are you?") all of them count."""
    lowered = text[:LONGEST].lower()
    words = tuple(dict.fromkeys(_WORD.findall(lowered)))
    years = [int(word) for word in words if len(word) == 4 and word.isascii() and word.isdigit()]
    recent = not _RECENT.isdisjoint(words) or any(RECENT_YEAR <= year < 2100 for year in years)
    content = tuple(word for word in words if not is_closed(word))
    return Question(
        content or words,
        recent or _SPANS.search(lowered) is not None,
        not _DATED.isdisjoint(words) or any(1000 <= year < RECENT_YEAR for year in years),
        len(words) - len(content) >= ENGLISH * len(words),
    )


def sequence(text: str) -> str:
    """The words of a text in order, one space between: two spellings of a name are the same."""
    return " ".join(_WORD.findall(text.lower()))


def words_of(text: str) -> frozenset[str]:
    """Every word of a text."""
    return frozenset(_WORD.findall(text[:LONGEST].lower()))


def is_closed(word: str) -> bool:
    """Whether it names nothing: it is of closed class, or only says when."""
    return word in _CLOSED or word in _RECENT or word in _DATED


def forms(word: str) -> tuple[str, ...]:
    """The word and what a plural or a singular of it looks like."""
    if len(word) < 4 or word.isdigit():
        return (word,)
    if word.endswith("s"):
        return (word, word[:-1]) if not word.endswith("es") else (word, word[:-1], word[:-2])
    return (word, f"{word}s", f"{word}es")
