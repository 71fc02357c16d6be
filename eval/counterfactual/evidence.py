"""Whether what the logs say of a policy is enough to serve it. Knows no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eval.counterfactual.judgement import Estimate, Judgement
from gateway.errors import ConfigError


class NotProven(ConfigError):
    """The evidence does not allow it; the message says by how much it misses."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One policy: what its answers are worth, cost and take."""

    name: str
    quality: Judgement
    cost: Judgement
    latency: Judgement


@dataclass(frozen=True, slots=True)
class Gain:
    """What a policy brings over another: paired, doubly robust differences, None where the logs cannot say.

    than: the other one, in words. refusal: why the logs cannot say.
    """

    than: str
    quality: Estimate | None
    cost: Estimate | None
    refusal: str | None = None


def in_words(difference: Estimate | None) -> str:
    """Whether it is more than noise."""
    if difference is None:
        return "cannot say"
    low, high = difference.interval
    return "better" if low > 0 else "worse" if high < 0 else "noise"


def grounds(gain: Gain, margin: float) -> str:
    """Why it may be promoted: better, or within the margin and cheaper; NotProven, in one line, where neither holds.

    All by the lower (of cost the upper) bound of 95 %.
    """
    quality, cost = gain.quality, gain.cost
    if quality is None:
        raise NotProven(f"not promoted: {gain.refusal or 'the logs cannot say how good it is'}")
    low = quality.interval[0]
    if low > 0:
        return f"better than {gain.than}: {_shown(quality)}"
    if low <= -margin:
        raise NotProven(
            f"not promoted: the difference to {gain.than} is {_shown(quality)}; its lower bound misses 0 by {-low:.4f}"
            f" and the margin of {margin:g} by {-margin - low:.4f}"
        )
    if cost is None or cost.interval[1] >= 0:
        said = (
            "what it costs is not known" if cost is None else f"it is not surely cheaper ($ per 1k: {_dollars(cost)})"
        )
        raise NotProven(
            f"not promoted: no worse than the margin of {margin:g} ({_shown(quality)}), but not surely better either,"
            f" and {said}"
        )
    return f"{gain.than} is not better by {margin:g} ({_shown(quality)}), and dearer ($ per 1k: {_dollars(cost)})"


def as_evidence(judged: Judged, gain: Gain, said: str) -> dict[str, Any]:
    """For the journal."""
    quality = judged.quality
    return {
        "grounds": said,
        "quality": _listed(quality.best),
        "than": gain.than,
        "difference": _listed(gain.quality),
        "cost_usd_difference": _listed(gain.cost),
        "decisions": quality.support.decisions,
        "with_feedback": quality.support.with_outcome,
        "ess": quality.support.ess,
        "refusal": quality.refusal,
    }


def _listed(of: Estimate | None) -> list[float] | None:
    return None if of is None else [float(of.value), *map(float, of.interval)]


def _shown(of: Estimate) -> str:
    return f"{of.value:+.4f}, {of.interval[0]:+.4f} to {of.interval[1]:+.4f}"


def _dollars(of: Estimate) -> str:
    return f"{1000 * of.value:+.4f}, {1000 * of.interval[0]:+.4f} to {1000 * of.interval[1]:+.4f}"
