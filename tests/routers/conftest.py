"""What the tests of the routers share: the bundled routers, everyday queries, and a small world to train on."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from routers.suite import load_bundled_suite, load_suite
from routers.training.reader import train_reader
from routers.training.routers import train_routers

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
    return load_bundled_suite()


@pytest.fixture(scope="session")
def reader(bundled):
    return bundled.reader


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
def small_reader(tables, tmp_path_factory):
    """A reader of one speed, trained on the small world."""
    folder = tmp_path_factory.mktemp("artifact") / "reader"
    return train_reader(tables / "questions.jsonl", tables / "outcomes.jsonl", folder, strengths=(10.0,))


@pytest.fixture(scope="session")
def trained(tables, small_reader, tmp_path_factory):
    """A blend, its parts and the baselines, trained on the small world's rows."""
    folder = tmp_path_factory.mktemp("artifact") / "routers"
    paths = (tables / "questions.jsonl", tables / "outcomes.jsonl", folder)
    return train_routers("blend", *paths, reader=small_reader.folder)


@pytest.fixture(scope="session")
def suite(trained):
    return load_suite(trained.folder)


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
