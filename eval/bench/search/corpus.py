"""A collection of generated handbooks, as large as one likes, and questions about it. Knows no store.

Only one chunk of each subject is encoded, and a few more to see how far chunks of one subject lie apart; the vectors of
the rest are drawn that far from the first. Encoding 100,000 chunks takes an hour, and no part of a search is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.retriever import Retriever

ADJECTIVES = (
    "automatic compact portable industrial hydraulic electric manual digital solar marine medical thermal".split()
)
NOUNS = (
    "pump lathe boiler scanner turbine conveyor freezer loom telescope crane printer compressor greenhouse elevator "
    "generator microscope press excavator kiln locomotive radar sewing-machine ferry dishwasher projector centrifuge "
    "water-mill bread-oven tractor chainsaw"
).split()
FACTS = (
    "weight pressure warranty voltage oil filter calibration noise torque capacity spare-parts cleaning insurance "
    "temperature transport delivery price certificate inspection training"
).split()
SENTENCES = (
    "The {fact} of the {subject} is stated on the plate beside the door as {number} and is checked every {days} days.",
    "Whoever changes the {fact} of the {subject} notes it in the book of the {place} workshop under number {number}.",
    "In {place} the {subject} was delivered in {year}, and its {fact} has been {number} since the last overhaul.",
    "A {subject} whose {fact} is out of order is taken out of use, and the office in {place} is told in {days} hours.",
    "For the {fact} see also sheet {code}, which the maker of the {subject} revised in {year}.",
)
QUESTIONS = (
    "What is the {fact} of the {subject} in {place}?",
    "When was the {fact} of a {subject} last checked in {place}?",
    "Who has to be told if the {fact} of the {subject} is wrong?",
    "Which sheet is about the {fact} of the {subject}, {code}?",
)
BEGINNINGS, ENDINGS = (
    "Al Bor Cas Dun El Far Gol Hal Ist Kel Mor Nor Ost Pel Tor".split(),
    "aden by eck ford gard heim ia ton",
)
SIBLINGS = 3
"""Chunks of one subject that are encoded to see how far apart they lie."""
MEASURED_ON = 50


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """titles, texts: of n chunks. vectors: (n, d) unit rows. questions: each about one chunk."""

    titles: Sequence[str]
    texts: Sequence[str]
    vectors: Array
    questions: Sequence[str]


def corpus_of(chunks: int, questions: int, retriever: Retriever, seed: int = 0) -> Corpus:
    """The same corpus for the same seed."""
    random = np.random.default_rng(seed)
    subjects = [f"{adjective} {noun}" for adjective in ADJECTIVES for noun in NOUNS]
    places = [f"{begin}{end}" for begin in BEGINNINGS for end in ENDINGS.split()]
    details = [_details(subjects[n % len(subjects)], places, random) for n in range(chunks)]
    titles = [f"Handbook of the {one['subject']} › {one['fact']}" for one in details]
    texts = [" ".join(sentence.format(**one) for sentence in SENTENCES) for one in details]
    asked = random.choice(chunks, questions, replace=chunks < questions)
    return Corpus(
        titles,
        texts,
        _vectors(
            [f"{title}\n{text}" for title, text in zip(titles, texts, strict=True)], len(subjects), retriever, random
        ),
        [QUESTIONS[n % len(QUESTIONS)].format(**details[place]) for n, place in enumerate(asked)],
    )


def _details(subject: str, places: Sequence[str], random: np.random.Generator) -> dict[str, str]:
    return {
        "subject": subject,
        "fact": str(random.choice(FACTS)),
        "place": str(random.choice(places)),
        "number": f"{random.integers(10, 9999)}",
        "days": f"{random.integers(2, 90)}",
        "year": f"{random.integers(1950, 2026)}",
        "code": f"{random.choice(list('ABCDEFGH'))}-{random.integers(100, 999)}-{random.integers(10, 99)}",
    }


def _vectors(bodies: Sequence[str], subjects: int, retriever: Retriever, random: np.random.Generator) -> Array:
    """(n, d): chunk n is of subject n modulo `subjects`; the first of each is encoded, the others lie about it."""
    firsts = retriever.encode(bodies[:subjects])
    apart = _apart(bodies, firsts, subjects, retriever)
    vectors = firsts[np.arange(len(bodies)) % subjects]
    noise = random.standard_normal(vectors.shape, dtype=np.float32)
    noise *= np.float32(np.sqrt((1 / apart**2 - 1) / vectors.shape[1]))
    noise[:subjects] = 0
    vectors = vectors + noise
    unit: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _apart(bodies: Sequence[str], firsts: Array, subjects: int, retriever: Retriever) -> float:
    """The mean cosine of chunks of one subject and the first of it; one half where there is only one of each."""
    places = [
        n * subjects + m for n in range(1, SIBLINGS) for m in range(MEASURED_ON) if n * subjects + m < len(bodies)
    ]
    if not places:
        return 0.5
    siblings = retriever.encode([bodies[place] for place in places])
    return float((siblings * firsts[[place % subjects for place in places]]).sum(axis=1).mean())
