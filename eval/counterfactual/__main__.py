"""`python -m eval.counterfactual`: whether the intervals hold what they promise, where the truth is known.

`simulated` draws worlds of every kind; `recorded` logs under one policy on recorded outcomes and judges others. What
they need is imported when they run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.counterfactual.judgement import Outcome
from routers.errors import RouterError

if TYPE_CHECKING:
    from eval.counterfactual.coverage import Judged

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Seed = Annotated[int, typer.Option(min=0, help="of everything that is drawn")]
OutcomeName = Annotated[str, typer.Option(help="reward, cost_usd or latency_s")]


@app.command()
def simulated(
    cases: Annotated[int, typer.Option(min=1, help="how many worlds")] = 1000,
    outcome: OutcomeName = "reward",
    seed: Seed = 0,
) -> None:
    """Worlds of every kind; the truth is a policy's value over all of a world's traffic."""
    from eval.counterfactual.cases import simulated as played

    _shown(played(cases, seed, _outcome(outcome, ("reward", "cost_usd", "latency_s"))))


@app.command()
def recorded(
    questions: Annotated[Path, typer.Option(help="table of questions: parquet, CSV or JSONL")],
    outcomes: Annotated[Path, typer.Option(help="table of outcomes: parquet, CSV or JSONL")],
    artifact: Annotated[Path, typer.Option(help="folder of trained routers")],
    models: Annotated[Path | None, typer.Option(help="JSON with prices by model")] = None,
    experts: Annotated[str | None, typer.Option(help="only these models, separated by commas")] = None,
    split: Annotated[str | None, typer.Option(help="only the questions of this split")] = None,
    router: Annotated[str, typer.Option(help="the router that logs; the artifact's others are judged too")] = "blend",
    explore: Annotated[float, typer.Option(min=0.001, max=1, help="share of random draws")] = 0.1,
    repetitions: Annotated[int, typer.Option(min=1, help="how often it is logged anew")] = 100,
    outcome: OutcomeName = "reward",
    seed: Seed = 0,
) -> None:
    """Recorded outcomes, logged under one policy; the truth is what the judged ones are worth on the questions."""
    from eval.counterfactual.recorded import trials
    from eval.counterfactual.rehearsal import rehearsal_of

    names = None if experts is None else [name.strip() for name in experts.split(",") if name.strip()]
    given = rehearsal_of(
        questions, outcomes, artifact, models, experts=names, split=split, router=router, explore=explore
    )
    wanted = _outcome(outcome, ("reward", "cost_usd"))
    for again, said in ((True, "questions drawn anew each time"), (False, "each question asked once")):
        print(said)
        _shown(trials(given, repetitions=repetitions, again=again, outcome=wanted, seed=seed))


def _outcome(name: str, known: tuple[Outcome, ...]) -> Outcome:
    for one in known:
        if one == name:
            return one
    raise typer.BadParameter(f"--outcome is one of {', '.join(known)}")


def _shown(cases: Iterable[Judged]) -> None:
    from eval.bench.tables import show, terminal
    from eval.counterfactual.coverage import coverage, sheet

    found = list(cases)
    show(terminal(), sheet(coverage(found)))
    refused = sum(case.found.refusal is not None for case in found)
    print(f"{refused} of {len(found)} are refused: the logs cannot say")


def main() -> None:
    """What is wrong is said in one line."""
    try:
        app()
    except RouterError as error:
        print(f"counterfactual: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
