"""POST /v1/chat/completions: the main job, whole or streamed. A plain ASGI application, for speed."""

from __future__ import annotations

import logging
from typing import Any

from starlette.types import Receive, Scope, Send

from gateway.door import Door
from gateway.errors import BadRequest, Cancelled, ExpertRefused, GatewayError
from gateway.types import Answer, Query
from gateway.wire.answer import completion
from gateway.wire.body import read_body
from gateway.wire.chat import read_chat
from gateway.wire.errors import send_error, send_json
from gateway.wire.exchange import Exchange, exchange_of, new_decision_id
from gateway.wire.headers import Pairs, answer_headers
from gateway.wire.stream import Stream
from gateway.wire.watch import Watch

log = logging.getLogger("coterie.request")


class ChatEndpoint:
    """Reads a request, has the gateway answer it, writes what came of it, and logs one line."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope, receive, send)
        try:
            with self._door.admitted():
                await self._serve(exchange)
        except Cancelled:
            log.info("caller left early", extra={"request": exchange.id})
        except GatewayError as error:
            self._door.refused(error)
            log.info("refused", extra={"request": exchange.id, "code": error.code, "status": error.status})
            await send_error(send, error, exchange.id_header + _closing(error))

    async def _serve(self, exchange: Exchange) -> None:
        query = await self._query(exchange)
        await (self._stream(exchange, query) if query.stream else self._whole(exchange, query))

    async def _query(self, exchange: Exchange) -> Query:
        tenant = self._door.tenant_of(exchange.headers)
        settings = self._door.settings
        raw = await read_body(exchange.receive, settings.max_body_bytes, settings.body_timeout_s)
        body, wishes = read_chat(raw, exchange.headers, settings.max_messages)
        return Query(new_decision_id(), body["model"], body, tenant, wishes)

    async def _whole(self, exchange: Exchange, query: Query) -> None:
        answer: Answer | None = None
        async with Watch(exchange.receive):
            answer = await self._door.pipeline.answer(query)
        if answer is None:
            log.info("caller left", extra={"request": exchange.id, "id": query.id})
            return
        headers = exchange.id_header + answer_headers(answer)
        _log(exchange, answer)
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
            except GatewayError as error:
                if not stream.begun:
                    raise
                await stream.fail(error)
                return
        if answer is None:
            log.info("caller left", extra={"request": exchange.id, "id": query.id})
            return
        _log(exchange, answer)
        if answer.error is None:
            await stream.finish(answer)
        elif stream.begun:
            await stream.fail(answer.error)
        else:
            await send_error(exchange.send, answer.error, exchange.id_header + answer_headers(answer))

    def _open(self, exchange: Exchange, query: Query) -> Stream:
        options = query.body.get("stream_options") or {}
        headers: Pairs = [*exchange.id_header, (b"x-coterie-decision", query.id.encode())]
        return Stream(
            exchange.send,
            headers,
            include_usage=options.get("include_usage") is True,
            keepalive_s=self._door.settings.keepalive_s,
        )


def _closing(error: GatewayError) -> Pairs:
    """After a body that was not read to its end the connection is of no more use."""
    return [(b"connection", b"close")] if error.status in {408, 413} else []


def _log(exchange: Exchange, answer: Answer) -> None:
    log.info("answered", extra=_line(exchange, answer))


def _line(exchange: Exchange, answer: Answer) -> dict[str, Any]:
    """One line a request, and never a word of what was said."""
    served = answer.served
    return {
        "request": exchange.id,
        "id": answer.query.id,
        "tenant": answer.query.tenant,
        "model": answer.query.model,
        "expert": served.expert if served else None,
        "code": answer.error.code if answer.error else "ok",
        "reason": _reason(answer.error),
        "policy": answer.plan.policy,
        "strategy": answer.plan.strategy,
        "category": answer.decision.category,
        "cost_usd": answer.cost_usd,
        "input_tokens": sum(outcome.usage.input_tokens for outcome in answer.outcomes),
        "output_tokens": sum(outcome.usage.output_tokens for outcome in answer.outcomes),
        "retries": answer.retries,
        "fallbacks": answer.fallbacks,
        "first_token_s": _rounded(served.first_token_s) if served else None,
        "latency_s": _rounded(answer.latency_s),
        "overhead_ms": round(answer.overhead_s * 1000, 2),
    }


def _reason(error: GatewayError | None) -> str | None:
    """Why it failed; a refusal is left out, for it may quote the prompt."""
    return None if error is None or isinstance(error, BadRequest | ExpertRefused) else error.message


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
