"""What is swept: each strategy that recorded answers can be replayed through, over its own knobs. Plays nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.experts import AUTO, Policy
from gateway.fanout import COMPOSED as SEQUENTIAL
from gateway.fanout import SINGLE
from gateway.strategies import STRATEGIES
from routers.categories import nearest
from routers.errors import TableError

KNOBS: Mapping[str, tuple[str, ...]] = {
    SINGLE: ("thrift",),
    "vote": ("recruit",),
    "fuse": ("recruit", "sure"),
    SEQUENTIAL: ("least_gain", "sure", "thrift"),
    "cascade": ("least_gain", "sure", "thrift"),
    AUTO: ("least_gain", "thrift"),
}
"""The strategies that can be replayed, and what is turned of each. The others send prompts of their own or live by
log-probabilities, and nobody recorded what an expert answers to those, nor how sure it was."""
RECRUITS = (1, 2, 3, 4, 5, 6, 7)
VALUES: Mapping[str, tuple[float, ...]] = {
    "recruit": RECRUITS,
    "least_gain": (0.0, 0.0025, 0.005, 0.006, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.15, 0.2),
    "sure": (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99),
    "thrift": (0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8),
}
"""One knob is turned at a time, the others stay where a policy has them by default."""
QUALITY_ALONE = 0.0
"""The thrift at which the other knobs are turned: accuracy against calls is not to depend on anybody's prices."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One strategy at one setting of its knobs. default: every knob is where a policy has it, price set aside."""

    strategy: str
    policy: Policy
    default: bool

    @property
    def knobs(self) -> dict[str, float]:
        """Where the strategy's own knobs stand."""
        return {name: getattr(self.policy, name) for name in KNOBS[self.strategy]}


def settings(strategies: Sequence[str], router: str, experts: int, priced: bool) -> tuple[Setting, ...]:
    """Each strategy's default first, then its knobs one by one; thrift only where prices are known."""
    return tuple(one for strategy in strategies for one in _of(strategy, router, experts, priced))


def _of(strategy: str, router: str, experts: int, priced: bool) -> Iterator[Setting]:
    usual = Policy(router=router, strategy=strategy, thrift=QUALITY_ALONE)
    usual = usual.model_copy(update={"recruit": min(usual.recruit, experts)})
    yield Setting(strategy, usual, default=True)
    for knob in KNOBS[strategy]:
        for value in VALUES[knob]:
            possible = value <= experts if knob == "recruit" else priced or knob != "thrift"
            if possible and value != getattr(usual, knob):
                yield Setting(strategy, usual.model_copy(update={knob: value}), default=False)


def replayable(names: Sequence[str] | None) -> tuple[str, ...]:
    """The strategies to replay, all of them where none is named; TableError, in one line, for one that cannot be."""
    allowed = ", ".join(KNOBS)
    for name in names or ():
        if name in KNOBS:
            continue
        if name in STRATEGIES:
            raise TableError(
                f"{name} needs what was not recorded, answers to prompts of its own or log-probabilities; "
                f"strategies that can be replayed are {allowed}"
            )
        raise TableError(f"no strategy is called {name}; the nearest is {nearest(name, KNOBS)}, allowed are {allowed}")
    return tuple(dict.fromkeys(names or KNOBS))
