"""What an answer to a query looks like: an option's letter, a number, what code prints, a few words, or free text.

Read off the query's own words, by rules. Knows no expert and no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["choice", "number", "code", "short", "free"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST = 6000
"""Of a longer text the end alone is read: options stand there."""
LONGEST_SUM = 2000
OPTION = re.compile(r"^[ \t]*\(?([A-Z])[.):][ \t]+(\S.*)$", re.MULTILINE)
FEWEST_OPTIONS = 2
SURE_OPTIONS = 4
SIGNS = 2
"""Lettered lines are options where two of these hold: there are so many, something is asked, no text is wanted."""
PRINTED = re.compile(
    r"\b(?:what (?:does|will|would)|which (?:line|number|output|string|text|value)|predict|give|determine)\b"
    r"[^.?!\n]{0,80}\b(?:print|output|return)",
    re.IGNORECASE,
)
CODE = re.compile(r"```|^\s*(?:def |print\(|console\.log|#include|public class )", re.MULTILINE)
BRIEF = re.compile(
    r"\bin (?:one|a single|two|three) words?\b|\bone[- ]word (?:answer|reply)|"
    r"\b(?:answer|reply|respond|say)\b[^.?!\n]{0,20}\b(?:yes or no|true or false)|"
    r"(?:^|[.?!:(])[ \t]*(?:yes or no|true or false)\b(?! questions?)|"
    r"\b(?:answer|reply|respond) with (?:(?:only|just|nothing but|the|an?|one|its|his|her|their|single|full|correct) )*"
    r"(?:word|name|title|number|letter|option|choice|year|date|term|city|country|symbol|yes|true)\b",
    re.IGNORECASE | re.MULTILINE,
)
WORKED_OUT = re.compile(
    r"\b(?:calculate|compute|evaluate)(?::| the\b| how\b| [-(\d$\\])|\bsolve for\b|"
    r"\bwhat(?:'s| is) the (?:value|sum|product|number of|total|remainder|probability|area|volume|result|average|"
    r"mean)\b|"
    r"\bfind the (?:value|number|sum|smallest|largest|remainder|probability|area|volume)\b|"
    r"\bwhat(?:'s| is) [-(]*\d[\d.,)]*(?:[ \t]*[-+*/^%×÷]|[ \t]+(?:x|of|times|plus|minus|percent|divided|squared|"
    r"cubed)\b)",
    re.IGNORECASE,
)
COUNTED = re.compile(r"\bhow (?:many|much|far|long|old|fast|tall)\b", re.IGNORECASE)
"""Everyday questions begin like this too; one that can be worked out gives two numbers at least."""
FIGURE = re.compile(
    r"(?<![\w.,])(?!(?:19|20)\d\d\b)\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozen|half|twice|thrice)\b",
    re.IGNORECASE,
)
"""A number that is no year."""
TOLD = re.compile(
    r"\b(?:explain|describe|discuss|write|code|function|program|script|essay|story|poem|list|compare|summari[sz]e|"
    r"translate|why|prove|show that|advice|recommend|should i|help me|tell me|in your opinion|pros and cons|"
    r"trade-?offs|versus|worth it|good enough|elaborate|how (?:do|can|could|would|should|to))\b|"
    r"(?:^|[.!?:][ \t]+)(?:please |can you |could you )*"
    r"(?:brainstorm|create|draft|edit|fix|generate|improve|outline|plan|rephrase|review|rewrite|suggest|sum up)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""A text is wanted."""
MORE = re.compile(
    r"\b(?:how|what|which|who)\b[^.!\n]{0,200}\band (?:is|are|who|what|how|which|why|when|where|can|give|show)\b", re.I
)
"""Two things are asked at once."""


@dataclass(frozen=True, slots=True)
class Form:
    """kind: of the answer. options: the texts of the options, in the order of their letters."""

    kind: Kind = "free"
    options: tuple[str, ...] = ()

    @property
    def checkable(self) -> bool:
        """Whether two answers can be compared by rules, so that several experts can agree or differ."""
        return self.kind != "free"


FREE = Form()


def form_of(text: str, said: Kind | None = None) -> Form:
    """The form of the answer to a text; `said`: the kind, where the caller gives it."""
    tail = text[-LONGEST:]
    options = _options(tail)
    if said is not None:
        return Form(said, options if said == "choice" else ())
    told = TOLD.search(text) is not None or MORE.search(tail) is not None
    if options and sum((not told, "?" in text, len(options) >= SURE_OPTIONS)) >= SIGNS:
        return Form("choice", options)
    if CODE.search(tail) and PRINTED.search(tail) and MORE.search(tail) is None:
        return Form("code")
    if told:
        return FREE
    if BRIEF.search(tail):
        return Form("short")
    return Form("number") if len(text) <= LONGEST_SUM and _worked_out(text) else FREE


def _worked_out(text: str) -> bool:
    """Whether the text asks for a number that follows from those it gives."""
    given = len(FIGURE.findall(text))
    return (given >= 1 and WORKED_OUT.search(text) is not None) or (given >= 2 and COUNTED.search(text) is not None)


def _options(text: str) -> tuple[str, ...]:
    """The last run of lines that begin with A, B, C, ... in this order; () where there is none."""
    best: list[str] = []
    run: list[str] = []
    for letter, option in OPTION.findall(text):
        place = ord(letter) - ord("A")
        run = [*run, option.strip()] if place == len(run) else [option.strip()] if place == 0 else []
        best = run if len(run) >= FEWEST_OPTIONS else best
    return tuple(best)
