"""`coterie experts onboard`: from tables or live, and what it says and writes."""

import asyncio
import re
from dataclasses import dataclass

import numpy as np
import orjson
import pytest
from scipy.special import expit

from gateway.cli.onboard import Wanted, in_words, place
from gateway.errors import ConfigError
from gateway.examiner import Terms
from routers.errors import ArtifactError, TableError
from routers.irt.router import IrtRouter
from routers.profile import Profile
from tests.conftest import coterie, experts_yaml, until
from tests.upstream import completion

CATEGORIES = ("math", "law")
MODELS = tuple(f"m{n}" for n in range(12))


@dataclass(frozen=True)
class Trained:
    """A router on rows that stand in the texts themselves."""

    routers: dict
    version: str = "v1"

    def encode(self, texts):
        return np.array([[float(n) for n in re.findall(r"-?\d+\.\d+", text)[:2]] for text in texts], dtype=np.float32)


def text_of(row):
    return f"How hard is {row[0]:.4f} {row[1]:.4f}?"


@pytest.fixture(scope="module")
def world():
    """Rows (n, 2), what twelve models made of them, and what was trained on the first eleven."""
    chance = np.random.default_rng(0)
    X = chance.standard_normal((600, 2)).astype(np.float32)
    hidden, ability = chance.standard_normal(600), np.linspace(-1.5, 1.5, 12)[chance.permutation(12)]
    Y = (chance.random((600, 12)) < expit(ability - (X[:, 0] + hidden)[:, None])).astype(float)
    router = IrtRouter(dimensions=2, folds=1).fit(X[:, :], Y[:, :11], MODELS[:11])
    return X, Y, Trained({"irt": router})


@pytest.fixture
def folder(world, tmp_path):
    X, Y, _ = world
    questions = [
        {
            "query_id": f"q{n}",
            "text": text_of(row),
            "category": CATEGORIES[n % 2],
            "choices": ["yes", "no"],
            "gold": "B",
            "answer_type": "mcq",
        }
        for n, row in enumerate(X)
    ]
    outcomes = [
        {"query_id": f"q{n}", "model": model, "score": float(Y[n, m])}
        for n in range(len(X))
        for m, model in enumerate(MODELS)
    ]
    for name, rows in (("questions", questions), ("outcomes", outcomes)):
        (tmp_path / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return tmp_path


def wanted(folder, name, *, recorded=True, peers=False, **more):
    table = folder / "outcomes.jsonl"
    terms = Terms(more.get("budget", 60), more.get("target_se", 0.03))
    config = folder / "experts.yaml"
    return Wanted(
        name, folder / "questions.jsonl", table if recorded else None, table if peers else None, terms, 0, config
    )


def placed(want, artifact):
    return asyncio.run(place(want, artifact))


def test_a_recorded_model_is_placed_by_few_questions(folder, world):
    _, Y, artifact = world
    found, why = placed(wanted(folder, "m11"), artifact)
    truth = Y[:, 11].mean()
    assert abs(found.mean_accuracy.mean - truth) < 3 * found.mean_accuracy.error
    assert found.asked <= 60 and found.random_would_have_needed > found.asked
    assert set(found.ability.categories) == set(CATEGORIES) and found.artifact == "v1"
    assert (why == "sure enough") == (found.mean_accuracy.error <= 0.03)


def test_the_profile_puts_the_expert_among_the_others(folder, world):
    X, Y, artifact = world
    found, _ = placed(wanted(folder, "m11", budget=200, target_se=0.0), artifact)
    again = Profile.from_json(orjson.loads(orjson.dumps(found.to_json())))
    router = artifact.routers["irt"].with_posteriors({"m11": again.irt})
    assert abs(router.predict(X).mean.mean() - Y[:, 11].mean()) < 0.1
    assert again.to_json() == found.to_json()


def test_it_stops_where_the_budget_ends(folder, world):
    found, why = placed(wanted(folder, "m11", budget=7, target_se=0.0), world[2])
    assert (found.asked, why) == (7, "the budget is spent")


def test_the_model_itself_is_no_peer_of_its_own(folder, world):
    """Were its own column used, every answer would be foreseen and no question would tell anything."""
    known, _ = placed(wanted(folder, "m3", budget=10), world[2])
    assert known.mean_accuracy.error > 0.03


def test_what_was_said_is_said_in_words(folder, world):
    found, why = placed(wanted(folder, "m11", budget=12), world[2])
    words = " ".join(in_words(found, why))
    assert "m11 is right on" in words and "12 questions were answered (the budget is spent)" in words
    assert f"drawn at random, {found.random_would_have_needed} would have been needed" in words


def test_questions_that_nobody_answered_are_drawn_at_random(folder, world, upstream, monkeypatch, capsys):
    async def no(exchange):
        await exchange.reply(200, completion("The answer is (B)."))

    upstream.behave["naysayer"] = no
    live(folder, upstream, monkeypatch, "naysayer")
    found, _ = placed(wanted(folder, "naysayer", recorded=False, budget=20), world[2])
    assert "drawn at random" in capsys.readouterr().err and found.asked == 20
    assert 10 <= found.random_would_have_needed <= 40


def test_a_model_that_is_not_in_the_table_is_refused(folder, world):
    with pytest.raises(TableError, match="no outcome of m12; the nearest it has are"):
        placed(wanted(folder, "m12"), world[2])


def test_an_artifact_without_abilities_is_refused(folder):
    with pytest.raises(ArtifactError, match="v1 holds no irt router"):
        placed(wanted(folder, "m1"), Trained({}))


def live(folder, upstream, monkeypatch, *models):
    monkeypatch.setenv("COTERIE_DATABASE_URL", f"sqlite:///{folder / 'records.db'}")
    (folder / "experts.yaml").write_text(experts_yaml(upstream, *models, retries=0))


def test_an_expert_is_asked_at_its_own_endpoint(folder, world, upstream, monkeypatch):
    async def no(exchange):
        await exchange.reply(200, completion("I think so.\n\nThe answer is (B)."))

    upstream.behave["naysayer"] = no
    live(folder, upstream, monkeypatch, "naysayer")
    found, _ = placed(wanted(folder, "naysayer", recorded=False, peers=True, budget=30), world[2])
    assert upstream.asked("naysayer") == found.asked <= 30
    assert found.mean_accuracy.mean > 0.8
    assert "A. yes\nB. no" in upstream.received[0]["messages"][0]["content"]


def test_calls_that_fail_are_no_scores_and_three_in_a_row_end_it(folder, world, upstream, monkeypatch):
    live(folder, upstream, monkeypatch, "fail")
    found, why = placed(wanted(folder, "fail", recorded=False), world[2])
    assert (found.asked, why) == (0, "3 calls in a row failed")
    assert in_words(found, why) == ("fail: nothing was learned, 3 calls in a row failed",)


def test_an_interruption_keeps_what_was_learned(folder, world, upstream, monkeypatch):
    """The ninth question is never answered."""
    replies = iter(range(1000))

    async def slow(exchange):
        if next(replies) >= 8:
            await exchange.hang()
            return
        await exchange.reply(200, completion("The answer is (B)."))

    upstream.behave["slow"] = slow
    live(folder, upstream, monkeypatch, "slow")

    async def interrupted():
        task = asyncio.create_task(place(wanted(folder, "slow", recorded=False), world[2]))
        await asyncio.to_thread(until, lambda: upstream.asked("slow") > 8)
        task.cancel()
        return await task

    found, why = asyncio.run(interrupted())
    assert (found.asked, why) == (8, "interrupted")


def test_an_expert_that_nobody_knows_is_refused(folder, world, upstream, monkeypatch):
    live(folder, upstream, monkeypatch, "first")
    with pytest.raises(ConfigError, match="no expert is called 'nobody'; experts.yaml has first"):
        placed(wanted(folder, "nobody", recorded=False), world[2])


def test_the_command_says_in_one_line_what_is_missing(tmp_path):
    done = coterie(tmp_path, "experts", "onboard", "m1", "--questions", "none.jsonl", "--artifact", str(tmp_path))
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr
