"""How an ingest goes, for people: a bar on a terminal, plain lines elsewhere, and the sum of it. Knows no store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.retrieval.ingest import Done, What

MOST_REASONS = 100
"""So many refusals are told; the rest are counted."""
ORDER: tuple[What, ...] = ("added", "changed", "unchanged", "removed", "refused")


class Tally:
    """Counts, and tells each refusal in a line. `every`: what else becomes of a source is told as well."""

    def __init__(self, console: Console, *, every: bool) -> None:
        self.counts: Counter[What] = Counter()
        self.others = 0
        self.chunks = 0
        """New ones."""
        self._console = console
        self._every = every

    def begin(self, sources: int, others: int) -> None:
        self.others = others
        if self._every:
            self._say(f"{sources} to look at")

    def passed(self, chunks: int) -> None:
        self.chunks += chunks

    def done(self, done: Done) -> None:
        self.counts[done.what] += 1
        if done.what == "refused":
            if self.counts["refused"] <= MOST_REASONS:
                self._say(f"refused: {done.why}")
        elif self._every and done.what != "unchanged":
            self._say(f"{done.what} {done.source}" + (f" ({done.chunks} chunks)" if done.chunks else ""))

    def line(self) -> str:
        """The sum, in a line."""
        said = ", ".join(f"{self.counts[what]} {what}" for what in ORDER)
        passed = f"; passed over as of no kind that is read: {self.others}" if self.others else ""
        return f"{said}; {self.chunks} new chunks{passed}"

    def _say(self, line: str) -> None:
        self._console.print(" ".join(line.splitlines()))


class Bar(Tally):
    """On a terminal: how many sources are behind us."""

    def __init__(self, console: Console, progress: Progress) -> None:
        super().__init__(console, every=False)
        self._progress = progress
        self._task = progress.add_task("", total=None, chunks=0)

    def begin(self, sources: int, others: int) -> None:
        super().begin(sources, others)
        self._progress.update(self._task, total=sources)

    def passed(self, chunks: int) -> None:
        super().passed(chunks)
        self._progress.update(self._task, advance=1, chunks=self.chunks)


@contextmanager
def shown(console: Console) -> Iterator[Tally]:
    """A watch on an ingest, as fits the console."""
    if not console.is_terminal:
        yield Tally(console, every=True)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[chunks]} chunks"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield Bar(console, progress)
