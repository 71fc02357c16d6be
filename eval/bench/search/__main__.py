"""`python -m eval.bench.search`: what a search of 100,000 chunks takes, and what its index misses. Opens no port."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from eval.bench.search.measure import AT_ONCE, COUNTED, Course, Measured, build, measure
from eval.bench.shell import Markdown, command, say
from eval.bench.tables import Sheet, publish, terminal


def bench(
    chunks: Annotated[int, typer.Option(min=1, help="in the collection")] = 100_000,
    queries: Annotated[int, typer.Option(min=1, help="asked one after the other")] = 200,
    markdown: Markdown = False,
) -> None:
    """Milliseconds of each part of a search; the recall of the index; memory."""
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as name:
        folder = Path(name)
        say(f"building a collection of {chunks:,} chunks")
        course = _built(folder, chunks, queries)
        say(f"asking {len(course.questions)} questions")
        measured = asyncio.run(measure(folder, course))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    publish(terminal(), [_sheet(measured)], markdown)
    print(
        f"{chunks:,} chunks; recall@{COUNTED} of the index {measured.recall:.3f}; {measured.rate:.0f} searches/s with "
        f"{AT_ONCE} at once; {measured.peak_bytes / 1e6:.0f} MB of memory at most, {size / 1e6:.0f} MB on disk"
    )


def _built(folder: Path, chunks: int, queries: int) -> Course:
    """In a process of its own, so that its memory is not taken for the search's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(build, folder, chunks, queries).result()


def _sheet(measured: Measured) -> Sheet:
    rows = [
        (part, *(f"{np.quantile(took, at) * 1e3:.1f} ms" for at in (0.5, 0.95)))
        for part, took in measured.seconds.items()
    ]
    return Sheet(("", "p50", "p95"), rows)


if __name__ == "__main__":
    command(bench)
