"""Where the clients run: our own interpreter if it has them all, otherwise one virtual environment for all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from eval.bench.clients.callers import CALLERS
from eval.bench.tools import plain_environment
from eval.bench.venv import cache_folder, python_with

SERVER = ("uvicorn", "uvloop", "httptools", "orjson")


def python_with_clients(say: Callable[[str], None]) -> Path:
    """All clients under the same versions of everything else, which are ours where we have them."""
    packages = (*SERVER, *CALLERS)
    if all(installed(package) for package in packages):
        return Path(sys.executable)
    return python_with(cache_folder("clients"), requirements(packages), say)


def requirements(packages: Sequence[str]) -> tuple[str, ...]:
    """Pinned to the version that is installed here, if one is."""
    return tuple(f"{package}=={found}" if (found := installed(package)) else package for package in packages)


def installed(package: str) -> str:
    """Its version; empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def child_environment() -> Mapping[str, str]:
    """A child's, which finds this package whatever interpreter it runs on."""
    return {**plain_environment(), "PYTHONPATH": str(Path(__file__).parents[3])}
