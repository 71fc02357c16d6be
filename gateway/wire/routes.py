"""Every endpoint but chat completions: models, route, decisions, feedback, health, metrics, administration."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError
from starlette.responses import JSONResponse

from gateway.address import find
from gateway.door import Door
from gateway.errors import GatewayError
from gateway.reload import Reload
from gateway.types import Json, Query
from gateway.wire.answer import error_body
from gateway.wire.body import read_body
from gateway.wire.chat import Shape, invalid, read_chat, read_json
from gateway.wire.decision import decided_json
from gateway.wire.errors import error_headers
from gateway.wire.exchange import new_decision_id
from gateway.wire.listing import model_json, models_json
from gateway.wire.openapi import CHAT_BODY, ERRORS, FEEDBACK_BODY


class Feedback(Shape):
    """What a caller thought of an answer."""

    model_config = {**Shape.model_config, "extra": "forbid"}

    decision_id: Annotated[str, Field(min_length=1, max_length=128)]
    score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    verdict: Literal["good", "bad"] | None = None
    comment: Annotated[str, Field(max_length=10_000)] | None = None


def router_for(door: Door, reload: Reload) -> APIRouter:
    """The routes over one gateway."""
    routes = APIRouter(responses=ERRORS)
    _add_models(routes, door)
    _add_decisions(routes, door)
    _add_operations(routes, door, reload)
    return routes


def _add_models(routes: APIRouter, door: Door) -> None:
    @routes.get("/v1/models", summary="Everything that may stand in the model field")
    async def models(request: Request) -> Json:
        door.tenant_of(request.headers)
        return models_json(door.pipeline)

    @routes.get("/v1/models/{name:path}", summary="One model")
    async def model(name: str, request: Request) -> Json:
        door.tenant_of(request.headers)
        return model_json(door.pipeline, find(door.pipeline.book, name))


def _add_decisions(routes: APIRouter, door: Door) -> None:
    @routes.post("/v1/route", summary="Decide, and ask nobody", openapi_extra=CHAT_BODY)
    async def route(request: Request) -> Response:
        tenant = door.tenant_of(request.headers)
        body, wishes = read_chat(await _raw(request, door), request.headers, door.settings.max_messages)
        query = Query(new_decision_id(), body["model"], body, tenant, wishes)
        return _json(decided_json(await door.pipeline.decide(query)))

    @routes.get("/v1/decisions/{id}", summary="The record behind an answer")
    async def decision(id: str, request: Request) -> Response:
        return _json(await door.recorder.find(id, door.tenant_of(request.headers)))

    @routes.post("/v1/feedback", summary="What you thought of an answer", openapi_extra=FEEDBACK_BODY)
    async def feedback(request: Request) -> Json:
        tenant = door.tenant_of(request.headers)
        try:
            given = Feedback.model_validate(read_json(await _raw(request, door)))
        except ValidationError as error:
            raise invalid(error, allowed=list(Feedback.model_fields)) from None
        id = await door.recorder.feedback(
            given.decision_id, tenant, score=given.score, verdict=given.verdict, comment=given.comment
        )
        return {"id": id, "object": "coterie.feedback", "decision_id": given.decision_id}


def _add_operations(routes: APIRouter, door: Door, reload: Reload) -> None:
    @routes.get("/health", summary="Alive")
    async def health() -> Json:
        return {"status": "ok"}

    @routes.get("/ready", summary="Ready to answer; 503 while models load")
    async def ready() -> Json:
        pipeline = door.pipeline
        return {
            "status": "ready",
            "configuration": reload.version,
            "experts": {name: member.absent or "available" for name, member in pipeline.pool.members.items()},
        }

    @routes.get("/metrics", summary="Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(door.metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @routes.post("/admin/reload", summary="Read experts.yaml again; a broken one changes nothing")
    async def reload_now(request: Request) -> Json:
        door.check_admin(request.headers)
        return {"status": "reloaded", "configuration": await reload()}


async def _raw(request: Request, door: Door) -> bytes:
    return await read_body(request.receive, door.settings.max_body_bytes, door.settings.body_timeout_s)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def error_response(error: GatewayError, request_id: str) -> JSONResponse:
    """An error from one of these routes, in the one shape."""
    headers = {name.decode(): value.decode() for name, value in error_headers(error)}
    return JSONResponse(error_body(error), error.status, {**headers, "x-request-id": request_id})
