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
"""So many lettered lines are options; fewer only where something is asked and no text is wanted."""
PRINTED = re.compile(
    r"\b(?:what (?:does|will|would)|which|predict|give|determine)\b[^.?!\n]{0,80}\b(?:print|output|return)", re.I
)
CODE = re.compile(r"```|^\s*(?:def |print\(|console\.log|#include|public class )", re.MULTILINE)
BRIEF = re.compile(
    r"\b(?:in (?:one|a single|a few|two|three) words?|one[- ]word|yes or no|true or false|"
    r"(?:answer|reply|respond) with (?:only|just|nothing but|the|a|one)\b)",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"\b(?:how (?:many|much|far|long|old|fast|tall)|calculate|compute|evaluate|what is the (?:value|sum|product|number|"
    r"total|remainder|probability|area|volume|result|average|mean)|find the (?:value|number|sum|smallest|largest|"
    r"remainder|probability|area|volume)|solve for|what is [-(\d])",
    re.IGNORECASE,
)
TOLD = re.compile(
    r"\b(?:explain|describe|discuss|write|code|function|program|script|essay|story|poem|list|compare|summari[sz]e|"
    r"translate|why|prove|show that|advice|recommend|should i)\b",
    re.IGNORECASE,
)
DIGIT = re.compile(r"\d")


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
    told = TOLD.search(text) is not None
    if len(options) >= SURE_OPTIONS or (options and "?" in text and not told):
        return Form("choice", options)
    if CODE.search(tail) and PRINTED.search(tail):
        return Form("code")
    if BRIEF.search(tail):
        return Form("short")
    sum_ = len(text) <= LONGEST_SUM and DIGIT.search(text) and COUNTED.search(text)
    return Form("number") if sum_ and not told else FREE


def _options(text: str) -> tuple[str, ...]:
    """The last run of lines that begin with A, B, C, ... in this order; () where there is none."""
    best: list[str] = []
    run: list[str] = []
    for letter, option in OPTION.findall(text):
        place = ord(letter) - ord("A")
        run = [*run, option.strip()] if place == len(run) else [option.strip()] if place == 0 else []
        best = run if len(run) >= FEWEST_OPTIONS else best
    return tuple(best)
