"""The seam to an expert: one method, one call. Knows no retries, no prices and no other experts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from gateway.types import Hear, Json, Reply
from gateway.wire.completion import Tally


@dataclass(slots=True)
class Call:
    """One call to one expert. `tally` fills as a stream comes, so that what was spent is known even if it breaks."""

    body: Json
    prompt_tokens: int
    hear: Hear | None = None
    query_id: str = ""
    """The caller's tag `query_id`: which recorded question this is, where answers are replayed."""
    tally: Tally = field(default_factory=Tally)


class Client(Protocol):
    """Reaches one expert."""

    async def ask(self, call: Call) -> Reply:
        """The expert's completion; where `call.hear` is given, its chunks are passed there as they come.

        Raises ExpertError. Cancelling it ends the work at the expert too.
        """
