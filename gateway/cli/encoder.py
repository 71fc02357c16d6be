"""`coterie knowledge encoder`: a sentence-transformers model as a folder that collections can be encoded with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.shell import JsonOption, print_json


def encoder(
    base: Annotated[str, typer.Argument(help="a sentence-transformers model, by hub name or path")],
    out: Annotated[Path, typer.Option(help="folder to write it to")],
    name: Annotated[str | None, typer.Option(help="what stores call it; BASE where this is not given")] = None,
    licence: Annotated[str, typer.Option(help="the licence of the weights, for the manifest")] = "not stated",
    json: JsonOption = False,
) -> None:
    """Write the model as ONNX with 8-bit weights, served without torch. Trains nothing; needs the extra `train`."""
    from routers.training.retriever import export_retriever

    written = export_retriever(base, out, name=name, licence=licence)
    if json:
        print_json(written.manifest.model_dump(mode="json"))
    else:
        print("\n".join(written.lines))
