"""Ways to get one answer from experts, by name. A strategy is a function of a brief; a new one is a file and a line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from gateway.abstention import ABSTAIN
from gateway.consult import Brief
from gateway.strategies.abstain import abstain
from gateway.strategies.best_of import best_of
from gateway.strategies.bid import bid
from gateway.strategies.cascade import cascade
from gateway.strategies.conduct import conduct
from gateway.strategies.debate import debate
from gateway.strategies.decompose import decompose
from gateway.strategies.fuse import fuse
from gateway.strategies.mixture import mixture
from gateway.strategies.packs import prompts
from gateway.strategies.rethink import rethink
from gateway.strategies.sequential import sequential
from gateway.strategies.single import single
from gateway.strategies.synthesize import synthesize
from gateway.strategies.vote import vote
from gateway.types import Verdict

Strategy = Callable[[Brief], Awaitable[Verdict]]
"""Consults and says which outcome's words are the answer; none where every expert failed."""

STRATEGIES: Mapping[str, Strategy] = {
    "single": single,
    "vote": vote,
    "sequential": sequential,
    "fuse": fuse,
    "best_of": best_of,
    "synthesize": synthesize,
    "mixture": mixture,
    "debate": debate,
    "cascade": cascade,
    "bid": bid,
    "conduct": conduct,
    "decompose": decompose,
    "rethink": rethink,
    "prompts": prompts,
}
"""Those that a policy or a caller may name."""
EVERY: Mapping[str, Strategy] = {**STRATEGIES, ABSTAIN: abstain}
