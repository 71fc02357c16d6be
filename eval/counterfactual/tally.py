"""What stood in the record and what of it counts, in numbers and in words. Reads no record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from gateway.decide import NAMED
from gateway.logged import Logged
from routers.base import Array

UNLIKELY = 0.001
DIFFERENT = 0.1
"""From such a difference on, between the most and the least often judged expert, it is worth a line."""
FEW = 20


@dataclass(slots=True)
class Tally:
    """rows: read. others: by policy, not of the one that is judged. left_out: why, how many of its decisions.

    strategies: of those that count. failures: among them; `failures_counted` have no opinion and count as 0. judged: by
    expert (how many of its answers got an opinion, how many there were). strays: opinions of decisions that are not in
    the record.
    """

    rows: int = 0
    others: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    strategies: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    failures_counted: int = 0
    judged: dict[str, tuple[int, int]] = field(default_factory=dict)
    strays: int = 0

    def other(self, one: Logged) -> None:
        """One more decision that the policy did not take."""
        self.others["callers who named an expert" if one.router == NAMED else one.policy] += 1

    def answered(self, experts: Sequence[str], action: Array, given: Array, failed: Array) -> None:
        """Who was asked first (n,), which of them got an opinion, and which failed; the same length each."""
        self.failures = int(failed.sum())
        for place, expert in enumerate(experts):
            mine = (action == place) & ~failed
            if mine.any():
                self.judged[expert] = int(given[mine].sum()), int(mine.sum())

    @property
    def kept(self) -> int:
        return sum(self.strategies.values())

    def lines(self, policy: str) -> Iterator[str]:
        """For people."""
        yield f"{self.rows} decisions in the record; {self.kept} of policy {policy} count"
        if self.others:
            yield f"  of others: {_counts(self.others)}"
        for why, count in self.left_out.most_common():
            yield f"  {count} left out: {why}"
        composed = {name: count for name, count in self.strategies.items() if name != "single"}
        if composed:
            yield f"  several were asked by {_counts(composed)}: what follows the first choice is taken as logged"
        if self.failures:
            said = f"{self.failures_counted} of them count as 0, in the proportion in which answers get feedback"
            yield f"  {self.failures} failed; {said}"
        yield from self._feedback()

    def _feedback(self) -> Iterator[str]:
        given, answers = (sum(pair[side] for pair in self.judged.values()) for side in (0, 1))
        if answers:
            yield f"  feedback on {given} of {answers} answers ({given / answers:.0%})"
        if self.strays:
            yield f"  {self.strays} more are of decisions that the record does not hold (deleted, or of another record)"
        if self.lopsided():
            rates = {name: judged / count for name, (judged, count) in self.judged.items()}
            most, least = max(rates, key=rates.__getitem__), min(rates, key=rates.__getitem__)
            yield (
                f"  feedback comes unevenly: on {rates[most]:.0%} of {most}'s answers, {rates[least]:.0%} of {least}'s;"
                " that is weighed, but where people speak up because an answer is bad, no weight helps"
            )

    def lopsided(self) -> bool:
        """Whether experts differ in how often they are judged, by Pearson's chi-square and by a tenth at least."""
        from scipy.stats import chi2_contingency

        table = np.array([(given, count - given) for given, count in self.judged.values() if count >= FEW])
        if len(table) < 2 or not table.sum(axis=0).all():
            return False
        rates = table[:, 0] / table.sum(axis=1)
        return bool(chi2_contingency(table).pvalue < UNLIKELY and np.ptp(rates) >= DIFFERENT)


def _counts(counts: Counter[str] | dict[str, int]) -> str:
    most = Counter(counts).most_common(6)
    more = len(counts) - len(most)
    return ", ".join(f"{name} {count}" for name, count in most) + (f" and {more} more" if more else "")
