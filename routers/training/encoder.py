"""Training an encoder: fine-tune a sentence-transformers model on a table, write it as ONNX. Needs the extra `train`.

Run as `coterie train encoder --questions Q --outcomes O --base NAME --out DIR`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from routers.corpus import gather, held_out
from routers.encoders.layout import EMBEDDING
from routers.encoders.onnx import MODEL, TOKENIZER
from routers.errors import ArtifactError
from routers.manifest import MANIFEST, Manifest, digest, write_manifest
from routers.prompts import seed_prompts
from routers.table import read_table
from routers.training.lessons import FULL_TOKENS, Course, rounds
from routers.training.quick import Progress, silent
from routers.training.sources import sources_of
from routers.training.trained import Trained

KIND = "encoder"
BASE = "sentence-transformers/all-MiniLM-L6-v2"


def train_encoder(
    questions: Path,
    outcomes: Path,
    out: Path,
    *,
    base: str = BASE,
    experts: Sequence[str] | None = None,
    seed: int = 0,
    course: Course | None = None,
    progress: Progress = silent,
) -> Trained:
    """Fine-tune on the rows whose split is train, categories and outcomes together; ArtifactError without torch."""
    try:
        from routers.training.export import export
        from routers.training.finetune import Recipe, finetune
    except ImportError:
        raise ArtifactError("fine-tuning an encoder needs the extra `train`: pip install 'coterie[train]'") from None
    table = read_table(questions, outcomes, experts)
    corpus = gather(table, seed)
    prompts, _ = held_out(seed_prompts(seed))
    lessons = list(rounds(table, prompts, corpus.reference, course or Course(), seed))
    progress(f"{sum(map(len, lessons))} lessons in {len(lessons)} rounds")
    tower, tokenizer = finetune(base, lessons, table.outcomes, Recipe(), seed, progress)
    (out / MANIFEST).unlink(missing_ok=True)
    export(tower, tokenizer, out)
    named = "DIR" if Path(base).is_dir() else base
    manifest = Manifest(
        name="encoder",
        kind=KIND,
        command=f"coterie train encoder --questions {questions.name} --outcomes {outcomes.name} --base {named}",
        seed=seed,
        sources=sources_of(table, corpus),
        tables={path.name: digest(path) for path in (questions, outcomes)},
        encoder={"base": named, **_weights(base), "tokens": FULL_TOKENS, "width": EMBEDDING},
        categories=(),
        experts=table.experts,
    )
    return Trained(write_manifest(out, manifest, (MODEL, TOKENIZER)), out)


def _weights(base: str) -> dict[str, int | str]:
    """The hash of the weights that training began with, where they lie in a folder."""
    weights = Path(base) / "model.safetensors"
    return {"base_sha256": digest(weights)} if weights.is_file() else {}
