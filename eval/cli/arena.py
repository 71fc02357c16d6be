"""`coterie eval arena`: prediction files for RouterArena. What it needs is imported when it is run."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from gateway.cli.shell import ConfigOption, aside, opened

Prompts = Annotated[
    Path, typer.Argument(help="RouterArena's router_data.json, router_data_10.json or another such list")
]
Name = Annotated[str, typer.Option(help="what the router is called on the leaderboard")]
Out = Annotated[Path, typer.Option(help="a folder, such as a checkout of RouterArena")]
Model = Annotated[str, typer.Option(help="auto, or a policy of experts.yaml")]
ALLOWED = re.compile(r"[\w][\w .-]*")


def arena(
    prompts: Prompts, out: Out, name: Name = "coterie", model: Model = "auto", config: ConfigOption = None
) -> None:
    """Decide every prompt of RouterArena as serving would, and write the files that its leaderboard takes."""
    from eval.hub.arena import Predicted, predicted, read_prompts, write_arena

    if not ALLOWED.fullmatch(name):
        raise typer.BadParameter("--name is a file name: letters, digits, spaces, dots and dashes")
    asked = read_prompts(prompts)
    console = aside()

    async def run() -> Predicted:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("deciding", total=len(asked))
            async with opened(config) as pipeline:
                return await predicted(pipeline, asked, model, lambda done: bar.update(task, completed=done))

    found = asyncio.run(run())
    written = write_arena(found, name, out)
    counts = Counter(chosen for _, chosen in found.choices).most_common()
    console.print(f"{len(asked):,} prompts: {', '.join(f'{chosen} {count:,}' for chosen, count in counts)}")
    console.print("\n".join(map(str, written)))
