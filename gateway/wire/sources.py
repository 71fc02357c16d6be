"""Which documents the words of an answer rest on, as JSON. Knows no store and no prompt."""

from __future__ import annotations

from math import isfinite

from gateway.retrieval.citations import cited
from gateway.retrieval.grounding import Grounding
from gateway.retrieval.passages import Passage
from gateway.types import ANSWER, Answer, Decision, Json

DIGITS = 4


def documents_of(answer: Answer) -> tuple[Passage, ...]:
    """What whoever is served was given to read, in the order of the prompt.

    Where it wrote from the words of others, what these were given: all count the passages of a request alike.
    """
    served = answer.served
    if served is None or served.documents or served.role == ANSWER:
        return served.documents if served is not None else ()
    before = (one for one in answer.outcomes if one.ok and one.started < served.started)
    return max((one.documents for one in before), key=len, default=())


def sources_json(answer: Answer, documents: tuple[Passage, ...]) -> list[Json]:
    """`coterie.sources`: each passage with its number; whether it is cited, and its text, where that was asked for."""
    wishes, served = answer.query.wishes, answer.served
    said = served.reply.text if served is not None and served.reply is not None else ""
    marked = cited(said, len(documents)) if wishes.cite else frozenset()
    return [
        {
            "n": number,
            **named(passage),
            "title": passage.title,
            **({"cited": number in marked} if wishes.cite else {}),
            **({"text": passage.text} if wishes.explain else {}),
        }
        for number, passage in enumerate(documents, start=1)
    ]


def named(passage: Passage) -> Json:
    """Where it stands and how well it fits; no word of it."""
    place = {"collection": passage.collection, "document": passage.document, "chunk": passage.chunk}
    return {**place, "score": round(float(passage.score), DIGITS)}


def retrieval_json(decision: Decision) -> Json | None:
    """What documents bring to a decision: what was found, whom it helps, and by how much; None where none were sought.

    `given`: whoever is asked gets the passages.
    """
    grounding = decision.grounding
    if grounding is None:
        return None
    return {
        "reason": grounding.reason,
        "seconds": round(grounding.seconds, 6),
        "passages": [named(passage) for passage in grounding.passages],
        "experts": _arms(decision, grounding),
    }


def _arms(decision: Decision, grounding: Grounding) -> list[Json]:
    """Of each expert its two arms, the chance of a right answer without and with the passages, and which one counts.

    `must_gain` is what they must add to it; null where the expert cannot be given any."""
    columns = (grounding.without.tolist(), grounding.documented.tolist(), grounding.hurdles.tolist())
    return [
        {
            "expert": expert,
            "given": expert in grounding.experts,
            "without": round(without, DIGITS),
            "documented": round(documented, DIGITS),
            "must_gain": round(hurdle, DIGITS) if isfinite(hurdle) else None,
        }
        for expert, without, documented, hurdle in zip(decision.estimates.experts, *columns, strict=True)
    ]
