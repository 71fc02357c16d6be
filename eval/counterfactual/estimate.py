"""Another policy judged by the logs: estimates, the difference to the policy that logged, or why they cannot say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from eval.counterfactual.bounds import Mean, clustered, effective
from eval.counterfactual.estimators import ESTIMATORS, doubly_robust
from eval.counterfactual.judgement import DM, DR, Estimate, Interval, Judgement, Outcome, Support
from eval.counterfactual.learned import Learned, learn
from eval.counterfactual.logs import Logs, Target
from eval.counterfactual.propensities import implied_size, mean_weight
from eval.counterfactual.support import Reach, refusal_of_logs, refusal_of_target
from eval.counterfactual.usable import Usable, chances_for
from eval.counterfactual.weighing import Rows, Weighing, weighing


def estimate(logs: Logs, target: Target, *, outcome: Outcome = "reward", seed: int = 0) -> Judgement:
    """See `judge`; where several targets are judged by the same logs, `learn` from them once."""
    return judge(learn(logs, outcome, seed), target)


def judge(learned: Learned, target: Target) -> Judgement:
    """What the logs say of a target. ValueError where its chances are none."""
    logs, chances = learned.logs, chances_for(target, learned.logs)
    if not len(logs):
        return _nothing(learned, target)
    of = weighing(learned, chances)
    reach = _reach(of)
    refusal = refusal_of_logs(logs) or refusal_of_target(reach)
    can_say = refusal is None
    names = tuple(ESTIMATORS) if can_say else (DM,) * bool(logs.known.any())
    return Judgement(
        target=target.name,
        outcome=logs.outcome,
        estimates={name: _estimate(of, ESTIMATORS[name](of)) for name in names},
        logged=_estimate(of, _of_logged(learned)) if logs.known.any() else None,
        difference=_estimate(of, _less(doubly_robust(of), _of_logged(learned)), signed=True) if can_say else None,
        earned=float(logs.value[logs.known].mean()) if logs.known.any() else None,
        recommended=DR if can_say else None,
        refusal=refusal,
        warnings=tuple(_warnings(learned, reach)),
        support=_support(of, reach),
    )


def contrast(learned: Learned, target: Target, other: Target) -> Estimate | None:
    """target - other, paired and doubly robust; None where the logs cannot say it of both."""
    both = [weighing(learned, chances_for(one, learned.logs)) for one in (target, other)]
    if not len(learned.logs) or refusal_of_logs(learned.logs) or any(refusal_of_target(_reach(of)) for of in both):
        return None
    one, less = map(doubly_robust, both)
    rarest = max(both, key=lambda of: of.luck)
    return _estimate(rarest, _less(one, less), signed=True)


def _reach(of: Weighing) -> Reach:
    logs = of.learned.logs
    found = effective(of.weight * of.learned.answered, logs.clusters)
    return Reach(logs, of.chances, of.mass, min(found, implied_size(logs, of.chances)), mean_weight(logs, of.chances))


def _of_logged(learned: Learned) -> Rows:
    return Rows(learned.of_logged, learned.answered, 0.0, 0.0)


def _less(one: Rows, other: Rows) -> Rows:
    """The difference, row by row; what either cannot know is not known of the difference."""
    weights = abs(one.weights - other.weights)
    return Rows(one.values - other.values, weights, one.below + other.above, one.above + other.below)


def _estimate(of: Weighing, rows: Rows, signed: bool = False) -> Estimate:
    """The error is at least what outcomes are bound to vary by, under weights as large as they are to be expected."""
    logs, ess = of.learned.logs, effective(rows.weights, of.learned.logs.clusters)
    least = float(np.sqrt(of.luck * (rows.weights**2 * of.learned.noise(ess)).sum())) / len(logs)
    mean = clustered(rows.values, logs.clusters).swollen(rows.swelling).at_least(least, max(ess - 1, 1.0))
    count = int((logs.known & (rows.weights > 0)).sum())
    return Estimate(mean.value, _interval(mean, rows, logs, signed), mean.se, ess, count, rows.note)


def _interval(mean: Mean, rows: Rows, logs: Usable, signed: bool) -> Interval:
    """Widened by what no row can know, and within what a mean of rewards can be; about the value in any case."""
    low, high = mean.interval()
    most = 1.0 if logs.outcome == "reward" else np.inf
    least = -most if signed else 0.0
    return min(mean.value, max(low - rows.below, least)), max(mean.value, min(high + rows.above, most))


def _support(of: Weighing, reach: Reach) -> Support:
    logs, weight = of.learned.logs, reach.weight
    return Support(
        decisions=logs.decisions,
        left_out=logs.left_out,
        with_outcome=int(logs.known.sum()),
        outside=reach.outside,
        ess=reach.ess,
        mean_weight=Estimate(weight.value, weight.interval(), weight.se, reach.ess, len(logs)),
        largest_weight=float((of.weight * of.learned.answered).max()),
    )


def _warnings(learned: Learned, reach: Reach) -> Iterator[str]:
    logs = learned.logs
    if logs.left_out:
        yield f"{logs.left_out} of {logs.decisions} decisions are left out: their propensity is not in (0, 1]"
    if logs.strange:
        yield f"{logs.strange} values of {logs.outcome} are left out: they are not what such a value can be"
    heard = int(logs.known.sum())
    if heard < len(logs):
        share = f"{heard} of {len(logs)} decisions have a {logs.outcome}"
        yield f"{share}; it is taken to be missing at random given the query and the expert, and weighted up"
    if reach.outside > 0:
        share = f"{_share(reach.outside)} of the target's choices were not tried"
        yield f"{share}; what they could be worth at the least and at the most is in the intervals"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "less than 0.1 %"


def _nothing(learned: Learned, target: Target) -> Judgement:
    logs = learned.logs
    nothing = Estimate(np.nan, (-np.inf, np.inf), np.inf, 0.0, 0)
    support = Support(logs.decisions, logs.left_out, 0, np.nan, 0.0, nothing, np.nan)
    return Judgement(target.name, logs.outcome, {}, None, None, None, None, refusal_of_logs(logs), (), support)
