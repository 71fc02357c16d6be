"""The file that `coterie experts aggregators` writes: how well each expert makes one answer of several."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.document import Misplaced
from gateway.entry import Quality
from gateway.experts import Experts

DEFAULT = "default"
"""Of all categories that have no rate of their own."""
Rates = Mapping[str, float]
"""By category, how often the expert is right."""


class _Measured(BaseModel):
    """What stands there besides, for people to read, is not read here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rates: dict[str, Quality]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    experts: dict[str, _Measured]


def leads_of(experts: Experts, folder: Path) -> Mapping[str, Rates]:
    """By expert, its rates; empty where the file names none. Misplaced where it cannot be used.

    folder: what its path is relative to.
    """
    if experts.leads is None:
        return {}
    path = folder / experts.leads
    try:
        found = _File.model_validate_json(path.read_bytes())
    except OSError:
        raise Misplaced(("leads",), f"there is no file {path}; `coterie experts aggregators` writes one") from None
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        where = ".".join(map(str, first["loc"]))
        wrong = f"{where + ': ' if where else ''}{first['msg']}"
        raise Misplaced(("leads",), f"{path}: {wrong}; `coterie experts aggregators` writes such files") from None
    _check(path, found.experts, {expert.name for expert in experts.experts})
    return {name: measured.rates for name, measured in found.experts.items()}


def _check(path: Path, measured: Collection[str], names: Collection[str]) -> None:
    if not set(measured) & set(names):
        known = ", ".join(measured) or "nobody"
        raise Misplaced(("leads",), f"{path} has measured none of these experts; it knows {known}")
