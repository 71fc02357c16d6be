"""The command line. Each command is a file; errors are one line and an exit code: 0 done, 1 failed, 2 used wrongly."""

from __future__ import annotations

import sys

import typer

from gateway.cli import ask, batch, config, experts, knowledge, map, prompts, serve, skills, train
from gateway.errors import ConfigError, GatewayError, StartError
from routers.errors import RouterError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("serve")(serve.serve)
app.command("ask")(ask.ask)
app.command("route")(ask.route)
app.command("batch")(batch.batch)
app.command("train")(train.train)
app.command("map")(map.map_)
app.add_typer(config.app, name="config")
app.add_typer(experts.app, name="experts")
app.add_typer(skills.app, name="skills")
app.add_typer(prompts.app, name="prompts")
app.add_typer(knowledge.app, name="knowledge")


def main() -> None:
    """Run a command; what is wrong is said in one line."""
    try:
        app(standalone_mode=True)
    except (ConfigError, StartError, GatewayError, RouterError) as error:
        print(f"coterie: {getattr(error, 'message', error)}", file=sys.stderr)
        raise SystemExit(1) from None
