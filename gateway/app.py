"""The HTTP edge: one constructor builds the application around a gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.batches.archive import Archive, archive_for
from gateway.batches.owner import new_owner
from gateway.batches.runner import Runner
from gateway.batches.seats import Seats
from gateway.batches.sharing import sharing
from gateway.batches.work import Shop
from gateway.errors import BadRequest, GatewayError, NotFound
from gateway.gateway import Gateway
from gateway.tracing.edge import TracedApp
from gateway.wire.batches import batch_routes
from gateway.wire.chat_endpoint import ChatEndpoint
from gateway.wire.errors import bug
from gateway.wire.exchange import Tokens, request_id
from gateway.wire.files import file_routes
from gateway.wire.openapi import complete
from gateway.wire.routes import error_response, router_for

CHAT_PATH = "/v1/chat/completions"


def create_app(gateway: Gateway) -> ASGIApp:
    """The whole application; entering its lifespan opens the gateway, leaving it lets what runs come to its end."""
    front = Front(ChatEndpoint(gateway.door), create_api(gateway))
    return TracedApp(front, gateway.tracing) if gateway.tracing else front


class Front:
    """Chat completions straight to their endpoint, everything else to FastAPI: its layers cost as much as routing."""

    def __init__(self, chat: ASGIApp, api: ASGIApp) -> None:
        self._chat = chat
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        straight = scope["type"] == "http" and scope["path"] == CHAT_PATH and scope["method"] == "POST"
        await (self._chat if straight else self._api)(scope, receive, send)


def create_api(gateway: Gateway) -> FastAPI:
    """Every endpoint, documented; its lifespan is the gateway's."""

    archive = archive_for(gateway.settings)
    runner = runner_for(gateway, archive)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with gateway, runner:
            yield

    app = FastAPI(
        title="Coterie", summary="The gateway that knows which language model to ask", lifespan=lifespan, version="1"
    )
    app.router.routes.append(Route(CHAT_PATH, ChatEndpoint(gateway.door), methods=["POST"]))
    app.include_router(router_for(gateway.door, gateway.reload))
    app.include_router(file_routes(gateway.door, archive))
    app.include_router(batch_routes(gateway.door, archive, runner))
    app.openapi = partial(complete, app)  # type: ignore[method-assign]
    app.add_exception_handler(GatewayError, _gateway_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(Exception, _bug)
    return app


def runner_for(gateway: Gateway, archive: Archive) -> Runner:
    """What works on batches beside the requests, through the pipeline that is in force."""
    door = gateway.door
    shop = Shop(archive, gateway.settings, lambda: door.pipeline, Seats(), sharing(lambda: door.pipeline), new_owner())
    return Runner(shop, door.opened)


async def _gateway_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    return error_response(error, _request_id(request))


async def _http_error(request: Request, error: Exception) -> Response:
    """Starlette's own: a path or a method that is not there."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        said: GatewayError = BadRequest(f"{request.method} is not a method of {request.url.path}.")
        said.status, said.code = 405, "method_not_allowed"
    else:
        said = NotFound(f"There is nothing at {request.url.path}; the API begins with /v1.")
    response = error_response(said, _request_id(request))
    response.headers.update(error.headers or {})
    return response


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    param = ".".join(str(part) for part in first["loc"][1:])
    said = BadRequest(f"{param}: {first['msg'][0].lower()}{first['msg'][1:]}", param=param)
    return error_response(said, _request_id(request))


async def _bug(request: Request, error: Exception) -> Response:
    request_id = _request_id(request)
    return error_response(bug(error, request_id), request_id)


def _request_id(request: Request) -> str:
    return request_id(request.headers, Tokens().new())
