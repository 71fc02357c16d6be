"""JSON that can be passed on. Knows no meaning of it."""

from __future__ import annotations

from typing import Any

import orjson

DEEPEST = 250
"""orjson reads 1,024 levels and writes about as many as these."""


class NotPassable(ValueError):
    """The bytes are not JSON, or JSON that could not be written again."""


def loads(raw: bytes) -> Any:
    """What the bytes say; NotPassable says why they cannot be taken."""
    try:
        value = orjson.loads(raw)
        if raw.count(b"{") + raw.count(b"[") > DEEPEST:
            orjson.dumps(value)
    except orjson.JSONDecodeError as error:
        raise NotPassable(f"not valid JSON: {error}") from None
    except orjson.JSONEncodeError:
        raise NotPassable(f"nested more than {DEEPEST} levels deep") from None
    return value
