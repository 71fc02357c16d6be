"""Coterie as a contestant: its experts.yaml, its command line, and what it says about its records."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import gateway
from eval.bench.asking import page
from eval.bench.processes import Program
from eval.bench.tools import plain_environment

EXPERT = "maths"
"""Who is asked by name, and whom `auto` must choose."""


@dataclass(frozen=True, slots=True)
class Records:
    """Of the answers given: written to the database, still to be written, lost."""

    written: int
    waiting: int
    dropped: int


def experts_yaml(upstream_url: str, model: str) -> str:
    """Three experts on one upstream."""
    return f"""version: 1
defaults: {{provider: openai, base_url: "{upstream_url}/v1", model: {model}, max_concurrency: 64}}
experts:
  - {{name: general, abilities: {{default: 0.5}}}}
  - {{name: {EXPERT}, abilities: {{math: 0.8, default: 0.4}}}}
  - {{name: code, abilities: {{coding: 0.8, default: 0.4}}}}
policies:
  auto: {{router: category, strategy: single, fallback: general}}
"""


def program(folder: Path, port: int, upstream_url: str, model: str) -> Program:
    """One worker as `coterie serve` starts it: recording into SQLite, logging at its default level."""
    folder.mkdir()
    config = folder / "experts.yaml"
    config.write_text(experts_yaml(upstream_url, model))
    command = (sys.executable, "-c", "from gateway.cli import main; main()", "serve", "--port", str(port))
    environment = {
        **plain_environment(),
        "PYTHONPATH": str(Path(gateway.__file__).parents[1]),
        "COTERIE_CONFIG": str(config),
        "COTERIE_DATABASE_URL": f"sqlite:///{folder / 'records.db'}",
    }
    return Program("Coterie", command, environment, port, "/ready")


def records(url: str) -> Records:
    """As the gateway's own metrics count them."""
    return parse_records(page(f"{url}/metrics"))


def parse_records(metrics: str) -> Records:
    return Records(
        _count(metrics, "coterie_records_written_total"),
        _count(metrics, "coterie_records_waiting"),
        _count(metrics, "coterie_records_dropped_total"),
    )


def _count(metrics: str, name: str) -> int:
    found = re.search(rf"^{name} ([\d.e+]+)$", metrics, re.MULTILINE)
    return int(float(found[1])) if found else 0
