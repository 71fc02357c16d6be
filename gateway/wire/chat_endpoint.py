"""POST /v1/chat/completions: the main job, whole or streamed. A plain ASGI application, for speed."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from gateway.door import Door
from gateway.errors import Cancelled, GatewayError
from gateway.types import Answer, Query
from gateway.wire.answer import completion
from gateway.wire.body import read_body
from gateway.wire.chat import read_chat
from gateway.wire.errors import bug, send_error, send_json
from gateway.wire.exchange import Exchange, Tokens, exchange_of
from gateway.wire.headers import Pairs, answer_headers
from gateway.wire.stream import Stream
from gateway.wire.watch import Watch


class ChatEndpoint:
    """Reads a request, has the gateway answer it, writes what came of it, and logs one line."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._tokens = Tokens()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope, receive, send, self._tokens)
        try:
            with self._door.admitted():
                await self._serve(exchange)
        except Cancelled as error:
            self._door.request_log.ended("caller left", exchange.id, error.code, error.status)
        except GatewayError as error:
            self._door.refused(error)
            self._door.request_log.ended("refused", exchange.id, error.code, error.status)
            await send_error(send, error, exchange.id_header + _closing(error))
        except Exception as problem:
            await send_error(send, bug(problem, exchange.id), exchange.id_header)

    async def _serve(self, exchange: Exchange) -> None:
        query = await self._query(exchange)
        await (self._stream(exchange, query) if query.stream else self._whole(exchange, query))

    async def _query(self, exchange: Exchange) -> Query:
        tenant = self._door.tenant_of(exchange.headers)
        settings = self._door.settings
        raw = await read_body(exchange.receive, settings.max_body_bytes, settings.body_timeout_s)
        body, wishes = read_chat(raw, exchange.headers, settings.max_messages)
        return Query(exchange.decision_id, body["model"], body, tenant, wishes)

    async def _whole(self, exchange: Exchange, query: Query) -> None:
        answer: Answer | None = None
        async with Watch(exchange.receive):
            answer = await self._door.pipeline.answer(query)
        if answer is None:
            raise Cancelled("the caller left")
        headers = exchange.id_header + answer_headers(answer)
        self._door.request_log.answered(exchange.id, answer)
        if answer.error is not None:
            await send_error(exchange.send, answer.error, headers)
        else:
            await send_json(exchange.send, 200, completion(answer), headers)

    async def _stream(self, exchange: Exchange, query: Query) -> None:
        stream = self._open(exchange, query)
        answer: Answer | None = None
        async with Watch(exchange.receive, stream.keep_alive, self._door.settings.keepalive_s):
            try:
                answer = await self._door.pipeline.answer(query, stream)
            except Exception as problem:
                if not stream.begun:
                    raise
                await stream.fail(problem if isinstance(problem, GatewayError) else bug(problem, exchange.id))
                return
        if answer is None:
            raise Cancelled("the caller left")
        self._door.request_log.answered(exchange.id, answer)
        if answer.error is None:
            await stream.finish(answer)
        elif stream.begun:
            await stream.fail(answer.error)
        else:
            await send_error(exchange.send, answer.error, exchange.id_header + answer_headers(answer))

    def _open(self, exchange: Exchange, query: Query) -> Stream:
        options = query.body.get("stream_options") or {}
        return Stream(
            exchange.send,
            exchange.id_header,
            query.id,
            include_usage=options.get("include_usage") is True,
            keepalive_s=self._door.settings.keepalive_s,
        )


def _closing(error: GatewayError) -> Pairs:
    """After a body that was not read to its end the connection is of no more use."""
    return [(b"connection", b"close")] if error.status in {408, 413} else []
