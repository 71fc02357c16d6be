"""Server-sent events, in and out. Knows the framing, not what is framed."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors import ExpertBroken

KEEPALIVE = b": keepalive\n\n"
DONE = b"data: [DONE]\n\n"
MAX_EVENT_BYTES = 16 * 1024 * 1024


class Events:
    """Feeds on bytes as they come and yields the data of each event that is complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The data of the events that this piece completes; ExpertBroken where one is endless."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) + sum(map(len, self._data)) > MAX_EVENT_BYTES:
            raise ExpertBroken("sent an event without end")
        for line in lines:
            line = line.rstrip(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif not line and self._data:
                data, self._data = b"\n".join(self._data), []
                if data:
                    yield data

    def end(self) -> Iterator[bytes]:
        """What stands unfinished when the stream ends: servers exist that omit the last empty line."""
        yield from self.feed(b"\n\n")


def event(payload: bytes) -> bytes:
    """One event that holds the payload (one line of JSON)."""
    return b"data: " + payload + b"\n\n"
