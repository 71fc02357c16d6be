"""What strategies come to over recorded answers, what it takes, and what is said of it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from eval.bench.tables import markdown
from eval.compose.answers import NOTHING, UNMEASURED, answers_of, read_answers, with_answers
from eval.compose.baselines import Record, baselines
from eval.compose.comparison import Entry, comparisons
from eval.compose.figures import figures_of, frontier
from eval.compose.memory import Remembering
from eval.compose.page import page_of
from eval.compose.replay import NOBODY, Played, Replay
from eval.compose.report import as_json, lines, sheets
from eval.compose.run import Order, evaluate
from eval.compose.settings import KNOBS, replayable, settings
from eval.compose.stage import asked_of, staged
from eval.report.drawing import svg, write_drawing
from eval.report.page import html
from eval.routing.data import trial_of
from eval.routing.prices import Model
from eval.routing.rows import Resampling
from gateway.experts import AUTO
from gateway.form import Form
from gateway.strategies import STRATEGIES
from routers.constant import ConstantRouter
from routers.errors import TableError
from routers.fusion.evidence import Evidence
from routers.fusion.fuser import Fuser
from routers.fusion.view import FuserView, Weighed
from routers.manifest import Manifest
from routers.suite import Suite
from routers.table import read_table
from tests.eval.conftest import Reader

FEW = Resampling(200, seed=0)
EXPERTS = ("law", "maths", "all", "late")
CATEGORIES = ("law", "math")
BELIEFS = ((0.9, 0.2, 0.7, 0.1), (0.2, 0.9, 0.7, 0.1))
PRICES = {
    name: Model(input_per_mtok=0, output_per_mtok=price, active_params_b=size)
    for name, price, size in zip(EXPERTS, (1, 2, 10, 1), (7, 7, 70, 3), strict=True)
}
SHARED = Path(__file__).parents[3] / "shared" / "data"


@dataclass
class Reading:
    """Reads a text's first word, which is its category. Strange are texts that hold the word."""

    sure_above: float = 0.0
    texts: list[str] = field(default_factory=list)

    def glance(self, texts):
        return self.encode(texts), np.ones(len(texts), dtype=bool)

    def encode(self, texts):
        self.texts += texts
        return np.array([[float(text.split()[0] == "math")] for text in texts], dtype=np.float32)

    def strange(self, rows):
        return ("",) * len(rows)


def letter(n: int) -> str:
    return "ABCD"[n % 4]


def said(model: str, n: int) -> str | None:
    """law and maths are right in their own field, `all` but on every tenth question; all others are wrong alike."""
    right = {"law": n % 2 == 0, "maths": n % 2 == 1, "all": True, "late": False}[model]
    if model == "all" and n % 10 == 0:
        return None
    return letter(n) if right else letter(n + (2 if model == "late" else 1))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """40 questions of law and mathematics in turn; `late` answered the first 30."""
    folder = tmp_path_factory.mktemp("tables")
    questions, outcomes = [], []
    for n in range(40):
        row = {"query_id": f"q{n}", "text": f"{CATEGORIES[n % 2]} {n}?", "category": CATEGORIES[n % 2]}
        questions.append({**row, "source": "own", "answer_type": "mcq", "choices": ["p", "q", "r", "s"]})
        for model in EXPERTS[: 4 if n < 30 else 3]:
            pred = said(model, n)
            row = {"query_id": f"q{n}", "model": model, "score": float(pred == letter(n)), "pred": pred}
            outcomes.append({**row, "pred_ok": pred is not None, "output_chars": 4000})
    for name, rows in (("questions", questions), ("outcomes", outcomes)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "questions.jsonl", folder / "outcomes.jsonl"


@pytest.fixture(scope="module")
def recorded(files):
    return read_answers(files[1])


@pytest.fixture(scope="module")
def trial(files):
    return trial_of(read_table(*files, EXPERTS), PRICES)


def trained():
    """A blend that knows who is good at what, and a constant that knows only on the whole."""
    rows = np.array([[0.0], [1.0]])
    blend = Reader(BELIEFS).fit(rows, np.full((2, 4), 0.5), EXPERTS)
    constant = ConstantRouter().fit(rows, np.array([[0.5, 0.6, 0.9, 0.1]] * 2), EXPERTS)
    manifest = Manifest(
        name="test", kind="routers", version="v-test", command="", seed=0, sources=(), tables={}, encoder={},
        categories=CATEGORIES, experts=EXPERTS, routers={"blend": "router", "constant": "baseline"},
    )  # fmt: skip
    return Suite(Reading(), {"blend": blend, "constant": constant}, manifest)


@pytest.fixture
def suite():
    return trained()


@pytest.fixture
def played(trial, recorded, suite):
    """played(strategy, **knobs): what came of it."""
    asked = asked_of(trial)
    answers = answers_of(trial, recorded, asked.forms)

    def playing(strategy, **knobs):
        usual = settings((strategy,), "blend", 4, priced=True)[0]
        setting = replace(usual, policy=usual.policy.model_copy(update=knobs))
        with ThreadPoolExecutor(1) as thread:
            stage = staged(trial, asked, suite, "blend", PRICES, thread, lambda doing, share: None)
            return Replay(trial, stage, answers).play(setting)

    return playing


@pytest.fixture(scope="module")
def found(trial, recorded):
    return evaluate(trial, recorded, trained(), PRICES, Order(tuple(KNOBS)), FEW)


def default(evaluation, name):
    [one] = [row for row in evaluation.rows if row.name == name and (row.default or row.kind != "strategy")]
    return one


def accuracy(trial, played):
    return trial.scores[np.arange(len(played.served)), played.served].mean()


def tabled(trial, **columns):
    return replace(trial, table=replace(trial.table, **columns))


def test_an_answer_that_announced_nothing_holds_nothing_but_is_an_answer(trial, recorded):
    answers = answers_of(trial, recorded, asked_of(trial).forms)
    assert answers.texts[0][2] == "" and answers.codes[0].tolist() == [0, 1, NOTHING, 2]
    assert answers.codes[39].tolist() == [0, 1, 1, UNMEASURED]
    assert answers.disputed == 0


def test_a_letter_that_was_drawn_by_lot_is_no_answer_but_one_that_is_only_phrased_otherwise_is(write):
    rows = [
        {"query_id": "q", "model": model, "pred": "C", "pred_ok": good}
        for model, good in (("mathstral", True), ("Llama-3.1-70B", False), ("jamba-1.5-large", False))
    ]
    assert read_answers(write("outcomes", rows)) == {("q", "mathstral"): "C", ("q", "jamba-1.5-large"): "C"}


def test_outcomes_without_answers_are_refused_in_one_line(write, files, trial):
    bare = write("bare", [{"query_id": "q0", "model": "law", "score": 1}])
    with pytest.raises(TableError, match="lacks the column pred"):
        read_answers(bare)
    with pytest.raises(TableError, match="no answer of these experts was recorded"):
        with_answers(trial.table, {})


def test_kinds_whose_answers_were_not_recorded_are_left_out_and_what_was_too_hard_stays(trial, recorded):
    kinds = ("mcq", "free") * 20
    known = {pair: text for pair, text in recorded.items() if int(pair[0][1:]) % 2 == 0 and pair[0] != "q0"}
    table = with_answers(replace(trial.table, answer_types=kinds), known)
    assert table.query_ids == tuple(f"q{n}" for n in range(0, 40, 2))
    assert table.left_out[-1] == "20 questions of a kind whose answers were not recorded (q1, q3, q5 and 17 more)"


@pytest.mark.parametrize(
    ("kind", "texts", "codes"),
    [
        ("number", ("1/2", "0.50", "about 0.5", "5"), [0, 0, 0, 1]),
        ("code", ("{'a': 1}", "{'b': 1}", "{'a':1}", ""), [0, 1, 0, NOTHING]),
        ("short", ("The Nile", "nile.", "Amazon", ""), [0, 0, 1, NOTHING]),
    ],
)
def test_answers_are_the_same_where_serving_takes_them_for_the_same(trial, kind, texts, codes):
    known = {("q0", model): text for model, text in zip(EXPERTS, texts, strict=True) if text}
    answers = answers_of(trial, known, [Form(kind)] * 40)
    assert answers.codes[0].tolist() == codes


def test_equal_answers_with_different_scores_are_counted(trial, recorded):
    scores = trial.scores.copy()
    scores[1, [1, 2]] = [1.0, 0.0]  # maths and all said the same
    assert answers_of(tabled(trial, outcomes=scores), recorded, asked_of(trial).forms).disputed == 1


def test_single_gives_the_answer_of_whom_the_router_believes_in(trial, played):
    single = played("single")
    assert single.served.tolist() == [0, 1] * 20 and single.calls == 1
    assert accuracy(trial, single) == 1.0 and np.isnan(single.confidence).all()


def test_thrift_counts_what_was_recorded_of_prices(trial, played):
    assert set(played("single", thrift=0.8).served[:30].tolist()) == {0}
    assert not trial.measured[35, 3] and 3 not in played("single", thrift=1.0).served[30:]


def test_whom_nobody_measured_on_a_question_is_not_asked_it(trial, played):
    everybody = played("vote", recruit=4)
    assert everybody.asked.sum(axis=1).tolist() == [4] * 30 + [3] * 10
    assert (everybody.asked[~trial.measured] == 0).all()


@pytest.mark.parametrize("strategy", KNOBS)
def test_the_answer_is_that_of_somebody_who_was_asked(strategy, played):
    one = played(strategy, least_gain=0.0)
    assert (one.served != NOBODY).all()
    assert (one.asked[np.arange(40), one.served] == 1).all() and one.asked.max() == 1


def test_recruiting_one_is_single_and_recruiting_more_asks_as_many(played):
    assert played("fuse", recruit=1).served.tolist() == played("single").served.tolist()
    assert [played("fuse", recruit=k).calls for k in (1, 2, 3)] == [1, 2, 3]


def test_sequential_stops_when_it_is_sure_or_nothing_is_to_be_gained(played):
    assert played("sequential", sure=0.01, least_gain=0.0).calls == 1
    assert played("sequential", sure=1.0, least_gain=1.0).calls == 1


def test_two_who_agree_are_believed_more_than_one(played):
    alone, together = played("fuse", recruit=1), played("fuse", recruit=2)
    agreed = np.arange(40) % 10 != 0
    assert (together.confidence[agreed] > alone.confidence[agreed]).all()
    assert (together.confidence[~agreed] < together.confidence[agreed].min()).all()


def test_the_callers_own_kind_of_answer_comes_from_the_table(trial):
    assert {form.kind for form in asked_of(trial).forms} == {"choice"}
    assert asked_of(trial).forms[0].options == ("p", "q", "r", "s")
    numeric = tabled(trial, answer_types=("numeric",) * 40)
    assert {form.kind for form in asked_of(numeric).forms} == {"number"}
    unsaid = tabled(trial, answer_types=("",) * 40)
    assert {form.kind for form in asked_of(unsaid).forms} == {"choice"}


def test_free_texts_are_compared_by_what_they_mean(trial, recorded, suite):
    told = {pair: f"math {text}" if pair[1] != "law" else f"law {text}" for pair, text in recorded.items()}
    free = tabled(trial, answer_types=("free",) * 40)
    evaluation = evaluate(free, told, suite, None, Order(("fuse",)), FEW)
    assert default(evaluation, "fuse").calls_per_query == 3 and default(evaluation, "fuse").ece is not None
    assert len(suite.reader.texts) > 40


class Counting(FuserView):
    """A fuser that counts how often it weighs."""

    def __init__(self) -> None:
        self.view = Fuser.generic().for_experts(["a", "b"])
        self.asked = 0

    def weighed(self, evidence) -> Weighed:
        self.asked += 1
        return self.view.weighed(evidence)

    def recruit(self, evidence, k):
        return self.view.recruit(evidence, k)


def test_what_a_fuser_has_concluded_is_kept_and_is_exactly_that():
    counting = Counting()
    kept = Remembering(counting)
    blank = Evidence.blank(np.array([0.6, 0.7]), np.full(2, 0.1), 4)
    for evidence in (blank, blank.heard(0, 0), blank.heard(1, 0), blank.heard(0, NOTHING)) * 3:
        assert kept.posterior(evidence).answers.tolist() == counting.view.posterior(evidence).answers.tolist()
        assert kept.gains(evidence).tolist() == counting.view.gains(evidence).tolist()
        assert kept.recruit(evidence, 1).tolist() == counting.view.recruit(evidence, 1).tolist()
    assert counting.asked == 4
    kept.posterior(replace(blank, chance=blank.chance / 2))
    assert counting.asked == 5


def test_baselines_are_what_they_are_by_hand(trial, recorded):
    forms = asked_of(trial).forms
    answers = answers_of(trial, recorded, forms)
    record = Record(np.array([0.5, 0.6, 0.9, 0.1]), "training")
    by_name = {one.name: one for one in baselines(trial, answers, forms, record)}
    right = {name: accuracy(trial, one.played) for name, one in by_name.items()}
    assert right["best single"] == right["best single (hindsight)"] == 36 / 40
    assert right["oracle of all"] == 1.0
    assert right["2 best, plain vote"] == pytest.approx(36 / 40)  # ties are the best one's, who is silent on q0, q10, …
    assert right["3 best, weighted vote"] == pytest.approx(36 / 40)
    assert by_name["all, plain vote"].played.asked.sum(axis=1).tolist() == [4] * 30 + [3] * 10


def test_a_weighted_vote_trusts_one_good_expert_over_two_bad_ones(trial):
    known = {("q1", model): text for model, text in zip(EXPERTS, "BBCC", strict=True)}
    forms = asked_of(trial).forms
    answers = answers_of(trial, known, forms)
    record = Record(np.array([0.4, 0.35, 0.9, 0.3]), "training")
    served = {one.name: one.played.served[1] for one in baselines(trial, answers, forms, record)}
    assert (served["3 best, plain vote"], served["3 best, weighted vote"]) == (0, 2)


def test_without_training_accuracies_the_votes_choose_with_hindsight(trial, recorded):
    evaluation = evaluate(trial, recorded, None, PRICES, Order(tuple(KNOBS)), FEW)
    assert evaluation.record == "these very questions, with hindsight"
    names = {row.name for row in evaluation.rows}
    assert "best single" not in names and "3 best, weighted vote" in names
    assert {row.kind for row in evaluation.rows} == {"baseline", "oracle"}


def test_every_strategy_is_swept_and_has_one_default(found):
    for name in KNOBS:
        rows = [row for row in found.rows if row.name == name]
        assert sum(row.default for row in rows) == 1 and rows[0].default
        settings_ = [tuple(row.setting.items()) for row in rows]
        assert len(set(settings_)) == len(rows) > 1
    assert [row.setting["recruit"] for row in found.rows if row.name == "vote"] == [3, 1, 2, 4]
    assert default(found, "sequential").setting == {"least_gain": 0.006, "sure": 0.99, "thrift": 0.0}


def test_a_larger_sweep_has_an_even_course(found):
    calls = {row.setting["least_gain"]: row.calls_per_query for row in found.rows if row.name == "sequential"}
    assert calls[0.0] == max(calls.values()) and calls[0.2] == min(calls.values())


def test_without_prices_the_price_is_not_turned(trial, recorded, suite):
    evaluation = evaluate(replace(trial, costs=None, params=None), recorded, suite, None, Order(("single",)), FEW)
    [single] = [row for row in evaluation.rows if row.kind == "strategy"]
    assert (single.cost_usd_per_1k, single.active_params_b) == (None, None) and single.cost == 1.0


def test_figures_are_summed_over_the_calls(found):
    vote = next(row for row in found.rows if row.name == "vote" and row.setting["recruit"] == 4)
    assert vote.calls_per_query == (30 * 4 + 10 * 3) / 40
    assert vote.cost_usd_per_1k == pytest.approx(1 + 2 + 10 + 1 * 0.75)
    assert vote.active_params_b == pytest.approx(7 + 7 + 70 + 3 * 0.75)
    assert vote.oracle_asked == 1.0
    single = default(found, "single")
    assert (single.oracle_asked, single.changed, single.ece) == (1.0, 0.0, None)
    assert default(found, "fuse").ece is not None


def test_a_default_is_held_against_a_vote_of_as_many(found):
    fuse = default(found, "fuse")
    assert fuse.vote == "3 best, weighted vote"
    assert fuse.versus_vote.difference == pytest.approx(fuse.accuracy - default(found, fuse.vote).accuracy)
    assert default(found, "single").vote is None
    said_ = "\n".join(lines(found))
    assert "single: 1.000 at 1.00 calls, better than the best single expert by 0.100 (p = " in said_
    assert "on the artifact's training questions." in said_


def test_gains_on_the_single_and_on_the_vote_are_told_apart(trial):
    def served(place, calls):
        asked = np.zeros((30, 4), dtype=int)
        asked[:, :calls] = 1
        return Played(np.full(30, place), asked, np.full(30, np.nan))

    entries = [
        Entry("fuse", "strategy", served(2, calls=2), {}, default=True),
        Entry("best single (hindsight)", "oracle", served(1, calls=1)),
        Entry("2 best, weighted vote", "baseline", served(3, calls=2)),
    ]
    fuse, single, vote = comparisons(replace(trial, table=trial.table.part(np.arange(30))), entries, FEW)
    assert (fuse.scores.mean(), single.scores.mean(), vote.scores.mean()) == (0.9, 0.5, 0.0)
    assert (fuse.single.difference, fuse.vote.difference) == pytest.approx((0.4, 0.9))
    for one in (fuse.single, fuse.vote):
        assert one.difference_interval[0] <= one.difference <= one.difference_interval[1]
    assert fuse.vote_name == "2 best, weighted vote" and vote.vote is None


def test_the_frontier_is_of_strategies_and_no_row_is_above_it(found):
    corners = sorted((row for row in found.rows if row.frontier), key=lambda row: row.cost)
    assert corners and {row.kind for row in corners} == {"strategy"}
    assert [row.accuracy for row in corners] == sorted({row.accuracy for row in corners})
    for row in found.rows:
        if row.kind == "strategy" and row.cost >= corners[-1].cost:
            assert row.accuracy <= corners[-1].accuracy


def test_single_is_always_there_to_be_compared_with(trial, recorded, suite):
    evaluation = evaluate(trial, recorded, suite, PRICES, Order(("fuse",)), FEW)
    strategies = [row for row in evaluation.rows if row.kind == "strategy"]
    assert [row.name for row in strategies if row.default] == ["single", "fuse"]
    assert sum(row.name == "single" for row in strategies) == 1


def test_every_question_is_read_once(trial, recorded, suite):
    evaluate(trial, recorded, suite, PRICES, Order(tuple(KNOBS)), FEW)
    assert len(suite.reader.texts) == 40 and suite.reader.texts[0] == "law 0?\nA. p\nB. q\nC. r\nD. s"


def test_the_same_seed_gives_the_same_report(trial, recorded, suite, found):
    again = evaluate(trial, recorded, suite, PRICES, Order(tuple(KNOBS)), FEW)
    assert as_json(again) == as_json(found)


def test_the_json_has_what_the_interface_promises(found):
    report = orjson.loads(orjson.dumps(as_json(found)))
    assert report["command"] == "eval compose" and report["artifact"] == "v-test" and report["router"] == "blend"
    assert {"questions", "experts", "hash"} <= set(report["data"]) and report["data"]["experts"] == list(EXPERTS)
    promised = {"name", "kind", "n", "accuracy", "accuracy_interval", "accuracy_se", "calls_per_query", "setting"}
    promised |= {"cost_usd_per_1k", "active_params_b", "auc", "ece", "default", "oracle_asked"}
    assert all(promised <= set(row) for row in report["rows"])
    assert {row["kind"] for row in report["rows"]} == {"strategy", "baseline", "oracle"}


def test_tables_for_people_show_defaults_baselines_and_the_frontier(found):
    quality, more, answered, frontier = map(markdown, sheets(found))
    assert quality.count("\n| single |") == 1 and "| oracle of all |" in quality
    assert "| one of those asked right |" in more
    assert "| sequential |" in answered and "| single |" not in answered, "single does not know how sure it is"
    assert "thrift 0 (default)" in frontier or "thrift" in frontier


def test_strategies_that_cannot_be_replayed_are_refused_with_those_that_can():
    assert replayable(None) == tuple(KNOBS) and replayable(["vote", "vote"]) == ("vote",)
    for name in set(STRATEGIES) - set(KNOBS):
        with pytest.raises(TableError, match=f"{name} needs what was not recorded.* single, vote, fuse, sequential"):
            replayable([name])
    with pytest.raises(TableError, match="no strategy is called votes; the nearest is vote"):
        replayable(["votes"])
    assert set(KNOBS) <= {*STRATEGIES, AUTO}


def test_a_router_that_the_artifact_lacks_is_refused(trial, recorded, suite):
    with pytest.raises(TableError, match="the artifact has no router irt; it has blend, constant"):
        evaluate(trial, recorded, suite, PRICES, Order(("single",), "irt"), FEW)


def test_the_picture_is_an_svg_without_a_background_that_knows_the_dark(found, tmp_path):
    drawn = svg(frontier(found))
    root = ET.fromstring(drawn)
    assert root.tag.endswith("svg") and "prefers-color-scheme: dark" in drawn
    assert "#ffffff" not in drawn and "fill: #1f2328" in drawn
    words = "".join(root.itertext())
    assert all(name in words for name in (*KNOBS, "convex hull", "dollars per thousand questions"))
    assert svg(frontier(found)) == drawn
    write_drawing(frontier(found), tmp_path / "frontier.png")
    assert (tmp_path / "frontier.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_stands_alone_and_escapes_names(found):
    strange = replace(found, trial=replace(found.trial, left_out=("<script>alert(1)</script>",)))
    written = html(page_of(strange, figures_of(found)))
    assert "<script" not in written and "&lt;script&gt;" in written
    assert "http" not in written.replace("http://www.w3.org/", "") and written.count("<table>") == 11


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the recorded outcomes in ../shared/data")
def test_recorded_answers_of_real_models_are_scored_alike_where_they_read_alike():
    questions = read_table(SHARED / "questions.parquet", SHARED / "outcomes.parquet", ["mathstral-7B", "Yi-34B"])
    dev = np.array([split == "dev" for split in questions.split])
    table = questions.part(np.flatnonzero(dev & (np.array(questions.sources) == "mmlu_pro"))[:300])
    recorded = read_answers(SHARED / "outcomes.parquet")
    trial = trial_of(with_answers(table, recorded))
    evaluation = evaluate(trial, recorded, None, None, Order(()), FEW)
    assert evaluation.answers.disputed == 0
    assert default(evaluation, "oracle of all").accuracy > default(evaluation, "best single (hindsight)").accuracy
