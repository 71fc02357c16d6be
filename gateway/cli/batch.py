"""`coterie batch`: every line of a file answered, without a server. Interrupted, it goes on where it was."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from gateway.batches.archive import Archive, archive_for
from gateway.batches.halt import Halt
from gateway.batches.lease import kept
from gateway.batches.local import Job, Local, claimed
from gateway.batches.owner import new_owner
from gateway.batches.seats import Seats
from gateway.batches.sharing import sharing
from gateway.batches.types import ENDED, Batch, Share
from gateway.batches.work import Shop
from gateway.cli.shell import ConfigOption, JsonOption, console, opened, print_json
from gateway.settings import Settings, keep_products_single, load_settings
from gateway.wire.batches import share_json

LOOK_S = 0.1
WHY = {"closing": "interrupted", "budget": "--max-cost-usd is reached"}


def batch(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", exists=True, dir_okay=False, readable=True)],
    target: Annotated[Path, typer.Argument(metavar="OUT.jsonl", dir_okay=False)],
    model: Annotated[str, typer.Option("--model", help="for lines that name none")] = "auto",
    max_cost_usd: Annotated[
        float | None, typer.Option(min=0, help="stop before it costs more, all runs together")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="forget what an earlier run has done")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Answer every line of IN.jsonl, as OpenAI's batches have them, into OUT.jsonl; the same command goes on."""
    if source.resolve() == target.resolve():
        raise typer.BadParameter("OUT.jsonl must be another file than IN.jsonl")
    if not target.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {target.parent}")
    keep_products_single()
    halt, begun = Halt(), time.monotonic()
    try:
        done, shares = asyncio.run(_batch(Job(source, target, model, max_cost_usd, restart), config, halt))
    except asyncio.CancelledError:
        print("stopped at once; what was done is kept, and the same command goes on", file=sys.stderr)
        raise typer.Exit(1) from None
    _show(done, shares, halt, target, json, time.monotonic() - begun)
    if done.status not in ENDED or done.counts.failed:
        raise typer.Exit(1)


async def _batch(job: Job, config: Path | None, halt: Halt) -> tuple[Batch, tuple[Share, ...]]:
    settings = load_settings(config=config)
    archive, owner = archive_for(settings), new_owner()
    try:
        found = await asyncio.to_thread(claimed, archive, job, owner)
        if found.status not in ENDED:
            found = await _run(job, found, Place(config, settings, archive, owner), halt)
        shares = found.shares or await asyncio.to_thread(archive.results.shares, job.id)
        return found, shares
    finally:
        await asyncio.to_thread(archive.vault.close)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job is run."""

    config: Path | None
    settings: Settings
    archive: Archive
    owner: str


async def _run(job: Job, found: Batch, place: Place, halt: Halt) -> Batch:
    rows = place.archive.batches
    try:
        with _interrupts(halt):
            async with (
                kept(lambda until: rows.renew(job.id, place.owner, until), halt, None),
                opened(place.config) as pipeline,
            ):
                arrange = sharing(lambda: pipeline)
                shop = Shop(place.archive, place.settings, lambda: pipeline, Seats(), arrange, place.owner)
                local = Local(shop, found, job, halt)
                async with _progress(local):
                    return await local()
    finally:
        await asyncio.to_thread(rows.release, job.id, place.owner)


@contextmanager
def _interrupts(halt: Halt) -> Iterator[None]:
    """The first Ctrl-C lets what is under way finish, the second does not; what is done is kept either way."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        if halt.why:
            task.cancel()
            return
        print("stopping when what is under way has come back; once more stops at once", file=sys.stderr)
        halt("closing")

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
    except NotImplementedError:  # Windows: an interrupt ends it at once
        yield
        return
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _progress(local: Local) -> AsyncIterator[None]:
    """Lines done and dollars spent, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("${task.fields[usd]:.4f}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None, usd=0.0)
        watcher = asyncio.create_task(_watch(local, progress, task))
        try:
            yield
        finally:
            watcher.cancel()
            _look(local, progress, task)


async def _watch(local: Local, progress: Progress, task: TaskID) -> None:
    while True:
        _look(local, progress, task)
        await asyncio.sleep(LOOK_S)


def _look(local: Local, progress: Progress, task: TaskID) -> None:
    progress.update(task, total=local.total or None, completed=local.done, usd=local.cost_usd)


def _show(done: Batch, shares: tuple[Share, ...], halt: Halt, target: Path, json: bool, seconds: float) -> None:
    complete = done.status in ENDED
    if json:
        print_json(
            {
                "status": "completed" if complete else "stopped",
                "reason": "" if complete else WHY.get(halt.why, halt.why),
                "out": str(target),
                "lines": {"total": done.counts.total, "answered": done.counts.completed, "failed": done.counts.failed},
                "cost_usd": done.spent.cost_usd,
                "experts": [share_json(share) for share in shares],
                "seconds": round(seconds, 3),
            }
        )
        return
    console().print(_table(shares))
    said = f"{done.counts.done} of {done.counts.total} lines are done, {done.counts.failed} of them errors"
    print(f"{said}; ${done.spent.cost_usd:.6f}; {target}")
    if not complete:
        print(f"stopped ({WHY.get(halt.why, halt.why)}); the same command goes on", file=sys.stderr)


def _table(shares: tuple[Share, ...]) -> Table:
    table = Table("expert", "lines", "errors", "input tokens", "output tokens", "$", box=None, header_style="bold")
    for share in shares:
        spent = share.spent
        numbers = (share.lines, share.errors, spent.input_tokens, spent.output_tokens)
        table.add_row(share.expert or "-", *(f"{number:,}" for number in numbers), f"{spent.cost_usd:.6f}")
    return table
