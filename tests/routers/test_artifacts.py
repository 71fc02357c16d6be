import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from routers.artifacts import load_category
from routers.errors import ArtifactError, UnknownProfile


@pytest.fixture
def copy(trained, tmp_path):
    return shutil.copytree(trained.folder, tmp_path / "category")


def test_a_saved_router_reads_as_it_did_before(trained, everyday):
    texts = [query.text for query in everyday]
    loaded, made = load_category(trained.folder), trained.artifact
    rows = loaded.encoder.encode(texts)
    assert np.array_equal(loaded.classifier.predict_proba(rows), made.classifier.predict_proba(rows))
    assert (loaded.version, loaded.sure_above, loaded.profiles) == (made.version, made.sure_above, made.profiles)


@pytest.mark.parametrize("name", ["classifier.npz", "encoder.npz", "profiles.json"])
def test_a_changed_file_is_refused(copy, name):
    with (copy / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ArtifactError, match=f"{name} is not the file its manifest names"):
        load_category(copy)


def test_a_missing_file_is_refused(copy):
    (copy / "profiles.json").unlink()
    with pytest.raises(ArtifactError, match=r"profiles\.json is missing"):
        load_category(copy)


def test_a_folder_without_a_manifest_is_not_complete(copy):
    (copy / "manifest.json").unlink()
    with pytest.raises(ArtifactError, match=r"manifest\.json is missing"):
        load_category(copy)


@pytest.mark.parametrize(("field", "value", "words"), [("format", 2, "format 2"), ("kind", "irt", "'irt'")])
def test_another_format_or_kind_is_refused(copy, field, value, words):
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(ArtifactError, match=words):
        load_category(copy)


def test_a_manifest_that_is_not_one_is_refused_in_one_line(copy):
    (copy / "manifest.json").write_text('{"name": 3}')
    with pytest.raises(ArtifactError, match="is not a manifest") as refused:
        load_category(copy)
    assert "\n" not in str(refused.value)


def test_a_manifest_cannot_leave_a_file_unhashed(copy):
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"files": {}}))
    with pytest.raises(ArtifactError, match="names no hash"):
        load_category(copy)


def test_the_bundled_router_says_where_it_comes_from(bundled):
    manifest = bundled.manifest
    assert {source.name for source in manifest.sources} == {
        "mmlu_pro",
        "llmrouter",
        "routellm",
        "zeroeval",
        "coterie prompts",
    }
    assert all(source.licence in ("Apache-2.0", "MIT") for source in manifest.sources)
    assert manifest.command.startswith("coterie train category")
    assert "90%" in manifest.sure_above.meaning
    assert len(bundled.version) == 12


def test_the_bundled_router_knows_the_recorded_models(bundled):
    profile = bundled.profiles.profile("mathstral-7B")
    assert profile.on("math").mean > profile.on("law").mean
    with pytest.raises(UnknownProfile, match="mathstral-7B"):
        bundled.profiles.profile("mathstral")


def test_serving_loads_no_training_library():
    code = "import sys; from routers.artifacts import load_bundled; load_bundled(); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("sklearn", "pyarrow", "ruamel", "torch") if f"'{name}'" in loaded]
