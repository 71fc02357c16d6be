"""`coterie eval compose`: strategies against recorded answers. What it needs is imported when it is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from eval.cli.page import Html, check_page
from eval.cli.routing import Artifact, Experts, JsonFile, Models, Outcomes, Questions, Resamples, Seed
from gateway.cli.shell import aside

if TYPE_CHECKING:
    from eval.compose.stage import Watch

Plot = Annotated[Path | None, typer.Option("--plot", help="draw accuracy against cost here: .svg or .png")]
Strategies = Annotated[str | None, typer.Option(help="only these strategies, separated by commas")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="encode every text anew, and keep nothing")]
RouterName = Annotated[str, typer.Option("--router", help="whose predictions the strategies go by")]


def compose(
    questions: Questions,
    outcomes: Outcomes,
    experts: Experts = None,
    artifact: Artifact = None,
    models: Models = None,
    strategies: Strategies = None,
    router: RouterName = "blend",
    json: JsonFile = None,
    html: Html = None,
    plot: Plot = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    no_cache: NoCache = False,
) -> None:
    """How each way of asking several experts would have answered, at every setting of its knobs, and at what cost."""
    from eval.compose.command import Sources, Targets, evaluate_files, publish_evaluation
    from eval.routing.rows import Resampling

    sources = Sources(questions, outcomes, _named(experts, "--experts"), artifact, models)
    targets = Targets(json, html, plot)
    check_page(html)
    targets.check()
    with watching() as watch:
        evaluation = evaluate_files(
            sources,
            _named(strategies, "--strategies"),
            router,
            Resampling(resamples, seed),
            watch,
            cached=not no_cache,
            say=aside().print,
        )
    publish_evaluation(evaluation, targets)


@contextmanager
def watching() -> Iterator[Watch]:
    """A progress bar on a terminal, which leaves nothing behind."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda doing, share: bar.update(task, description=doing, completed=share)


def _named(given: str | None, option: str) -> list[str] | None:
    """The names of a list with commas; None where it was not given."""
    if given is None:
        return None
    names = list(dict.fromkeys(filter(None, map(str.strip, given.split(",")))))
    if not names:
        raise typer.BadParameter(f"{option} names nobody; leave it out for all")
    return names
