"""What the OpenAPI document says beyond what FastAPI sees for itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from gateway.wishes import Wishes

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
            },
        }
    },
}
MEANING = {
    400: "The request is wrong; the message says how",
    401: "No key, or an unknown one",
    403: "Not with this key",
    404: "No such thing",
    408: "The body came too slowly",
    413: "The body is too large",
    429: "Too much at once; retry-after says when to come back",
    431: "The headers are too long",
    502: "The experts failed",
    503: "Nobody can be asked now",
    504: "Too slow",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": {"application/json": {"schema": ERROR}}}
    for status, meaning in MEANING.items()
}

MESSAGE = {
    "type": "object",
    "required": ["role"],
    "properties": {
        "role": {"type": "string", "minLength": 1},
        "content": {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {"type": {"type": "string"}, "text": {"type": "string"}},
                    },
                },
                {"type": "null"},
            ]
        },
    },
}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _wishes_schema() -> dict[str, Any]:
    return Wishes.model_json_schema()


CHAT = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string", "minLength": 1, "maxLength": 256, "examples": ["auto"]},
        "messages": {"type": "array", "minItems": 1, "maxItems": 2048, "items": MESSAGE},
        "stream": {"type": ["boolean", "null"]},
        "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 128},
        "max_tokens": {"type": ["integer", "null"], "minimum": 0},
        "max_completion_tokens": {"type": ["integer", "null"], "minimum": 0},
        "coterie": _wishes_schema(),
    },
}
CHAT_BODY = _body(CHAT)
FEEDBACK_BODY = _body(
    {
        "type": "object",
        "required": ["decision_id"],
        "additionalProperties": False,
        "properties": {
            "decision_id": {"type": "string", "minLength": 1, "maxLength": 128},
            "score": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "verdict": {"enum": ["good", "bad", None]},
            "comment": {"type": ["string", "null"], "maxLength": 10000},
        },
    }
)
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"enum": ["batch"]},
                        "expires_after[anchor]": {"enum": ["created_at"]},
                        "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2592000},
                    },
                }
            }
        },
    }
}
BATCH_BODY = _body(
    {
        "type": "object",
        "required": ["input_file_id", "endpoint", "completion_window"],
        "properties": {
            "input_file_id": {"type": "string", "minLength": 1, "maxLength": 128},
            "endpoint": {"enum": ["/v1/chat/completions"]},
            "completion_window": {"type": "string", "pattern": "^[1-9][0-9]{0,3}[mhd]$", "examples": ["24h"]},
            "metadata": {
                "type": ["object", "null"],
                "maxProperties": 16,
                "propertyNames": {"maxLength": 64},
                "additionalProperties": {"type": "string", "maxLength": 512},
            },
            "output_expires_after": {
                "type": ["object", "null"],
                "required": ["anchor", "seconds"],
                "properties": {
                    "anchor": {"enum": ["created_at"]},
                    "seconds": {"type": "integer", "minimum": 3600, "maximum": 2592000},
                },
            },
        },
    }
)
SOURCE = {
    "type": "object",
    "required": ["n", "collection", "document", "chunk", "score", "title"],
    "properties": {
        "n": {"type": "integer", "minimum": 1, "description": "the marker of this passage: [1], [2]"},
        "collection": {"type": "string"},
        "document": {"type": "string"},
        "chunk": {"type": "integer", "minimum": 0},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "title": {"type": "string"},
        "cited": {"type": "boolean", "description": "only with the wish `cite`"},
        "text": {"type": "string", "description": "only with the wish `explain`"},
    },
}
ACCOUNT = {
    "type": "object",
    "required": ["decision_id", "strategy", "experts", "cost_usd", "retrieved"],
    "properties": {
        "decision_id": {"type": "string"},
        "strategy": {"type": "string"},
        "experts": {"type": "array", "items": {"type": "string"}},
        "cost_usd": {"type": "number", "minimum": 0},
        "retrieved": {"type": "boolean", "description": "the answer was written with documents at hand"},
        "sources": {"type": "array", "items": SOURCE, "description": "those documents; only where there are any"},
    },
}
COMPLETION = {
    "description": "A chat completion; server-sent events with `stream`",
    "content": {
        "application/json": {"schema": {"type": "object", "properties": {"coterie": ACCOUNT}}},
        "text/event-stream": {},
    },
}


def complete(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document with the chat path, which FastAPI does not serve."""
    document = FastAPI.openapi(app)
    answers = {"200": COMPLETION, **{str(status): answer for status, answer in ERRORS.items()}}
    document["paths"]["/v1/chat/completions"] = {
        "post": {"summary": "The main job", "operationId": "chat_completions", **CHAT_BODY, "responses": answers}
    }
    return document
