"""Not knowing: a real gateway, experts that are known to be good or bad, and policies that mind wrong answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.doubt import Doubt
from gateway.knowledge import Abstain
from gateway.types import Plan
from tests.conftest import Json, Running, gateway_in
from tests.test_config import GOOD, complaint, of_two
from tests.test_planning import DEAR, Stand
from tests.upstream import Office, Upstream, says

PLANET = "Which planet is the largest?\n\nA) Mars\nB) Jupiter\nC) Venus\nD) Mercury\n\nAnswer with the letter."
NOBODY, TOO_DOUBTFUL = "I do not know: nobody", "I do not know: the answers"
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
POLICIES = {
    "strict": {"abstain": {"wrong": 0.01}},
    "poor": {"abstain": {"wrong": 0.3}, "experts": ["weak", "feeble"], "fallback": "weak"},
    "escalating": {"abstain": {"wrong": 0.01, "then": "escalate", "to": "strong"}, "fallback": "feeble", "thrift": 0.9},
    "loose": {"abstain": {"wrong": 0.3}, "thrift": 0.95, "fallback": "weak"},
    "stating": {"abstain": {"wrong": 0.01, "then": "state"}},
    "voting": {"abstain": {"wrong": 0.3}, "strategy": "vote", "experts": ["weak", "feeble"]},
    "agreeing": {"abstain": {"wrong": 0.5}, "strategy": "vote"},
    "asking": {"abstain": {"wrong": 0.01, "then": "escalate", "to": "feeble"}, "strategy": "vote", "recruit": 2},
    "writing": {"abstain": {"wrong": 0.3}, "strategy": "synthesize", "recruit": 2, "lead": "weak"},
    "telling": {"abstain": {"wrong": 0.3, "then": "state"}, "strategy": "vote", "experts": ["weak", "feeble"]},
    "auto": {"abstain": {"wrong": 0.01}},
}


@contextmanager
def pool(folder: Path, office: Office, **policies: Any) -> Iterator[Running]:
    """Three experts, one that is nearly always right, and two that hardly ever are."""
    abilities = {"strong": 0.97, "weak": 0.3, "feeble": 0.25}
    experts = [
        {"name": name, "model": name, "provider": "openai", "base_url": office.url, "abilities": {"default": ability}}
        | {"supports": ["tools"], "price": {"output_per_mtok": 20.0 if name == "strong" else 0.1}}
        for name, ability in abilities.items()
    ]
    yaml = orjson.dumps({"version": 1, "experts": experts, "policies": policies or POLICIES}).decode()
    with gateway_in(folder, yaml) as running:
        yield running


@pytest.fixture(scope="module")
def running(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pool(tmp_path_factory.mktemp("abstaining"), office) as running:
        yield running


@pytest.fixture
def torn(upstream: Upstream) -> Upstream:
    """The experts do not agree."""
    for name, letter in (("strong", "B"), ("weak", "C"), ("feeble", "A")):
        upstream.behave[name] = says(f"The answer is ({letter}).")
    return upstream


def text_of(answer: Json) -> str:
    content = answer["choices"][0]["message"]["content"]
    assert isinstance(content, str)
    return content


def heard(events: list[str]) -> tuple[str, Json]:
    """What a stream said, and its account."""
    chunks = [orjson.loads(line.removeprefix("data: ")) for line in events if line.startswith("data: {")]
    said = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert events[-1] == "data: [DONE]"
    return "".join(said), chunks[-1].get("coterie", {})


# --- before anybody is asked


def test_nobody_is_asked_where_nobody_is_likely_enough_to_know(running: Running, upstream: Upstream) -> None:
    response = running.ask("strict", "Who wrote Faust?")
    answer = response.json()
    assert response.status_code == 200 and text_of(answer).startswith(NOBODY)
    assert answer["choices"][0]["finish_reason"] == "stop" and answer["object"] == "chat.completion"
    assert answer["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert answer["coterie"]["abstained"] is True and 0.5 < answer["coterie"]["confidence"] < 0.99
    assert answer["coterie"]["cost_usd"] == 0 and answer["coterie"]["experts"] == []
    assert response.headers["x-coterie-strategy"] == "abstain" and answer["model"] == "coterie/abstain"
    assert upstream.received == []


def test_the_openai_client_reads_that_it_is_not_known(running: Running) -> None:
    said = running.openai.chat.completions.create(model="strict", messages=[{"role": "user", "content": "Who?"}])
    assert (said.choices[0].message.content or "").startswith(NOBODY)


def test_a_stream_says_so_too(running: Running, upstream: Upstream) -> None:
    words, account = heard(running.events("strict", "Who wrote Faust?", stream_options={"include_usage": True}))
    assert words.startswith(NOBODY) and account["abstained"] is True
    assert upstream.received == []


def test_whoever_is_likely_enough_goes_first_though_another_is_worth_more(running: Running, upstream: Upstream) -> None:
    answer = running.ask("loose", "Who wrote Faust?").json()
    assert text_of(answer) == "hello from strong" and "abstained" not in answer["coterie"]


def test_where_all_that_may_be_asked_are_weak_it_is_not_known(running: Running, upstream: Upstream) -> None:
    assert running.ask("poor", "Who wrote Faust?").json()["coterie"]["abstained"] is True
    assert upstream.received == []


def test_what_is_doubtful_is_escalated_whatever_it_costs(running: Running, upstream: Upstream) -> None:
    answer = running.ask("escalating", "Who wrote Faust?").json()
    assert answer["model"] == "strong" and upstream.asked("strong") == 1 and len(upstream.received) == 1
    assert answer["coterie"]["confidence"] > 0.5 and "abstained" not in answer["coterie"]
    plan = running.post("/v1/route", asking("escalating")).json()["plan"]
    assert plan["experts"][0] == "strong" and "strong goes first, whatever it costs" in plan["reason"]


def test_an_answer_may_only_say_how_sure_it_is(running: Running, upstream: Upstream) -> None:
    response = running.ask("stating", "Who wrote Faust?")
    answer = response.json()
    assert text_of(answer) == "hello from strong"
    assert 0.5 < answer["coterie"]["confidence"] < 0.99
    assert float(response.headers["x-coterie-confidence"]) == pytest.approx(answer["coterie"]["confidence"], abs=1e-3)


def test_a_stream_says_in_its_head_how_sure_it_is(running: Running, upstream: Upstream) -> None:
    response = running.ask("stating", "Who wrote Faust?", stream=True)
    assert 0.5 < float(response.headers["x-coterie-confidence"]) < 0.99


def test_whoever_is_named_answers_whatever_the_policy_minds(running: Running, upstream: Upstream) -> None:
    answer = running.ask("feeble", "Who wrote Faust?").json()
    assert text_of(answer) == "hello from feeble" and "confidence" not in answer["coterie"]


@pytest.mark.parametrize("stream", [False, True])
def test_words_take_no_tool_calls_place(running: Running, upstream: Upstream, stream: bool) -> None:
    response = running.ask("strict", "Weather in Bern?", tools=[TOOL], stream=stream)
    assert "I do not know" not in response.text and len(upstream.received) == 1
    assert float(response.headers["x-coterie-confidence"]) > 0.5


def test_it_is_recorded_that_nobody_knew(running: Running, upstream: Upstream) -> None:
    decision_id = running.ask("strict", "Who wrote Faust?").json()["coterie"]["decision_id"]
    found = running.get(f"/v1/decisions/{decision_id}").json()
    assert "nobody is likely enough" in orjson.dumps(found).decode()


def test_a_session_is_not_kept_with_the_gateway_itself(running: Running, upstream: Upstream) -> None:
    for _ in range(2):
        answer = running.ask("strict", "Who wrote Faust?", coterie={"session": "s1"}).json()
        assert answer["coterie"]["abstained"] is True
    kept = running.ask("stating", "Who wrote Faust?", coterie={"session": "s1"}).json()
    assert kept["model"] == "strong"


# --- once the answers are there


def test_answers_that_contradict_each_other_are_not_passed_on(running: Running, torn: Upstream) -> None:
    answer = running.ask("voting", PLANET).json()
    assert text_of(answer).startswith(TOO_DOUBTFUL) and answer["coterie"]["abstained"] is True
    assert torn.received and answer["coterie"]["ballot"] and answer["coterie"]["confidence"] < 0.7
    assert answer["usage"]["total_tokens"] >= 18


def test_answers_that_agree_are(running: Running, upstream: Upstream) -> None:
    for name in ("strong", "weak", "feeble"):
        upstream.behave[name] = says("The answer is (B).")
    answer = running.ask("agreeing", PLANET).json()
    assert text_of(answer) == "The answer is (B)." and "abstained" not in answer["coterie"]


@pytest.mark.parametrize("policy", ["voting", "writing"])
def test_no_word_is_heard_before_it_is_known_how_sure_it_is(running: Running, torn: Upstream, policy: str) -> None:
    """Who writes from the answers of others is heard as it writes, but for this."""
    words, account = heard(running.events(policy, PLANET, stream_options={"include_usage": True}))
    assert words.startswith(TOO_DOUBTFUL) and account["abstained"] is True
    assert torn.asked("weak") >= 1


def test_a_doubtful_verdict_is_put_to_one_more(running: Running, torn: Upstream) -> None:
    torn.behave["strong"] = says("The answer is (B).", after=0.3)  # were it first, weak would not be waited for
    answer = running.ask("asking", PLANET).json()
    assert [torn.asked(name) for name in ("strong", "weak", "feeble")] == [1, 1, 1]
    assert text_of(answer) == "The answer is (B)." and "abstained" not in answer["coterie"]
    assert sorted(one["answer"] for one in answer["coterie"]["ballot"]) == ["A", "B", "C"]


def test_where_answers_do_not_compare_the_last_resort_goes_first(running: Running, torn: Upstream) -> None:
    torn.behave["strong"], torn.behave["weak"] = says("It was Goethe, I think."), says("A man called Marlowe wrote it.")
    answer = running.ask("asking", "Who wrote Faust?").json()
    assert torn.asked("feeble") == 1 and answer["coterie"]["confidence"] < 0.5


def test_no_more_is_asked_than_max_calls_allows(running: Running, torn: Upstream) -> None:
    answer = running.ask("asking", PLANET, coterie={"max_calls": 2}).json()
    assert len(torn.received) == 2 and "abstained" not in answer["coterie"]


def test_a_doubtful_verdict_may_be_stated(running: Running, torn: Upstream) -> None:
    answer = running.ask("telling", PLANET).json()
    assert text_of(answer).startswith("The answer is") and answer["coterie"]["confidence"] < 0.7


# --- planning


def planned(policy: Json, experts: dict[str, tuple[float, Json]], **body: Any) -> Plan:
    return Stand(experts, **policy).plan(**body).plan


def test_a_cheap_expert_gives_way_to_one_that_keeps_the_bound() -> None:
    experts: dict[str, tuple[float, Json]] = {"cheap": (0.6, {}), "dear": (0.95, DEAR)}
    assert planned({"thrift": 0.6}, experts).experts[0] == "cheap"
    plan = planned({"thrift": 0.6, "abstain": {"wrong": 0.2}}, experts)
    assert plan.experts == ("dear",) and "likely enough to be right; cheap" in plan.reason


def test_nobody_doubtful_answers_in_the_place_of_one_who_fails() -> None:
    experts: dict[str, tuple[float, Json]] = {"good": (0.95, {}), "better": (0.97, {}), "bad": (0.3, {})}
    assert set(planned({"abstain": {"wrong": 0.2}}, experts).experts) == {"good", "better"}
    assert set(planned({"abstain": {"wrong": 0.2, "then": "state"}}, experts).experts) == {"good", "better", "bad"}


def test_nobody_doubtful_is_drawn_to_learn_about_it() -> None:
    experts: dict[str, tuple[float, Json]] = {"good": (0.95, {}), "bad": (0.3, {})}
    plan = planned({"abstain": {"wrong": 0.2}, "explore": 1.0}, experts)
    assert plan.experts[0] == "good" and plan.propensity == 1.0


def test_a_tool_loop_stays_with_its_expert_however_doubtful() -> None:
    stand = Stand({"good": (0.95, {}), "bad": (0.3, {})}, abstain={"wrong": 0.2, "then": "escalate"})
    stand.keep("bad", calls=("call_1",))
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = (
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "7"},
    )
    assert stand.plan(*messages).plan.experts[0] == "bad"


def test_without_a_last_resort_whoever_is_best_on_average_is_it() -> None:
    experts: dict[str, tuple[float, Json]] = {"cheap": (0.4, {}), "dear": (0.5, DEAR)}
    plan = planned({"thrift": 0.9, "abstain": {"wrong": 0.1, "then": "escalate"}}, experts)
    assert plan.experts[0] in experts and plan.strategy == "single"


def test_without_curves_each_answer_keeps_the_bound() -> None:
    doubt = Doubt.of(Abstain(wrong=0.2), "blend", {})
    assert (doubt.first, doubt.verdict) == (0.8, 0.8)


def asking(model: str) -> Json:
    return {"model": model, "messages": [{"role": "user", "content": "Who wrote Faust?"}]}


# --- the file


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            "{abstain: {wrong: 0.1, then: escalate, to: nobody}}",
            "abstain.to: no such name: 'nobody'. Allowed: first, s",
        ),
        (
            "{abstain: {wrong: 0.1, then: escalate, to: second}, experts: [first]}",
            "abstain.to: 'second' is not among the policy's `experts`: first",
        ),
        ("{abstain: {wrong: 1.5}}", "abstain.wrong: input should be less than 1"),
        ("{abstain: {wrogn: 0.1}}", "abstain.wrogn: unknown key; did you mean 'wrong'? Allowed: then, to, wrong"),
        ("{abstain: {}}", "abstain.wrong: is missing; it must be given"),
        ("{abstain: {wrong: 0.1, then: shrug}}", "abstain.then: input should be 'say', 'escalate' or 'state'"),
        ("{abstain: {wrong: 0.1, to: first}}", "abstain: to is whom `then: escalate` asks; leave it out, or set that"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, policy: str, said: str) -> None:
    assert complaint(tmp_path, of_two(policy)).startswith(f"experts.yaml:8: policies.auto.{said}")


def test_a_misspelt_key_of_the_documents_is_named_with_those_allowed(tmp_path: Path) -> None:
    found = complaint(tmp_path, GOOD + "knowledge: {stor: here}\n")
    assert "knowledge.stor: unknown key; did you mean 'store'? Allowed: cross_encoder, gate, passages, store" in found
