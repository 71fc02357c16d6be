"""How sure an expert was of its own words: log-probabilities of its tokens, as a rank among its own. Asks nobody.

Log-probabilities of different models do not compare, so each is ranked among the latest of the same expert, and the
rank's standard normal score moves the log-odds of being right: what a binormal model of right and wrong answers says.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from scipy.special import expit, logit, ndtri

from gateway.experts import Expert
from gateway.types import Json, Outcome, Reply

Kind = Literal["answer", "first token"]
REFERENCE: Mapping[Kind, tuple[float, ...]] = {
    "answer": (-1.2, -0.8, -0.55, -0.4, -0.3, -0.2, -0.12, -0.06),
    "first token": (0.15, 0.25, 0.35, 0.45, 0.55, 0.7, 0.85, 0.95),
}
"""What an expert is compared with until enough was heard of it; later it counts as so many answers more."""
REMEMBERED = 256
SENSITIVITY = 0.7
"""How far right and wrong answers lie apart, in standard deviations: an area of 0.69 under the ROC curve."""
ALTERNATIVES = 5
EDGE = 0.005


class Ranks:
    """What the latest calls of each expert were like; shared by all requests, and forgotten with the process."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, Kind], deque[float]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def score(self, expert: str, kind: Kind, value: float) -> float:
        """The standard normal score of the value's rank among those of the expert; it is one of them from now on."""
        seen = self._seen[expert, kind]
        known = (*REFERENCE[kind], *seen)
        below = sum(other < value for other in known) + 0.5 * sum(other == value for other in known)
        seen.append(value)
        return float(ndtri((below + 0.5) / (len(known) + 1)))


def shifted(chance: float, by: float) -> float:
    """The chance of being right, its log-odds moved."""
    return float(expit(log_odds(chance) + by))


def log_odds(chance: float) -> float:
    """Finite, also of what is taken for certain."""
    return float(logit(min(max(chance, EDGE), 1 - EDGE)))


def tells(expert: Expert) -> bool:
    """Whether the expert says how probable its tokens were."""
    return expert.provider == "local" or "logprobs" in expert.supports


def telling(body: Json) -> Json:
    """The request, with the log-probabilities asked for."""
    return {**body, "logprobs": True}


def mean_logprob(reply: Reply) -> float | None:
    """Of a token of the reply; None where it does not say."""
    found = [value for token in _tokens(reply) if (value := _logprob(token)) is not None]
    return sum(found) / len(found) if found else None


def first_token(reply: Reply) -> float | None:
    """How sure the first token was, in [0, 1]: one less the share of its greatest entropy."""
    likeliest = next(_tokens(reply), {}).get("top_logprobs")
    if not isinstance(likeliest, list):
        return None
    chances = [math.exp(value) for one in likeliest if (value := _logprob(one)) is not None]
    if not chances:
        return None
    chances.append(max(0.0, 1.0 - sum(chances)))
    total = sum(chances)
    entropy = -sum(p / total * math.log(p / total) for p in chances if p > 0)
    return max(0.0, 1.0 - entropy / math.log(len(chances)))


def silence(outcome: Outcome) -> None:
    """Take the log-probabilities out of a reply whose caller did not ask for them."""
    for choice in outcome.reply.body.get("choices") or () if outcome.reply is not None else ():
        if choice.get("logprobs") is not None:
            choice["logprobs"] = None


def _tokens(reply: Reply) -> Iterator[Json]:
    """The tokens of the first choice, whatever else an endpoint may have put there."""
    choices: Sequence[Json] = reply.body.get("choices") or ({},)
    said = choices[0].get("logprobs")
    tokens = said.get("content") if isinstance(said, dict) else None
    return (token for token in tokens if isinstance(token, dict)) if isinstance(tokens, list) else iter(())


def _logprob(token: Any) -> float | None:
    value = token.get("logprob") if isinstance(token, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return min(0.0, float(value))
