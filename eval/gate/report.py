"""What an evaluation of the gate says: sheets and lines for a person, one JSON object for a program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from eval.bench.tables import Sheet
from eval.gate.rows import GATE, Row
from eval.gate.run import Evaluation
from eval.routing.means import Figure
from eval.routing.sheets import told

COMMAND = "eval gate"
HEAD = ("", "budget", "looked up", "accuracy", "by lot", "gain", "p", "of oracle's", "")
CALIBRATION = ("", "ECE without", "ECE with", "Brier without", "Brier with", "AUC of the gain")
NONE = "-"


def sheets(evaluation: Evaluation) -> tuple[Sheet, ...]:
    """The rows, and how far the gates' chances are to be believed."""
    said = [
        [name, *(f"{figure:.3f}" if figure is not None else NONE for figure in asdict(found).values())]
        for name, found in evaluation.calibration.items()
    ]
    return Sheet(HEAD, [_line(row) for row in evaluation.rows]), Sheet(CALIBRATION, said)


def lines(evaluation: Evaluation) -> Iterator[str]:
    """What the reader must know to believe it."""
    labelled, drawn = evaluation.labelled, evaluation.settings
    change = labelled.documented - labelled.without
    helped, harmed = int((change > 0).sum()), int((change < 0).sum())
    yield (
        f"{len(change)} pairs on {labelled.groups.max() + 1} questions: documents helped {helped}, harmed {harmed}, "
        f"changed nothing for {len(change) - helped - harmed}."
    )
    tokens = added_tokens(evaluation)
    if tokens is not None:
        yield f"Documents add {tokens:.0f} tokens to a prompt: a look-up saved saves them, and the search."
    yield f"The row {GATE} has learned from {evaluation.learned}."
    yield (
        "A gate looks up the greatest gains within its budget, and only those above 0; by lot: as many, drawn blindly. "
        f"Intervals and p from {drawn.resamples} resamples of the questions, seed {drawn.seed}, paired."
    )
    yield (
        "The oracle looks up what helped, and nothing else; gains are on the better of never and always. "
        f"Only {helped + harmed} pairs tell gates apart: believe the intervals before the figures."
    )


def added_tokens(evaluation: Evaluation) -> float | None:
    """The mean over the pairs that tell; None where none does."""
    told = np.array([pair.added_tokens for pair in evaluation.labelled.pairs])
    return None if np.isnan(told).all() else float(np.nanmean(told))


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every row with all its figures."""
    labelled, drawn = evaluation.labelled, evaluation.settings
    return {
        "command": COMMAND,
        "data": {
            "pairs": len(labelled.pairs),
            "questions": int(labelled.groups.max()) + 1,
            "experts": sorted({pair.expert for pair in labelled.pairs}),
            "added_tokens": added_tokens(evaluation),
            "encoder": {"name": labelled.encoder, "version": labelled.version},
        },
        "gate_learned_from": evaluation.learned,
        "intervals": {"level": 0.95, "resamples": drawn.resamples, "seed": drawn.seed},
        "rows": [asdict(row) for row in evaluation.rows],
        "calibration": {name: asdict(found) for name, found in evaluation.calibration.items()},
    }


def _line(row: Row) -> list[str]:
    return [
        row.name,
        NONE if row.budget is None else f"{row.budget:.0%}",
        f"{row.retrieved_share:.1%}",
        told(Figure(row.accuracy, row.accuracy_interval)),
        f"{row.by_lot:.3f}",
        told(Figure(row.difference, row.difference_interval), "+"),
        f"{row.p_value:.3f}",
        NONE if row.oracle_share is None else f"{row.oracle_share:.0%}",
        row.verdict,
    ]
