"""Learning the gate: gradients, priors, what pairs teach, and the artifact."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import spearmanr

from routers.errors import ArtifactError
from routers.gating.artifact import load_gate, save_gate
from routers.gating.beliefs import Beliefs, Objective, Outcomes
from routers.gating.gate import Gate
from routers.gating.learning import cross_fitted, fit_gate, folds_of, predicted
from routers.gating.model import WIDTH, Signals, chances, gain_slopes
from routers.gating.priors import GLOBAL, HOLDING, KNOWING, OWN, means, widths
from routers.gating.rarity import load_rarity
from routers.gating.verdict import judged, lines
from tests.routers.gating import RARE, asked, covering, elsewhere, known_world

EXPERTS = ("a", "b", "c")


@pytest.fixture(scope="module")
def rarity():
    return load_rarity()


@pytest.fixture(scope="module")
def world():
    return known_world(100, signal=0.8)


@pytest.fixture(scope="module")
def learned(world, rarity):
    return fit_gate(world, rarity)


def drawn(n, seed=0):
    """Signals of n pairs, and outcomes drawn from parameters that the priors think likely; these too."""
    chance = np.random.default_rng(seed)
    knowing = np.column_stack([np.ones(n), chance.normal(size=(n, len(KNOWING) - 1))])
    holding = np.column_stack([np.ones(n), chance.normal(size=(n, len(HOLDING) - 1))])
    signals, experts = Signals(knowing, holding), chance.integers(0, len(EXPERTS), n)
    weights = means(GLOBAL) + 0.7 * widths(GLOBAL) * chance.normal(size=WIDTH)
    own = 0.7 * widths(OWN) * chance.normal(size=(len(EXPERTS), len(OWN)))
    true = chances(signals, weights, own[experts])
    without = (chance.random(n) < true.knows) * 1.0
    documented = (chance.random(n) < np.where(without > 0, true.kept, true.helped)) * 1.0
    outcomes = Outcomes(experts, without, documented, np.full(n, np.nan), np.ones(n), np.ones(n))
    return signals, outcomes, true, own


def test_the_gradient_is_that_of_the_objective():
    signals, outcomes, _, _ = drawn(40)
    held = np.random.default_rng(1).choice([0.0, 1.0, np.nan], 40)
    graded = Outcomes(outcomes.experts, outcomes.without * 0.7, outcomes.documented, held, *([np.full(40, 0.8)] * 2))
    at = np.concatenate([means(GLOBAL), np.zeros(9)]) + np.random.default_rng(2).normal(size=WIDTH + 9) / 3
    objective = Objective(signals, graded, np.zeros(len(at)), np.ones(len(at)))
    assert objective(at)[1] == pytest.approx(approx_fprime(at, lambda x: objective(x)[0], 1e-6), abs=1e-3)


def test_the_slope_of_the_gain_is_that_of_the_gain():
    signals, _, true, _ = drawn(5)
    own = np.zeros((5, len(OWN)))

    def gain(x):
        found = chances(signals, x[:WIDTH], own + x[WIDTH:])
        return found.documented - found.knows

    at = np.concatenate([means(GLOBAL), np.zeros(len(OWN))])
    slopes = gain_slopes(signals, chances(signals, means(GLOBAL), own))
    assert slopes == pytest.approx(approx_fprime(at, gain, 1e-7), abs=1e-5)


def test_no_pairs_are_the_cold_start():
    nothing = Outcomes(np.zeros(0, dtype=int), *([np.zeros(0)] * 5))
    empty = Beliefs().fit(Signals(np.zeros((0, len(KNOWING))), np.zeros((0, len(HOLDING)))), nothing, ())
    assert empty.weights_ == pytest.approx(Beliefs.cold().weights_)
    assert empty.covariance_ == pytest.approx(Beliefs.cold().covariance_)


def test_few_pairs_move_it_less_than_many_and_leave_it_less_sure():
    few, many = (Beliefs().fit(*drawn(n)[:2], EXPERTS) for n in (20, 2000))
    cold = Beliefs.cold()

    def moved(beliefs):
        return np.linalg.norm((beliefs.weights_ - cold.weights_) / widths(GLOBAL))

    assert 0 < moved(few) < moved(many)
    assert np.all(np.diag(many.covariance_) < np.diag(few.covariance_))
    assert np.all(np.diag(few.covariance_) <= np.diag(cold.covariance_) + 1e-12)


def test_known_parameters_are_found_again():
    signals, outcomes, true, own = drawn(6000)
    found = Beliefs().fit(signals, outcomes, EXPERTS)
    said = chances(signals, found.weights_, found.own_[outcomes.experts])
    gain, truth = said.documented - said.knows, true.documented - true.knows
    assert spearmanr(gain, truth).statistic > 0.97
    assert np.abs(gain - truth).mean() < 0.04
    assert np.argsort(found.own_[:3, 0]).tolist() == np.argsort(own[:, 0]).tolist()


def test_a_question_and_its_pairs_are_in_one_fold():
    labelled = known_world(30, signal=0.5, experts=("one", "two"))
    fold = folds_of(labelled, 5, seed=0)
    assert np.array_equal(fold[::2], fold[1::2])
    assert np.bincount(fold).tolist() == [12] * 5


def test_where_nearness_tells_what_helps_the_learned_gate_beats_never_and_always(world, rarity):
    without, documented = cross_fitted(world, rarity, repeats=1)
    scored = np.where(documented > without, world.documented, world.without).mean()
    assert scored > max(world.without.mean(), world.documented.mean()) + 0.1


def test_where_documents_change_nothing_the_learned_gate_foretells_nothing(rarity):
    labelled = known_world(100, signal=0.0)
    without, documented = cross_fitted(labelled, rarity, repeats=1)
    cold = predicted(Gate(Beliefs.cold(), rarity), labelled)
    assert np.abs(documented - without).mean() < np.abs(cold[1] - cold[0]).mean() / 2


def test_a_pair_does_not_teach_the_gate_to_believe_neighbours_by_being_its_own(rarity):
    """Nothing tells these questions' outcomes, so that neighbours are believed as they were before."""
    blank = known_world(80, signal=0.0)
    coin = np.random.default_rng(3).random(80) < 0.5
    pairs = tuple(replace(pair, documented=float(side)) for pair, side in zip(blank.pairs, coin, strict=True))
    gate = fit_gate(replace(blank, pairs=pairs), rarity)
    place = [prior.name for prior in KNOWING].index("neighbours")
    assert gate.beliefs.weights_[place] == pytest.approx(KNOWING[place].mean, abs=0.25)


def test_the_same_pairs_teach_the_same(world, rarity, learned):
    again = fit_gate(world, rarity)
    assert np.array_equal(again.beliefs.weights_, learned.beliefs.weights_)
    assert np.array_equal(again.beliefs.thrust_.scale_, learned.beliefs.thrust_.scale_)


def test_an_expert_that_had_a_part_is_judged_by_its_own_and_others_by_all(rarity):
    easy = known_world(60, signal=0.8, experts=("strong", "weak"))
    pairs = tuple(replace(pair, without=float(pair.expert == "strong")) for pair in easy.pairs)
    gate = fit_gate(replace(easy, pairs=pairs), rarity)
    strong, weak, other = gate.weigh(asked(RARE, experts=("strong", "weak", "nobody")), covering(RARE)).without
    assert weak < other < strong


def test_a_verdict_says_what_learning_brought(world, rarity, learned):
    found = judged(world, rarity)
    said = "\n".join(lines(found, learned))
    assert found.difference < 0
    assert found.p < 0.05
    assert "made the chances better" in said
    assert f"helped {found.helped}" in said


def saved(learned, world, tmp_path, name="gate"):
    table = tmp_path / "pairs.jsonl"
    table.write_text("{}\n", encoding="utf-8")
    save_gate(learned, tmp_path / name, world, [table], {"never": 0.5}, 0)
    return tmp_path / name


def test_a_gate_comes_back_from_its_folder_as_it_was(learned, world, tmp_path):
    folder = saved(learned, world, tmp_path)
    back = load_gate(folder, encoder="an encoder", version="1")
    query = world.asked(0)
    for hits in (covering(RARE), elsewhere()):
        before, after = learned.weigh(query, hits), back.weigh(query, hits)
        assert np.array_equal(before.documented, after.documented)
        assert np.array_equal(before.std, after.std)
    assert back.experts == ("one",)
    assert len(back.version) == 12


def test_the_same_gate_has_the_same_bytes(learned, world, tmp_path):
    one, two = (saved(learned, world, tmp_path, name) for name in ("one", "two"))
    assert (one / "manifest.json").read_bytes() == (two / "manifest.json").read_bytes()


def test_a_place_that_cannot_be_written_is_told(learned, world, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ArtifactError, match="cannot be written"):
        saved(learned, world, tmp_path, "file")


def test_another_encoder_is_refused_naming_both(learned, world, tmp_path):
    folder = saved(learned, world, tmp_path)
    with pytest.raises(ArtifactError, match="encoder an encoder 1, and this one is another 2"):
        load_gate(folder, encoder="another", version="2")


def test_a_damaged_gate_is_refused(learned, world, tmp_path):
    folder = saved(learned, world, tmp_path)
    (folder / "beliefs.npz").write_bytes(b"nothing")
    with pytest.raises(ArtifactError, match="is not the file its manifest names"):
        load_gate(folder, encoder="an encoder", version="1")


def test_a_folder_that_holds_something_else_is_refused(learned, world, tmp_path):
    folder = saved(learned, world, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "kind": "reader"}))
    with pytest.raises(ArtifactError, match="holds 'reader'"):
        load_gate(folder, encoder="an encoder", version="1")
    with pytest.raises(ArtifactError, match="no trained gate"):
        load_gate(folder / "nowhere", encoder="an encoder", version="1")
