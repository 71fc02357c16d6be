import random
from pathlib import Path

import numpy as np
import pytest

from routers.artifacts import load_bundled
from routers.calibration import accuracy, ece
from routers.corpus import reference_rows, reference_source, with_typos
from routers.describe import columns_of_truth
from routers.errors import TableError
from routers.table import read_table
from routers.train import train_category

RECORDED = Path(__file__).parents[3] / "shared" / "data"


def test_training_writes_a_router_that_reads_its_fields(trained):
    artifact = trained.artifact
    rows = artifact.encoder.encode(["the enzyme in a cell and its gene", "negligence of the plaintiff in court"])
    assert artifact.router({"a": artifact.profiles.profile("half")}).predict(rows).labels == ("biology", "law")


def test_profiles_show_who_is_good_at_what(trained):
    profile = trained.artifact.profiles.profile
    assert profile("mathematician").on("math").mean > 0.95
    assert profile("mathematician").on("law").mean < 0.05
    assert profile("half").origin == "96 questions of own"


def test_the_report_says_what_was_measured(trained):
    assert any(line.startswith("dev_accuracy: ") for line in trained.lines)
    assert trained.artifact.manifest.metrics["dev_accuracy"] > 0.9
    assert trained.artifact.manifest.metrics_measured_on["reference"] == "own"


def test_same_tables_and_seed_make_the_same_files(trained, tables, tmp_path):
    told = []
    paths = (tables / "questions.jsonl", tables / "outcomes.jsonl", tmp_path / "again")
    again = train_category(*paths, strengths=(10.0,), progress=told.append)
    assert again.artifact.manifest.files == trained.artifact.manifest.files
    assert again.artifact.version == trained.artifact.version
    assert len(told) > 2


def test_a_table_without_known_categories_cannot_be_trained_on(tables, tmp_path):
    strange = tmp_path / "questions.jsonl"
    strange.write_text((tables / "questions.jsonl").read_text().replace('"category": "', '"category": "un'))
    with pytest.raises(TableError, match="0 questions with a known category"):
        train_category(strange, tables / "outcomes.jsonl", tmp_path / "out")


def test_typos_are_few_letters():
    chance = random.Random(0)
    assert all(abs(len(with_typos("a plain sentence", 2, chance)) - 16) <= 2 for _ in range(50))
    assert with_typos("abc", 2, chance) == "abc"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="needs the recorded outcomes in ../shared/data")
def test_the_bundled_router_is_as_good_on_dev_as_its_manifest_says():
    bundled = load_bundled()
    table = read_table(RECORDED / "questions.parquet", RECORDED / "outcomes.parquet", ["mathstral-7B"])
    rows = reference_rows(table, "dev")
    chances = bundled.classifier.predict_proba(bundled.encoder.encode([row.text for row in rows]))
    truth = columns_of_truth(bundled.classifier, rows)
    metrics = bundled.manifest.metrics
    assert reference_source(table) == "mmlu_pro"
    assert (
        accuracy(chances, truth) == pytest.approx(metrics["dev_accuracy"], abs=1e-3)
        and accuracy(chances, truth) > 0.773
    )
    assert ece(chances, truth) == pytest.approx(metrics["dev_ece"], abs=1e-3)
    sure = chances.max(axis=1) >= bundled.sure_above
    assert np.mean(chances[sure].argmax(axis=1) == truth[sure]) == pytest.approx(0.9, abs=0.01)
