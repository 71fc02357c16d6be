"""`python -m eval.bench.clients.cancelled CLIENT`: does a cancelled call close its connection?

The upstream takes the request and never answers; the call is cancelled before the first byte of an answer. A
connection that stays open leaves a model working for nobody. Prints the seconds it took, or "never".
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress

from eval.bench.clients.callers import CALLERS, Opener

NEVER = "never"
LIMIT_S = 1.0
ARRIVAL_S = 10.0


class Silent:
    """Takes a request and says nothing; knows when it came, and when its connection was closed."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.closed = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65536):
                self.asked.set()
        except ConnectionError:
            pass
        finally:
            self.closed.set()
            writer.close()


async def closes(open_client: Opener, limit_s: float = LIMIT_S) -> float | None:
    """Seconds from the cancellation to the end of the connection; None where it is still open after `limit_s`."""
    silent = Silent()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_client(f"http://127.0.0.1:{port}/") as call:
        calling = asyncio.ensure_future(call(b"{}"))
        await asyncio.wait_for(silent.asked.wait(), ARRIVAL_S)
        calling.cancel()
        started = time.monotonic()
        with suppress(asyncio.CancelledError):
            await calling
        with suppress(TimeoutError):
            await asyncio.wait_for(silent.closed.wait(), limit_s)
            return time.monotonic() - started
    return None


def main(client: str) -> None:
    took_s = asyncio.run(closes(CALLERS[client]))
    print(NEVER if took_s is None else f"{took_s:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
