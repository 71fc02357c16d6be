"""`python -m eval.bench.knowledge`: documents never, always, and where the gate says so, with a small local model.

The corpus is made anew, the store and the encoder are real, and so is the model. The gate is asked twice: as it comes
with the package, and after `coterie knowledge label` and `learn` on other questions. With --keep the model's answers
stay in a folder, and what it has been asked before it is not asked again.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer

from eval.bench.errors import BenchError
from eval.bench.knowledge.asking import Answered, asked, body_of, question_of
from eval.bench.knowledge.corpus import SEED, Asking, Corpus, make_corpus, write_documents
from eval.bench.knowledge.figures import difference, figures, in_words, sheet
from eval.bench.knowledge.stand import EXPERT, Server, fill, kept_as, pipeline_on, served
from eval.bench.shell import JsonFile, Markdown, command, say
from eval.bench.tables import publish, terminal
from gateway.cli.gate import learn
from gateway.cli.label import labelled, write_table
from gateway.errors import GatewayError, StartError
from gateway.kept_calls import KeptCalls
from gateway.reading import load_artifact
from gateway.retrieval.labelling import Labelling, Terms
from gateway.retrieval.store import Store
from routers.errors import RouterError
from routers.suite import Suite

NEVER, ALWAYS, COLD, LEARNED = "never", "always", "gate, as it comes", "gate, learned"


@dataclass(frozen=True, slots=True)
class Ground:
    """What every mode stands on. kept: the file of the model's answers."""

    folder: Path
    server: Server
    artifact: Suite
    kept: Path


async def race(corpus: Corpus, model: str, folder: Path, keep: Path) -> Mapping[str, Sequence[Answered]]:
    """Every question in every mode. keep: the folder of the model's answers, which is there."""
    write_documents(corpus.documents, folder / "docs")
    chunks = await fill(Store(folder / "store"), folder / "docs")
    say(f"{len(corpus.documents)} documents, {chunks} chunks; {len(corpus.asked)} questions")
    async with served(model) as server:
        ground = Ground(folder, server, load_artifact(None), keep / kept_as(model, corpus))
        found = await _modes(ground, corpus.asked, {NEVER: "never", ALWAYS: "always", COLD: "auto"})
        gate = await _learned(ground, corpus.drilled)
        return {**found, **await _modes(ground, corpus.asked, {LEARNED: "auto"}, gate)}


async def _modes(
    ground: Ground, questions: Sequence[Asking], modes: Mapping[str, str], gate: Path | None = None
) -> dict[str, list[Answered]]:
    found = {}
    async with pipeline_on(ground.server, ground.folder, ground.artifact, gate) as pipeline:
        calls = KeptCalls(pipeline, ground.kept)
        for mode, retrieve in modes.items():
            say(mode)
            found[mode] = await asked(pipeline, calls, questions, retrieve, say)
            say("  " + " | ".join(sheet([figures(mode, found[mode])]).rows[0]))
    return found


async def _learned(ground: Ground, questions: Sequence[Asking]) -> Path:
    """The folder of a gate that has learned from these."""
    say("labelling")
    table, gate = ground.folder / "labels.parquet", ground.folder / "gate"
    async with pipeline_on(ground.server, ground.folder, ground.artifact) as pipeline:
        labelling = Labelling(pipeline, KeptCalls(pipeline, ground.kept), Terms((EXPERT,), "public"), body_of)
        rows = await labelled(labelling, [(one.query_id, question_of(one)) for one in questions], say)
    write_table(rows, table)
    with redirect_stdout(sys.stderr):
        learn([table], gate)
    return gate


def cut(corpus: Corpus, count: int | None) -> Corpus:
    """So many of each half of the questions."""
    if count is None:
        return corpus
    asked_, drilled = (
        tuple(one for needs in (True, False) for one in [two for two in part if two.needs == needs][:count])
        for part in (corpus.asked, corpus.drilled)
    )
    return Corpus(corpus.documents, asked_, drilled)


def bench(
    model: Annotated[str, typer.Option(help="a GGUF: a name of the registry, or a path")] = "smollm2-135m-instruct",
    seed: Annotated[int, typer.Option(help="of the invented world")] = SEED,
    count: Annotated[int | None, typer.Option(min=4, help="so many of each half of the questions; else all")] = None,
    keep: Annotated[Path | None, typer.Option(help="a folder that keeps the model's answers")] = None,
    markdown: Markdown = False,
    json: JsonFile = None,
) -> None:
    """Exact match, tokens, and how often documents were read: without, with, and where the gate says so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = keep or folder
        kept.mkdir(parents=True, exist_ok=True)
        try:
            by_mode = asyncio.run(race(cut(make_corpus(seed), count), model, folder, kept))
        except (GatewayError, StartError, RouterError) as error:
            raise BenchError(str(error)) from None
    found = [figures(mode, answered) for mode, answered in by_mode.items()]
    apart = [difference(mode, ALWAYS, by_mode) for mode in (NEVER, COLD, LEARNED)]
    if json is not None:
        written = {
            "modes": [asdict(one) for one in found],
            "differences": [asdict(one) for one in apart],
            "answers": {mode: [asdict(one) for one in answered] for mode, answered in by_mode.items()},
        }
        json.write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2))
    publish(terminal(), [sheet(found)], markdown)
    print("\n".join(in_words(one) for one in apart))


if __name__ == "__main__":
    command(bench)
