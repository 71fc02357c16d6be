"""Key phrases: what the questions of a category say, and others do not, in one to three words.

Knows texts and categories only. The score is BERTopic's class-based TF-IDF (arXiv 2203.05794, section 3.3), counted
over questions in place of occurrences, and multiplied by a phrase's words: two words say more than one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from routers.base import Array

OWN_SHARE = 0.4
"""How much of a phrase's questions must be of its category."""
TOKEN = r"(?u)\b\w+\b"
WORD = re.compile(r"[a-z]+")
COMMAND = re.compile(r"\\[a-zA-Z]+|\btext\w+")
"""What LaTeX writes between the words."""
SHORTEST = 4
"""Letters of a word at a phrase's end."""
UNTELLING = frozenset(
    """
    answer answers correct incorrect following statement statements true false question questions choose best describe
    describes described given option options example examples find determine calculate compute using used uses
    according called type types different case cases value values number numbers terms based known common commonly
    likely person people make does like good high certain important associated various large small form time years
    year days passage refers represents necessary required result results later told comes come happen happens meant
    discuss explain define distinguish select construct inside directly reported things kind great shows perfect
    perfectly appropriate worth initially contains containing placed point points level levels degree degrees constant
    change changes amount rate possible information approximately assume shown figure respectively problem problems
    plan claims role state states write list name theories examination physical history world random positive
    smallest ways interval rest action frac sqrt mathrm infty begin left right unit units
    """.split()
)
"""Words of questions as such."""


def key_phrases(
    texts: Sequence[str], categories: Sequence[str], *, wanted: int, fewest: int, taken: Collection[str]
) -> list[tuple[str, str]]:
    """At most `wanted` pairs of a phrase and its category, each in `fewest` questions or more and not in `taken`."""
    if wanted <= 0 or not texts:
        return []
    phrases, counts = _counted(texts, fewest)
    names = sorted(set(categories))
    members = np.array([[category == name for category in categories] for name in names], dtype=np.float64)
    by_category = np.asarray(members @ counts)
    lengths = np.array([len(phrase.split()) for phrase in phrases])
    own = (by_category >= OWN_SHARE * by_category.sum(axis=0)) & (by_category >= fewest / 2)
    scores = np.where(own, class_tf_idf(by_category) * lengths, 0)
    picked: dict[str, str] = {}
    known = {_stems(name) for name in taken}
    for rank, (name, row) in enumerate(zip(names, scores, strict=True), start=1):
        quota = round(wanted * rank / len(names))
        for place in np.argsort(-row, kind="stable"):
            if len(picked) >= quota or row[place] <= 0:
                break
            if _stems(phrases[place]) not in known and not _overlaps(phrases[place], picked):
                picked[phrases[place]] = name
    return list(picked.items())


def class_tf_idf(counts: Array) -> Array:
    """(K, t) of counts (K, t): tf·log(1 + A / f), f how often a phrase occurs in all and A the mean size of a class."""
    total = counts.sum(axis=0)
    return np.asarray(counts * np.log1p(counts.sum() / len(counts) / np.maximum(total, 1)))


def _counted(texts: Sequence[str], fewest: int) -> tuple[list[str], Any]:
    """The phrases that `fewest` texts or more share, and a sparse (n, t) of whether each text has it."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    counter = CountVectorizer(ngram_range=(1, 3), token_pattern=TOKEN, min_df=min(fewest, len(texts)), binary=True)
    try:
        counts = counter.fit_transform(COMMAND.sub(" ", text) for text in texts)
    except ValueError:  # no phrase is shared by that many texts
        return [], np.zeros((len(texts), 0))
    phrases = [str(phrase) for phrase in counter.get_feature_names_out()]
    telling = [t for t, phrase in enumerate(phrases) if _tells(phrase, ENGLISH_STOP_WORDS)]
    return [phrases[t] for t in telling], counts[:, telling].astype(np.float64)


def _tells(phrase: str, stop_words: Collection[str]) -> bool:
    """Words alone, none that questions are made of, and neither end short or a stop word."""
    words = phrase.split()
    ends = (words[0], words[-1])
    plain = all(WORD.fullmatch(word) for word in words) and not UNTELLING.intersection(words)
    return plain and all(len(word) >= SHORTEST and word not in stop_words for word in ends)


def _overlaps(phrase: str, picked: Collection[str]) -> bool:
    """Whether it is part of a picked phrase, or a picked one part of it."""
    words = _stems(phrase)
    return any(words <= other or other <= words for other in map(_stems, picked))


def _stems(phrase: str) -> frozenset[str]:
    """Its words without the plural's s."""
    return frozenset(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in phrase.split())
