"""A sentence-transformers model as a retriever, served without torch. Trains nothing. Needs the extra `train`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from routers.encoders.onnx import MODEL, TOKENIZER, OnnxEncoder
from routers.encoders.sentence import SentenceTransformerEncoder
from routers.errors import ArtifactError
from routers.manifest import MANIFEST, Manifest, digest, write_manifest
from routers.retriever import KIND, PASSAGE, QUERY
from routers.training.trained import Trained

LONGEST = 512
"""Tokens read of a text at most; chunks are shorter."""
FAITHFUL = 0.95
SAMPLE = (
    "How long does the battery last?",
    "The battery holds a charge for eleven hours of ordinary use, and for three of video.",
    "Committee minutes of the spring meeting, with the decisions on fees and on the new building.",
)


def export_retriever(base: str, out: Path, *, name: str | None = None, licence: str = "not stated") -> Trained:
    """Write the folder that `load_retriever` reads; `base`: a hub name or path, called `name` from then on.

    ArtifactError without torch, where there is no such model, or where its 8-bit rows say something else than its own.
    """
    plain = SentenceTransformerEncoder(base)
    (out / MANIFEST).unlink(missing_ok=True)
    tokens = min(int(plain.model.max_seq_length or LONGEST), LONGEST)
    written = _written(plain.model, base, out, tokens)
    faithful = float((written.encode(SAMPLE) * plain.encode(SAMPLE)).sum(axis=1).min())
    if not faithful >= FAITHFUL:
        raise ArtifactError(f"{base} does not stand 8-bit weights: cosine {faithful:.2f} to its own rows; use another")
    called = name or (Path(base).resolve().name if Path(base).is_dir() else base)
    shape = {"tokens": tokens, "width": written.width, **_prompts(plain.model)}
    manifest = Manifest(
        name=called,
        kind=KIND,
        command=f"coterie knowledge encoder {called} --out DIR",
        seed=0,
        sources=(),
        tables={},
        encoder={"base": called, "licence": licence, **_weights(Path(base)), **shape},
        categories=(),
        metrics={"least cosine of its rows to the original's": round(faithful, 4)},
    )
    return Trained(write_manifest(out, manifest, (MODEL, TOKENIZER)), out)


def _written(model: Any, base: str, out: Path, tokens: int) -> OnnxEncoder:
    from routers.training.export import export
    from routers.training.pooled import Pooled

    try:
        export(Pooled(model), model.tokenizer, out)
    except (AttributeError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ArtifactError(f"{base} cannot be written as ONNX ({reason}); use a BERT-like model") from None
    return OnnxEncoder(out, tokens=tokens)


def _prompts(model: Any) -> dict[str, str]:
    """The words that the model wants before a query and before a passage."""
    prompts = model.prompts or {}
    return {
        QUERY: prompts.get("query") or "",
        PASSAGE: prompts.get("document") or prompts.get("passage") or "",
    }


def _weights(base: Path) -> dict[str, str]:
    """The hash of the weights that it was written from, where they lie in a folder."""
    weights = base / "model.safetensors"
    return {"base_sha256": digest(weights)} if weights.is_file() else {}
