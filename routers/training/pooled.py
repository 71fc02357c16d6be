"""A sentence-transformers model as a network of two inputs: its transformer, its pooling, and rows of length one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Pooled(nn.Module):
    """`forward` gives embeddings (n, d), as the model's own modules make them one after the other."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        features = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
        rows: Tensor = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=-1)
        return rows
