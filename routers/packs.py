"""Prompt packs: a system prompt and demonstrations for each region of queries (Mixture of Prompts, ICML 2024).

Regions are clusters of embeddings; the instruction of each is found by trying every candidate, with the region's own
demonstrations, on other questions of the region. Asks nobody itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from routers.base import Array
from routers.errors import ArtifactError

PER_REGION = 0.02
"""What one region more must take from the share of unexplained spread (section 3.2 of the paper's code: 0.02·k)."""
MOST_REGIONS = 50
"""With more, that price alone is above what one region for all costs."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A question and how it should be answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Region:
    """centroid: of unit length. score: the share of `questions` answered right with this pack when it was chosen."""

    centroid: tuple[float, ...]
    system: str
    demos: tuple[Demo, ...]
    score: float
    questions: int


@dataclass(frozen=True, slots=True)
class Packs:
    """reader: the version of the reader whose embedding the centroids lie in. expert: who tried the instructions."""

    reader: str
    expert: str
    regions: tuple[Region, ...]

    def nearest(self, row: Array) -> int:
        """The place of the region that an embedding (d,) lies in."""
        centroids = np.array([region.centroid for region in self.regions])
        return int((centroids @ row).argmax())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Any) -> Self:
        """ValueError, KeyError or TypeError for what `to_json` did not write."""
        regions = tuple(_region(one) for one in kept["regions"])
        if not regions or len({len(region.centroid) for region in regions}) != 1:
            raise ValueError("its regions are none, or their centroids differ in length")
        return cls(str(kept["reader"]), str(kept["expert"]), regions)


def load_packs(path: Path, reader: str) -> Packs:
    """ArtifactError, in one line, where the file is none of packs, or was learned with another reader."""
    try:
        packs = Packs.from_json(json.loads(path.read_bytes()))
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}; `coterie prompts learn` writes such files"
        raise ArtifactError(why) from None
    except (ValueError, KeyError, TypeError) as error:
        said = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ArtifactError(f"{path} holds no prompt packs ({said}); `coterie prompts learn` writes them") from None
    if packs.reader != reader:
        raise ArtifactError(f"{path} was learned with reader {packs.reader}, and this one is {reader}; learn it again")
    return packs


def clustered(rows: Array, seed: int = 0, most: int = MOST_REGIONS) -> tuple[Array, Array]:
    """The region (n,) of each row (n, d), and the centroids (k, d) of unit length.

    k minimises inertia(k)/inertia(1) + 0.02·k, over k up to `most` and half the rows.
    """
    from sklearn.cluster import KMeans

    total = max(float(((rows - rows.mean(axis=0)) ** 2).sum()), 1e-12)
    least, labels, centroids = np.inf, np.zeros(len(rows), dtype=int), rows[:1]
    for k in range(1, max(1, min(most, len(rows) // 2, len(np.unique(rows, axis=0)))) + 1):
        if PER_REGION * k >= least:  # the spread left is never below 0, so that no further k can be better
            break
        fit = KMeans(k, n_init=4, random_state=seed).fit(rows)
        cost = fit.inertia_ / total + PER_REGION * k
        if cost < least:
            least, labels, centroids = cost, fit.labels_, fit.cluster_centers_
    return labels, centroids / np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-9)


def shared_out(rows: Array, centroid: Array, demos: int, tried: int) -> tuple[Array, Array]:
    """Places of a region's demonstrations, the most typical of its rows (n, d), and of the questions to try prompts on.

    The latter are spread over the rest; demonstrations are never more than half.
    """
    order = np.argsort(-(rows @ centroid), kind="stable")
    shown = min(demos, len(order) // 2)
    rest = order[shown:]
    spread = np.unique(np.linspace(0, len(rest) - 1, min(tried, len(rest))).round().astype(int))
    return order[:shown], rest[spread]


def chosen(scores: Array) -> int:
    """The row of scores (candidates, questions) that is best on average; an earlier one where two are. NaN is no score.

    ValueError where nothing was scored at all.
    """
    counts = (~np.isnan(scores)).sum(axis=1)
    if not counts.any():
        raise ValueError("no question was answered with any of the candidates")
    means = np.where(counts > 0, np.nansum(scores, axis=1) / np.maximum(counts, 1), -np.inf)
    return int(means.argmax())


def prompted(region: Region, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conversation with the region's prompt before the caller's own system message, its demonstrations after it."""
    own, rest = list(messages[:1]), list(messages[1:])
    if own and own[0].get("role") not in {"system", "developer"}:
        own, rest = [], list(messages)
    if region.system and own and isinstance(own[0].get("content"), str):
        own = [{**own[0], "content": f"{region.system}\n\n{own[0]['content']}"}]
    elif region.system:
        own = [{"role": "system", "content": region.system}, *own]
    shown = [
        turn
        for demo in region.demos
        for turn in ({"role": "user", "content": demo.question}, {"role": "assistant", "content": demo.answer})
    ]
    return [*own, *shown, *rest]


def _region(kept: Any) -> Region:
    demos = tuple(Demo(str(one["question"]), str(one["answer"])) for one in kept["demos"])
    centroid = tuple(float(value) for value in kept["centroid"])
    return Region(centroid, str(kept["system"]), demos, float(kept["score"]), int(kept["questions"]))
