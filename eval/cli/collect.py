"""`coterie eval collect`: a table of outcomes of one's own experts. What it needs is imported when it is run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import JsonFile
from gateway.cli.shell import ConfigOption, aside, listed

SUFFIXES = (".parquet", ".csv", ".jsonl")
WARM = 0.7
"""The temperature of several answers to one question; of a single one it is 0."""


def collect(
    questions: Annotated[Path, typer.Option(help="the questions to ask: parquet, CSV or JSONL")],
    out: Annotated[Path, typer.Option(help="write the table here: parquet, CSV or JSONL; answers are kept beside it")],
    experts: Annotated[str | None, typer.Option(help="these alone, separated by commas; else all")] = None,
    grader: Annotated[str, typer.Option(help="who grades all answers; auto: by each question's answer_type")] = "auto",
    judge: Annotated[str | None, typer.Option(help="an expert that grades what no rule can")] = None,
    against: Annotated[str | None, typer.Option(help="grader pairwise: whose answers others are compared with")] = None,
    judge_itself: Annotated[bool, typer.Option("--judge-itself", help="the judge grades its own answers too")] = False,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="grader fuzzy: right from this likeness on")] = 0.9,
    samples: Annotated[int, typer.Option(min=1, help="so many answers to each question, at a temperature")] = 1,
    temperature: Annotated[float | None, typer.Option(min=0, max=2, help="0, or 0.7 for several samples")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="of an answer; else as long as experts like")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="the first so many questions alone")] = None,
    max_cost_usd: Annotated[float, typer.Option(min=0, help="no more is asked once all calls cost this")] = math.inf,
    ask_above_usd: Annotated[float, typer.Option(min=0, help="what is expected to cost more needs a yes")] = 1.0,
    yes: Annotated[bool, typer.Option("--yes", help="agree to the price")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what it would cost, and ask nobody")] = False,
    regrade: Annotated[bool, typer.Option("--regrade", help="grade the kept answers anew, and ask no expert")] = False,
    json: JsonFile = None,
    config: ConfigOption = None,
) -> None:
    """Ask experts a question set and grade what they say. Started again, it goes on; only what failed is asked anew."""
    from eval.collect import command
    from eval.collect.asking import Manner
    from eval.collect.job import Job, Marking

    _check_out(out)
    _check_grader(grader, judge, against)
    warm = temperature if temperature is not None else WARM if samples > 1 else 0.0
    named = tuple(listed(experts) or ())
    job = Job(
        questions,
        out,
        named or None,
        limit,
        Manner(samples, warm, max_tokens),
        Marking(grader, judge or "", against or "", threshold, judge_itself),
        max_cost_usd,
    )
    wanted = command.Wanted(job, config, json, ask_above_usd, yes)
    act = command.regrade if regrade else command.price if dry_run else command.collect
    try:
        act(wanted, aside())
    except KeyboardInterrupt:
        aside().print(
            "stopped; what was answered is kept, and the same command goes on (--regrade grades what is there)"
        )
        raise typer.Exit(1) from None


def _check_out(out: Path) -> None:
    if out.suffix not in SUFFIXES:
        raise typer.BadParameter(f"--out must end in {', '.join(SUFFIXES)}, not {out.name}")
    if out.is_dir():
        raise typer.BadParameter(f"--out is a file to write, and {out} is a folder")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent} to write {out.name} into")


def _check_grader(grader: str, judge: str | None, against: str | None) -> None:
    from eval.collect.choosing import GRADERS, JUDGE, PAIRWISE

    if grader not in GRADERS:
        raise typer.BadParameter(f"--grader {grader} is none of {', '.join(GRADERS)}")
    if grader in (JUDGE, PAIRWISE) and not judge:
        raise typer.BadParameter(f"--grader {grader} needs --judge NAME, the expert that judges")
    if (grader == PAIRWISE) != bool(against):
        raise typer.BadParameter("--grader pairwise and --against NAME belong together")
