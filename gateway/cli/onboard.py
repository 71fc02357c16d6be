"""`coterie experts onboard`: place a new expert with few questions, each chosen for what it will tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer
from rich.console import Console

from gateway.cli.shell import ConfigOption, JsonOption, opened, print_json
from gateway.errors import ConfigError
from gateway.examiner import Live, Recorded, Sitter, Terms, examine
from routers.bank import Artifact, Bank, gradable, open_bank, questions_of
from routers.base import Array
from routers.errors import TableError
from routers.grading import RULES
from routers.onboarding import Onboarding
from routers.outcomes import read_outcomes
from routers.profile import Profile, profile
from routers.questions import Questions, read_questions
from routers.suite import load_bundled_suite, load_suite


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was told, but for the artifact."""

    name: str
    questions: Path
    outcomes: Path | None
    peers: Path | None
    terms: Terms
    seed: int
    config: Path | None


def onboard(
    name: Annotated[str, typer.Argument(help="an expert of experts.yaml, or a model of the outcomes table")],
    questions: Annotated[Path, typer.Option(help="graded questions: parquet, CSV or JSONL")],
    outcomes: Annotated[Path | None, typer.Option(help="take the answers from this table, and ask nobody")] = None,
    peers: Annotated[Path | None, typer.Option(help="outcomes of others on the questions, where live")] = None,
    budget: Annotated[int, typer.Option(min=1, help="as many questions at most")] = 60,
    target_se: Annotated[float, typer.Option(min=0, help="stop at this standard error of the mean accuracy")] = 0.03,
    out: Annotated[Path | None, typer.Option(help="write the profile to this JSON file")] = None,
    artifact: Annotated[Path | None, typer.Option(help="folder of the trained routers; else the bundled ones")] = None,
    seed: Annotated[int, typer.Option(help="of everything that is drawn")] = 0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the questions that tell most of an expert, until its mean accuracy is known well enough."""
    wanted = Wanted(name, questions, outcomes, peers, Terms(budget, target_se), seed, config)
    found, why = asyncio.run(place(wanted, trained(artifact)))
    if out is not None:
        out.write_bytes(orjson.dumps(found.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
    if json:
        print_json(found.to_json())
    else:
        print("\n".join(in_words(found, why)))
    if not found.asked:
        raise typer.Exit(1)


def trained(folder: Path | None) -> Artifact:
    """The encoder and the irt router that were trained before: the operator's own, or those of the package."""
    return load_bundled_suite(only={"irt"}) if folder is None else load_suite(folder, only={"irt"})


async def place(wanted: Wanted, artifact: Artifact) -> tuple[Profile, str]:
    """The profile of one expert, and why no more was asked."""
    say = Console(stderr=True, highlight=False).print
    table = read_questions(wanted.questions)
    own = None if wanted.outcomes is None else _recorded(wanted.outcomes, table, wanted.name)
    rows = gradable(table) if own is None else np.flatnonzero(~np.isnan(own))
    if not len(rows):
        raise TableError(f"{wanted.questions} has no question with a gold answer of type {', '.join(RULES)}")
    say(f"reading {len(rows)} questions")
    peers = {name: scores[rows] for name, scores in _peers(wanted, table).items()}
    bank = open_bank(artifact, questions_of(table, rows), peers)
    say(_how(bank))
    test = bank.test(wanted.seed)
    async with _sitter(wanted, bank, None if own is None else own[rows]) as sitter:
        why = await examine(test, sitter, wanted.terms, lambda test: say(_so_far(test)))
    return profile(wanted.name, bank, test), why


def _recorded(path: Path, table: Questions, name: str) -> Array:
    """(n,) the scores of one model; TableError where the table has none."""
    return read_outcomes(path, table.query_ids, table.known, (name,)).scores[:, 0]


def _peers(wanted: Wanted, table: Questions) -> dict[str, Array]:
    """The recorded scores (n,) of every other model."""
    path = wanted.peers or wanted.outcomes
    if path is None:
        return {}
    found = read_outcomes(path, table.query_ids, table.known)
    return {name: scores for name, scores in zip(found.experts, found.scores.T, strict=True) if name != wanted.name}


@asynccontextmanager
async def _sitter(wanted: Wanted, bank: Bank, own: Array | None) -> AsyncIterator[Sitter]:
    """Who answers: the table, or the expert itself. ConfigError for a name that is in neither."""
    if own is not None:
        yield Recorded(own)
        return
    async with opened(wanted.config) as pipeline:
        if wanted.name not in pipeline.pool.members:
            known = ", ".join(pipeline.pool.members)
            raise ConfigError(f"no expert is called {wanted.name!r}; experts.yaml has {known}")
        yield Live(wanted.name, bank.questions, pipeline)


def _how(bank: Bank) -> str:
    if bank.peers:
        return f"how hard each is, {len(bank.peers)} other experts have shown; the most telling are chosen"
    return "nobody else has answered them (see --peers), so they are drawn at random"


def _so_far(test: Onboarding) -> str:
    rate = test.mean_accuracy()
    return f"{test.asked} answered: {rate.mean:.3f} ± {rate.error:.3f}"


def in_words(found: Profile, why: str) -> tuple[str, ...]:
    """What a person wants to know of it."""
    if not found.asked:
        return (f"{found.name}: nothing was learned, {why}",)
    mean = found.mean_accuracy
    ranked = sorted(found.ability.categories.items(), key=lambda named: -named[1].mean)
    lines = [
        f"{found.name} is right on {mean.mean:.1%} of the questions, with a standard error of {mean.error:.1%}",
        f"{found.asked} questions were answered ({why}); "
        f"drawn at random, {found.random_would_have_needed} would have been needed",
    ]
    if ranked:
        named = (f"{category} {rate.mean:.0%} ± {rate.error:.0%}" for category, rate in ranked)
        lines.append(f"from the best category to the worst: {', '.join(named)}")
    return tuple(lines)
