"""The whole command line: the gateway's commands, and `coterie eval`, which the gateway must not know of."""

from __future__ import annotations

import typer

import gateway.cli
from eval.cli.arena import arena
from eval.cli.collect import collect
from eval.cli.compose import compose
from eval.cli.fetch import fetch
from eval.cli.gate import gate
from eval.cli.onboard import onboard
from eval.cli.online import online
from eval.cli.reask import reask
from eval.cli.regression import regression
from eval.cli.replay import replay
from eval.cli.rollback import rollback
from eval.cli.routing import routing

app = typer.Typer(no_args_is_help=True, help="Offline evaluation on recorded outcomes.")
app.command("routing")(routing)
app.command("compose")(compose)
app.command("gate")(gate)
app.command("collect")(collect)
app.command("fetch")(fetch)
app.command("arena")(arena)
app.command("regression")(regression)
app.command("reask")(reask)
app.command("online")(online)
app.command("onboard")(onboard)
app.command("replay")(replay)
app.command("rollback")(rollback)


@app.callback()
def evaluate() -> None:
    """Offline evaluation on recorded outcomes."""


def main() -> None:
    """Run a command; what is wrong is said in one line."""
    gateway.cli.app.add_typer(app, name="eval")
    gateway.cli.main()
