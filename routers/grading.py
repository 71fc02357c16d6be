"""Whether an answer is right, by rules: an option's letter, a number, a few words. Asks nobody, judges no free text."""

from __future__ import annotations

import json
import math
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Sequence

TOLERANCE = 1e-4
"""A number counts as the gold one when it differs by no more than this share of it."""
DECORATION = r"[\s*_`\"'(\[{$:=]*"
AMBIGUOUS = "AI"
"""Letters that are English words too: alone before another word, they announce nothing."""

LETTER = re.compile(
    rf"(?i:\banswer|\bcorrect\s+(?:option|choice))\b\s*(?:\w+\s+){{0,2}}?(?:is|:|=)?{DECORATION}(?:option|choice)?{DECORATION}"
    r"(?:\\?boxed\{|\\?text\{)*\(?([A-Z])(?![\w'’])(?=(\s+\w)?)",
)
BOXED = re.compile(r"\\boxed\{\s*(?:\\\w+\{)?\s*\(?([A-Z])(?![\w'’])(?=())")
ALONE = re.compile(r"^[\W_]*([A-Z])[\W_]*$", re.MULTILINE)
LEADING = re.compile(r"\A[\s*_(\[]*([A-Z])[).:\]]")
NUMBER = re.compile(r"(?<![\w.])[-+−]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?")
ANNOUNCED = re.compile(r"(?:\banswer\b\s*(?:is\b|:|=)|####|\\boxed\{)", re.IGNORECASE)
ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def grade(reply: str, gold: str, answer_type: str, choices: Sequence[str] = ()) -> float:
    """1.0 for a right answer and 0.0 for any other; ValueError for an answer_type that no rule judges."""
    if answer_type not in RULES:
        raise ValueError(f"no rule judges answers of type {answer_type!r}; there are rules for {', '.join(RULES)}")
    return float(RULES[answer_type](reply, gold, choices))


def announced_letter(reply: str, choices: Sequence[str]) -> str | None:
    """The option a reply settles on, or None: the last one announced, a letter that stands alone, or its text."""
    letters = string.ascii_uppercase[: len(choices)] if choices else string.ascii_uppercase
    said = [found for pattern in (LETTER, BOXED) for found in pattern.finditer(reply) if _means(found, letters)]
    if said:
        return max(said, key=lambda found: found.start(1)).group(1)
    alone = [letter for letter in ALONE.findall(reply) if letter in letters]
    if alone:
        return str(alone[-1])
    first = LEADING.match(reply)
    if first and first.group(1) in letters:
        return first.group(1)
    ends = set(endings(reply))
    return next((letter for letter, text in zip(letters, choices, strict=False) if normalised(text) in ends), None)


def _means(found: re.Match[str], letters: str) -> bool:
    """Whether a letter that follows such a word is an option, and no pronoun or article."""
    letter, before_a_word = found.group(1), bool(found.group(2))
    bare = found.string[found.start(1) - 1] != "("
    return letter in letters and not (letter in AMBIGUOUS and before_a_word and bare)


def _option(reply: str, gold: str, choices: Sequence[str]) -> bool:
    return announced_letter(reply, choices) == gold.strip().upper()


def announced_number(reply: str) -> float | None:
    """The first number after the last announcement of an answer, or else the last number there is."""
    announced = list(ANNOUNCED.finditer(reply))
    after = list(_numbers(reply[announced[-1].end() :])) if announced else []
    everywhere = list(_numbers(reply))
    return after[0] if after else everywhere[-1] if everywhere else None


def _numbers(text: str) -> Iterator[float]:
    for found in NUMBER.findall(text):
        over, _, under = found.replace(",", "").replace("−", "-").partition("/")
        if not under or float(under) != 0:
            yield float(over) / float(under or 1)


def _number(reply: str, gold: str, choices: Sequence[str]) -> bool:
    said, right = announced_number(reply), announced_number(gold)
    return said is not None and right is not None and math.isclose(said, right, rel_tol=TOLERANCE, abs_tol=1e-9)


def _words(reply: str, gold: str, choices: Sequence[str]) -> bool:
    return not {normalised(alternative) for alternative in alternatives(gold)}.isdisjoint(endings(reply))


def alternatives(gold: str) -> tuple[str, ...]:
    """The answers that count: a JSON list of them, or the one."""
    if gold.lstrip().startswith("["):
        try:
            return tuple(str(one) for one in json.loads(gold))
        except ValueError:
            pass
    return (gold,)


def endings(reply: str) -> tuple[str, ...]:
    """What a reply may be taken to say: all of it, its last line, what follows its last announcement."""
    lines = [line for line in reply.splitlines() if line.strip()]
    announced = list(ANNOUNCED.finditer(reply))
    after = reply[announced[-1].end() :].strip().splitlines()[:1] if announced else []
    said = (normalised(text) for text in (reply, *lines[-1:], *after))
    return tuple(text for text in said if text)


def normalised(text: str) -> str:
    """Lower case, without accents, articles, punctuation and spare spaces, as in SQuAD's exact match."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = ARTICLES.sub(" ", "".join(c if c.isalnum() else " " for c in plain))
    return " ".join(words.split())


RULES: dict[str, Callable[[str, str, Sequence[str]], bool]] = {
    "mcq": _option,
    "numeric": _number,
    "short_text": _words,
}
