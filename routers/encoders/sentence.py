"""Any model that sentence-transformers loads, by hub name or path. Needs the extra `train`; never used in serving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from routers.base import Array
from routers.errors import ArtifactError


class SentenceTransformerEncoder:
    """(n, d) float32, rows of length one."""

    inline = False

    def __init__(self, name: str, *, batch: int = 64) -> None:
        """ArtifactError where the extra is not installed or the model cannot be had."""
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise ArtifactError(f"{name} needs the extra `train`: pip install 'coterie[train]'") from None
        try:
            # Attention written out, for that is what can be exported.
            self.model: Any = SentenceTransformer(name, device="cpu", model_kwargs={"attn_implementation": "eager"})
        except (OSError, ValueError) as error:
            raise ArtifactError(f"no sentence-transformers model at {name!r}: {str(error).splitlines()[0]}") from None
        self.name = name
        self.batch = batch

    def encode(self, texts: Sequence[str]) -> Array:
        found = self.model.encode(
            list(texts), batch_size=self.batch, normalize_embeddings=True, show_progress_bar=False
        )
        rows: Array = np.asarray(found, dtype=np.float32)
        return rows
