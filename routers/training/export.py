"""A network of text as an ONNX file with 8-bit weights, beside its tokenizer: what is served, without torch."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from routers.encoders.onnx import MODEL, TOKENIZER

OPSET = 17


def export(network: nn.Module, tokenizer: Any, folder: Path) -> None:
    """Write `model.onnx` and `tokenizer.json`; weights are quantized per channel, activations as they come.

    network: (input_ids, attention_mask), (n, t) int64 each, to embeddings (n, d).
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir(parents=True, exist_ok=True)
    sample = torch.ones(2, 16, dtype=torch.long)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own successor
        plain = Path(scratch) / MODEL
        torch.onnx.export(
            network.eval(),
            (sample, sample),
            str(plain),
            input_names=["input_ids", "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": {0: "n", 1: "t"}, "attention_mask": {0: "n", 1: "t"}, "embedding": {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
        quantize_dynamic(plain, folder / MODEL, weight_type=QuantType.QInt8, per_channel=True)
    tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
