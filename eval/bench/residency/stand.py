"""A gateway in this process over four experts on two GGUF files, with room for one file. Asks nothing itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.bench.errors import BenchError
from gateway.gateway import Gateway
from gateway.keys import Keys
from gateway.settings import environment, load_settings
from routers.suite import Suite

EXPERTS = ("instruct", "instruct-terse", "base", "base-terse")

CONFIG = """\
version: 1
defaults:
  provider: local
  context: 512
  latency_s: 0.5
  max_concurrency: 4
  max_waiting: 1000
  timeout_s: 3600
  residency: {{group: machine, load_s: 1}}
experts:
  - {{name: instruct, model: {one}}}
  - {{name: instruct-terse, model: {one}, system: Answer with one word.}}
  - {{name: base, model: {other}}}
  - {{name: base-terse, model: {other}, system: Answer with one word.}}
groups:
  machine: {{room: 1, deadline_s: {deadline_s}, schedule: {schedule}}}
policies:
  auto: {{deadline_s: 3600}}
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """What both schedules are tried with. `one` and `other` are `model:` values of two different files."""

    one: str
    other: str
    deadline_s: float


@asynccontextmanager
async def gateway_with(schedule: str, setting: Setting, artifact: Suite, folder: Path) -> AsyncIterator[Gateway]:
    """A gateway that has loaded no model yet."""
    config = folder / f"{schedule}.yaml"
    config.write_text(
        CONFIG.format(schedule=schedule, one=setting.one, other=setting.other, deadline_s=setting.deadline_s)
    )
    settings = load_settings(config=config, log_level="warning", database_url=f"sqlite:///{folder / schedule}.db")
    failures: list[Exception] = []
    gateway = Gateway(settings, environment, Keys(), artifact, instance="bench", give_up=failures.append)
    async with gateway:
        await gateway.loaded()
        if failures:
            raise BenchError(f"the gateway does not start: {failures[0]}")
        yield gateway


def loads(gateway: Gateway) -> int:
    """How many models have been loaded so far."""
    page = gateway.door.metrics.page().decode()
    return int(sum(float(value) for value in re.findall(r"^coterie_residency_loads_total\{.*\} (\S+)$", page, re.M)))
