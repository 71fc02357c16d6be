"""What a collection is expected to cost, expert by expert, before anybody is asked. Makes no call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from eval.bench.tables import Sheet
from eval.collect.calling import Call, Caller, input_tokens
from eval.collect.choosing import JUDGE, PAIRWISE, Gradable
from eval.collect.graders import bench
from eval.collect.kept import VERDICT, Row
from gateway.wire.completion import tokens_in

SEEN = 10
"""From so many kept answers on, their mean length is what is expected."""
TASK_TOKENS = 160
"""Of what a judge is told beside the texts."""
ORDERS = 2
WRITTEN = 400
"""Tokens of an answer that is judged."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """calls: those to be made; kept: those that were. too_long: of the calls, those beyond the expert's context."""

    expert: str
    calls: int
    kept: int
    too_long: int
    input_tokens: float
    output_tokens: float
    usd: float
    priced: bool


def of_asking(caller: Caller, calls: Mapping[str, Sequence[Call]]) -> list[Estimate]:
    """One for each expert."""
    return [_asked(caller, expert, of_it) for expert, of_it in calls.items()]


def of_judging(caller: Caller, judge: str, gradable: Iterable[Gradable], answers_each: int) -> list[Estimate]:
    """The judge's, where there is work for it; each answer is as long as is expected of free text."""
    work = [one for one in gradable if one.grader.name in (JUDGE, PAIRWISE)]
    calls = len(work) * answers_each * ORDERS
    if not calls:
        return []
    texts = [_judged_tokens(one) for one in work]
    known = min(calls, sum(row.kind == VERDICT and row.expert == judge for row in caller.kept.rows()))
    return [_estimate(caller, judge, calls - known, known, 0, fmean(texts), bench.WORDS)]


def total_usd(estimates: Iterable[Estimate]) -> float:
    return sum(one.usd for one in estimates)


def sheet(estimates: Sequence[Estimate]) -> Sheet:
    """As a person reads it before saying yes."""
    rows = [
        [
            one.expert,
            str(one.calls),
            str(one.kept),
            f"{one.input_tokens:,.0f}",
            f"{one.output_tokens:,.0f}",
            f"${one.usd:.4f}" if one.priced else "no price",
        ]
        for one in estimates
    ]
    calls, kept = (str(sum(getattr(one, name) for one in estimates)) for name in ("calls", "kept"))
    rows.append(["together", calls, kept, "", "", f"${total_usd(estimates):.4f}"])
    return Sheet(["expert", "calls", "kept", "input tokens", "output tokens", "estimate"], rows)


def _asked(caller: Caller, expert: str, calls: Sequence[Call]) -> Estimate:
    to_make = [call for call in calls if caller.known(call) is None]
    fitting = [call for call in to_make if input_tokens(call.body) <= caller.expert(expert).context]
    tokens = fmean([input_tokens(call.body) for call in fitting]) if fitting else 0.0
    words = _seen(caller.kept.rows(), expert) or (fmean([call.words for call in fitting]) if fitting else 0.0)
    known, too_long = len(calls) - len(to_make), len(to_make) - len(fitting)
    return _estimate(caller, expert, len(fitting), known, too_long, tokens, words)


def _estimate(
    caller: Caller, expert: str, calls: int, kept: int, too_long: int, tokens: float, words: float
) -> Estimate:
    price = caller.expert(expert).price
    usd = price.of(calls * tokens, calls * words)
    priced = price.input_per_mtok > 0 or price.output_per_mtok > 0
    return Estimate(expert, calls, kept, too_long, calls * tokens, calls * words, usd, priced)


def _seen(rows: Iterable[Row], expert: str) -> float | None:
    lengths = [row.output_tokens for row in rows if row.expert == expert and row.kind != VERDICT]
    return fmean(lengths) if len(lengths) >= SEEN else None


def _judged_tokens(one: Gradable) -> float:
    answers = 2 if one.grader.name == PAIRWISE else 1
    texts = tokens_in(len(one.posed.spelled_out)) + tokens_in(len(one.posed.gold))
    return TASK_TOKENS + texts + answers * WRITTEN
