"""Other words for the same question, by rule: case, politeness, punctuation, contractions. Knows no options.

Each rule leaves numbers, symbols and names of one to three letters alone, and gives a text back as it was where it has
nothing to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

OPENING = "Could you please help me with this question? "
CLOSING = " Thanks in advance!"
CONTRACTIONS = {
    "do not": "don't",
    "does not": "doesn't",
    "did not": "didn't",
    "is not": "isn't",
    "are not": "aren't",
    "was not": "wasn't",
    "were not": "weren't",
    "has not": "hasn't",
    "have not": "haven't",
    "would not": "wouldn't",
    "should not": "shouldn't",
    "could not": "couldn't",
    "cannot": "can't",
    "will not": "won't",
    "what is": "what's",
    "who is": "who's",
    "it is": "it's",
    "that is": "that's",
    "there is": "there's",
    "i am": "i'm",
    "they are": "they're",
    "we are": "we're",
    "you are": "you're",
}
TITLED = re.compile(r"(?<![\\\w])[A-Z][a-z]{3,}\b")
"""Words such as The or Paris; not DNA, NaCl, x nor \\Delta, whose case means something."""
MARKS = ".?!"


def lower_case(text: str) -> str:
    return TITLED.sub(lambda word: word.group().lower(), text)


def politely(text: str) -> str:
    return OPENING + text


def with_thanks(text: str) -> str:
    return text.rstrip() + CLOSING


def repunctuated(text: str) -> str:
    """Without its last mark, or with a full stop where it has none."""
    bare = text.rstrip()
    return bare.rstrip(MARKS) or text if bare.endswith(tuple(MARKS)) else f"{bare}."


def contracted(text: str) -> str:
    """do not as don't; where there is nothing to contract, don't as do not."""
    short = _replaced(text, CONTRACTIONS)
    return short if short != text else _replaced(text, {brief: full for full, brief in CONTRACTIONS.items()})


def _replaced(text: str, words: Mapping[str, str]) -> str:
    found = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
    return found.sub(lambda match: _like(match.group(), words[match.group().lower()]), text)


def _like(model: str, word: str) -> str:
    return word[0].upper() + word[1:] if model[0].isupper() else word


RULES: Mapping[str, Callable[[str], str]] = {
    "lower case": lower_case,
    "polite opening": politely,
    "thanks": with_thanks,
    "punctuation": repunctuated,
    "contractions": contracted,
}
