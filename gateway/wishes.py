"""The wishes of one request: what a caller may ask of the gateway itself. Knows nothing of where they were written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, StringConstraints

from gateway.form import Kind

Tag = Annotated[str, StringConstraints(max_length=128)]


class Wishes(BaseModel):
    """`coterie: {...}` of a request, or its `x-coterie-...` headers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    thrift: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    """0: quality alone counts; 1: price alone."""
    max_cost_usd: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_calls: PositiveInt | None = None
    deadline_s: PositiveFloat | None = Field(default=None, allow_inf_nan=False)
    experts: Annotated[list[str], Field(min_length=1)] | None = None
    """Only these may be asked."""
    strategy: str | None = None
    router: str | None = None
    answer: Kind | None = None
    """What the answer looks like, where its words do not show it; only then can several be compared."""
    retrieve: Literal["auto", "never", "always"] | None = None
    """Whether documents are looked into; what the policy says where this is not given."""
    collections: Annotated[list[str], Field(min_length=1)] | None = None
    """Only these are searched."""
    cite: bool = False
    """The answer marks what it takes from which document: [1], [2]."""
    session: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    """Requests of one session keep their expert while it stays good enough."""
    tags: dict[Tag, Tag] = Field(default_factory=dict, max_length=16)
    explain: bool = False


NO_WISHES = Wishes()
