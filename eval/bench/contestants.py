"""Who is measured: a name, where it listens, what it is asked, and how a right answer looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.bench.asking import ask
from eval.bench.errors import BenchError
from eval.bench.processes import Server
from eval.bench.wrk import question

UPSTREAM = "nginx, the upstream alone"
PROXY = "nginx, plain proxy"
NAMED = "Coterie, named expert"
AUTO = "Coterie, auto"
LITELLM = "LiteLLM proxy"

CHAT_PATH = "/v1/chat/completions"
QUESTION = "What is the integral of x squared from 0 to 3?"


@dataclass(frozen=True, slots=True)
class Contestant:
    """`models` are the names that a right answer may give as its model."""

    name: str
    server: Server
    model: str
    models: Sequence[str]

    @property
    def url(self) -> str:
        return self.server.url + CHAT_PATH

    @property
    def body(self) -> bytes:
        return question(self.model, QUESTION)


def check(contestant: Contestant, text: str) -> None:
    """BenchError unless one question is answered with `text` by the right model."""
    said = ask(contestant.url, contestant.body)
    if said.text != text:
        raise BenchError(f"answered wrongly: {said.text[:200]!r}")
    if said.model not in contestant.models:
        raise BenchError(f"answered as {said.model!r} instead of {' or '.join(contestant.models)}")
