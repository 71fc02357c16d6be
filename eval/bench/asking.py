"""One question at a time over HTTP, for waiting until a server is ready and for checking that it answers right."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from eval.bench.errors import BenchError

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a chat completion says, and which model it names."""

    model: str
    text: str


def status(url: str) -> int:
    """The status of a GET; 0 where nobody answers."""
    try:
        with _opener().open(url, timeout=TIMEOUT_S) as response:
            code: int = response.status
            return code
    except HTTPError as error:
        error.close()
        return error.code
    except (OSError, HTTPException):
        return 0


def page(url: str) -> str:
    """The text of a GET."""
    try:
        with _opener().open(url, timeout=TIMEOUT_S) as response:
            text: bytes = response.read()
            return text.decode()
    except (OSError, HTTPException) as error:
        raise BenchError(f"{url} does not answer: {error}") from None


def ask(url: str, body: bytes) -> Said:
    """One chat completion."""
    request = Request(url, body, {"content-type": "application/json"})
    try:
        with _opener().open(request, timeout=TIMEOUT_S) as response:
            answer = json.loads(response.read())
        return Said(answer["model"], answer["choices"][0]["message"]["content"])
    except HTTPError as error:
        with error:
            raise BenchError(f"answered {error.code}: {error.read().decode(errors='replace')[:200]}") from None
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        raise BenchError(f"did not answer as a chat completion does: {error!r}") from None


def _opener() -> OpenerDirector:
    """Goes straight to the loopback, whatever proxy this machine is told to use."""
    return build_opener(ProxyHandler({}))
