"""What has happened so far in one consultation, and the outcome it comes to. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from gateway.clients.base import Call, Client
from gateway.dispatch.lane import Lane
from gateway.dispatch.ticket import Moved, Ticket
from gateway.dispatch.voice import Voice
from gateway.errors import Cancelled, ExpertError, GatewayError
from gateway.experts import Expert
from gateway.types import Consultation, Json, Outcome, Reply, Usage


@dataclass(frozen=True, slots=True)
class Desk:
    """One expert, ready to be asked."""

    expert: Expert
    client: Client
    lane: Lane


@dataclass(slots=True)
class Attempt:
    """`desk` is whose lane it is in now; `work_s` what the call took that was answered. Monotonic seconds."""

    asked: Consultation
    desk: Desk
    started: float
    ticket: Ticket = field(init=False)
    calls: int = 0
    began: float | None = None
    work_s: float = 0.0
    voice: Voice | None = None
    reply: Reply | None = None
    error: GatewayError | None = None
    moved: Moved | None = None

    def __post_init__(self) -> None:
        asked = self.asked
        self.ticket = Ticket(
            tenant=asked.query.tenant,
            tokens=asked.features.input_tokens + asked.features.output_tokens,
            since=self.started,
            deadline=self.started + asked.seconds,
            worth=asked.worth,
            alternatives=asked.alternatives,
        )

    @property
    def committed(self) -> bool:
        """Some of the answer has been passed on."""
        return self.voice is not None and self.voice.committed

    def prepare_call(self, body: Json) -> Call:
        """The next call, with nothing heard of it yet."""
        asked = self.asked
        self.voice = Voice(partial(asked.hear, self.desk.expert.name)) if asked.hear else None
        question = asked.query.wishes.tags.get("query_id", "")
        self.ticket.call = Call(body, asked.features.input_tokens, self.voice, question)
        return self.ticket.call

    def move(self, moved: Moved, desk: Desk) -> None:
        """From now on it is with another expert, and stays there."""
        self.moved, self.desk = moved, desk
        self.ticket = replace(self.ticket, worth=self.ticket.worth - moved.loss, alternatives=(), grant=None)

    def outcome(self, ended: float) -> Outcome:
        """What came of it."""
        expert = self.desk.expert
        usage = self._spent()
        heard = self.voice.first_s if self.voice else None
        return Outcome(
            expert=expert.name,
            reply=self.reply if self.error is None else None,
            error=_named(self.error, expert.name),
            usage=usage,
            cost_usd=expert.price.of(usage.input_tokens, usage.output_tokens),
            latency_s=ended - self.started,
            first_token_s=heard - self.started if heard else None,
            retries=max(0, self.calls - 1),
            committed=self.committed,
            role=self.asked.role,
            started=self.started,
            moved_from=self.asked.expert if self.moved else None,
            loss=self.moved.loss if self.moved else 0.0,
        )

    def _spent(self) -> Usage:
        """What is paid for: the expert's own count, or for work that broke off or was cancelled what came of it."""
        if self.reply is not None:
            return self.reply.usage
        call = self.ticket.call
        if call is not None and self.calls and (self.committed or isinstance(self.error, Cancelled)):
            return call.tally.reply(call.prompt_tokens).usage
        return Usage()


def _named(error: GatewayError | None, expert: str) -> GatewayError | None:
    """An expert's error says whose it is, once."""
    if isinstance(error, ExpertError) and not error.expert:
        error.expert = expert
        error.message = f"{expert} {error.message}"
    return error
