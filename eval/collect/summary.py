"""What a collection has found, expert by expert, in figures and in words. Asks nobody and grades nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

import numpy as np

from eval.bench.tables import Sheet
from eval.collect.asking import Tally
from eval.collect.choosing import JUDGE, PAIRWISE
from eval.collect.grading import Graded
from eval.metrics.bootstrap import Interval, interval, resampled_means
from gateway.types import Json

RESAMPLES = 1000
LONGER = 1.25
"""Where the answers that a judge prefers are so many times as long as the others, that is told."""


@dataclass(frozen=True, slots=True)
class Line:
    """One expert. score: the mean of what could be judged, None where nothing could. usd: of its answers.

    failed: calls to be made again.
    """

    expert: str
    answers: int
    score: float | None
    interval: Interval | None
    usd: float
    median_s: float
    unjudged: int
    cut_off: int
    failed: int
    too_long: int


def lines_of(rows: Sequence[Json], groups: Mapping[str, str], tallies: Mapping[str, Tally]) -> list[Line]:
    """One for each expert, the best first. groups: which question is the same as which."""
    experts = list(dict.fromkeys([*(row["model"] for row in rows), *tallies]))
    found = [_line(expert, [row for row in rows if row["model"] == expert], groups, tallies) for expert in experts]
    return sorted(found, key=lambda line: -1.0 if line.score is None else line.score, reverse=True)


def _line(expert: str, rows: Sequence[Json], groups: Mapping[str, str], tallies: Mapping[str, Tally]) -> Line:
    judged = [row for row in rows if row["score"] is not None]
    tally = tallies.get(expert, Tally())
    return Line(
        expert=expert,
        answers=len(rows),
        score=fmean(row["score"] for row in judged) if judged else None,
        interval=_interval(judged, groups),
        usd=sum(row["cost_usd"] * row["samples"] for row in rows),
        median_s=median(row["latency_s"] for row in rows) if rows else 0.0,
        unjudged=len(rows) - len(judged),
        cut_off=sum(row["cut_off"] for row in rows),
        failed=tally.failed + tally.unasked,
        too_long=tally.too_long,
    )


def _interval(judged: Sequence[Json], groups: Mapping[str, str]) -> Interval | None:
    if not judged:
        return None
    scores = np.array([[row["score"]] for row in judged])
    means = resampled_means(scores, np.array([groups[row["query_id"]] for row in judged]), RESAMPLES)
    return interval(means[:, 0])


def sheet(lines: Sequence[Line]) -> Sheet:
    head = ["expert", "answers", "score", "95 % interval", "dollars", "seconds", "unjudged", "cut off", "failed"]
    return Sheet(head, [_told(line) for line in lines])


def _told(line: Line) -> list[str]:
    score = "" if line.score is None else f"{line.score:.3f}"
    within = "" if line.interval is None else f"{line.interval[0]:.3f} to {line.interval[1]:.3f}"
    counts = (line.unjudged, line.cut_off, line.failed)
    told = [str(count or "") for count in counts]
    return [line.expert, str(line.answers), score, within, f"{line.usd:.4f}", f"{line.median_s:.2f}", *told]


def in_words(tallies: Mapping[str, Tally], graded: Sequence[Graded]) -> list[str]:
    """What went wrong, and what to bear in mind."""
    return [*_troubles(tallies), *_gaps(graded), *_length_bias(graded)]


def _troubles(tallies: Mapping[str, Tally]) -> list[str]:
    found = []
    for expert, tally in tallies.items():
        if tally.gave_up:
            left = tally.failed + tally.unasked
            found.append(f"{expert} failed too often in a row and was not asked on, {left} calls are left: {tally.why}")
        elif tally.failed:
            found.append(
                f"{expert}: {tally.failed} calls failed (last: {tally.why}); the same command makes them again"
            )
        if tally.too_long:
            found.append(f"{tally.too_long} questions were too long for {expert}")
    return found


def _gaps(graded: Sequence[Graded]) -> list[str]:
    """Why answers have no score, or one that is no plain verdict."""
    reasons = Counter(one.grade.why for one in graded if one.grade.score is None)
    split = sum(one.grade.score == 0.5 and bool(one.grade.why) and one.grader == JUDGE for one in graded)
    lines = [f"{count} answers have no score: {why}" for why, count in reasons.most_common()]
    return lines + ([f"of {split} answers the judge said both: they count half"] if split else [])


def _length_bias(graded: Sequence[Graded]) -> list[str]:
    """Judges tend to prefer long answers (arXiv 2306.05685, section 3.3)."""
    judged = [one for one in graded if one.grader in (JUDGE, PAIRWISE) and one.grade.score is not None]
    better = [len(one.row.reply) for one in judged if (one.grade.score or 0.0) > 0.5]
    others = [len(one.row.reply) for one in judged if (one.grade.score or 0.0) < 0.5]
    if not better or not others or fmean(better) < LONGER * max(1.0, fmean(others)):
        return []
    times = fmean(better) / max(1.0, fmean(others))
    return [f"answers that the judge prefers are {times:.1f} times as long as the others: it may go by length"]


def account(lines: Sequence[Line], words: Sequence[str], spent_usd: float) -> dict[str, Any]:
    """For JSON."""
    experts = [
        {name: getattr(line, name) for name in Line.__slots__ if name != "interval"} | {"interval": line.interval}
        for line in lines
    ]
    return {"experts": experts, "notes": list(words), "spent_usd": spent_usd}
