"""`python -m eval.bench.clients`: which HTTP client is fastest under the same load, and which keeps its manners.

Needs nginx and wrk (apt-get install nginx-light wrk). Clients that are not installed get a virtual environment.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import orjson

from eval.bench.clients.callers import CALLERS
from eval.bench.clients.environment import python_with_clients
from eval.bench.clients.report import as_json, sheet
from eval.bench.clients.stand import cancellation_s, clients
from eval.bench.errors import BenchError
from eval.bench.loader import WrkLoader
from eval.bench.nginx import right_answer
from eval.bench.rounds import Course, Race, Results
from eval.bench.shell import Connections, JsonFile, Markdown, Rounds, Seconds, command, say
from eval.bench.tables import publish, terminal
from eval.bench.tools import find_tools, plain_environment


def bench(
    seconds: Seconds = 5,
    connections: Connections = 16,
    rounds: Rounds = 3,
    json: JsonFile = None,
    markdown: Markdown = False,
) -> None:
    """Measure each client behind the same minimal application, and what a cancelled call does to its connection."""
    python = python_with_clients(say)
    results = measure(Course(seconds, connections, rounds), python)
    cancellations = {client: cancellation_s(client, python) for client in CALLERS}
    publish(terminal(), [sheet(results, cancellations)], markdown)
    if json is not None:
        json.write_bytes(orjson.dumps(as_json(results, cancellations), option=orjson.OPT_INDENT_2))
    if results.failures:
        raise BenchError("failed: " + ", ".join(results.failures))


def measure(course: Course, python: Path) -> Results:
    """One whole run, in a folder that is gone afterwards."""
    tools = find_tools(plain_environment().get("PATH", os.defpath))
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as name:
        folder = Path(name)
        say("starting nginx and the clients")
        with clients(tools, folder, python) as contestants:
            return Race(course, right_answer, WrkLoader(tools, folder), say).run(contestants)


if __name__ == "__main__":
    command(bench)
