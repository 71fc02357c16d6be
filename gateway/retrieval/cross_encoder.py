"""A cross-encoder as an ONNX file: query and passage read together, which is slower than two vectors and tells more.

Knows no store. The folder holds `model.onnx` (inputs input_ids, attention_mask and, if the model has them,
token_type_ids; output one logit a pair) and `tokenizer.json`, as the Hugging Face hub has them for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gateway.retrieval.passages import Passage
from routers.encoders.onnx import MODEL, TOKENIZER
from routers.errors import ArtifactError

TOKENS = 256
"""Read of a query and a passage together."""
REORDERED = 20
INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})


class CrossEncoder:
    """`threads`: so many pairs at once. Reading a pair takes tens of milliseconds: not on an event loop."""

    def __init__(self, session: Any, tokenizer: Any, threads: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._threads = threads
        self._inputs = [found.name for found in session.get_inputs()]

    def order(self, query: str, passages: Sequence[Passage]) -> tuple[Passage, ...]:
        """The first REORDERED by what the model says, the best first, and their score its sigmoid; no others."""
        first = passages[:REORDERED]
        pairs = self._tokenizer.encode_batch([(query, f"{one.title}\n{one.text}") for one in first])
        with ThreadPoolExecutor(self._threads) as pool:
            logits = list(pool.map(self._logit, pairs))
        scores = 1 / (1 + np.exp(-np.clip(np.array(logits), -30, 30)))
        judged = [replace(one, score=float(score)) for one, score in zip(first, scores, strict=True)]
        return tuple(sorted(judged, key=lambda one: -one.score))

    def _logit(self, pair: Any) -> float:
        rows = {"input_ids": pair.ids, "attention_mask": pair.attention_mask, "token_type_ids": pair.type_ids}
        found = self._session.run(None, {name: np.array([rows[name]], dtype=np.int64) for name in self._inputs})[0]
        return float(found.reshape(-1)[0])


def load_cross_encoder(folder: Path, *, threads: int = 2) -> CrossEncoder:
    """ArtifactError, in one line, where the folder holds no cross-encoder that can be read."""
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        session = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # both libraries raise bare Exceptions
        reason = str(error).splitlines()[0]
        raise ArtifactError(f"{folder} holds no cross-encoder ({MODEL}, {TOKENIZER}): {reason}") from None
    tokenizer.enable_truncation(max_length=TOKENS)
    tokenizer.no_padding()
    _check(folder, session)
    return CrossEncoder(session, tokenizer, threads)


def _check(folder: Path, session: Any) -> None:
    strange = sorted({found.name for found in session.get_inputs()} - INPUTS)
    if strange:
        raise ArtifactError(f"{folder / MODEL} wants {', '.join(strange)}; a cross-encoder has {', '.join(INPUTS)}")
    shape = session.get_outputs()[0].shape
    if len(shape) > 2 or (len(shape) == 2 and shape[1] != 1):
        raise ArtifactError(f"{folder / MODEL} gives rows of shape {shape}; a cross-encoder gives one logit a pair")
