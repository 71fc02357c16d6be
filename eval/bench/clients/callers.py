"""Each client as one function: POST these bytes to the upstream, give its status and body.

Imported in an environment of its own, where nothing is sure to be installed but the client that is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module

Caller = Callable[[bytes], Awaitable[tuple[int, bytes]]]
Opener = Callable[[str], AbstractAsyncContextManager[Caller]]

HEADERS = {"content-type": "application/json"}
IDLE_CONNECTIONS = 256


@asynccontextmanager
async def with_pyreqwest(url: str) -> AsyncIterator[Caller]:
    builder = import_module("pyreqwest.client").ClientBuilder()
    async with builder.max_connections(None).pool_max_idle_per_host(IDLE_CONNECTIONS).build() as client:

        async def call(body: bytes) -> tuple[int, bytes]:
            response = await client.post(url).headers(HEADERS).body_bytes(body).build().send()
            return response.status, bytes(await response.bytes())

        yield call


@asynccontextmanager
async def with_pyqwest(url: str) -> AsyncIterator[Caller]:
    pyqwest = import_module("pyqwest")
    transport = pyqwest.HTTPTransport(pool_max_idle_per_host=IDLE_CONNECTIONS, enable_otel=False)
    client = pyqwest.Client(transport)

    async def call(body: bytes) -> tuple[int, bytes]:
        response = await client.post(url, HEADERS, body)
        return response.status, response.content

    try:
        yield call
    finally:
        await transport.aclose()


@asynccontextmanager
async def with_aiohttp(url: str) -> AsyncIterator[Caller]:
    aiohttp = import_module("aiohttp")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call(body: bytes) -> tuple[int, bytes]:
            async with session.post(url, data=body, headers=HEADERS) as response:
                return response.status, await response.read()

        yield call


@asynccontextmanager
async def with_httpx(url: str) -> AsyncIterator[Caller]:
    httpx = import_module("httpx")
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS)
    async with httpx.AsyncClient(limits=limits) as client:

        async def call(body: bytes) -> tuple[int, bytes]:
            response = await client.post(url, content=body, headers=HEADERS)
            return response.status_code, response.content

        yield call


CALLERS: dict[str, Opener] = {
    "pyreqwest": with_pyreqwest,
    "pyqwest": with_pyqwest,
    "aiohttp": with_aiohttp,
    "httpx": with_httpx,
}
