"""Feedback moves traffic, within a budget: real gateways, real endpoints, the record between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Json, Running, Serve, experts_yaml, gateway_in, metric, until
from tests.upstream import Upstream

BELIEVED = """version: 1
defaults: {{provider: openai, base_url: '{url}'}}
experts:
  - {{name: praised, model: praised, abilities: {{default: 0.8}}}}
  - {{name: humble, model: {humble}, abilities: {{default: 0.65}}}}
policies:
  auto: {{strategy: single, thrift: 0, learn: {learn}}}
"""
QUESTIONS = ("What is 12 * 12?", "Who was Caesar?", "Write a haiku about rivers.", "What is inflation?")


def believed(upstream: Upstream, learn: str = "{explore: 0.3}", humble: str = "humble") -> str:
    """Two experts of whom the router thinks more of the worse one."""
    return BELIEVED.format(url=upstream.url, learn=learn, humble=humble)


def asked(gateway: Running, times: int) -> list[tuple[str, str]]:
    """(decision, who answered) of so many questions."""
    answers = [gateway.ask("auto", QUESTIONS[n % len(QUESTIONS)]) for n in range(times)]
    return [(answer.headers["x-coterie-decision"], answer.headers["x-coterie-model"]) for answer in answers]


def judge(gateway: Running, decisions: Sequence[tuple[str, str]], good: str = "humble") -> None:
    """Callers like whoever is good, and nobody else."""
    for decision, served in decisions:
        given = gateway.post("/v1/feedback", {"decision_id": decision, "score": float(served == good)})
        assert given.status_code == 200, given.text


def shares(decisions: Sequence[tuple[str, str]]) -> Counter[str]:
    return Counter(served for _, served in decisions)


def taught(gateway: Running, answers: float) -> bool:
    return until(lambda: (metric(gateway, 'coterie_learning_answers{policy="auto"}') or 0) > answers, 20)


def explained(gateway: Running, model: str = "auto") -> Json:
    body = {"model": model, "messages": [{"role": "user", "content": QUESTIONS[0]}]}
    told: Json = gateway.post("/v1/route", body).json()
    return told


def scores(gateway: Running) -> dict[str, float]:
    return {one["expert"]: one["score"] for one in explained(gateway)["decision"]["experts"]}


def test_feedback_moves_the_traffic_and_a_restart_keeps_what_was_learned(upstream: Upstream, tmp_path: Path) -> None:
    yaml = believed(upstream)
    with gateway_in(tmp_path, yaml) as gateway:
        before = asked(gateway, 60)
        assert shares(before)["praised"] > 30
        judge(gateway, before)
        assert taught(gateway, 50)
        after = asked(gateway, 40)
        assert shares(after)["humble"] > 20
        learned = scores(gateway)
        told = explained(gateway)
        assert "feedback on" in told["decision"]["reason"] and told["learning"]["baseline"] == "humble"
        assert {
            one["raw_score"] > one["score"] for one in told["decision"]["experts"] if one["expert"] == "praised"
        } == {True}
        assert explained(gateway, "auto:best")["learning"]["teacher"] == "auto"
        assert explained(gateway, "praised")["learning"] is None
    with gateway_in(tmp_path, yaml) as gateway:
        assert scores(gateway) == pytest.approx(learned, abs=1e-4)


def test_a_policy_that_does_not_learn_reads_no_feedback(upstream: Upstream, serve: Serve) -> None:
    with serve(experts_yaml(upstream, "praised", "humble", policies="auto: {strategy: single}")) as gateway:
        judge(gateway, asked(gateway, 3))
        assert explained(gateway)["learning"] is None
        assert "coterie_learning" not in gateway.get("/metrics").text


def test_exploring_keeps_to_its_share_and_is_recorded_with_its_chance(upstream: Upstream, serve: Serve) -> None:
    with serve(believed(upstream, "{explore: 0.3}")) as gateway:
        decisions = asked(gateway, 150)
        explored = [decision for decision, served in decisions if served == "humble"]
        assert 20 < len(explored) < 75
        assert metric(gateway, 'coterie_learning_explored_total{policy="auto"}') == len(explored)
        told = gateway.get(f"/v1/decisions/{explored[0]}").json()
        assert told["propensity"] == pytest.approx(0.3) and told["plan"]["draw"]["weights"] == {"humble": 1.0}
        assert told["plan"]["learning"]["explored_usd"] == 0.0


def test_a_reload_keeps_what_was_learned(upstream: Upstream, tmp_path: Path) -> None:
    with gateway_in(tmp_path, believed(upstream), admin_key="admin-secret") as gateway:
        judge(gateway, asked(gateway, 30))
        assert taught(gateway, 25)
        learned = scores(gateway)
        assert gateway.post("/admin/reload", {}, headers={"authorization": "Bearer admin-secret"}).status_code == 200
        assert scores(gateway) == pytest.approx(learned, abs=1e-4)


def test_two_gateways_on_one_record_learn_the_same(upstream: Upstream, tmp_path: Path) -> None:
    here, there = tmp_path / "a", tmp_path / "b"
    here.mkdir()
    there.mkdir()
    shared = {"database_url": f"sqlite:///{tmp_path / 'records.db'}"}
    yaml = believed(upstream)
    with gateway_in(here, yaml, **shared) as one, gateway_in(there, yaml, **shared) as other:
        judge(one, asked(one, 20))
        judge(other, asked(other, 20))
        assert taught(one, 39) and taught(other, 39)
        assert scores(one) == pytest.approx(scores(other), abs=1e-12)


def test_another_model_behind_the_same_name_is_learned_anew(upstream: Upstream, tmp_path: Path) -> None:
    with gateway_in(tmp_path, believed(upstream)) as gateway:
        judge(gateway, asked(gateway, 40), good="praised")
        assert taught(gateway, 30)
        known = metric(gateway, 'coterie_learning_answers{policy="auto"}')
        asked_of = scores(gateway)["humble"]
    with gateway_in(tmp_path, believed(upstream, humble="other")) as gateway:
        assert (metric(gateway, 'coterie_learning_answers{policy="auto"}') or 0) < (known or 0)
        assert scores(gateway)["humble"] > asked_of
