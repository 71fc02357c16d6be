"""A file on its way in: from the connection to the disk, never more of it in memory than a piece."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.types import Message, Receive

from gateway.batches.folder import Part
from gateway.errors import BadRequest, BodyTooLarge, Cancelled, GatewayError, SlowRequest
from gateway.wire.multipart import Form

PIECE = 1024 * 1024
Done = TypeVar("Done")


class DiskFull(GatewayError):
    """The bytes of a file could not be written."""

    status, code = 503, "files_unavailable"


async def receive_file(receive: Receive, form: Form, part: Part, limit: int, seconds: float) -> None:
    """The whole form, its file in `part`; limit: bytes of the file, seconds: between one piece and the next.

    BodyTooLarge, SlowRequest, BadRequest where it is no whole form, Cancelled where the client left, DiskFull.
    """
    pending = bytearray()
    while not form.complete:
        message = await _next(receive, seconds)
        pending += form.feed(message.get("body", b""))
        if part.size + len(pending) > limit:
            raise BodyTooLarge(f"The file is larger than the {limit} bytes that this gateway takes.", param="file")
        last = form.complete or not message.get("more_body")
        if len(pending) >= PIECE or last:
            await on_disk(part.write, bytes(pending))
            pending.clear()
        if last:
            break
    if not form.complete:
        raise BadRequest("The form ends before its last boundary; the file is not whole.", param="file")


async def on_disk(act: Callable[..., Done], *given: object) -> Done:
    """In a thread; DiskFull where the disk does not take it."""
    try:
        return await asyncio.to_thread(act, *given)
    except OSError as error:
        raise DiskFull(f"The file cannot be kept: {error.strerror or error}.") from error


async def _next(receive: Receive, seconds: float) -> Message:
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
    except TimeoutError:
        raise SlowRequest(f"Nothing of the body arrived for {seconds:g} s.") from None
    if message["type"] != "http.request":
        raise Cancelled("the caller left before the file was complete")
    return message
