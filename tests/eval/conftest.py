"""A small world of questions, experts and routers whose figures can be worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.routing.data import Trial, trial_of
from eval.routing.prices import Model
from routers.base import Array, Matrix, Prediction, Router
from routers.constant import ConstantRouter
from routers.encoders.layout import Layout
from routers.table import Table, read_table

NAN = float("nan")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands in this process keep is not mixed with the user's own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("COTERIE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


class Reader(Router):
    """Believes that an expert answers a category as well as `beliefs` says; a row is the category's number."""

    columns = {"beliefs_": 1}

    beliefs_: Array

    def __init__(self, beliefs: tuple[tuple[float, ...], ...] = ()) -> None:
        self.beliefs = beliefs

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.beliefs_ = np.array(self.beliefs)

    def _added(self, X: Matrix, y: Array) -> Reader:
        raise NotImplementedError

    def predict(self, X: Matrix) -> Prediction:
        mean = self.beliefs_[X[:, 0].astype(int)]
        return Prediction.plain(mean, np.zeros_like(mean), "believed")


@dataclass
class Believing:
    """A suite: a text's first word is its category. A row is the category's number, and its chances."""

    routers: Mapping[str, Router]
    kinds: Mapping[str, str]
    names: tuple[str, ...] = ("law", "math")
    version: str = "v-test"
    texts: list[str] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        return Layout(self.names, embedding=1, shape=0)

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.texts += texts
        numbers = [self.names.index(text.split()[0]) for text in texts]
        return np.column_stack([numbers, np.eye(len(self.names))[numbers]]).astype(np.float32)

    def category_chances(self, X: Matrix) -> tuple[Array, tuple[str, ...]]:
        return np.eye(len(self.names))[X[:, 0].astype(int)], self.names


def fitted(router: Router, experts: Sequence[str] = ("cheap", "dear")) -> Router:
    """Fitted on two rows, a category each."""
    return router.fit(np.array([[0.0], [1.0]]), np.array([[0.5, 1.0]] * 2)[:, : len(experts)], experts)


@pytest.fixture
def suite() -> Believing:
    """ "skills" knows that cheap is as good at law and dear far better at math; the constant says dear, always."""
    skilled = fitted(Reader(((0.9, 0.9), (0.2, 0.8))))
    return Believing(
        {"skills": skilled, "constant": fitted(ConstantRouter())}, {"skills": "router", "constant": "baseline"}
    )


PRICES = {
    "cheap": Model(input_per_mtok=0, output_per_mtok=1, active_params_b=2),
    "dear": Model(input_per_mtok=0, output_per_mtok=10, active_params_b=20),
}

MakeTable = Callable[..., Table]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Sequence[Mapping[str, Any]]], Path]:
    def written(name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return written


@pytest.fixture
def world(write: Callable[..., Path]) -> tuple[Path, Path]:
    """40 questions: cheap answers half of the 20 of law and none of math; dear half of law and 15 of math."""
    questions, outcomes = [], []
    for n in range(40):
        category = ("law", "math")[n % 2]
        questions.append({"query_id": f"q{n}", "text": f"{category} {n}", "category": category, "source": "own"})
        right = {"cheap": category == "law" and n % 4 == 0, "dear": n % 4 == 0 if category == "law" else n < 30}
        outcomes += [
            {"query_id": f"q{n}", "model": model, "score": float(good), "output_chars": 4000}
            for model, good in right.items()
        ]
    return write("questions", questions), write("outcomes", outcomes)


@pytest.fixture
def table(world: tuple[Path, Path]) -> Table:
    return read_table(*world)


@pytest.fixture
def trial(table: Table) -> Trial:
    return trial_of(table, PRICES)
