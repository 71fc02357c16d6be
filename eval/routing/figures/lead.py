"""Which router the plots of one router show. Chosen by name: the best on these questions would flatter itself."""

from __future__ import annotations

from eval.routing.choice import Choice
from eval.routing.folded import FITTED
from eval.routing.run import Evaluation

USUAL = "blend"
"""What a policy goes by unless it says otherwise."""
NO_ROUTER = "no router took part"


def lead_of(evaluation: Evaluation) -> str | None:
    """None where no router took part."""
    return next(iter(routers_of(evaluation)), None)


def routers_of(evaluation: Evaluation) -> tuple[str, ...]:
    """Those that are no baselines, the lead first."""
    names = [one.name for one in evaluation.detail.choices if one.kind == "router" and one.thrift is None]
    return tuple(sorted(names, key=lambda name: (name != USUAL, name != USUAL + FITTED)))


def choice_of(evaluation: Evaluation, name: str, thrift: float | None = None) -> Choice | None:
    """None where there is none so called at this setting."""
    found = (one for one in evaluation.detail.choices if one.name == name and one.thrift == thrift)
    return next(found, None)
