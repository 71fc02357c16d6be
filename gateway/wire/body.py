"""The bytes of a request body: all of them, but not too many and not too slowly."""

from __future__ import annotations

import asyncio

from starlette.types import Receive

from gateway.errors import BodyTooLarge, Cancelled, SlowRequest


async def read_body(receive: Receive, limit: int, seconds: float) -> bytes:
    """The whole body; BodyTooLarge, SlowRequest, or Cancelled where the client left before it was complete."""
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive, limit)
    except TimeoutError:
        raise SlowRequest(f"The body did not arrive within {seconds:g} s.") from None


async def _whole(receive: Receive, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Cancelled("the caller left before the body was complete")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise BodyTooLarge(f"The body is larger than the {limit} bytes that this gateway takes.")
        if not message.get("more_body"):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)
