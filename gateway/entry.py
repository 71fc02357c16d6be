"""What every part of experts.yaml is made of: strict and frozen, with its units. Knows no expert."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")]
Quality = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Entry(BaseModel):
    """What every part of experts.yaml has in common: nothing changes after loading, nothing unknown is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class Price(Entry):
    """Dollars per million tokens."""

    input_per_mtok: Dollars = 0.0
    output_per_mtok: Dollars = 0.0
    cached_input_per_mtok: Dollars | None = None
    """For input that its prompt cache holds; None: as any other."""

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """Dollars for one call."""
        return (input_tokens * self.input_per_mtok + output_tokens * self.output_per_mtok) / 1e6

    @property
    def cached_input_usd(self) -> float:
        """Dollars per million cached input tokens."""
        return self.input_per_mtok if self.cached_input_per_mtok is None else self.cached_input_per_mtok
