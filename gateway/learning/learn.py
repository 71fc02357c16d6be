"""What experts.yaml says of learning from feedback. Knows the shape, not the file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.entry import Dollars, Entry


class Learn(Entry):
    """`learn:` of a policy: what the router says is corrected by feedback, within these bounds."""

    explore: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.02
    """Share of queries that go to somebody else than the best, to learn about him."""
    budget_usd: Dollars | None = None
    """What exploring may cost a day (UTC) more than not to, as expected; None: whatever its share costs."""
    half_life_days: Annotated[float, Field(gt=0, le=3650, allow_inf_nan=False)] | None = 30.0
    """Feedback counts for half after so long; None: for ever."""
