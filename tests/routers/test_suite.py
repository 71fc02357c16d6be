import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from routers.abilities import Ability, Rate
from routers.errors import ArtifactError, UnknownProfile
from routers.knowledge import Knowledge
from routers.manifest import digest
from routers.pool import for_pool
from routers.suite import load_suite

RECORDED = Knowledge(recorded="mathstral-7B")


@pytest.fixture
def copy(trained, tmp_path):
    return shutil.copytree(trained.folder, tmp_path / "routers")


def test_every_router_and_baseline_is_there_and_says_which_it_is(suite):
    assert set(suite.routers) == set(suite.kinds)
    assert suite.kinds["blend"] == "router"
    assert suite.kinds["constant"] == "baseline"
    assert all(router.experts_ == suite.experts for router in suite.routers.values())


def test_a_suite_routes_its_fields(suite):
    rows = suite.encode(["the integral of a polynomial equation", "negligence of the plaintiff in court"])
    mean = suite.routers["blend"].predict(rows).mean
    chosen = [suite.routers["blend"].experts_[best] for best in mean.argmax(axis=1)]
    assert chosen == ["mathematician", "half"]


def test_only_what_is_wanted_is_loaded(trained):
    assert list(load_suite(trained.folder, only={"category", "unheard"}).routers) == ["category"]


def test_routers_of_another_reader_are_refused(copy):
    path = copy / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"encoder": {"reader": "0123456789ab"}}))
    with pytest.raises(ArtifactError, match="was fitted with reader 0123456789ab"):
        load_suite(copy)


def test_a_changed_router_is_refused(copy):
    (copy / "irt.npz").write_bytes((copy / "irt.npz").read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=r"irt\.npz is not the file"):
        load_suite(copy)


def test_a_router_that_lacks_an_array_is_refused_in_one_line(trained, copy):
    facts = json.loads((copy / "linear.json").read_text())
    del facts["learned"]["bias_"]
    (copy / "linear.json").write_text(json.dumps(facts))
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["linear.json"] = digest(copy / "linear.json")
    path.write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"linear\.npz is not of this version .*bias_") as refused:
        load_suite(copy)
    assert "\n" not in str(refused.value)


def test_the_bundled_routers_fit_the_bundled_reader(bundled):
    assert bundled.manifest.encoder["reader"] == bundled.reader.version
    assert {source.licence for source in bundled.manifest.sources} <= {"Apache-2.0", "MIT"}
    assert {"mathstral-7B", "gpt-4o-mini-2024-07-18"} <= set(bundled.experts)


def test_a_recorded_model_keeps_its_column_in_every_pool(bundled):
    rows = bundled.encode(["What is the derivative of x^2?", "Who wrote Faust?"])
    pool = for_pool(bundled.routers, {"mine": RECORDED, "other": Knowledge(recorded="Yi-34B")}, bundled.version)
    for name, router in pool.items():
        column = bundled.routers[name].experts_.index("mathstral-7B")
        there, here = bundled.routers[name].predict(rows).mean[:, column], router.predict(rows).mean[:, 0]
        assert np.allclose(there, here, atol=1e-6), name


def test_an_expert_that_is_added_leaves_the_others_as_they_are(bundled):
    rows = bundled.encode(["What is the derivative of x^2?", "Who wrote Faust?"])
    newcomer = Knowledge(ability=Ability(Rate(0.4, 0.05), {"math": Rate(0.95, 0.02)}))
    alone = for_pool(bundled.routers, {"mine": RECORDED})["blend"].predict(rows)
    together = for_pool(bundled.routers, {"mine": RECORDED, "newcomer": newcomer})["blend"].predict(rows)
    assert np.allclose(alone.mean[:, 0], together.mean[:, 0], atol=1e-9)
    assert together.mean[0, 1] > together.mean[1, 1]


def test_an_expert_of_whom_nothing_is_known_can_still_be_asked(bundled):
    pool = for_pool(bundled.routers, {"stranger": Knowledge(), "mine": RECORDED})
    rows = bundled.encode(["hello", "What is the derivative of x^2?"])
    assert pool["blend"].predict(rows).mean[0, 0] == pytest.approx(0.5, abs=0.15)
    for name, router in pool.items():
        assert router.experts_ == ("stranger", "mine"), name
        assert np.isfinite(router.predict(rows).mean).all(), name
    assert pool["irt"].predict(rows).std[0, 0] > 2 * pool["irt"].predict(rows).std[0, 1]


def test_a_posterior_of_another_artifact_is_not_used(bundled):
    placed = bundled.routers["irt"].posteriors["mathstral-7B"]
    known = Knowledge(ability=Ability.unknown(), posterior=placed, artifact=bundled.version)
    rows = bundled.encode(["What is the derivative of x^2?"])
    used, unused = (for_pool(bundled.routers, {"new": known}, version)["irt"] for version in (bundled.version, "v0"))
    column = bundled.routers["irt"].experts_.index("mathstral-7B")
    assert used.predict(rows).mean[0, 0] == pytest.approx(bundled.routers["irt"].predict(rows).mean[0, column])
    assert unused.predict(rows).std[0, 0] > used.predict(rows).std[0, 0]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"ability": 3}', '{"ability": {"overall": {}}}', "\x00"])
def test_a_file_that_is_no_profile_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "profile.json").write_text(text)
    with pytest.raises(UnknownProfile, match="is not a profile") as refused:
        Knowledge.from_profile(tmp_path / "profile.json")
    assert "\n" not in str(refused.value)


def test_serving_loads_no_training_library():
    code = (
        "import sys; from routers.suite import load_bundled_suite; s = load_bundled_suite();"
        "s.routers['blend'].predict(s.reader.encoder.encode(['hello', 'what is entropy?'])); print(sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in ("sklearn", "pyarrow", "ruamel", "torch", "transformers") if f"'{name}'" in loaded]


def test_the_bundle_is_small(bundled):
    from importlib.resources import files

    folder = files("routers") / "bundled"
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size < 60e6


def test_loading_the_routers_leaves_no_trace(tmp_path):
    """Some builds of the ONNX runtime report to their maker, and keep a session file for it."""
    code = "from routers.suite import load_bundled_suite; load_bundled_suite().encode(['hello'])"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
