"""Fine-tuning an encoder on categories and recorded outcomes together: the cheapest teachers there are.

Words stay as they were pretrained; the weights that are kept are the running average of those that were passed through.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from routers.base import Array
from routers.categories import CATEGORIES
from routers.encoders.layout import EMBEDDING
from routers.encoders.shape import shapes
from routers.errors import TableError
from routers.training.lessons import UNKNOWN, Lesson
from routers.training.tower import Tower

Progress = Callable[[str], None]
Batch = list[tuple[list[int], Lesson]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyperparameters. `outcome_weight`: what an outcome's loss counts beside the category's."""

    rate: float = 1.5e-4
    warmup: float = 0.06
    batch: int = 32
    outcome_weight: float = 2.0
    smoothing: float = 0.05
    decay: float = 0.998
    bucket: int = 40
    """Batches that are sorted by length together."""
    fewest: int = 4
    """A question with fewer recorded models counts less: its mean is noisier."""


class Average:
    """An exponential moving average of a network's weights, taken every few steps."""

    def __init__(self, net: nn.Module, decay: float, every: int = 4) -> None:
        self._net, self._decay, self._every = net, decay, every
        self._kept = {name: value.detach().clone() for name, value in self._floats()}

    def step(self, number: int) -> None:
        """Number counts from one."""
        if number % self._every == 0:
            share = 1 - min(self._decay, (1 + number) / (10 + number)) ** self._every
            with torch.no_grad():
                for name, value in self._floats():
                    self._kept[name].lerp_(value, share)

    def use(self) -> None:
        """The network takes the average for its own."""
        self._net.load_state_dict({**self._net.state_dict(), **self._kept})

    def _floats(self) -> list[tuple[str, Tensor]]:
        return [(name, value) for name, value in self._net.state_dict().items() if value.dtype.is_floating_point]


def finetune(
    base: str, texts: Sequence[Sequence[Lesson]], Y: Array, recipe: Recipe, seed: int, progress: Progress
) -> tuple[Tower, Any]:
    """The trained tower and its tokenizer. texts: the lessons of each round. Y (n, m): outcomes, NaN where missing."""
    torch.manual_seed(seed)
    torch.set_num_threads(os.cpu_count() or 1)
    body, tokenizer = load(base)
    tower = Tower(body, EMBEDDING, len(CATEGORIES), _bias(Y), shapes([""]).shape[1])
    batches = [batch for lessons in texts for batch in batched(lessons, tokenizer, recipe, seed)]
    optimizer = torch.optim.AdamW(tower.learns(recipe.rate), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step / len(batches), recipe.warmup))
    average = Average(tower, recipe.decay)
    outcomes = torch.tensor(np.nan_to_num(Y, nan=-1.0), dtype=torch.float32)
    started, lately = time.monotonic(), 0.0
    tower.train()
    for number, batch in enumerate(batches, start=1):
        loss = _loss(tower, batch, outcomes, recipe)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        average.step(number)
        lately += loss.item()
        if number % 100 == 0:
            left = (time.monotonic() - started) / number * (len(batches) - number) / 60
            progress(f"{number} of {len(batches)} steps, loss {lately / 100:.3f}, {left:.0f} minutes left")
            lately = 0.0
    average.use()
    return tower.eval(), tokenizer


def load(base: str) -> tuple[Any, Any]:
    """The transformer and tokenizer of any sentence-transformers model, by hub name or path."""
    from sentence_transformers import SentenceTransformer

    # Dropping attention weights costs a tenth of the time and was not seen to help.
    config = {"attention_probs_dropout_prob": 0.0}
    try:
        model = SentenceTransformer(
            base, device="cpu", model_kwargs={"attn_implementation": "eager"}, config_kwargs=config
        )
    except (OSError, ValueError) as error:
        raise TableError(f"no sentence-transformers model at {base!r}: {str(error).splitlines()[0]}") from None
    return model[0].auto_model, model.tokenizer


def batched(lessons: Sequence[Lesson], tokenizer: Any, recipe: Recipe, seed: int) -> list[Batch]:
    """Batches of lessons of like length, in random order."""
    ids = [tokenizer(one.text, truncation=True, max_length=one.tokens)["input_ids"] for one in lessons]
    batches: list[Batch] = []
    for start in range(0, len(lessons), recipe.batch * recipe.bucket):
        bucket = list(zip(ids, lessons, strict=True))[start : start + recipe.batch * recipe.bucket]
        bucket.sort(key=lambda pair: len(pair[0]))
        batches += [bucket[at : at + recipe.batch] for at in range(0, len(bucket), recipe.batch)]
    random.Random(seed + len(lessons)).shuffle(batches)
    return batches


def _pace(done: float, warmup: float) -> float:
    """Linear warm-up, then linear decay to nothing."""
    return min(1.0, done / warmup) * (1 - done)


def _bias(Y: Array) -> Tensor:
    means = np.clip(np.nanmean(Y, axis=0), 0.02, 0.98)
    return torch.tensor(np.log(means / (1 - means)), dtype=torch.float32)


def _loss(tower: Tower, batch: Batch, outcomes: Tensor, recipe: Recipe) -> Tensor:
    ids, mask = _padded([ids for ids, _ in batch])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        embedded = tower(ids, mask)
    embedded = tower.dropout(embedded)
    lessons = [lesson for _, lesson in batch]
    taught = _category_loss(tower.category(embedded), lessons, recipe.smoothing)
    asked = [n for n, lesson in enumerate(lessons) if lesson.row != UNKNOWN]
    if asked:
        shape = torch.from_numpy(shapes([lessons[n].text for n in asked]))
        logits = tower.outcome(embedded[asked]) + tower.shape(shape)
        found = outcomes[[lessons[n].row for n in asked]]
        taught = taught + recipe.outcome_weight * _outcome_loss(logits, found, recipe.fewest)
    return taught / len(batch)


def _category_loss(logits: Tensor, lessons: Sequence[Lesson], smoothing: float) -> Tensor:
    truth = torch.tensor([lesson.category for lesson in lessons])
    weight = torch.tensor([lesson.weight for lesson in lessons]) * (truth != UNKNOWN)
    losses = nn.functional.cross_entropy(logits, truth.clamp(min=0), reduction="none", label_smoothing=smoothing)
    return (losses * weight).sum()


def _outcome_loss(logits: Tensor, found: Tensor, fewest: int) -> Tensor:
    """Every question counts the same, however many models answered it; what was not measured counts nothing."""
    measured = (found >= 0).float()
    losses = nn.functional.binary_cross_entropy_with_logits(logits, found.clamp(min=0), reduction="none") * measured
    return (losses.sum(1) / measured.sum(1).clamp(min=fewest)).sum()


def _padded(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    longest = max(map(len, ids))
    tokens = torch.zeros(len(ids), longest, dtype=torch.long)
    mask = torch.zeros(len(ids), longest, dtype=torch.long)
    for n, row in enumerate(ids):
        tokens[n, : len(row)] = torch.tensor(row)
        mask[n, : len(row)] = 1
    return tokens, mask
