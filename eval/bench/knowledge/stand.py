"""What the benchmark runs on: the store of the corpus, the local model as the one expert, a gateway in this process.

A model of 135 million parameters that is tuned to chat answers in sentences; shown three questions with their answers,
as text to go on with, it answers with the word alone. So it is asked at the endpoint that completes text.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from eval.bench.errors import BenchError
from eval.bench.knowledge.corpus import Corpus
from gateway.fittings import models_folder
from gateway.gateway import Gateway
from gateway.keys import Keys
from gateway.models.download import fetch
from gateway.models.registry import resolve
from gateway.models.server import LocalServer, ServerOptions
from gateway.pipeline import Pipeline
from gateway.retrieval.adding import Wanted, add
from gateway.retrieval.passages import Passage
from gateway.retrieval.progress import shown
from gateway.retrieval.prompting import grounded_body
from gateway.retrieval.store import Store
from gateway.settings import environment, load_settings
from gateway.types import Json
from routers.suite import Suite

COLLECTION, EXPERT = "documents", "pupil"
KEY = "COTERIE_BENCH_KEY"
CONTEXT, ANSWER_TOKENS = 4096, 16
SHOWN = (("What is the capital of Spain?", "Madrid"), ("What is the opposite of tall?", "short"))
MILL = "The mill at Low Orrin was built by Tam Besk in 1502. It is made of oak."
READ = ("What is the mill at Low Orrin made of?", "oak")
"""The third question that is shown comes with a passage, as they do."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the model answers, and with which key."""

    model: str
    base_url: str
    key: str


async def fill(store: Store, documents: Path) -> int:
    """Put the folder into the store as `coterie knowledge add` does; how many chunks there are."""
    with store.writing(print), shown(Console(stderr=True, quiet=True)) as tally:
        await add(store, [str(documents)], Wanted(COLLECTION), tally)
    if tally.counts["refused"]:
        raise BenchError(f"{tally.counts['refused']} of the documents were refused: {tally.line()}")
    return await store.engine.count(store.catalog.get(COLLECTION).table)


@asynccontextmanager
async def served(model: str) -> AsyncIterator[Server]:
    """The model, fetched and loaded: one question at a time, on one core but one."""
    path = fetch(resolve(model, Path()), models_folder(load_settings()))
    key = secrets.token_urlsafe(16)
    async with LocalServer(path, model, key, ServerOptions(context=CONTEXT, slots=1)) as server:
        yield Server(model, server.base_url, key)


@asynccontextmanager
async def pipeline_on(
    server: Server, folder: Path, artifact: Suite, gate: Path | None = None
) -> AsyncIterator[Pipeline]:
    """A gateway with the store in `folder`; its gate learned nothing where none is given."""
    config = folder / "experts.yaml"
    config.write_bytes(orjson.dumps(configuration(server, folder, gate)))
    settings = load_settings(config=config, log_level="warning", database_url=f"sqlite:///{folder / 'record.db'}")
    failures: list[Exception] = []

    def around() -> Mapping[str, str]:
        return {**environment(), KEY: server.key}

    gateway = Gateway(settings, around, Keys(), artifact, instance="bench", give_up=failures.append)
    async with gateway:
        await gateway.loaded()
        if failures:
            raise BenchError(f"the gateway does not start: {failures[0]}")
        yield gateway.door.pipeline


def configuration(server: Server, folder: Path, gate: Path | None) -> dict[str, Any]:
    """experts.yaml, which JSON is a part of. Nothing but what every operator can write."""
    expert = {
        "name": EXPERT,
        "provider": "openai",
        "endpoint": "completions",
        "base_url": server.base_url,
        "model": server.model,
        "api_key_env": KEY,
        "context": CONTEXT,
        "abilities": {"default": 0.5},
        "sampling": {"temperature": 0, "max_tokens": ANSWER_TOKENS},
        "template": {"user": template(), "start": "Answer:", "stop": ["\n"]},
    }
    knowledge = {"store": str(folder / "store"), **({} if gate is None else {"gate": str(gate)})}
    limits = {"max_batch": 1, "max_concurrency": 1, "max_waiting": 1000, "timeout_s": 3600}
    return {
        "version": 1,
        "defaults": {**limits, "first_token_timeout_s": 3600, "between_tokens_timeout_s": 3600},
        "experts": [expert],
        "knowledge": knowledge,
        "policies": {"auto": {"deadline_s": 3600}},
    }


def template() -> str:
    """What stands before every question, and the question."""
    text, answer = READ
    pairs = [*SHOWN, (_grounded(text, [MILL]), answer)]
    return "".join(f"{asked}\nAnswer: {said}\n\n" for asked, said in pairs) + "{content}\n"


def kept_as(model: str, corpus: Corpus) -> str:
    """A file name for answers: another one for other documents, or where prompts are written in another way."""
    texts = [document.text for document in corpus.documents]
    parts = [model, template(), _grounded(READ[0], [MILL, MILL.upper()]), ANSWER_TOKENS, texts]
    return f"answers-{hashlib.sha256(orjson.dumps(parts)).hexdigest()[:12]}.jsonl"


def _grounded(text: str, passages: Sequence[str]) -> str:
    """The question with passages, as the gateway writes it."""
    found = [Passage(COLLECTION, "mill.md", "Low Orrin", n, said, 0.5, 1.0) for n, said in enumerate(passages)]
    body: Json = {"messages": [{"role": "user", "content": text}]}
    written, _ = grounded_body(body, found, 1000, cite=False, mark="0f0f0f0f")
    return str(written["messages"][0]["content"])
