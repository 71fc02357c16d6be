"""`coterie eval fetch`: a public question set as tables. What it needs is imported when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.shell import JsonOption, aside, print_json

Name = Annotated[str | None, typer.Argument(help="a set's name; without one, the sets there are")]
Out = Annotated[Path | None, typer.Option(help="write the tables into this folder; else one called like the set")]
Split = Annotated[str | None, typer.Option(help="which part of it; else the first that is listed")]
File = Annotated[list[Path] | None, typer.Option(help="a copy of the set's file; may be given again; asks no network")]
Limit = Annotated[int | None, typer.Option(min=1, help="the first so many questions alone")]


def fetch(
    name: Name = None,
    out: Out = None,
    split: Split = None,
    file: File = None,
    limit: Limit = None,
    json: JsonOption = False,
) -> None:
    """Fetch a public question set from the Hugging Face hub; its licence is shown, and kept with it."""
    from eval.hub.command import fetched, listing

    if name is None:
        sets = listing()
        if json:
            print_json(sets)
        else:
            print(
                "\n".join(
                    f"{one['name']:<12} {one['hub']:<26} {one['licence']}\n{'':<12} {one['about']}" for one in sets
                )
            )
        return
    found = fetched(name, split, out or Path(name), file or [], limit, aside().print)
    if json:
        print_json(found)
