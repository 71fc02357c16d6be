"""What a replay found, as sheets, sentences and JSON. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

from eval.bench.tables import Sheet
from eval.counterfactual.evaluation import Evaluation
from eval.counterfactual.evidence import Gain, Judged, in_words
from eval.counterfactual.judgement import Estimate, Judgement
from eval.counterfactual.tally import Tally

UNKNOWN = "-"
LONGEST = 40
HEAD = ("policy", "quality (95 %)", "against what was done (95 %)", "", "$ per 1k", "seconds", "eff. n")


def sheets(evaluation: Evaluation, estimators: bool = False) -> list[Sheet]:
    """The policies, and every estimate of those asked about where that is wanted."""
    rows = [_done(evaluation.now), *map(_row, evaluation)]
    found = [Sheet(HEAD, rows)]
    if estimators:
        asked = [one for one in (evaluation.now, evaluation.then) if one is not None]
        found.append(Sheet(("policy, estimator", "quality (95 %)", "eff. n", ""), [*_estimates(asked)]))
    return found


def lines(evaluation: Evaluation) -> Iterator[str]:
    """What stood in the record, who cannot be judged and why, and what has to be known to read the figures."""
    yield from evaluation.tally.lines(evaluation.policy)
    for name, count in evaluation.nobody.items():
        yield f"  {name}: on {count} decisions none of its experts could be asked; what was done is taken"
    refused: dict[str, list[str]] = {}
    for one in evaluation:
        if one.quality.refusal is not None:
            refused.setdefault(one.quality.refusal, []).append(one.name)
    for why, names in refused.items():
        yield f"cannot say ({', '.join(names)}): {why}"
    asked = _asked(evaluation)
    for warning in dict.fromkeys(line for one in asked for line in one.quality.warnings):
        of = [one.name for one in asked if warning in one.quality.warnings]
        yield f"note: {warning}" if len(of) == len(asked) else f"note ({', '.join(of)}): {warning}"
    if evaluation.then is not None and evaluation.gain is not None:
        yield _verdict(evaluation.then.name, evaluation.gain)


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything, numbers as plain numbers and what is none as null."""
    found = {
        "record": evaluation.record,
        "policy": evaluation.policy,
        "changes": dict(evaluation.changes),
        "tally": _tally(evaluation.tally),
        "policies": [_json(one) for one in evaluation],
        "gain": None if evaluation.gain is None else asdict(evaluation.gain),
        "asked": None if evaluation.then is None else evaluation.then.name,
        "nobody": dict(evaluation.nobody),
        "lines": list(lines(evaluation)),
    }
    plain: dict[str, Any] = _plain(found)
    return plain


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "rows": tally.rows,
        "kept": tally.kept,
        "others": dict(tally.others),
        "left_out": dict(tally.left_out),
        "strategies": dict(tally.strategies),
        "failures": tally.failures,
        "failures_counted_as_0": tally.failures_counted,
        "judged": {name: {"given": given, "answers": count} for name, (given, count) in tally.judged.items()},
        "feedback_comes_unevenly": tally.lopsided(),
        "feedback_on_unknown_decisions": tally.strays,
    }


def _asked(evaluation: Evaluation) -> Sequence[Judged]:
    return [one for one in (evaluation.now, evaluation.then) if one is not None]


def _verdict(name: str, gain: Gain) -> str:
    said, difference = in_words(gain.quality), gain.quality
    if difference is None:
        return f"{name}: the logs cannot say whether it is better"
    shown = f"{difference.value:+.3f} ({difference.interval[0]:+.3f} to {difference.interval[1]:+.3f})"
    words = {
        "better": f"is better than {gain.than}, by {shown}",
        "worse": f"is worse than {gain.than}, by {shown}",
        "noise": f"differs from {gain.than} by {shown}, which may be noise",
    }
    return f"{name} {words[said]}"


def _done(now: Judged) -> tuple[str, ...]:
    """The policy that logged, by the estimator that the others are compared with."""
    quality, cost, latency = now.quality.logged, now.cost.logged, now.latency.logged
    ess = UNKNOWN if quality is None else f"{quality.ess:,.0f}"
    return "what was done", _between(quality, 1, ".3f"), "", "", _figure(cost, 1000), _figure(latency, 1), ess


def _row(one: Judged) -> tuple[str, ...]:
    best = one.quality.best
    return (
        _short(one.name),
        _between(best, 1, ".3f"),
        _between(one.quality.difference, 1, "+.3f"),
        in_words(one.quality.difference),
        _figure(one.cost.best, 1000),
        _figure(one.latency.best, 1),
        f"{one.quality.support.ess:,.0f}" if isfinite(one.quality.support.ess) else UNKNOWN,
    )


def _short(name: str) -> str:
    """What a sheet has room for; the lines have the whole."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _estimates(asked: Sequence[Judged]) -> Iterator[tuple[str, ...]]:
    for one in asked:
        for name, found in one.quality.estimates.items():
            yield f"{_short(one.name)}, {name}", _between(found, 1, ".3f"), f"{found.ess:,.0f}", found.note


def _between(of: Estimate | None, times: float, form: str) -> str:
    if of is None:
        return UNKNOWN
    low, high = of.interval
    return f"{times * of.value:{form}} ({times * low:{form}} to {times * high:{form}})"


def _figure(of: Estimate | None, times: float) -> str:
    """Dollars and seconds; an estimate near nothing may come out below it."""
    return UNKNOWN if of is None else f"{max(times * of.value, 0.0):.3g}"


def _json(one: Judged) -> dict[str, Any]:
    return {
        "name": one.name,
        "verdict": in_words(one.quality.difference),
        **{judgement.outcome: _judgement(judgement) for judgement in (one.quality, one.cost, one.latency)},
    }


def _judgement(of: Judgement) -> dict[str, Any]:
    return {**asdict(of), "estimates": {name: asdict(found) for name, found in of.estimates.items()}}


def _plain(value: Any) -> Any:
    """numpy's numbers are none to a writer of JSON, and infinity is none to its readers."""
    if isinstance(value, dict):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
