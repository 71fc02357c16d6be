"""What the tests of the routers share: the bundled artifact, everyday queries, and a small world to train on."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from routers.artifacts import load_bundled
from routers.train import train_category

FIELDS = {
    "math": "integral equation theorem polynomial fraction geometry",
    "biology": "cell enzyme mitosis chlorophyll organism gene",
    "law": "contract negligence statute court liability plaintiff",
}


@dataclass(frozen=True)
class Everyday:
    """Queries in our own words; `category` is None where the router should be unsure."""

    text: str
    category: str | None


@pytest.fixture(scope="session")
def bundled():
    return load_bundled()


@pytest.fixture(scope="session")
def everyday():
    lines = (Path(__file__).parent / "everyday.jsonl").read_text(encoding="utf-8").splitlines()
    return [Everyday(**json.loads(line)) for line in lines]


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """Questions of three fields and two experts, each good at one field; "half" answered every other question."""
    folder = tmp_path_factory.mktemp("tables")
    chance = np.random.default_rng(0)
    questions, outcomes = [], []
    for n in range(240):
        field = list(FIELDS)[n % 3]
        text = f"question {n} about " + " ".join(chance.choice(FIELDS[field].split(), 5))
        split = "dev" if n % 5 == 0 else "train"
        questions.append({"query_id": f"q{n}", "text": text, "category": field, "source": "own", "split": split})
        outcomes.append({"query_id": f"q{n}", "model": "mathematician", "score": float(field == "math")})
        if n % 2:
            outcomes.append({"query_id": f"q{n}", "model": "half", "score": float(field == "law")})
    write(folder / "questions.jsonl", questions)
    write(folder / "outcomes.jsonl", outcomes)
    return folder


@pytest.fixture(scope="session")
def trained(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifact") / "category"
    return train_category(tables / "questions.jsonl", tables / "outcomes.jsonl", folder, strengths=(10.0,))


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
