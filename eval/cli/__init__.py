"""The whole command line: the gateway's commands, and `coterie eval`, which the gateway must not know of."""

from __future__ import annotations

import typer

import gateway.cli
from eval.cli.compose import compose
from eval.cli.gate import gate
from eval.cli.routing import routing

app = typer.Typer(no_args_is_help=True, help="Offline evaluation on recorded outcomes.")
app.command("routing")(routing)
app.command("compose")(compose)
app.command("gate")(gate)


@app.callback()
def evaluate() -> None:
    """Offline evaluation on recorded outcomes."""


def main() -> None:
    """Run a command; what is wrong is said in one line."""
    gateway.cli.app.add_typer(app, name="eval")
    gateway.cli.main()
