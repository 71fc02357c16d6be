"""What every command shares: options by name, the gateway inside the shell's own process, JSON and tables."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from gateway.configuration import Configuration, configure
from gateway.gateway import Gateway
from gateway.keys import Keys
from gateway.pipeline import Pipeline
from gateway.reading import load_artifact
from gateway.settings import Settings, environment, load_settings
from routers.suite import Suite

ConfigOption = Annotated[Path | None, typer.Option("--config", help="experts.yaml (COTERIE_CONFIG)")]
JsonOption = Annotated[bool, typer.Option("--json", help="for programs to read")]


def configured(settings: Settings) -> Configuration:
    """The configuration, checked."""
    return configure(settings.config, environment(), load_artifact(settings.artifact))


@asynccontextmanager
async def opened(config: Path | None, artifact: Suite | None = None) -> AsyncIterator[Pipeline]:
    """A gateway without a server, ready to answer; its models are loaded first, but for an artifact that is given."""
    settings = load_settings(config=config, log_level="warning")
    failures: list[Exception] = []
    gateway = Gateway(
        settings,
        environment,
        Keys(),
        artifact or load_artifact(settings.artifact),
        instance=f"shell-{secrets.token_hex(4)}",
        give_up=failures.append,
    )
    async with gateway:
        await gateway.loaded()
        if failures:
            raise failures[0]
        yield gateway.door.pipeline


def listed(names: str | None) -> list[str] | None:
    """The names of an option that separates them by commas; None where it was not given."""
    return [name.strip() for name in names.split(",")] if names else None


def print_json(value: Any) -> None:
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def console() -> Console:
    """Where tables go."""
    return Console(highlight=False)


def aside() -> Console:
    """Standard error, where commands say how it goes: words as they are, a line a line."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
