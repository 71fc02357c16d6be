"""`python -m eval.bench`: Coterie beside nginx and LiteLLM's proxy, under the same load in front of the same upstream.

Needs nginx and wrk (apt-get install nginx-light wrk). LiteLLM gets a virtual environment of its own on first use.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import orjson
import typer

from eval.bench.contestants import NAMED
from eval.bench.coterie import records
from eval.bench.errors import BenchError
from eval.bench.loader import WrkLoader
from eval.bench.nginx import right_answer
from eval.bench.report import Report, as_json, sheets
from eval.bench.rounds import Course, Race
from eval.bench.shell import Connections, JsonFile, Markdown, Rounds, Seconds, command, say
from eval.bench.stand import gateways
from eval.bench.tables import publish, terminal
from eval.bench.tools import find_tools, plain_environment


def bench(
    seconds: Seconds = 5,
    connections: Connections = 16,
    rounds: Rounds = 3,
    json: JsonFile = None,
    markdown: Markdown = False,
    without_litellm: Annotated[bool, typer.Option("--without-litellm", help="leave LiteLLM out")] = False,
) -> None:
    """Measure throughput, latency and memory of the gateways, and say which goals are reached."""
    report = measure(Course(seconds, connections, rounds), not without_litellm)
    publish(terminal(), sheets(report), markdown)
    print(report.conditions)
    if json is not None:
        json.write_bytes(orjson.dumps(as_json(report), option=orjson.OPT_INDENT_2))
    if report.results.failures:
        raise BenchError("failed: " + ", ".join(report.results.failures))


def measure(course: Course, with_litellm: bool) -> Report:
    """One whole run, in a folder that is gone afterwards."""
    tools = find_tools(plain_environment().get("PATH", os.defpath))
    load_average = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="coterie-bench-") as name:
        folder = Path(name)
        with gateways(tools, folder, with_litellm, say) as contestants:
            results = Race(course, right_answer, WrkLoader(tools, folder), say).run(contestants)
            [ours] = [contestant.server for contestant in contestants if contestant.name == NAMED]
            return Report(course, load_average, results, records(ours.url))


if __name__ == "__main__":
    command(bench)
