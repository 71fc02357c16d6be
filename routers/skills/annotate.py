"""An expert as annotator: which skills a question asks for, asked several times, only what recurs believed.

The procedure of Symbolic-MoE (arXiv 2503.05641): five samples of two to five skills each. Knows neither the expert nor
how it is reached.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

LONGEST = 20
"""Letters of a skill; what is longer is a sentence and no skill."""
TWICE = 2


def skill_prompt(text: str) -> str:
    """What the expert is asked about one question."""
    return (
        "Which skills does one need to answer the question below? Name two to five, each in one to three words, "
        "such as: algebra, unit conversion, contract law. Write them in one line, separated by commas, and write "
        f"nothing else. Do not answer the question itself.\n\nQuestion:\n{text}\n\nSkills:"
    )


def parse_skills(answer: str) -> tuple[str, ...]:
    """The skills of one answer: lower case, without full stops and list marks, each once, none over 20 letters."""
    parts = re.split(r"[,;\n]", answer.rsplit("</think>", 1)[-1].lower())
    names = (re.sub(r"^(skills:)?[\s\-*\d.)]+|[\s.*]+$", "", part.strip()) for part in parts)
    return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= LONGEST))


def keep_recurring(samples: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The skills of more than one sample, the most frequent first, then in the order they came."""
    counts = Counter(name for sample in samples for name in dict.fromkeys(sample))
    return tuple(name for name, count in counts.most_common() if count >= TWICE)


async def annotate(ask: Callable[[str], Awaitable[str]], text: str, samples: int = 5) -> tuple[str, ...]:
    """The skills of one question. What `ask` raises is passed on once all samples have ended.

    ValueError for fewer than two samples.
    """
    if samples < TWICE:
        raise ValueError(f"a skill must recur: {samples} samples are too few, take {TWICE} or more")
    answers = await asyncio.gather(*(ask(skill_prompt(text)) for _ in range(samples)), return_exceptions=True)
    return keep_recurring([parse_skills(_said(answer)) for answer in answers])


def _said(answer: str | BaseException) -> str:
    if isinstance(answer, BaseException):
        raise answer
    return answer
