"""`coterie prompts`: learn which prompt and which demonstrations suit which region of queries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.ballot import EMBEDDING
from gateway.cli.shell import ConfigOption, aside, opened
from gateway.errors import ConfigError
from gateway.reading import load_artifact
from gateway.settings import load_settings
from gateway.tryout import Tryout
from routers.bank import Question, gradable, questions_of
from routers.base import Array
from routers.errors import TableError
from routers.grading import RULES, alternatives
from routers.packs import Demo, Packs, Region, chosen, clustered, shared_out
from routers.questions import read_questions
from routers.reader import Reader
from routers.suite import Suite

app = typer.Typer(no_args_is_help=True, help="Prompts and demonstrations for each region of queries.")
ANSWERED = {"mcq": "The answer is ({gold}).", "numeric": "The answer is {gold}.", "short_text": "{gold}"}
FEWEST = 4
"""Questions; with fewer there is nothing to show and to try."""

Say = Callable[[str], None]


@app.callback()
def prompts() -> None:
    """A group of commands, though it has one only."""


@dataclass(frozen=True, slots=True)
class Effort:
    """demos: shown in each region at most. tried: questions of each that every candidate is tried on, at most."""

    demos: int
    tried: int
    seed: int


@app.command()
def learn(
    questions: Annotated[Path, typer.Option(help="graded questions: parquet, CSV or JSONL")],
    expert: Annotated[str, typer.Option(help="who is asked, by the name in experts.yaml")],
    candidates: Annotated[Path, typer.Option(help="YAML list of system prompts; '' stands for none")],
    out: Annotated[Path, typer.Option(help="write the packs to this JSON file; answers are kept beside it")],
    demos: Annotated[int, typer.Option(min=0, help="demonstrations of a region at most")] = 3,
    tried: Annotated[int, typer.Option(min=1, help="questions of a region to try each candidate on, at most")] = 8,
    seed: Annotated[int, typer.Option(help="of the clustering")] = 0,
    config: ConfigOption = None,
) -> None:
    """Split the questions into regions, and try every candidate in each. Started again, it goes on where it was."""
    say = aside().print
    table = read_questions(questions)
    asked = questions_of(table, gradable(table))
    if len(asked) < FEWEST:
        raise TableError(f"{questions} has {len(asked)} gradable questions; {FEWEST} are needed ({', '.join(RULES)})")
    texts = _texts(candidates)
    artifact = load_artifact(load_settings(config=config, log_level="warning").artifact)
    regions = _regions(artifact.reader, asked, Effort(demos, tried, seed))
    say(f"{len(regions)} regions of {len(asked)} questions; {len(texts)} candidates to try in each")
    found = asyncio.run(_learn(regions, texts, expert, out, config, artifact, say))
    packs = Packs(artifact.reader.version, expert, tuple(found))
    out.write_bytes(orjson.dumps(packs.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
    say(f"{out} has the packs of {len(found)} regions")


@dataclass(frozen=True, slots=True)
class Ground:
    """A region before a prompt was chosen for it, and the questions to choose by."""

    region: Region
    questions: tuple[Question, ...]


def _texts(path: Path) -> list[str]:
    """The candidates; ConfigError where the file is no list of texts."""
    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(found, list) or not found or not all(isinstance(text, str) for text in found):
        raise ConfigError(f"{path} must be a list of system prompts, each a text")
    return list(dict.fromkeys(text.strip() for text in found))


def _regions(reader: Reader, questions: Sequence[Question], effort: Effort) -> list[Ground]:
    rows = reader.encode([question.spelled_out for question in questions])[:, :EMBEDDING]
    labels, centroids = clustered(rows, effort.seed)
    return [
        _ground(centroid, rows, np.flatnonzero(labels == place), questions, effort)
        for place, centroid in enumerate(centroids)
    ]


def _ground(centroid: Array, rows: Array, members: Array, questions: Sequence[Question], effort: Effort) -> Ground:
    shown, tried = shared_out(rows[members], centroid, effort.demos, effort.tried)
    demos = tuple(_demo(questions[n]) for n in members[shown].tolist())
    region = Region(tuple(centroid.tolist()), "", demos, 0.0, 0)
    return Ground(region, tuple(questions[n] for n in members[tried].tolist()))


def _demo(question: Question) -> Demo:
    gold = alternatives(question.gold)[0]
    return Demo(question.spelled_out, ANSWERED[question.answer_type].format(gold=gold))


async def _learn(
    regions: Sequence[Ground],
    texts: Sequence[str],
    expert: str,
    out: Path,
    config: Path | None,
    artifact: Suite,
    say: Say,
) -> list[Region]:
    """Each region with the candidate that was best there."""
    async with opened(config, artifact) as pipeline:
        if expert not in pipeline.pool.members:
            raise typer.BadParameter(f"no expert is called {expert!r}; known are {', '.join(pipeline.pool.members)}")
        tryout = Tryout(expert, pipeline, out.with_suffix(".asked.jsonl"))
        found = []
        for number, ground in enumerate(regions, start=1):
            found.append(await _best(ground, texts, tryout))
            best = found[-1]
            say(
                f"{number} of {len(regions)}: {best.score:.0%} of {best.questions} right, "
                f"{tryout.asked} calls so far, with {best.system[:60]!r}"
            )
    return found


async def _best(ground: Ground, texts: Sequence[str], tryout: Tryout) -> Region:
    trials = [replace(ground.region, system=text) for text in texts]
    scores = np.array([await tryout.scores(trial, ground.questions) for trial in trials])
    try:
        place = chosen(scores)
    except ValueError as error:
        raise ConfigError(f"{error}; start again for those that failed") from None
    answered = int((~np.isnan(scores[place])).sum())
    return replace(trials[place], score=float(np.nanmean(scores[place])), questions=answered)
