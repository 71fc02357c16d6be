"""What is said of one way of choosing, with intervals: the struct, and what follows from means over its questions.

RouteLLM's, LLMRouterBench's and the swept figures come from `pair`, `datasets` and `sweep`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from eval.metrics.arena import accuracy_of_best, arena_score
from eval.metrics.ratio import ratio
from eval.metrics.routellm import pgr
from eval.metrics.routereval import e_p, v_b
from eval.routing.means import UNKNOWN, Figure, Means
from eval.routing.pair import Pair
from routers.base import Array

PER_1K = 1000.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Each with the module of `eval.metrics` that defines it. Figures of cost are unknown where costs are."""

    cost_usd_per_1k: Figure = UNKNOWN
    tokens_per_query: Figure = UNKNOWN
    """effort: of question and answer together."""
    arena: Figure = UNKNOWN
    """arena: between the ends of the published code."""
    arena_pool: Figure = UNKNOWN
    """arena: between the cheapest and the dearest single expert."""
    opt_sel: Figure = UNKNOWN
    """arena: how often the best choice is chosen, of questions that have one."""
    opt_cost: Figure = UNKNOWN
    """arena: the best choice's cost over the chosen one's, of the same questions; wrong answers may be cheaper."""
    opt_acc: Figure = UNKNOWN
    """arena: accuracy over the oracle's."""
    opt_sel_right: Figure = UNKNOWN
    """arena: opt_sel of right answers alone."""
    opt_cost_right: Figure = UNKNOWN
    """arena: opt_cost of right answers alone."""
    pgr: Figure = UNKNOWN
    """routellm."""
    apgr: Figure = UNKNOWN
    """routellm: of a router's own expectations, at every threshold between the weak and the strong expert."""
    cpt_50: Figure = UNKNOWN
    """routellm: the share of strong calls that recovers half of the gap."""
    cpt_80: Figure = UNKNOWN
    gain_at_random: Figure = UNKNOWN
    """llmrouterbench."""
    gain_at_best: Figure = UNKNOWN
    """llmrouterbench: on one best single expert for all datasets."""
    gain_at_best_each: Figure = UNKNOWN
    """llmrouterbench: on the best single expert of each dataset."""
    gap_at_oracle: Figure = UNKNOWN
    """llmrouterbench."""
    mu: Figure = UNKNOWN
    """routereval: the accuracy by another name."""
    v_b: Figure = UNKNOWN
    """routereval."""
    e_p: Figure = UNKNOWN
    """routereval, in nats; without an interval."""
    recall: Figure = UNKNOWN
    """recall: P(a right expert is chosen | 1 to 3 are right)."""
    oracle_gap: Figure = UNKNOWN
    """oracle_gap: to the best score of each question, luck and all."""
    oracle_gap_shrunk: Figure = UNKNOWN
    """shrunk_oracle: to the best fitted chance of each question."""
    oracle_gap_repeated: Figure = UNKNOWN
    """oracle_gap: to the expert that was best when the same question was asked again; of repeated questions alone."""

    def all(self) -> dict[str, Figure]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


def measures_of(
    means: Means, at: int, pair: Pair, share: Array, ends: tuple[float, float], more: Mapping[str, Figure]
) -> Measures:
    """Of the choice whose columns are numbered `at`; share (m,): how often each expert is chosen.

    ends: dollars per 1,000 questions of the cheapest and the dearest single expert. more: figures of other modules.
    """

    def column(name: str) -> tuple[int, str]:
        return at, name

    score, cost = column("score"), column("cost")
    strong, weak = (pair.strong_at, "score"), (pair.weak_at, "score")
    return Measures(
        cost_usd_per_1k=means.figure(lambda c: PER_1K * c, cost),
        tokens_per_query=means.figure(np.asarray, column("tokens")),
        arena=means.figure(lambda a, c: arena_score(a, PER_1K * c), score, cost),
        arena_pool=means.figure(lambda a, c: arena_score(a, PER_1K * c, *ends), score, cost),
        opt_sel=means.figure(np.asarray, column("optimal")),
        opt_cost=means.figure(np.asarray, column("cost_ratio")),
        opt_acc=means.figure(accuracy_of_best, score, column("oracle")),
        opt_sel_right=means.figure(ratio, column("optimal"), column("right")),
        opt_cost_right=means.figure(ratio, column("right_cost_ratio"), column("right")),
        pgr=means.figure(pgr, score, weak, strong) if pair.known else UNKNOWN,
        mu=means.figure(np.asarray, score),
        v_b=means.figure(v_b, score, strong),
        e_p=Figure(float(e_p(share))),
        recall=means.figure(np.asarray, column("rare")),
        oracle_gap=means.figure(np.subtract, column("oracle"), score),
        oracle_gap_shrunk=means.figure(np.subtract, column("shrunk"), score),
        oracle_gap_repeated=means.figure(np.subtract, column("repeated"), column("score_repeated")),
        **more,
    )
