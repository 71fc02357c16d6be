"""The network an encoder is: a transformer, averaged over its tokens and narrowed, with heads that teach it.

The heads are left behind when it is exported: what is kept is an embedding in which categories and outcomes are linear.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Tower(nn.Module):
    """`forward` gives embeddings (n, width); the heads read logits of categories (n, K) and of outcomes (n, m)."""

    def __init__(self, body: Any, width: int, categories: int, bias: Tensor, shape: int) -> None:
        """`body`: a transformer of the Hugging Face kind; `bias` (m,): the logit of each model's mean score."""
        super().__init__()
        self.body = body
        self.narrow = nn.Linear(body.config.hidden_size, width)
        self.category = nn.Linear(width, categories)
        self.outcome = nn.Linear(width, len(bias))
        self.shape = nn.Linear(shape, len(bias), bias=False)
        self.dropout = nn.Dropout(0.1)
        with torch.no_grad():
            self.outcome.bias.copy_(bias)
            self.shape.weight.zero_()

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
        weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
        averaged = (hidden * weight).sum(1) / weight.sum(1)
        embedding: Tensor = self.narrow(averaged.to(self.narrow.weight.dtype)).float()
        return embedding

    def learns(self, rate: float) -> list[dict[str, Any]]:
        """Parameter groups: the body slowly, the heads ten times as fast, the word embeddings not at all."""
        words = self.body.get_input_embeddings()
        words.weight.requires_grad_(False)
        body = [parameter for parameter in self.body.parameters() if parameter.requires_grad]
        inside = {id(parameter) for parameter in self.body.parameters()}
        heads = [parameter for parameter in self.parameters() if id(parameter) not in inside]
        return [{"params": body, "lr": rate}, {"params": heads, "lr": 10 * rate}]
