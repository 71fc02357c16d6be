"""One HTTP request and its response, as the endpoints see it. Knows headers and who asks, nothing of routing."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from gateway.wire.headers import Pairs

SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Headers by lower-case name, and the ids of the request and of the decision made for it."""

    receive: Receive
    send: Send
    headers: dict[str, str]
    id: str
    decision_id: str

    @property
    def id_header(self) -> Pairs:
        return [(b"x-request-id", self.id.encode())]


class Tokens:
    """Names for requests: the millisecond and 64 random bits.

    In the order of time, so that a database appends them to its index instead of rewriting pages all over it. They need
    to be unique, not secret, so no random bytes are asked of the system: that would let go of the interpreter's lock,
    and at thousands of requests a second winning it back costs more than routing.
    """

    def __init__(self) -> None:
        self._random = random.Random()

    def new(self) -> str:
        return f"{int(time.time() * 1000):012x}{self._random.getrandbits(64):016x}"


def exchange_of(scope: Scope, receive: Receive, send: Send, tokens: Tokens) -> Exchange:
    """The exchange that an ASGI server offers."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    token = tokens.new()
    return Exchange(receive, send, headers, request_id(headers, token), f"dec_{token}")


def request_id(headers: Mapping[str, str], token: str) -> str:
    """The caller's own x-request-id where it is a sane one, or a new one."""
    given = headers.get("x-request-id", "")
    return given if SANE_ID.fullmatch(given) else f"req_{token}"


def new_decision_id() -> str:
    return f"dec_{Tokens().new()}"


def new_id(prefix: str) -> str:
    """A name for something else, in the order of time too."""
    return prefix + Tokens().new()
