"""Whether passages hold a right answer, by its words: what support means where the answer is known. Knows no expert.

Distant supervision, as retrievers of open-domain questions are taught (Chen et al., ACL 2017, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routers.gating.gains import Hit
from routers.gating.words import sequence

FEWEST = 3
"""Letters of an answer below which finding it means nothing: an option's letter, a digit."""
ANYWHERE = frozenset({"yes", "no", "true", "false", "none"})


def holds(gold: Sequence[str], hits: Sequence[Hit]) -> float:
    """1 where one of the right answers stands in a passage, 0 where none does, NaN where that cannot be told."""
    answers = [f" {sequence(answer)} " for answer in gold if len(answer) >= FEWEST and answer.lower() not in ANYWHERE]
    if not answers or len(answers) < len(gold):
        return np.nan
    texts = [f" {sequence(hit.title)} {sequence(hit.text)} " for hit in hits]
    return float(any(answer in text for answer in answers for text in texts))
