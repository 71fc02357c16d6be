"""The words of the batch interface: files, batches, and what came of their lines. Knows no HTTP and no SQL."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.errors import GatewayError

RUNNING = ("validating", "in_progress", "finalizing", "cancelling")
"""Somebody has still to work on these."""
ENDED = ("completed", "failed", "expired", "cancelled")
SHELL = "shell"
"""Whose batches `coterie batch` runs; the gateway leaves them alone. No caller's: those come with a key, or none."""


class LeaseLost(GatewayError):
    """Another process has this batch now; whoever had it must stop."""

    status, code = 409, "batch_taken"


@dataclass(frozen=True, slots=True)
class File:
    """One file's row; its bytes lie in the folder under its id. Times are UTC seconds, `size` is bytes."""

    id: str
    tenant: str
    purpose: str
    filename: str
    size: int
    created_at: float
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """What lines have cost so far; of several experts the sum."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines with something on them, and those that are done, well or badly."""

    total: int = 0
    completed: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.completed + self.failed


@dataclass(frozen=True, slots=True)
class Share:
    """What one expert did for a batch; `expert` is '' for lines that nobody answered."""

    expert: str
    lines: int
    errors: int
    spent: Spent


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a whole batch failed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch's row. `moments` are UTC seconds by the name of the status that was reached.

    `input_file_id` is a file's id; for the shell the path of one. `fingerprint` says what it was begun from.
    """

    id: str
    tenant: str
    status: str
    endpoint: str
    input_file_id: str
    completion_window: str
    created_at: float
    expires_at: float | None = None
    labels: dict[str, str] = field(default_factory=dict)
    keep_output_s: float | None = None
    fingerprint: str = ""
    output_file_id: str | None = None
    error_file_id: str | None = None
    complaint: Complaint | None = None
    moments: dict[str, float] = field(default_factory=dict)
    counts: Counts = Counts()
    spent: Spent = Spent()
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one line: the line of the output file, or of the error file where not `ok`.

    `number` counts every line of the input from 1.
    """

    number: int
    ok: bool
    text: str
    expert: str = ""
    spent: Spent = Spent()
