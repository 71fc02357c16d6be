"""Weak labels: which skills a question shows, read off its words and its subject, or off what an expert said of it.

Knows texts and the vocabulary, no expert's outcomes. What a tagger learns from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from routers.skills.phrases import TOKEN
from routers.skills.vocabulary import Skill, Vocabulary


def weak_labels(vocabulary: Vocabulary, texts: Sequence[str], subjects: Sequence[str]) -> Any:
    """A sparse (n, S) of zeros and ones: one where a cue stands in the text or the subject means the skill."""
    cues = sorted({cue for skill in vocabulary.skills for cue in skill.cues})
    shown = csr_matrix((len(texts), len(vocabulary.skills)))
    if cues and texts:
        hints = np.array([[cue in skill.cues for skill in vocabulary.skills] for cue in cues], dtype=np.float64)
        shown = shown + _occurrences(texts, cues) @ csr_matrix(hints)
    return csr_matrix((shown + _meant(vocabulary, subjects)) > 0, dtype=np.float64)


def annotated_labels(skills: Sequence[Sequence[str]], fewest: int = 5) -> tuple[Vocabulary, Any]:
    """The skills that an expert named in `fewest` questions or more, and the sparse (n, S) of which it named where."""
    counts = Counter(name for names in skills for name in set(names))
    vocabulary = Vocabulary(tuple(Skill(name) for name in sorted(counts) if counts[name] >= fewest))
    place = {name: s for s, name in enumerate(vocabulary.names)}
    cells = [(n, place[name]) for n, names in enumerate(skills) for name in set(names) if name in place]
    return vocabulary, _ones(cells, (len(skills), len(place)))


def _occurrences(texts: Sequence[str], cues: Sequence[str]) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    longest = max(len(cue.split()) for cue in cues)
    counter = CountVectorizer(vocabulary=cues, ngram_range=(1, longest), token_pattern=TOKEN, binary=True)
    return counter.transform(texts)


def _meant(vocabulary: Vocabulary, subjects: Sequence[str]) -> Any:
    place = {label: s for s, skill in enumerate(vocabulary.skills) for label in skill.subjects}
    cells = [(n, place[label]) for n, label in enumerate(subjects) if label in place]
    return _ones(cells, (len(subjects), len(vocabulary.skills)))


def _ones(cells: Sequence[tuple[int, int]], shape: tuple[int, int]) -> Any:
    rows, columns = np.array(cells, dtype=np.intp).reshape(-1, 2).T
    return csr_matrix((np.ones(len(cells)), (rows, columns)), shape=shape)
