"""Real pipelines whose decisions hold passages, and a library of a few texts, for the tests of grounded prompts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from gateway.gateway import Gateway
from gateway.keys import Keys
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.retrieval.grounding import Grounding
from gateway.retrieval.passages import Found, Passage
from gateway.settings import load_settings
from gateway.types import Answer, Decided, Query
from gateway.wishes import Wishes
from tests.conftest import bundled

Json = dict[str, Any]
T = TypeVar("T")


def passage(text: str, document: str = "guide.md", chunk: int = 0, **more: Any) -> Passage:
    """A passage that fits well."""
    given = {"title": "A guide", "similarity": 0.8, "score": 0.9, **more}
    return Passage("handbook", document, chunk=chunk, text=text, **given)


def asking(*messages: Json, wishes: Wishes | None = None, model: str = "auto", **more: Any) -> Query:
    """A query with these messages."""
    return Query("dec_1", model, {"model": model, "messages": list(messages), **more}, "acme", wishes or Wishes())


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def with_documents(decided: Decided, passages: Sequence[Passage], experts: Sequence[str] | None = None) -> Decided:
    """The same decision, but that these experts (None: all) are given these passages."""
    names = decided.decision.estimates.experts
    score = np.nan_to_num(decided.decision.estimates.score, nan=0.5)
    grounding = Grounding(
        passages=tuple(passages),
        experts=frozenset(names if experts is None else experts),
        without=score - 0.2,
        documented=score,
        hurdles=np.full(len(names), 0.03),
        reason="the documents hold it",
        seconds=0.004,
    )
    return replace(decided, decision=replace(decided.decision, grounding=grounding))


@asynccontextmanager
async def pipeline_in(folder: Path, yaml: str) -> AsyncIterator[Pipeline]:
    """A real pipeline over these experts, without a server."""
    file = folder / "experts.yaml"
    file.write_text(yaml)
    settings = load_settings(config=file, database_url=f"sqlite:///{folder / 'records.db'}")
    failures: list[Exception] = []
    gateway = Gateway(settings, dict, Keys(), bundled(), instance="test", give_up=failures.append)
    async with gateway:
        await gateway.loaded()
        assert not failures, failures
        yield gateway.door.pipeline


def in_pipeline(folder: Path, yaml: str, act: Callable[[Pipeline], Awaitable[T]]) -> T:
    """What the act comes to."""

    async def main() -> T:
        async with pipeline_in(folder, yaml) as pipeline:
            return await act(pipeline)

    return asyncio.run(main())


def grounded_answer(
    folder: Path,
    yaml: str,
    query: Query,
    passages: Sequence[Passage],
    *,
    experts: Sequence[str] | None = None,
    listener: Listener | None = None,
) -> Answer:
    """The pipeline's answer to a query for which these passages were found."""

    async def act(pipeline: Pipeline) -> Answer:
        decided = with_documents(await pipeline.decide(query), passages, experts)
        return await pipeline.answer(query, listener, decided)

    return in_pipeline(folder, yaml, act)


@dataclass
class Shelf:
    """A library of these passages: one is found where it shares a word of six letters with what is searched for."""

    passages: Sequence[Passage]
    searched: list[tuple[str, str, Sequence[str] | None]] = field(default_factory=list)

    def collections(self, tenant: str) -> Sequence[str]:
        return sorted({one.collection for one in self.passages})

    async def search(self, text: str, tenant: str, among: Sequence[str] | None = None, most: int = 8) -> Found:
        self.searched.append((text, tenant, among))
        return Found(tuple(one for one in self.passages if _words(one.text) & _words(text))[:most])


def _words(text: str) -> set[str]:
    return {word.strip(".,:;").lower() for word in text.split() if len(word.strip(".,:;")) >= 6}
