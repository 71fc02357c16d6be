"""A transformer of MiniLM's size as an ONNX file, with its tokenizer: text to an embedding, on the CPU, without torch.

Each text goes through the network alone: on a CPU that is no slower than a padded batch, and with activations quantized
as they come, what is said of a query does not depend on who else is asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.errors import ArtifactError

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
CHARACTERS_PER_TOKEN = 12
"""A text is cut before it is split into tokens, so that a book costs no more than its beginning."""


class OnnxEncoder:
    """(n, d) float32, one row a text; a text is read up to `tokens`. `threads`: so many texts at once."""

    name = "onnx"
    inline = False

    def __init__(self, folder: Path, *, tokens: int = 192, threads: int = 1) -> None:
        """ArtifactError where the folder holds no such model, or the runtime cannot read it."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / MODEL), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise bare Exceptions
            raise ArtifactError(f"{folder} holds no encoder that can be read: {str(error).splitlines()[0]}") from None
        self.tokens = tokens
        self.threads = threads
        self._tokenizer.enable_truncation(max_length=tokens)
        self._tokenizer.no_padding()

    @property
    def width(self) -> int:
        """d, as the model's output says."""
        return int(self._session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str]) -> Array:
        if not texts:
            return np.zeros((0, self.width), dtype=np.float32)
        ids = [found.ids for found in self._tokenizer.encode_batch_fast([self._cut(text) for text in texts])]
        if self.threads == 1 or len(ids) == 1:
            return np.concatenate([self._row(row) for row in ids])
        with ThreadPoolExecutor(self.threads) as pool:
            return np.concatenate(list(pool.map(self._row, ids)))

    def _cut(self, text: str) -> str:
        """A half of a character that is not one is read as a question mark."""
        return text[: self.tokens * CHARACTERS_PER_TOKEN].encode("utf-8", "replace").decode("utf-8")

    def _row(self, ids: Sequence[int]) -> Array:
        tokens = np.array([ids], dtype=np.int64)
        row: Array = self._session.run(None, {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})[0]
        return row
