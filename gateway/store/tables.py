"""The tables of the record: an answer's row, the words kept beside it, and what callers thought of it.

Knows no types of the pipeline and no engine. JSON is kept as text that is already written when it arrives:
one encoder (orjson) for both databases, and no parsing where rows are only passed on.
"""

from __future__ import annotations

from sqlalchemy import Index, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Stored(SQLModel, registry=registry()):
    """The base of our tables. Its metadata is its own, so nobody else's SQLModel tables are migrated with ours."""


class Record(Stored, table=True):
    """One answer, complete enough to replay the decision behind it; never a word of the prompt."""

    __tablename__ = "records"
    __table_args__ = (
        Index("ix_records_created_at", "created_at"),
        Index("ix_records_tenant_created_at", "tenant", "created_at"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    created_at: float
    """UTC seconds since 1970, when the answer was handed over."""
    tenant: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    """What was asked for, such as `auto:cheap`; `served` is who answered."""
    strategy: str = Field(sa_type=Text)
    policy: str = Field(sa_type=Text)
    router: str = Field(sa_type=Text)
    artifact: str = Field(sa_type=Text)
    category: str | None = Field(default=None, sa_type=Text)
    confidence: float
    sure: bool
    propensity: float
    """The chance with which the plan's first expert was drawn."""
    reason: str = Field(sa_type=Text)
    served: str | None = Field(default=None, sa_type=Text)
    status: str = Field(sa_type=Text)
    """`ok`, or the code of the error that went back."""
    message: str | None = Field(default=None, sa_type=Text)
    stream: bool
    session: str | None = Field(default=None, sa_type=Text)
    tags: str = Field(sa_type=Text)
    """JSON: {name: value}."""
    wishes: str = Field(sa_type=Text)
    """JSON: only what the caller wished for."""
    thrift: float | None = None
    features: str = Field(sa_type=Text)
    """JSON: {input_tokens, output_tokens, needs, truncated, skills, outlier}."""
    estimates: str = Field(sa_type=Text)
    """JSON: [{expert, score, std, cost_usd, latency_s, output_tokens, utility, load_price}], every candidate.

    utility: what it was ranked by, null where the caller chose. load_price: added to it; only where loads are balanced.
    """
    dropped: str = Field(sa_type=Text)
    """JSON: [{expert, reason, error}]; the error is its code."""
    plan: str = Field(sa_type=Text)
    """JSON: {experts, recruited, limits: {calls, cost_usd, seconds}, reason, draw, learning}.

    draw is a `gateway.draw.Lot`; learning, only where a policy learns from feedback, is what `gateway.learning` says.
    """
    calls: str = Field(sa_type=Text)
    """JSON: one object per expert consulted, in order."""
    input_tokens: int
    output_tokens: int
    cost_usd: float
    latency_s: float
    overhead_s: float
    retries: int
    fallbacks: int
    retrieved: bool | None = None
    """Whether the answer that is served rests on documents; null in rows from before there were any."""
    retrieval: str | None = Field(default=None, sa_type=Text)
    """JSON: {reason, seconds, passages, experts, gain, read}; null where no documents were sought. No word of them.

    passages: [{collection, document, chunk, score}], as found. experts: [{expert, given, without, documented,
    must_gain}]. gain: expected for whoever is served. read: the passages that the words that are served rest on.
    """
    worker: str = Field(sa_type=Text)
    """The instance that answered."""


class Words(Stored, table=True):
    """Prompt and answer of one decision, for as long as the operator keeps them."""

    __tablename__ = "texts"
    __table_args__ = (Index("ix_texts_expires_at", "expires_at"),)

    decision_id: str = Field(primary_key=True, sa_type=Text)
    prompt: str = Field(sa_type=Text)
    """JSON: the messages of the request."""
    answer: str | None = Field(default=None, sa_type=Text)
    expires_at: float


class Feedback(Stored, table=True):
    """What a caller thought of an answer; a decision may have several."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index("ix_feedback_decision_id", "decision_id"),
        Index("ix_feedback_created_at", "created_at"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    decision_id: str = Field(sa_type=Text)
    tenant: str = Field(sa_type=Text)
    score: float | None = None
    """In [0, 1]; 1 is best."""
    verdict: str | None = Field(default=None, sa_type=Text)
    comment: str | None = Field(default=None, sa_type=Text)
    created_at: float


RECORDS = Stored.metadata.tables["records"]
TEXTS = Stored.metadata.tables["texts"]
FEEDBACK = Stored.metadata.tables["feedback"]
