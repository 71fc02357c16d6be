"""`coterie eval replay`: what another policy would have done, by the gateway's own record; and putting it in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.cli.options import JsonFile, Seed, named
from eval.cli.page import Html, check_page
from gateway.cli.shell import ConfigOption

if TYPE_CHECKING:
    from eval.counterfactual.command import Opened
    from eval.counterfactual.evaluation import Evaluation

Record = Annotated[str | None, typer.Option(help="the record's database URL (COTERIE_DATABASE_URL)")]
PolicyName = Annotated[str, typer.Option("--policy", help="whose decisions are judged, and whose entry is promoted")]
Instead = Annotated[str | None, typer.Option(help="another policy of experts.yaml in its place")]
Set = Annotated[list[str] | None, typer.Option("--set", help="a knob of it, as in thrift=0.5; again for more")]
Experts = Annotated[str | None, typer.Option(help="only these experts, separated by commas")]
Router = Annotated[str | None, typer.Option(help="another router; needs the queries' texts to be kept")]
Artifact = Annotated[Path | None, typer.Option(help="other routers, a folder of `coterie train`; needs texts too")]
Online = Annotated[bool, typer.Option("--online", help="learning from feedback as it came: learn={}, explore=0")]
Since = Annotated[str | None, typer.Option(help="only decisions from then on: 2026-05-01, or 7d ago")]
Until = Annotated[str | None, typer.Option(help="only decisions before: 2026-05-08, or 1d ago")]
Estimators = Annotated[bool, typer.Option("--estimators", help="show every estimator, not only the one to read")]
Promote = Annotated[bool, typer.Option("--promote", help="put it into experts.yaml, where the evidence allows that")]
Margin = Annotated[float, typer.Option(min=0, max=1, help="what a cheaper policy may lose at most")]
Force = Annotated[str | None, typer.Option(help="promote whatever the evidence; why, for the journal")]


def replay(
    config: ConfigOption = None,
    record: Record = None,
    policy: PolicyName = "auto",
    instead: Instead = None,
    settings: Set = None,
    experts: Experts = None,
    router: Router = None,
    artifact: Artifact = None,
    online: Online = False,
    since: Since = None,
    until: Until = None,
    json: JsonFile = None,
    html: Html = None,
    estimators: Estimators = False,
    promote: Promote = False,
    margin: Margin = 0.01,
    force: Force = None,
    seed: Seed = 0,
) -> None:
    """What another policy, router or set of experts would have done, from the gateway's own record and its feedback."""
    from eval.counterfactual.candidate import Wanted
    from eval.counterfactual.command import Sources, evaluate, open_sources
    from eval.counterfactual.promoting import check_promotable
    from eval.counterfactual.publish import publish
    from eval.watching import watching

    check_page(html)
    wanted = Wanted(policy, instead, tuple(_settings(settings, experts, router, online)))
    sources = Sources(config, record, artifact, since, until)
    given = open_sources(sources, wanted)
    if promote:
        check_promotable(given, wanted, artifact)
    with watching() as watch:
        evaluation = evaluate(given, sources, wanted, seed, watch)
    publish(evaluation, estimators, json, html)
    if promote:
        _promote(given, evaluation, margin, force)


def _settings(settings: list[str] | None, experts: str | None, router: str | None, online: bool) -> list[str]:
    learning = {"learn": "{}", "explore": "0"} if online else {}
    names = named(experts)
    short = {**learning, "experts": None if names is None else ",".join(names), "router": router}
    return [*(settings or ()), *(f"{knob}={value}" for knob, value in short.items() if value is not None)]


def _promote(given: Opened, evaluation: Evaluation, margin: float, force: str | None) -> None:
    from eval.counterfactual.promoting import put_in_force

    for line in put_in_force(given, evaluation, margin, force):
        typer.echo(line, err=True)
