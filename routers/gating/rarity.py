"""How rare a word is, by two lists that come with the package: the tokenizer's and the reader's. Knows no question.

A word that an expert has hardly ever read is one it hardly knows of: what models know of a thing falls with how often
it is spoken of (Mallen et al., ACL 2023, figure 4; Kandpal et al., ICML 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.encoders.hashing import Space, columns_of
from routers.encoders.onnx import TOKENIZER
from routers.reader import KIND, RARITY

FIRST_WORD = 1996
"""Below this the vocabulary holds marks and single letters; from here on words stand by how often they are written."""
PER_PIECE = 0.7
"""What each further piece adds to the logarithm of a rank: a word in pieces stands in no list at all."""
MOST_PIECES = 4
COMMON_RANK, RARE_RANK = 8.0, 10.9
"""Logarithms of ranks: 3,000 (known to everybody) and just beyond the list."""
COMMON_IDF, RARE_IDF = 6.5, 10.5
"""In 200 of the 36,000 texts that the reader learned from, and in one or two."""


class Rarity:
    """Immutable. tokenizer: a WordPiece one whose vocabulary is in the order of frequency, as BERT's is."""

    def __init__(self, tokenizer: Any, idf: Array, space: Space) -> None:
        self._tokenizer = tokenizer
        self._last = int(tokenizer.get_vocab_size())
        self._idf = idf
        self._space = space

    def ranks(self, words: Sequence[str]) -> Array:
        """(n,) logarithms of the words' ranks by frequency, from 0 on: also what a word weighs in a comparison."""
        found = self._tokenizer.encode(list(words), is_pretokenized=True, add_special_tokens=False)
        owner = np.array(found.word_ids, dtype=np.intp)
        pieces = np.bincount(owner, minlength=len(words))
        places = np.full(len(words), self._last)
        places[owner] = found.ids
        ranks = np.where(pieces == 1, np.maximum(places - FIRST_WORD, 0), self._last)
        weights: Array = np.log1p(ranks) + PER_PIECE * (np.clip(pieces, 1, MOST_PIECES) - 1)
        return weights

    def rare(self, words: Sequence[str], ranks: Array) -> Array:
        """(n,) in [0, 1]: 0 for words everybody knows. A word is as rare as the list says that knows it better.

        Terms of science are in pieces in the one list and common in the other, which holds examination questions.
        """
        if not words:
            return np.zeros(0)
        idf = self._idf[columns_of(" ".join(words), self._space)[: len(words)]].astype(np.float64)
        return np.minimum(_share(ranks, COMMON_RANK, RARE_RANK), _share(idf, COMMON_IDF, RARE_IDF))


def _share(values: Array, low: float, high: float) -> Array:
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def load_rarity() -> Rarity:
    """What comes with the package; about 30 ms and 5 MB."""
    with as_file(files("routers") / "bundled" / KIND) as folder:
        return _load(folder)


def _load(folder: Path) -> Rarity:
    from tokenizers import Tokenizer

    idf: Array = np.load(folder / RARITY, allow_pickle=False)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    return Rarity(tokenizer, idf, Space())
