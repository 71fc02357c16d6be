"""Each router as it is fitted here: which columns of a reader's rows it is shown, and what it needs besides.

To add a router: its file, and one line in `prototype`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from routers.base import Array, Router
from routers.blend import BlendRouter
from routers.category import CategoryRouter
from routers.chance import RandomRouter
from routers.cluster import ClusterRouter
from routers.constant import ConstantRouter
from routers.contrastive import ContrastiveRouter
from routers.corpus import spelled_out
from routers.encoders.layout import Layout
from routers.factor import FactorRouter
from routers.irt.router import IrtRouter
from routers.linear import LinearRouter
from routers.neighbours import NeighboursRouter
from routers.skills.labels import annotated_labels, weak_labels
from routers.skills.router import SkillRouter
from routers.skills.tagger import SkillTagger
from routers.skills.vocabulary import learn_vocabulary
from routers.table import Table
from routers.zero import ZeroRouter

BASELINES = ("constant", "random", "zero", "neighbours", "cluster", "factor", "contrastive")
PARTS = ("category", "irt", "skills", "linear", "cluster")
"""The routers of a blend, in this order. Regions of queries (cluster) are a baseline, and a good part."""
BLEND = "blend"
NAMES = tuple(dict.fromkeys((*PARTS, BLEND, *BASELINES)))


@dataclass(frozen=True, slots=True, eq=False)
class Lore:
    """What a router may be made from beside rows and outcomes: the training questions themselves.

    train: their rows in the table. X (n, width): what the reader makes of them.
    """

    table: Table
    train: Array
    X: Array
    layout: Layout
    seed: int


def prototype(name: str, lore: Lore) -> Router:
    """The router of that name, not yet fitted."""
    width, seed = lore.layout.embedding, lore.seed
    makers: dict[str, Callable[[], Router]] = {
        "constant": ConstantRouter,
        "random": lambda: RandomRouter(seed=seed),
        "zero": lambda: ZeroRouter(seed=seed),
        "neighbours": lambda: NeighboursRouter(width=width),
        "cluster": lambda: ClusterRouter(width=width, seed=seed),
        "factor": FactorRouter,
        "contrastive": lambda: ContrastiveRouter(width=width, seed=seed),
        "linear": LinearRouter,
        "category": lambda: CategoryRouter(lore.layout.categories),
        "irt": lambda: IrtRouter(seed=seed),
        "skills": lambda: SkillRouter(tagger(lore), seed=seed),
        BLEND: lambda: blended(lore),
    }
    return makers[name]()


def blended(lore: Lore) -> BlendRouter:
    """The blend of its parts; category and skills speak for it."""
    voices = (PARTS.index("category"), PARTS.index("skills"))
    return BlendRouter(tuple(prototype(part, lore) for part in PARTS), voices=voices, seed=lore.seed)


def tagger(lore: Lore) -> SkillTagger:
    """Skills learned from what the questions' words and subjects show, or from the table's own column `skills`."""
    table = lore.table
    annotated = [table.skills[n] for n in lore.train]
    if any(annotated):
        vocabulary, labels = annotated_labels(annotated)
    else:
        texts = [spelled_out(table.texts[n], table.choices[n]) for n in lore.train]
        subjects = [table.subjects[n] for n in lore.train]
        vocabulary = learn_vocabulary(texts, [table.categories[n] for n in lore.train], subjects)
        labels = weak_labels(vocabulary, texts, subjects)
    return SkillTagger().fit(lore.X, labels, vocabulary.names)
