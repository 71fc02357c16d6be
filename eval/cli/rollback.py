"""`coterie eval rollback`: taking a promotion back. What it needs is imported when it is run."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.shell import ConfigOption

To = Annotated[int | None, typer.Option(min=1, help="the version to bring back; else the one before this")]
List = Annotated[bool, typer.Option("--list", help="show the versions, and change nothing")]
Force = Annotated[str | None, typer.Option(help="though experts.yaml was edited by hand since; why, for the journal")]


def rollback(config: ConfigOption = None, to: To = None, list_: List = False, force: Force = None) -> None:
    """Bring an earlier version of experts.yaml back, byte for byte, as a new version."""
    from eval.counterfactual.history import history_lines
    from eval.counterfactual.promoting import RELOAD
    from eval.counterfactual.promotion import roll_back
    from gateway.settings import load_settings

    path = load_settings(config=config).config
    if list_:
        typer.echo("\n".join(history_lines(path)))
        return
    version = roll_back(path, to, force)
    typer.echo(
        f"version {version.version} of {path} is in force, with the content of version {version.origin}; {RELOAD}"
    )
