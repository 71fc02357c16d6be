"""`coterie eval regression`: what a change does to the answers. What it needs is imported when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from eval.cli.options import JsonFile, Models, NoCache, Questions, Resamples, Seed, named, warn
from eval.cli.page import Html, check_page

if TYPE_CHECKING:
    from eval.changes.command import Setting
    from eval.changes.judgement import Judgement

Before = Annotated[Path | None, typer.Option(help="outcomes before the change: parquet, CSV or JSONL")]
After = Annotated[Path | None, typer.Option(help="outcomes after it, of all questions or of those in --asked")]
Named = Annotated[str | None, typer.Option(help="only these, separated by commas; old=new where the name changed too")]
Plan = Annotated[Path | None, typer.Option("--asked", help="file of `coterie eval reask`, where only part was asked")]
Outcomes = Annotated[Path | None, typer.Option(help="recorded outcomes, where the change is one of choice")]
ArtifactBefore = Annotated[Path | None, typer.Option(help="folder of the routers before; else the bundled ones")]
ArtifactAfter = Annotated[Path | None, typer.Option(help="folder of the routers after; else the bundled ones")]
RouterName = Annotated[str, typer.Option("--router", help="whose predictions are chosen by")]
Thrift = Annotated[float, typer.Option(min=0, max=1, help="the knob: 0 for quality alone, 1 for price alone")]
PolicyName = Annotated[str | None, typer.Option(help="a policy of --config: its router, thrift and experts")]
Config = Annotated[Path, typer.Option(help="experts.yaml with the policies")]
Margin = Annotated[float, typer.Option(min=0, max=1, help="a loss of accuracy that would be put up with")]
Texts = Annotated[bool, typer.Option("--texts", help="quote the questions that flipped in the JSON")]
FailOn = Annotated[
    Literal["never", "worse", "unsafe"],
    typer.Option(help="exit with 1 where something is worse, or where a loss beyond the margin is not ruled out"),
]


def regression(
    questions: Questions,
    before: Before = None,
    after: After = None,
    experts: Named = None,
    asked: Plan = None,
    outcomes: Outcomes = None,
    artifact_before: ArtifactBefore = None,
    artifact_after: ArtifactAfter = None,
    router: RouterName = "blend",
    thrift_before: Thrift = 0.0,
    thrift_after: Thrift = 0.0,
    policy_before: PolicyName = None,
    policy_after: PolicyName = None,
    config: Config = Path("experts.yaml"),
    models: Models = None,
    margin: Margin = 0.02,
    texts: Texts = False,
    fail_on: FailOn = "never",
    json: JsonFile = None,
    html: Html = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    no_cache: NoCache = False,
) -> None:
    """Which answers a change turns from right to wrong: of an expert's version, of an artifact, or of a policy."""
    from eval.changes.command import Setting, Terms, judge_choices, judge_versions, publish_judgement
    from eval.encodings import open_encodings
    from eval.routing.rows import Resampling

    check_page(html)
    terms, who = Terms(margin, Resampling(resamples, seed), texts), named(experts)
    if before is not None and after is not None and outcomes is None:
        found = judge_versions(questions, before, after, who, asked, terms)
    elif outcomes is not None and before is None and after is None:
        sides = (
            Setting(artifact_before, router, thrift_before, policy_before, config),
            Setting(artifact_after, router, thrift_after, policy_after, config),
        )
        _check_sides(sides)
        with open_encodings(not no_cache, warn) as encodings:
            found = judge_choices(questions, outcomes, sides, who, models, terms, encodings)
    else:
        raise typer.BadParameter("give --before and --after, or --outcomes with two artifacts, thrifts or policies")
    publish_judgement(found, json, html)
    raise typer.Exit(_status(found, fail_on))


def _check_sides(sides: tuple[Setting, Setting]) -> None:
    if sides[0] == sides[1]:
        raise typer.BadParameter("nothing changes: name two artifacts, two thrifts or two policies")
    if (sides[0].policy is None) != (sides[1].policy is None):
        raise typer.BadParameter("name both --policy-before and --policy-after")


def _status(found: Judgement, fail_on: str) -> int:
    unsafe = fail_on == "unsafe" and found.verdict == "noise"
    return int(unsafe or (fail_on != "never" and found.worse_somewhere))
