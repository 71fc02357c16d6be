"""Every router and estimator there is, by name: what an artifact may hold, and what an evaluation may fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from routers.base import Estimator, Router
from routers.blend import BlendRouter
from routers.category import CategoryRouter
from routers.chance import RandomRouter
from routers.cluster import ClusterRouter
from routers.constant import ConstantRouter
from routers.contrastive import ContrastiveRouter
from routers.factor import FactorRouter
from routers.fusion.fuser import Fuser
from routers.fusion.network import Network
from routers.fusion.voices import Voices
from routers.irt.head import LinearHead
from routers.irt.link import Link
from routers.irt.mixture import MixtureHead
from routers.irt.router import IrtRouter
from routers.linear import LinearRouter
from routers.neighbours import NeighboursRouter
from routers.skills.regions import RegionTagger
from routers.skills.router import SkillRouter
from routers.skills.tagger import SkillTagger
from routers.standard import Standard
from routers.verbosity import Verbosity
from routers.zero import ZeroRouter

KINDS: Mapping[str, type[Estimator]] = {
    "BlendRouter": BlendRouter,
    "CategoryRouter": CategoryRouter,
    "ClusterRouter": ClusterRouter,
    "ConstantRouter": ConstantRouter,
    "ContrastiveRouter": ContrastiveRouter,
    "FactorRouter": FactorRouter,
    "Fuser": Fuser,
    "IrtRouter": IrtRouter,
    "LinearHead": LinearHead,
    "LinearRouter": LinearRouter,
    "Link": Link,
    "MixtureHead": MixtureHead,
    "NeighboursRouter": NeighboursRouter,
    "Network": Network,
    "RandomRouter": RandomRouter,
    "RegionTagger": RegionTagger,
    "SkillRouter": SkillRouter,
    "SkillTagger": SkillTagger,
    "Standard": Standard,
    "Verbosity": Verbosity,
    "Voices": Voices,
    "ZeroRouter": ZeroRouter,
}
"""What `routers.state.restore` may build, by class name."""

ROUTERS: Mapping[str, Callable[[], Router]] = {
    "blend": BlendRouter,
    "category": CategoryRouter,
    "cluster": ClusterRouter,
    "constant": ConstantRouter,
    "contrastive": ContrastiveRouter,
    "factor": FactorRouter,
    "irt": IrtRouter,
    "linear": LinearRouter,
    "neighbours": NeighboursRouter,
    "random": RandomRouter,
    "skills": SkillRouter,
}
"""Routers that are fitted on rows and outcomes alone, with their own defaults."""
