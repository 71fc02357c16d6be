"""Errors as HTTP: the one place where an error becomes a status and a body."""

from __future__ import annotations

import logging
import math

import orjson
from starlette.types import Send

from gateway.errors import GatewayError
from gateway.wire.answer import error_body
from gateway.wire.headers import Pairs

log = logging.getLogger("coterie.app")


def error_headers(error: GatewayError) -> Pairs:
    """`retry-after` in whole seconds, where coming back later helps."""
    if error.retry_after_s is None or not math.isfinite(error.retry_after_s):
        return []
    return [(b"retry-after", str(math.ceil(error.retry_after_s)).encode())]


def bug(problem: Exception, request_id: str) -> GatewayError:
    """What nobody foresaw: the caller learns the request's id, the log learns the rest."""
    log.error("bug", exc_info=problem, extra={"request": request_id})
    return GatewayError(f"The gateway failed; its log says why under {request_id}.")


async def send_error(send: Send, error: GatewayError, headers: Pairs) -> None:
    """The error as the whole response."""
    await send_json(send, error.status, orjson.dumps(error_body(error)), headers + error_headers(error))


async def send_json(send: Send, status: int, body: bytes, headers: Pairs) -> None:
    """A whole JSON response."""
    start = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
