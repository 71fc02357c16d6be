"""Who gave which answer so far, and what is to be believed then. Asks nobody; the strategies do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from gateway.answers import alike, key_of
from gateway.consult import Brief
from gateway.form import Form
from gateway.support import Support
from gateway.types import Outcome, Verdict
from routers.base import Array
from routers.fusion.evidence import NOTHING, NOWHERE, Evidence, Posterior
from routers.fusion.view import Weighed

EMBEDDING = 128
SAME_MEANING = 0.9
"""Cosine from which two free texts may be the same answer."""


class Answers:
    """The different answers given so far: their keys, or for free text one that stands for each cluster of meaning."""

    def __init__(self, brief: Brief) -> None:
        self._form: Form = brief.features.form
        self._encode = brief.kit.encode
        self.keys: list[str] = []
        self._rows: list[Array] = []

    async def code(self, outcome: Outcome) -> int:
        """The code of what was said: that of an equal answer, the next free one, or NOTHING."""
        text = outcome.reply.text if outcome.reply is not None else ""
        if self._form.checkable:
            key = key_of(text, self._form)
            return NOTHING if key is None else self._known(key)
        return await self._nearest(text) if text.strip() else NOTHING

    def shown(self, code: int) -> str:
        """The key of an answer; "" of a free text."""
        return self.keys[code] if self._form.checkable else ""

    def place(self, code: int) -> int:
        """Where the answer stands among the options; models favour the first ones."""
        if self._form.kind != "choice" or code == NOTHING:
            return NOWHERE
        place = ord(self.keys[code]) - ord("A")
        return place if 0 <= place < len(self._form.options) else NOWHERE

    def _known(self, key: str) -> int:
        if key not in self.keys:
            self.keys.append(key)
        return self.keys.index(key)

    async def _nearest(self, text: str) -> int:
        """The first cluster that means the same as far as embedding, numbers and negations tell."""
        [row] = (await self._encode([text]))[:, :EMBEDDING]
        row = row / max(float(np.linalg.norm(row)), 1e-9)
        for code, (known, other) in enumerate(zip(self.keys, self._rows, strict=True)):
            if float(row @ other) >= SAME_MEANING and alike(text, known):
                return code
        self.keys.append(text)
        self._rows.append(row)
        return len(self.keys) - 1


class Ballot:
    """Collects outcomes; `evidence` is what the fuser judges by."""

    def __init__(self, brief: Brief) -> None:
        self._brief = brief
        self._view = brief.kit.view
        self._answers = Answers(brief)
        self.places = brief.kit.places
        self.evidence: Evidence = brief.kit.blank(brief.decision, brief.features, brief.plan.experts)
        self.given: list[tuple[Outcome, int]] = []
        self._weighed: tuple[Evidence, Weighed] | None = None

    async def add(self, outcome: Outcome) -> None:
        """One more outcome; a failure, or a reply that holds no answer, says NOTHING."""
        code = await self._answers.code(outcome) if outcome.ok else NOTHING
        if outcome.ok:
            self.given.append((outcome, code))
        self.evidence = self.evidence.heard(self.places[outcome.expert], code, self._answers.place(code))

    def trust(self, expert: str, chance: float) -> None:
        """What is now thought of this expert's answer, from the way it was given."""
        chances = self.evidence.chance.copy()
        chances[self.places[expert]] = chance
        self.evidence = replace(self.evidence, chance=chances)

    @property
    def posterior(self) -> Posterior:
        return self._now().posterior

    def gains(self) -> Array:
        """(m,) by place: what asking each would add to the chance that the answer to give is right."""
        return self._now().gains

    def _now(self) -> Weighed:
        """What the evidence says as it stands: weighed when it has changed, and not before."""
        if self._weighed is None or self._weighed[0] is not self.evidence:
            self._weighed = self.evidence, self._view.weighed(self.evidence)
        return self._weighed[1]

    def chance(self, outcome: Outcome) -> float:
        """That this expert answers the query right, before anybody was asked."""
        chance = float(self.evidence.chance[self.places[outcome.expert]])
        return 0.0 if math.isnan(chance) else chance

    def verdict(self, weights: Iterable[float] | None = None, reason: str = "") -> Verdict:
        """The answer to give, in the words of its most trusted supporter; by the posterior, or by these weights.

        A reply that holds no usable answer is given only where there is no other.
        """
        posterior = self.posterior
        chances = posterior.answers.tolist()
        order = chances if weights is None else list(weights)
        ballot = tuple(
            Support(self._answers.shown(code), self._supporters(code), chances[code])
            for code in sorted(range(len(chances)), key=lambda code: -order[code])
        )
        if not ballot:
            said = (one for one, _ in self.given)
            return Verdict(max(said, key=lambda one: (one.worded, self.chance(one)), default=None), reason=reason)
        best = max(range(len(order)), key=order.__getitem__)
        served = max((one for one, code in self.given if code == best), key=self.chance)
        return Verdict(served, chances[best], reason or _said(ballot), ballot)

    def _supporters(self, code: int) -> tuple[str, ...]:
        return tuple(outcome.expert for outcome, said in self.given if said == code)


def _said(ballot: tuple[Support, ...]) -> str:
    given = sum(len(one.experts) for one in ballot)
    return f"{len(ballot[0].experts)} of {given} gave this answer; it is right with chance {ballot[0].chance:.2f}"
