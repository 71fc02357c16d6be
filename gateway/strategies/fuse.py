"""Ask several at once; a trained fuser says, from who said what, which answer is right."""

from __future__ import annotations

from gateway.ballot import Ballot
from gateway.consult import Asking, Brief
from gateway.types import Verdict


async def fuse(brief: Brief) -> Verdict:
    """Fusing Models with Complementary Expertise (ICLR 2024); with `sequential` in front of it, its frugal form.

    As soon as the answer is sure enough, those who are still writing are called off.
    """
    ballot = Ballot(brief)
    async with brief.consulting(Asking(expert) for expert in brief.recruits()) as outcomes:
        async for outcome in outcomes:
            await ballot.add(outcome)
            if ballot.posterior.top >= brief.plan.knobs.sure:
                break
    return ballot.verdict()
