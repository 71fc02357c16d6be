"""The HTTP edge: one constructor builds the application around a gateway."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from gateway.errors import BadRequest, GatewayError, NotFound
from gateway.gateway import Gateway
from gateway.wire.chat_endpoint import ChatEndpoint
from gateway.wire.exchange import exchange_of
from gateway.wire.openapi import complete
from gateway.wire.routes import error_response, router_for

log = logging.getLogger("coterie.app")


def create_app(gateway: Gateway) -> FastAPI:
    """The application; entering its lifespan opens the gateway, leaving it lets what runs come to its end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with gateway:
            yield

    app = FastAPI(
        title="Coterie", summary="The gateway that knows which language model to ask", lifespan=lifespan, version="1"
    )
    app.router.routes.append(Route("/v1/chat/completions", ChatEndpoint(gateway.door), methods=["POST"]))
    app.include_router(router_for(gateway.door, gateway.reload))
    app.openapi = partial(complete, app)  # type: ignore[method-assign]
    app.add_exception_handler(GatewayError, _gateway_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(Exception, _bug)
    return app


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
    return error_response(BadRequest(f"The request is not valid: {error}"), _request_id(request))


async def _bug(request: Request, error: Exception) -> Response:
    """What nobody foresaw: the caller learns the request's id, the log learns the rest."""
    request_id = _request_id(request)
    log.error("bug", exc_info=error, extra={"request": request_id})
    return error_response(GatewayError(f"The gateway failed; its log says why under {request_id}."), request_id)


def _request_id(request: Request) -> str:
    return exchange_of(request.scope, request.receive, request._send).id
