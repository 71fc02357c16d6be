"""The lines of a batch: what OpenAI's clients write into the input, and read from the output and the error file."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from pydantic import Field, ValidationError

from gateway.batches.lines import Line
from gateway.batches.types import Result, Spent
from gateway.errors import BadRequest, GatewayError
from gateway.types import Answer, Json, Query
from gateway.wire.answer import completion, error_body
from gateway.wire.chat import Shape, check_chat, invalid
from gateway.wire.exchange import new_decision_id
from gateway.wire.jsons import NotPassable, loads

CHAT = "/v1/chat/completions"
ENDPOINTS = (CHAT,)
NO_HEADERS: dict[str, str] = {}


class BatchLine(Shape):
    """One request of a batch."""

    custom_id: str = Field(min_length=1, max_length=512)
    method: Literal["POST"]
    url: str
    body: dict[str, Any]


class Reader:
    """Makes queries of lines, for one tenant. `model` is meant where a line names none; '' where each must name one."""

    def __init__(self, tenant: str, longest: int, max_messages: int, model: str = "") -> None:
        self._tenant = tenant
        self._longest = longest
        self._max_messages = max_messages
        self._model = model

    def query(self, line: Line, before: int | None) -> Query:
        """The line's request; BadRequest says what is wrong with it. before: the line that had its name first."""
        given = self._read(line)
        if before is not None:
            raise BadRequest(f"custom_id {given.custom_id!r} was already used in line {before}", param="custom_id")
        if given.url not in ENDPOINTS:
            raise BadRequest(f"url: {given.url[:80]!r} is not served; allowed is {CHAT}", param="url")
        body = {"model": self._model, **given.body} if self._model else given.body
        body, wishes = check_chat(body, NO_HEADERS, self._max_messages)
        if body.get("stream"):
            raise BadRequest("body.stream: a line of a batch cannot be streamed", param="body.stream")
        return Query(new_decision_id(), body["model"], body, self._tenant, wishes)

    def _read(self, line: Line) -> BatchLine:
        if line.raw is None:
            raise BadRequest(f"the line is longer than {self._longest} bytes")
        try:
            read = loads(line.raw)
        except NotPassable as error:
            raise BadRequest(f"the line is {error}") from None
        if not isinstance(read, dict):
            raise BadRequest('the line is not an object such as {"custom_id", "method", "url", "body"}')
        try:
            return BatchLine.model_validate(read)
        except ValidationError as error:
            raise invalid(error) from None


def answered(line: Line, answer: Answer) -> Result:
    """What a line of the output file says, or of the error file where nobody could answer."""
    spent = Spent(
        sum(outcome.usage.input_tokens for outcome in answer.outcomes),
        sum(outcome.usage.output_tokens for outcome in answer.outcomes),
        answer.cost_usd,
    )
    if answer.error is not None or answer.served is None:
        error = answer.error or GatewayError("The gateway failed.")
        expert = answer.outcomes[-1].expert if answer.outcomes else ""
        return refused(line, error, request_id=answer.query.id, expert=expert, spent=spent)
    response = {"status_code": 200, "request_id": answer.query.id, "body": orjson.Fragment(completion(answer))}
    return Result(line.number, True, _text(line, response, None), answer.served.expert, spent)


def refused(
    line: Line, error: GatewayError, *, request_id: str | None = None, expert: str = "", spent: Spent | None = None
) -> Result:
    """A line of the error file: `error` names the line's number; `response` is null where it was no request at all."""
    response = None
    if request_id is not None:
        response = {"status_code": error.status, "request_id": request_id, "body": error_body(error)}
    said = {"code": error.code, "message": f"line {line.number}: {error.message}", "param": error.param}
    return Result(line.number, False, _text(line, response, {**said, "line": line.number}), expert, spent or Spent())


def _text(line: Line, response: Json | None, error: Json | None) -> str:
    whole = {"id": f"batch_req_{line.number}", "custom_id": line.custom_id, "response": response, "error": error}
    return orjson.dumps(whole).decode()
