"""A collection from the shell: priced, agreed to, made, written and told. Reads no options."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from eval.bench.tables import show
from eval.collect.calling import Caller
from eval.collect.grades import Posed
from eval.collect.grading import Graded, Place
from eval.collect.job import Job
from eval.collect.kept import Kept, Row
from eval.collect.panel import panel
from eval.collect.pricing import sheet as price_sheet
from eval.collect.pricing import total_usd
from eval.collect.progress import watched
from eval.collect.purse import Purse
from eval.collect.run import Collected, Plan, collected, planned, regraded
from eval.collect.summary import account, in_words, lines_of, sheet
from eval.collect.table import outcomes, write_outcomes
from eval.publishing import publish_findings
from gateway.cli.shell import opened
from gateway.errors import ConfigError
from gateway.locking import locked

Consent = Callable[[Plan], bool]
"""Whether to go on, once it is known what it will cost."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """json: where the findings go. ask_above_usd: an estimate from here on needs a yes."""

    job: Job
    config: Path | None
    json: Path | None = None
    ask_above_usd: float = 1.0
    yes: bool = False


def price(wanted: Wanted, console: Console) -> None:
    """What it would cost; nobody is asked."""
    plan = asyncio.run(_collected(wanted, console, lambda plan: False))[0]
    rows = [{name: getattr(one, name) for name in one.__slots__} for one in plan.estimates]
    found = {"estimates": rows, "usd": total_usd(plan.estimates), "notes": list(plan.lines)}
    publish_findings(found, [price_sheet(plan.estimates)], plan.lines, wanted.json)


def collect(wanted: Wanted, console: Console) -> None:
    """Ask, grade and write the table. ConfigError where nobody agrees to the price, or nothing came of it."""
    plan, made = asyncio.run(_collected(wanted, console, lambda plan: _agreed(plan, wanted, console)))
    if made is None:
        raise ConfigError("nothing was asked")
    _publish(wanted, plan, made)


def regrade(wanted: Wanted, console: Console) -> None:
    """Grade what is kept anew, and write the table."""
    plan, found, spent_usd = asyncio.run(_regraded(wanted, console))
    _publish(wanted, plan, Collected(found, {}, spent_usd, 0, False))


async def _collected(wanted: Wanted, console: Console, consent: Consent) -> tuple[Plan, Collected | None]:
    job, answers = wanted.job, dict[Place, Row]()
    async with opened(wanted.config) as pipeline:
        with locked(job.lock, lambda: console.print(f"another collection writes {job.kept.name}; waiting for it")):
            kept = Kept(job.kept)
            caller = Caller(pipeline, kept, Purse(kept.spent_usd, job.most_usd))
            plan = await planned(job, panel(job.marking, caller, answers), caller)
            if not consent(plan):
                return plan, None
            with watched(console, lambda: caller.purse.spent_usd) as begin:
                return plan, await collected(plan, caller, answers, begin)


async def _regraded(wanted: Wanted, console: Console) -> tuple[Plan, tuple[Graded, ...], float]:
    """Only a judge needs the gateway."""
    job, answers = wanted.job, dict[Place, Row]()
    kept = Kept(job.kept)
    purse = Purse(kept.spent_usd, job.most_usd)
    async with AsyncExitStack() as stack:
        stack.enter_context(locked(job.lock))
        judged = bool(job.marking.judge)
        caller = Caller(await stack.enter_async_context(opened(wanted.config)), kept, purse) if judged else None
        with watched(console, lambda: purse.spent_usd) as begin:
            found = await regraded(job, panel(job.marking, caller, answers), kept, answers, begin)
    return *found, purse.spent_usd


def _agreed(plan: Plan, wanted: Wanted, console: Console) -> bool:
    """What it will cost is said; above the stated sum a person must say yes to it."""
    for line in plan.lines:
        console.print(line)
    show(console, price_sheet(plan.estimates))
    usd = total_usd(plan.estimates)
    if wanted.yes or usd <= wanted.ask_above_usd:
        return True
    if not sys.stdin.isatty():
        raise ConfigError(f"this is expected to cost ${usd:.2f}; say --yes to agree, or --dry-run to see the prices")
    return console.input(f"Spend about ${usd:.2f}? [y/N] ", markup=False).strip().lower() in {"y", "yes"}


def _publish(wanted: Wanted, plan: Plan, made: Collected) -> None:
    job = wanted.job
    rows = outcomes(made.graded)
    words = in_words(made.tallies, made.graded)
    if not rows:
        raise ConfigError("; ".join(words) or "nothing could be collected: --max-cost-usd allows no call")
    write_outcomes(rows, job.out)
    lines = lines_of(rows, _groups([one.posed for one in made.graded]), made.tallies)
    if made.out_of_money:
        words.append(f"the money is spent (${made.spent_usd:.4f}); with a higher --max-cost-usd it goes on")
    told = [*words, *_next(job, made, len(rows))]
    publish_findings(account(lines, words, made.spent_usd), [sheet(lines)], told, wanted.json)


def _groups(posed: Sequence[Posed]) -> Mapping[str, str]:
    return {one.query_id: one.group for one in posed}


def _next(job: Job, made: Collected, rows: int) -> list[str]:
    tables = f"--questions {job.questions} --outcomes {job.out}"
    return [
        f"{job.out} has {rows} rows, after {made.calls} calls now and ${made.spent_usd:.4f} in all; the answers are in "
        f"{job.kept.name}",
        "Next:",
        f"  coterie eval routing {tables}",
        f"  coterie train blend {tables} --out my-router",
    ]
