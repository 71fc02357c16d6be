"""Fitted routers for the experts of one pool: recorded models by their columns, others by what is known of them.

Nothing is fitted: an expert that is added leaves what is said of the others as it was.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from routers.abilities import Ability
from routers.base import Array, Router
from routers.blend import BlendRouter
from routers.category import CategoryRouter
from routers.growth import grown
from routers.irt.posterior import Posterior
from routers.irt.router import IrtRouter
from routers.knowledge import Knowledge

Pool = Mapping[str, Knowledge]
STAND_IN = "\N{NULL}the average expert"
"""No expert can be called so."""


def for_pool(routers: Mapping[str, Router], pool: Pool, artifact: str = "") -> dict[str, Router]:
    """The routers, each over exactly the pool. An expert that one does not know is to it the average of those it does.

    artifact: the version of the routers; a posterior of another one lies in another space and is not used.
    """
    return {name: _placed(router, pool, artifact)[0] for name, router in routers.items()}


def _placed(router: Router, pool: Pool, artifact: str) -> tuple[Router, Array]:
    """The router over the pool, and which of its experts it knows (m,)."""
    if isinstance(router, BlendRouter):
        return _blended(router, pool, artifact)
    if isinstance(router, CategoryRouter):
        return _by_category(router, pool), np.ones(len(pool), dtype=bool)
    if isinstance(router, IrtRouter):
        return _by_ability(router, pool, artifact)
    known = np.array([one.recorded in router.experts_ for one in pool.values()], dtype=bool)
    columns = {name: one.recorded if one.recorded in router.experts_ else STAND_IN for name, one in pool.items()}
    return _with_stand_in(router).select({name: column or STAND_IN for name, column in columns.items()}), known


def _with_stand_in(router: Router) -> Router:
    """The router with one expert more: the average of all it knows."""
    average = {name: getattr(router, name).mean(axis=axis) for name, axis in router.columns.items()}
    larger = grown(router, **average)
    larger.experts_ = (*router.experts_, STAND_IN)
    return larger


def _blended(router: BlendRouter, pool: Pool, artifact: str) -> tuple[Router, Array]:
    placed = [_placed(member, pool, artifact) for member in router.members_]
    known = np.array([known for _, known in placed]).reshape(len(placed), len(pool))
    judged = np.asarray(known.any(axis=0))
    return router.over([member for member, _ in placed], known), judged


def _by_category(router: CategoryRouter, pool: Pool) -> CategoryRouter:
    recorded = dict(zip(router.experts_, router.abilities_, strict=True))
    return router.with_abilities({name: _ability(one, recorded) for name, one in pool.items()})


def _ability(known: Knowledge, recorded: Mapping[str, Ability]) -> Ability:
    if known.recorded is not None and known.recorded in recorded:
        return recorded[known.recorded]
    return known.ability or Ability.unknown()


def _by_ability(router: IrtRouter, pool: Pool, artifact: str) -> tuple[IrtRouter, Array]:
    recorded = router.posteriors
    placed = {name: _posterior(one, recorded, artifact) for name, one in pool.items()}
    known = np.array([one is not None for one in placed.values()], dtype=bool)
    return router.with_posteriors({name: one or router.prior for name, one in placed.items()}), known


def _posterior(known: Knowledge, recorded: Mapping[str, Posterior], artifact: str) -> Posterior | None:
    if known.recorded is not None and known.recorded in recorded:
        return recorded[known.recorded]
    return known.posterior if known.artifact == artifact else None
