"""`coterie knowledge learn`: the retrieval gate from what `coterie knowledge label` found. Decides nothing itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.shell import JsonOption, aside, print_json


def learn(
    tables: Annotated[list[Path], typer.Argument(help="tables of `coterie knowledge label`: parquet or JSONL")],
    out: Annotated[Path, typer.Option(help="folder to write the gate to: `knowledge.gate` of experts.yaml")],
    seed: Annotated[int, typer.Option(min=0, help="of everything that is drawn")] = 0,
    json: JsonOption = False,
) -> None:
    """Learn when documents help which expert, and show whether that is better than what the package comes with."""
    from routers.gating.artifact import save_gate
    from routers.gating.labelled import label
    from routers.gating.learning import fit_gate
    from routers.gating.pairs import read_pairs
    from routers.gating.rarity import load_rarity
    from routers.gating.verdict import judged, lines
    from routers.retriever import load_bundled_retriever

    say = aside()
    pairs = read_pairs(tables)
    _tell(say, pairs.left_out)
    with say.status("") as status:  # shows on a terminal only
        labelled = label(pairs, load_bundled_retriever(threads=os.cpu_count() or 1), status.update)
        status.update("learning")
        rarity = load_rarity()
        gate = fit_gate(labelled, rarity, seed)
        status.update("judging it, fold by fold")
        verdict = judged(labelled, rarity, seed)
    manifest = save_gate(gate, out, labelled, tables, verdict.metrics, seed)
    if json:
        print_json({"manifest": manifest.model_dump(mode="json"), "verdict": asdict(verdict)})
        return
    print("\n".join(lines(verdict, gate)))
    print(f"gate {manifest.version} written to {out}; name it as knowledge.gate in experts.yaml")


def _tell(say: Console, left_out: Sequence[str]) -> None:
    for line in left_out:
        say.print(f"left out: {line}")
