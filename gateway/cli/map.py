"""`coterie map`: which expert should take which category under a budget of parameters, and the whole frontier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, PositiveFloat, TypeAdapter, ValidationError
from rich.table import Table

from gateway.cli.shell import JsonOption, console, listed, print_json
from gateway.errors import ConfigError
from routers.assignment import Assignment, Budget, assign, frontier, valued
from routers.table import read_table
from routers.win_rates import Measured, Size, measure


class Model(BaseModel, frozen=True):
    """One model of models.json; sizes in billions of parameters, null where unpublished. The rest is not read."""

    active_params_b: PositiveFloat | None = None
    total_params_b: PositiveFloat | None = None


def map_(
    questions: Annotated[Path, typer.Option(help="table of questions: parquet, CSV or JSONL")],
    outcomes: Annotated[Path, typer.Option(help="table of outcomes: parquet, CSV or JSONL")],
    models: Annotated[Path, typer.Option(help="JSON: model -> active_params_b, total_params_b")],
    experts: Annotated[str | None, typer.Option(help="only these models, separated by commas")] = None,
    total_b: Annotated[float | None, typer.Option(help="held parameters altogether, billions")] = None,
    active_b: Annotated[float | None, typer.Option(help="parameters per token on average, billions")] = None,
    apart: Annotated[float, typer.Option(help="billions between two points of the frontier; 0 for every point")] = 2.0,
    json: JsonOption = False,
) -> None:
    """Choose the expert of each category on the train split, and verify the choice on dev."""
    sizes = _sizes(models)
    table = read_table(questions, outcomes, listed(experts))
    known = {name: size for name in table.experts if (size := _size(sizes.get(name))) is not None}
    if not known:
        raise ConfigError(f"{models} gives active_params_b of none of {', '.join(table.experts)}")
    measured = measure(table, known)
    try:
        chosen = assign(measured.pool, Budget(total_b, active_b))
        points = frontier(measured.pool, Budget(total_b), apart)
    except ValueError as error:
        raise ConfigError(f"{error} (billions of parameters)") from None
    report = _report(measured, chosen, points, _notes(measured, sizes, table.experts))
    if json:
        print_json(report)
    else:
        _show(report)


def _sizes(path: Path) -> dict[str, Model]:
    try:
        return TypeAdapter(dict[str, Model]).validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path}: {'.'.join(map(str, first['loc']))} {first['msg']}") from None


def _size(model: Model | None) -> Size | None:
    if model is None or model.active_params_b is None:
        return None
    return Size(model.active_params_b, model.total_params_b or model.active_params_b)


def _notes(measured: Measured, sizes: dict[str, Model], names: Sequence[str]) -> list[str]:
    """What a reader must know of the figures."""
    pool = measured.pool
    unknown = [name for name in names if name not in pool.experts]
    guessed = [name for name in pool.experts if sizes[name].total_params_b is None]
    notes = [
        f"expected: win rates of {measured.questions} train questions that all experts answered, shrunk; "
        f"held out: {len(measured.scores)} dev questions, each to the expert of its true category"
    ]
    if unknown:
        notes.append(f"left out, as their parameters are not known: {', '.join(unknown)}")
    if guessed:
        notes.append(f"total parameters not given, active ones counted instead: {', '.join(guessed)}")
    return notes


def _row(measured: Measured, found: Assignment) -> dict[str, Any]:
    held_out = measured.held_out(found.experts)
    return {
        "active_b": round(found.active, 3),
        "total_b": round(found.total, 3),
        "expected": round(found.quality, 4),
        "held_out": round(held_out.mean, 4),
        "held_out_error": round(held_out.error, 4),
        "experts": list(found.used),
    }


def _report(measured: Measured, chosen: Assignment, points: tuple[Assignment, ...], notes: list[str]) -> dict[str, Any]:
    single = valued(measured.pool, (measured.best_single(),) * len(measured.pool.categories))
    categories = dict(zip(measured.pool.categories, chosen.experts, strict=True))
    return {
        "frontier": [_row(measured, point) for point in points],
        "chosen": {**_row(measured, chosen), "map": categories},
        "best_single": _row(measured, single),
        "notes": notes,
    }


def _show(report: dict[str, Any]) -> None:
    """Experts by number in the table, so that it stays narrow, and by name below it."""
    rows = [("", row) for row in report["frontier"]]
    rows += [("best single", report["best_single"]), ("chosen", report["chosen"])]
    numbers = {name: str(n + 1) for n, name in enumerate(sorted({name for _, row in rows for name in row["experts"]}))}
    table = Table("", "active B", "total B", "expected", "held out", "experts", box=None, header_style="bold")
    for label, row in rows:
        sizes = (f"{row[size]:.1f}" for size in ("active_b", "total_b"))
        held_out = f"{row['held_out']:.3f} ± {row['held_out_error']:.3f}"
        table.add_row(
            label, *sizes, f"{row['expected']:.3f}", held_out, " ".join(numbers[name] for name in row["experts"])
        )
    console().print(table)
    print("experts: " + ", ".join(f"{number} {name}" for name, number in numbers.items()))
    print("chosen:")
    for category, expert in report["chosen"]["map"].items():
        print(f"  {category}: {expert}")
    print("\n".join(report["notes"]))
