"""The whole way on a gateway that runs: traffic, feedback, replay, promotion, reload, other traffic, and back."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from eval.counterfactual.reading import read_logs
from eval.counterfactual.targets import Chooser, chosen
from gateway.store.logbook import logged_in, record_at
from tests.conftest import Running, Serve, coterie, experts_yaml, until
from tests.upstream import Upstream

ADMIN = {"authorization": "Bearer admin-key-1"}
QUALITY = {"first": 0.3, "second": 0.9, "third": 0.3}
CALLERS = 4


def traffic(running: Running, count: int) -> Counter[str]:
    """Who answered; every answer is judged, as often good as its expert is."""

    def one(number: int) -> str:
        session = {"session": f"talk {number % 7}"} if number % 60 == 0 else {}
        answer = running.ask("auto", f"What is {number} plus 2?", coterie=session).json()
        chance = random.Random(number).random()
        opinion = {"decision_id": answer["coterie"]["decision_id"], "score": float(chance < QUALITY[answer["model"]])}
        assert running.post("/v1/feedback", opinion).status_code < 300
        return str(answer["model"])

    with ThreadPoolExecutor(CALLERS) as callers:
        return Counter(callers.map(one, range(count)))


@pytest.mark.timeout(240)
def test_a_better_policy_is_found_in_the_record_put_in_force_and_taken_back(
    serve: Serve, upstream: Upstream, tmp_path: Path
) -> None:
    policies = "auto: {strategy: single, explore: 0.4}  # ours"
    yaml = experts_yaml(upstream, "first", "second", "third", policies=policies, abilities={"default": 0.4})
    yaml = yaml.replace("{name: first,", "{name: first, abilities: {default: 0.8},")
    with serve(yaml, admin_key="admin-key-1") as running:
        asked = traffic(running, 400)
        assert asked.most_common(1)[0][0] == "first" and min(asked.values()) > 20
        assert until(lambda: running.gateway.door.recorder.waiting == 0)

        done = coterie(tmp_path, "eval", "replay", "--experts", "second", "--promote")
        assert done.returncode == 0, done.stderr
        assert "auto: experts=second is better than policy auto as it is" in done.stdout

        assert running.post("/admin/reload", headers=ADMIN).status_code == 200
        assert set(traffic(running, 20)) == {"second"}
        assert coterie(tmp_path, "eval", "rollback").returncode == 0
        assert (tmp_path / "experts.yaml").read_text() == yaml
        assert running.post("/admin/reload", headers=ADMIN).status_code == 200
        assert traffic(running, 20)["first"] > 5


def test_replay_finds_the_chances_that_serving_drew_with(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    """Nothing of the policy is written twice: under the knobs that served, every recorded chance comes out again."""
    policies = "auto: {strategy: single, explore: 0.3, thrift: 0.4, fallback: third, switch_margin: 0.05}"
    yaml = experts_yaml(upstream, "first", "second", "third", policies=policies)
    with serve(yaml) as running:
        for number in range(40):
            wishes = (
                {"thrift": 0.9} if number % 3 == 0 else {"session": f"talk {number % 4}"} if number % 3 == 1 else {}
            )
            words = ("What is 2 plus 2?", "Write a poem about snow.", "zxq wv krll ffgh")[number % 3]
            assert running.ask("auto", words, coterie=wishes).status_code == 200
        assert until(lambda: running.gateway.door.recorder.waiting == 0)
        assert running.gateway.door.current is not None
        policy = running.gateway.door.current.book["auto"].policy
        with record_at(f"sqlite:///{tmp_path / 'records.db'}") as database:
            recorded = read_logs(logged_in(database), "auto")
    assert len(recorded.logs) == 40 and not recorded.tally.left_out
    again = chosen(Chooser("auto", policy), recorded).target.chances
    assert np.allclose(again, recorded.logs.explored)
    assert len(np.unique(again, axis=0)) > 2
