"""The tables of the batch interface: files, batches, and results until they stand in an output file.

Knows no types of the pipeline and no engine. The bytes of files are on disk, not here.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from gateway.store.tables import Stored


class StoredFile(Stored, table=True):
    """One file of a tenant's."""

    __tablename__ = "files"
    __table_args__ = (Index("ix_files_tenant_created_at", "tenant", "created_at"),)

    id: str = Field(primary_key=True, sa_type=Text)
    tenant: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    filename: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigInteger)
    created_at: float
    expires_at: float | None = None


class StoredBatch(Stored, table=True):
    """One batch. Who has `owner` works on it until `lease_until` (UTC seconds), and longer if nobody else comes."""

    __tablename__ = "batches"
    __table_args__ = (
        Index("ix_batches_tenant_created_at", "tenant", "created_at"),
        Index("ix_batches_status", "status"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    tenant: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    endpoint: str = Field(sa_type=Text)
    input_file_id: str = Field(sa_type=Text)
    output_file_id: str | None = Field(default=None, sa_type=Text)
    error_file_id: str | None = Field(default=None, sa_type=Text)
    completion_window: str = Field(sa_type=Text)
    fingerprint: str = Field(sa_type=Text)
    labels: str = Field(sa_type=Text)
    """JSON: the caller's metadata."""
    complaint: str | None = Field(default=None, sa_type=Text)
    """JSON: {code, message}, where the whole batch failed."""
    shares: str | None = Field(default=None, sa_type=Text)
    """JSON: [[expert, lines, errors, input tokens, output tokens, dollars]], once it has ended."""
    keep_output_s: float | None = None
    created_at: float
    expires_at: float | None = None
    in_progress_at: float | None = None
    finalizing_at: float | None = None
    completed_at: float | None = None
    failed_at: float | None = None
    expired_at: float | None = None
    cancelling_at: float | None = None
    cancelled_at: float | None = None
    total: int
    completed: int
    failed: int
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    cost_usd: float
    owner: str | None = Field(default=None, sa_type=Text)
    lease_until: float | None = None


class StoredResult(Stored, table=True):
    """What came of one line."""

    __tablename__ = "batch_results"

    batch_id: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ok: bool
    expert: str = Field(sa_type=Text)
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    cost_usd: float
    line: str = Field(sa_type=Text)
    """JSON: the line as it will stand in the output file, or in the error file."""


FILES = Stored.metadata.tables["files"]
BATCHES = Stored.metadata.tables["batches"]
RESULTS = Stored.metadata.tables["batch_results"]
