"""From the bytes of a chat completion request to a Query. Knows what OpenAI clients send; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError
from rapidfuzz import process

from gateway.errors import BadRequest
from gateway.types import Json
from gateway.wire.headers import wishes_in_headers
from gateway.wire.jsons import NotPassable, loads
from gateway.wishes import NO_WISHES, Wishes

"""Levels of nesting that orjson writes, with a few to spare."""


class Shape(BaseModel):
    """What must hold of a part of the request; whatever else it holds is the expert's business."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Part(Shape):
    """One part of a message's content."""

    type: str
    text: str | None = None


class Message(Shape):
    """One message; `content` may be missing where there are tool calls."""

    role: str = Field(min_length=1)
    content: str | list[Part] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class ResponseFormat(Shape):
    """What the answer must look like."""

    type: str


class StreamOptions(Shape):
    """What a stream carries beside the answer."""

    include_usage: bool | None = None


class ChatRequest(Shape):
    """The part of a chat completion request that the gateway itself reads."""

    model: str = Field(min_length=1, max_length=256)
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: PositiveInt | None = Field(default=None, le=128)
    max_tokens: NonNegativeInt | None = None
    max_completion_tokens: NonNegativeInt | None = None
    tools: list[dict[str, Any]] | None = None
    functions: list[dict[str, Any]] | None = None
    modalities: list[str] | None = None
    response_format: ResponseFormat | None = None


def read_chat(raw: bytes, headers: Mapping[str, str], max_messages: int) -> tuple[Json, Wishes]:
    """The caller's request without `coterie`, and the wishes; BadRequest says what is wrong and where."""
    return check_chat(read_json(raw), headers, max_messages)


def check_chat(body: Json, headers: Mapping[str, str], max_messages: int) -> tuple[Json, Wishes]:
    """The same of a request that is JSON already."""
    if "messages" in body and isinstance(body["messages"], list) and len(body["messages"]) > max_messages:
        raise BadRequest(
            f"messages: {len(body['messages'])} messages; at most {max_messages} are taken", param="messages"
        )
    try:
        ChatRequest.model_validate(body)
    except ValidationError as error:
        raise invalid(error) from None
    return split_wishes(body, headers)


def read_json(raw: bytes) -> Json:
    """A JSON object; BadRequest where the bytes are anything else."""
    try:
        body = loads(raw)
    except NotPassable as error:
        raise BadRequest(f"The body is {error}.") from None
    if not isinstance(body, dict):
        raise BadRequest('The body must be a JSON object, such as {"model": "auto", "messages": [...]}')
    return body


def split_wishes(body: Json, headers: Mapping[str, str]) -> tuple[Json, Wishes]:
    """The body without `coterie`, and what it wished for; a header yields to the body."""
    given = wishes_in_headers(headers)
    if "coterie" in body:
        own = body["coterie"]
        if not isinstance(own, dict):
            raise BadRequest("coterie: must be an object of wishes", param="coterie")
        given = {**given, **own}
        body = {key: value for key, value in body.items() if key != "coterie"}
    return body, _wishes(given) if given else NO_WISHES


def _wishes(given: Json) -> Wishes:
    try:
        return Wishes.model_validate(given)
    except ValidationError as error:
        raise invalid(error, within="coterie", allowed=list(Wishes.model_fields)) from None


def invalid(error: ValidationError, *, within: str = "", allowed: list[str] | None = None) -> BadRequest:
    """The first complaint of pydantic as one line: where, what, and what is allowed."""
    first = error.errors(include_url=False, include_input=False)[0]
    names = [name for name in first["loc"] if name not in {"str", "list[Part]", "constrained-str"}]
    param = ".".join(str(part) for part in ([within] if within else []) + names)
    if first["type"] == "extra_forbidden" and allowed is not None:
        near = process.extractOne(str(names[0]), allowed, score_cutoff=60)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        return BadRequest(f"{param}: unknown key.{hint} Allowed: {', '.join(allowed)}", param=param)
    message = first["msg"].removeprefix("Value error, ")
    return BadRequest(f"{param}: {message[0].lower()}{message[1:]}", param=param)
