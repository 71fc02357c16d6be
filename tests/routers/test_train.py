import random
from pathlib import Path

import numpy as np
import pytest

from routers.calibration import accuracy, ece
from routers.corpus import reference_rows, reference_source, with_typos
from routers.errors import ArtifactError, TableError
from routers.table import read_table
from routers.training.quick import truths
from routers.training.reader import train_reader
from routers.training.routers import train_routers

RECORDED = Path(__file__).parents[3] / "shared" / "data"


def test_abilities_show_who_is_good_at_what(suite):
    category = suite.routers["category"]
    mathematician = dict(zip(category.experts_, category.abilities_, strict=True))["mathematician"]
    assert mathematician.on("math").mean > 0.9
    assert mathematician.on("law").mean < 0.1


def test_the_report_says_what_was_measured(trained, small_reader):
    assert any(line.startswith("blend_auc: ") for line in trained.lines)
    assert any(line.startswith("dev_accuracy: ") for line in small_reader.lines)
    assert trained.manifest.metrics["blend_accuracy"] > 0.6
    assert small_reader.manifest.metrics_measured_on["reference"] == "own"


def test_same_tables_and_seed_make_the_same_folder(trained, small_reader, tables, tmp_path):
    told = []
    paths = (tables / "questions.jsonl", tables / "outcomes.jsonl")
    reader = train_reader(*paths, tmp_path / "reader", strengths=(10.0,), progress=told.append)
    routers = train_routers("blend", *paths, tmp_path / "routers", reader=reader.folder, progress=told.append)
    assert len(told) > 4
    for again, before in ((reader, small_reader), (routers, trained)):
        for path in before.folder.iterdir():
            if path.is_file():
                assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name


def test_a_table_without_known_categories_makes_no_reader(tables, tmp_path):
    strange = tmp_path / "questions.jsonl"
    strange.write_text((tables / "questions.jsonl").read_text().replace('"category": "', '"category": "un'))
    with pytest.raises(TableError, match="0 questions with a known category"):
        train_reader(strange, tables / "outcomes.jsonl", tmp_path / "out")


def test_too_few_questions_make_no_router(tables, small_reader, tmp_path):
    few = tmp_path / "questions.jsonl"
    few.write_text("".join((tables / "questions.jsonl").read_text().splitlines(keepends=True)[:8]))
    with pytest.raises(TableError, match="10 or more are needed"):
        train_routers("irt", few, tables / "outcomes.jsonl", tmp_path / "out", reader=small_reader.folder)


def test_one_router_alone_can_be_trained(tables, small_reader, tmp_path):
    paths = (tables / "questions.jsonl", tables / "outcomes.jsonl", tmp_path / "out")
    trained = train_routers("irt", *paths, reader=small_reader.folder, baselines=False)
    assert trained.manifest.routers == {"irt": "router"}


def test_questions_that_nobody_was_asked_are_left_out(tables, small_reader, tmp_path):
    told = []
    paths = (tables / "questions.jsonl", tables / "outcomes.jsonl", tmp_path / "out")
    train_routers("linear", *paths, experts=["half"], reader=small_reader.folder, baselines=False, progress=told.append)
    assert "120 questions that none of these experts was asked" in told
    assert any(line.startswith("120 questions read") for line in told)


def test_a_damaged_reader_is_not_trained_with(tables, tmp_path):
    with pytest.raises(ArtifactError, match="no trained reader"):
        train_routers("irt", tables / "questions.jsonl", tables / "outcomes.jsonl", tmp_path / "out", reader=tmp_path)


def test_typos_are_few_letters():
    chance = random.Random(0)
    assert all(abs(len(with_typos("a plain sentence", 2, chance)) - 16) <= 2 for _ in range(50))
    assert with_typos("abc", 2, chance) == "abc"


@pytest.mark.slow
@pytest.mark.skipif(not RECORDED.is_dir(), reason="needs the recorded outcomes in ../shared/data")
def test_the_bundled_reader_is_as_good_on_dev_as_its_manifest_says(reader):
    table = read_table(RECORDED / "questions.parquet", RECORDED / "outcomes.parquet", ["mathstral-7B"])
    rows = reference_rows(table, "dev")
    truth = truths(reader.layout.categories, rows)
    metrics = reader.manifest.metrics
    assert reference_source(table) == "mmlu_pro"
    for speed, suffix in ((reader.encoder.full, ""), (reader.encoder.quick, "_quick")):
        chances = reader.layout.chances(speed.encode([row.text for row in rows]))
        assert accuracy(chances, truth) == pytest.approx(metrics[f"dev_accuracy{suffix}"], abs=0.004)
        assert ece(chances, truth) == pytest.approx(metrics[f"dev_ece{suffix}"], abs=0.004)
    sure = chances.max(axis=1) >= reader.sure_above
    assert np.mean(chances[sure].argmax(axis=1) == truth[sure]) > 0.85
