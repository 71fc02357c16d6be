"""The pool as columns: what gate and prices need to know of every expert, made once for each configuration.

A pool may have a thousand experts; a request looks at them all at once. Knows no query.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self, get_args

import numpy as np

from gateway.experts import Capability, Expert
from gateway.pool import Member
from routers.base import Array

CAPABILITIES: tuple[str, ...] = get_args(Capability)
TYPICAL_INPUT_TOKENS, TYPICAL_OUTPUT_TOKENS = 500, 300
CAPS = ("max_completion_tokens", "max_tokens")


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """(m,) each, in the order of the file. supports: one bit per capability. Prices in dollars per million tokens.

    cached: the price of input that the expert's prompt cache holds. writes: tokens its `sampling` allows where the
    caller says nothing. latency: seconds, before any call was timed.
    """

    members: tuple[Member, ...]
    names: tuple[str, ...]
    places: Mapping[str, int]
    context: Array
    supports: Array
    absent: Array
    input: Array
    output: Array
    cached: Array
    writes: Array
    latency: Array

    @classmethod
    def of(cls, members: Iterable[Member]) -> Self:
        """The columns of these members."""
        kept = tuple(members)
        experts = [member.expert for member in kept]
        names = tuple(expert.name for expert in experts)
        prices = [expert.price for expert in experts]
        return cls(
            members=kept,
            names=names,
            places={name: place for place, name in enumerate(names)},
            context=np.array([expert.context for expert in experts]),
            supports=np.array([bits(expert.supports) for expert in experts]),
            absent=np.array([bool(member.absent) for member in kept]),
            input=np.array([price.input_per_mtok for price in prices]),
            output=np.array([price.output_per_mtok for price in prices]),
            cached=np.array([price.cached_input_usd for price in prices]),
            writes=np.array([_cap(expert) for expert in experts]),
            latency=np.array([expert.latency_s for expert in experts]),
        )

    def cost_usd(self, input_tokens: float, output_tokens: Array) -> Array:
        """(m,) dollars for one call to each; `output_tokens` (m,)."""
        cost: Array = (input_tokens * self.input + output_tokens * self.output) / 1e6
        return cost

    @property
    def reference_usd(self) -> float:
        """What a typical query costs at the dearest expert."""
        return float(self.cost_usd(TYPICAL_INPUT_TOKENS, np.full(len(self.names), TYPICAL_OUTPUT_TOKENS)).max())

    def mask(self, names: Collection[str]) -> Array:
        """(m,) bool: who bears one of these names."""
        mask = np.zeros(len(self.names), dtype=bool)
        mask[[self.places[name] for name in names if name in self.places]] = True
        return mask


def bits(capabilities: Collection[str]) -> int:
    """A set of capabilities as one number."""
    return sum(1 << place for place, name in enumerate(CAPABILITIES) if name in capabilities)


def _cap(expert: Expert) -> float:
    given = [expert.sampling[key] for key in CAPS if isinstance(expert.sampling.get(key), int)]
    return float(min(given)) if given and min(given) > 0 else np.inf
