"""One HTTP request and its response, as the endpoints see it. Knows headers and who asks, nothing of routing."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from gateway.wire.headers import Pairs

SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Headers by lower-case name; `id` is the caller's own x-request-id where it is a sane one."""

    receive: Receive
    send: Send
    headers: dict[str, str]
    id: str
    decision_id: str

    @property
    def id_header(self) -> Pairs:
        return [(b"x-request-id", self.id.encode())]


def exchange_of(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """The exchange that an ASGI server offers."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    given = headers.get("x-request-id", "")
    token = secrets.token_hex(12)
    return Exchange(receive, send, headers, given if SANE_ID.fullmatch(given) else f"req_{token}", f"dec_{token}")


def new_decision_id() -> str:
    return f"dec_{secrets.token_hex(12)}"
