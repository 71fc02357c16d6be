"""The seams to an expert: one method, one call. Knows no retries, no prices and no other experts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway.types import Hear, Json, Reply
from gateway.wire.completion import Tally

Say = Callable[[int, Json], None]
"""(place in the list, chunk): what one of several callers shall hear. Returns at once."""


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


@runtime_checkable
class ListClient(Client, Protocol):
    """Reaches an expert whose endpoint takes lists: several calls are one."""

    def kind(self, call: Call) -> Hashable:
        """Calls of one kind may go together; None goes alone."""

    async def ask_all(self, calls: Sequence[Call], say: Say) -> Sequence[Reply]:
        """The completions in the order of the calls, all of one kind. Chunks for those that hear go to `say`, and not
        to `call.hear`, since one slow listener would hold up the others.

        Raises ExpertError for all of them together.
        """
