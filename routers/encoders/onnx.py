"""A transformer of MiniLM's size as an ONNX file, with its tokenizer: text to an embedding, on the CPU, without torch.

Knows no category and no expert. Read in serving: the session is made once, and a call is safe from several threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.errors import ArtifactError

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
BATCH_TOKENS = 4096
"""As many tokens go through the network at once, padding included."""
CHARACTERS_PER_TOKEN = 12
"""A text is cut before it is split into tokens, so that a book costs no more than its beginning."""


class OnnxEncoder:
    """(n, d) float32, one row a text; a text is read up to `tokens`."""

    name = "onnx"
    inline = False

    def __init__(self, folder: Path, *, tokens: int = 192, threads: int = 1) -> None:
        """ArtifactError where the folder holds no such model, or the runtime cannot read it."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / MODEL), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise bare Exceptions
            raise ArtifactError(f"{folder} holds no encoder that can be read: {str(error).splitlines()[0]}") from None
        self.tokens = tokens
        self._tokenizer.enable_truncation(max_length=tokens)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> Array:
        """Texts of like length go together, so that little is padded."""
        cut = [text[: self.tokens * CHARACTERS_PER_TOKEN] for text in texts]
        ids = [found.ids for found in self._tokenizer.encode_batch_fast(cut)]
        order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
        rows: list[Array] = []
        for batch in _batches([ids[n] for n in order]):
            rows.append(self._run(batch))
        embeddings = np.concatenate(rows) if rows else np.zeros((0, self.width), dtype=np.float32)
        found: Array = np.empty_like(embeddings)
        found[order] = embeddings
        return found

    @property
    def width(self) -> int:
        """d, as the model's output says."""
        return int(self._session.get_outputs()[0].shape[1])

    def _run(self, batch: Sequence[Sequence[int]]) -> Array:
        longest = max(map(len, batch))
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.int64)
        for n, row in enumerate(batch):
            ids[n, : len(row)] = row
            mask[n, : len(row)] = 1
        rows: Array = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return rows


def _batches(ids: Sequence[Sequence[int]]) -> list[list[Sequence[int]]]:
    """Consecutive runs, shortest first, each of at most BATCH_TOKENS tokens once it is padded."""
    batches: list[list[Sequence[int]]] = []
    for row in ids:
        if not batches or (len(batches[-1]) + 1) * len(row) > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(row)
    return batches
