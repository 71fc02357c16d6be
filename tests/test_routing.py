"""Who is asked: clear questions, unclear ones, wishes, prices, sessions, needs and chance; and what may not sway it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.estimates import Estimate, Estimates
from gateway.experts import DEFAULT_THRIFT, Capability, Policy
from gateway.features import ENVELOPES, READ_CHARACTERS, features_of, head_and_tail, judged_text, spoken
from gateway.policy import Situation, limits_for, plan_for, rates_for, utilities
from gateway.types import Decision, Plan, Query
from gateway.wire.chat import read_chat
from gateway.wishes import Wishes
from tests.conftest import Json, Running, Serve, error_of, experts_yaml, gateway_in
from tests.upstream import TOOL_CALL, Office, Upstream

POOL = """
version: 1
defaults: {provider: openai, base_url: 'URL', context: 32000}
experts:
  - {name: general, model: general, abilities: {conversation: 0.65, default: 0.5}}
  - {name: maths, model: maths, abilities: {math: 0.8, default: 0.35}}
  - {name: code, model: code, abilities: {coding: 0.8, default: 0.35}}
  - {name: writing, model: writing, abilities: {writing: 0.8, default: 0.35}}
policies:
  auto: {fallback: general}
  sticky: {switch_margin: 1.0}
  fickle: {switch_margin: 0.0}
  curious: {explore: 0.5, fallback: general}
  narrow: {experts: [code, writing]}
"""
EQUATION = "Solve the equation x^2 - 5x + 6 = 0 for x."
PROGRAM = "Write a Python function that reverses a linked list."
POEM = "Write a short poem about the autumn sea."
GIBBERISH = "asdfgh qwop zxm"
EXPERT_FOR = {EQUATION: "maths", PROGRAM: "code", POEM: "writing"}


@pytest.fixture(scope="module")
def pool(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway_in(tmp_path_factory.mktemp("pool"), POOL.replace("URL", office.url)) as running:
        yield running


@pytest.fixture
def gateway(pool: Running, upstream: Upstream) -> Running:
    """Four experts, each good at something of its own, and an upstream that answers for all of them."""
    return pool


def routed(running: Running, text: str | list[Json], model: str = "auto", **more: Any) -> Json:
    """What POST /v1/route says of a question, or of a conversation."""
    messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
    response = running.post("/v1/route", {"model": model, "messages": messages, **more})
    assert response.status_code == 200, response.text
    return response.json()


def first_of(route: Json) -> str:
    return str(route["plan"]["experts"][0])


@pytest.mark.parametrize(
    ("question", "expert"),
    [
        *EXPERT_FOR.items(),
        ("What is the derivative of sin(x) * x^2?", "maths"),
        ("Fix this TypeScript error: Property 'foo' does not exist on type 'Bar'.", "code"),
        ("Draft a polite email that declines an invitation to a wedding.", "writing"),
        ("hi there, how are you today?", "general"),
    ],
)
def test_a_clear_question_reaches_the_expert_for_it(gateway: Running, question: str, expert: str) -> None:
    assert gateway.ask("auto", question).json()["model"] == expert
    assert gateway.ask("auto", question, stream=True).headers["x-coterie-model"] == expert


def test_what_cannot_be_placed_goes_to_the_fallback(gateway: Running) -> None:
    route = routed(gateway, GIBBERISH)
    assert first_of(route) == "general" and route["decision"]["sure"] is False
    assert "general goes first" in route["plan"]["reason"]
    assert gateway.ask("auto", GIBBERISH).json()["model"] == "general"


def test_a_route_says_everything_and_asks_nobody(gateway: Running, upstream: Upstream) -> None:
    route = routed(gateway, EQUATION)
    decision, plan = route["decision"], route["plan"]
    assert (decision["category"], decision["sure"], decision["router"]) == ("math", True, "blend")
    assert {one["expert"] for one in decision["experts"]} == set(plan["experts"]) == {*EXPERT_FOR.values(), "general"}
    assert all(0 <= one["score"] <= 1 and one["std"] > 0 for one in decision["experts"])
    assert 0 < decision["confidence"] <= 1 and decision["artifact"] and decision["reason"]
    assert (plan["policy"], plan["strategy"], plan["propensity"]) == ("auto", "single", 1.0)
    assert upstream.received == []


def test_everything_that_may_be_asked_for_is_listed(gateway: Running) -> None:
    models = {model["id"]: model for model in gateway.get("/v1/models").json()["data"]}
    assert {"auto", "auto:cheap", "auto:fast", "auto:best", "auto:category", "sticky", "maths"} <= set(models)
    assert all(set(model) == {"id", "object", "created", "owned_by", "coterie"} for model in models.values())
    assert models["maths"]["coterie"]["abilities"] == {"math": 0.8, "default": 0.35}
    assert models["maths"]["coterie"]["context"] == 32000 and models["auto"]["coterie"]["kind"] == "virtual"
    assert gateway.get("/v1/models/maths").json() == models["maths"]
    assert all(gateway.ask(name).status_code == 200 for name in models)


def test_a_named_expert_is_asked_whatever_the_question(gateway: Running) -> None:
    assert gateway.ask("writing", EQUATION).json()["model"] == "writing"
    route = routed(gateway, EQUATION, model="writing")
    assert route["plan"]["experts"] == ["writing"]
    assert [(one["expert"], one["score"]) for one in route["decision"]["experts"]] == [("writing", None)]


def test_only_the_experts_wished_for_are_asked(gateway: Running) -> None:
    route = routed(gateway, EQUATION, coterie={"experts": ["code", "writing"]})
    assert set(route["plan"]["experts"]) == {"code", "writing"}
    assert {one["expert"]: one["reason"] for one in route["decision"]["dropped"]} == dict.fromkeys(
        ("general", "maths"), "not among the experts that were asked for"
    )


def test_a_policys_experts_bound_what_may_be_wished(gateway: Running) -> None:
    assert set(routed(gateway, EQUATION, model="narrow")["plan"]["experts"]) == {"code", "writing"}
    wished = routed(gateway, EQUATION, model="narrow", coterie={"experts": ["code", "maths"]})
    assert wished["plan"]["experts"] == ["code"]
    nobody = gateway.ask("narrow", EQUATION, coterie={"experts": ["maths"]})
    assert nobody.status_code == 400 and "maths: not among" in error_of(nobody)["message"]


@pytest.mark.parametrize(("model", "wishes"), [("auto:category", {}), ("auto", {"router": "category"})])
def test_a_router_can_be_chosen(gateway: Running, model: str, wishes: Json) -> None:
    route = routed(gateway, EQUATION, model=model, coterie=wishes)
    assert (first_of(route), route["decision"]["router"]) == ("maths", "category")


PRICED = """
version: 1
defaults: {provider: openai, base_url: 'URL'}
experts:
  - {name: free, model: free, abilities: {default: 0.5}}
  - {name: fair, model: fair, abilities: {default: 0.7}, price: {input_per_mtok: 1, output_per_mtok: 4}}
  - {name: dear, model: dear, abilities: {default: 0.9}, price: {input_per_mtok: 10, output_per_mtok: 40}}
policies:
  auto: {thrift: 0.0}
"""


def test_thrift_trades_quality_for_money(serve: Serve, upstream: Upstream) -> None:
    with serve(PRICED.replace("URL", upstream.url)) as running:
        by_model = {model: first_of(routed(running, EQUATION, model=model)) for model in ("auto:best", "auto:cheap")}
        by_wish = [first_of(routed(running, EQUATION, coterie={"thrift": t})) for t in (0.0, 0.5, 1.0)]
        within = routed(running, EQUATION, coterie={"thrift": 0.0, "max_cost_usd": 0.005})
    assert by_model == {"auto:best": "dear", "auto:cheap": "free"}
    assert by_wish == ["dear", "fair", "free"]
    assert first_of(within) == "fair"
    [dropped] = within["decision"]["dropped"]
    assert dropped["expert"] == "dear" and "more than max_cost_usd" in dropped["reason"]


def test_a_session_keeps_its_expert_as_far_as_the_policy_holds(gateway: Running) -> None:
    def asked(session: str, policy: str) -> list[str]:
        wishes = {"session": session}
        return [gateway.ask(policy, text, coterie=wishes).json()["model"] for text in (EQUATION, POEM, PROGRAM)]

    assert asked("s-1", "sticky") == ["maths", "maths", "maths"]
    assert asked("s-2", "fickle") == ["maths", "writing", "code"]
    assert "stays with maths" in routed(gateway, POEM, model="sticky", coterie={"session": "s-1"})["plan"]["reason"]
    assert first_of(routed(gateway, POEM, model="sticky", coterie={"session": "s-3"})) == "writing"
    assert first_of(routed(gateway, POEM, model="sticky")) == "writing"


def test_a_session_whose_expert_may_not_be_asked_goes_elsewhere(gateway: Running) -> None:
    wishes = {"session": "s-4"}
    assert gateway.ask("sticky", EQUATION, coterie=wishes).json()["model"] == "maths"
    without = {**wishes, "experts": ["code", "writing"]}
    assert gateway.ask("sticky", POEM, coterie=without).json()["model"] == "writing"
    assert gateway.ask("sticky", EQUATION, coterie=wishes).json()["model"] == "writing"


def test_a_stream_keeps_its_session_too(gateway: Running) -> None:
    assert gateway.ask("sticky", EQUATION, stream=True, coterie={"session": "s-5"}).status_code == 200
    assert first_of(routed(gateway, POEM, model="sticky", coterie={"session": "s-5"})) == "maths"


def test_sessions_of_two_tenants_do_not_meet(serve: Serve, upstream: Upstream) -> None:
    keys = {name: {"authorization": f"Bearer key-of-{name}"} for name in ("acme", "umbrella")}
    body = {"model": "sticky", "messages": [{"role": "user", "content": EQUATION}], "coterie": {"session": "s"}}
    with serve(POOL.replace("URL", upstream.url), api_keys="acme:key-of-acme,umbrella:key-of-umbrella") as running:
        assert running.post("/v1/chat/completions", body, headers=keys["acme"]).json()["model"] == "maths"
        body["messages"] = [{"role": "user", "content": POEM}]
        firsts = {name: first_of(running.post("/v1/route", body, headers=keys[name]).json()) for name in keys}
    assert firsts == {"acme": "maths", "umbrella": "writing"}


def test_a_tool_loop_stays_with_its_expert_in_streams_too(serve: Serve, upstream: Upstream) -> None:
    yaml = experts_yaml(upstream, "tools", "second", policies="auto: {explore: 1.0}")
    upstream.behave["second"] = upstream.behave["tools"]
    question = {"role": "user", "content": "weather?"}
    call = {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]}
    conversation = [question, call, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]
    with serve(yaml) as running:
        for _ in range(6):
            asked = running.ask("auto", stream=True).headers["x-coterie-model"]
            assert {first_of(routed(running, conversation)) for _ in range(4)} == {asked}


def test_names_may_have_slashes(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "org/model-1.5_b")) as running:
        assert running.ask("org/model-1.5_b").json()["model"] == "org/model-1.5_b"
        assert running.get("/v1/models/org/model-1.5_b").json()["id"] == "org/model-1.5_b"
        assert running.openai.models.retrieve("org/model-1.5_b").id == "org/model-1.5_b"


NEEDS: dict[str, Json] = {
    "images": {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]},
    "audio": {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
    "files": {"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]},
    "tools": {"tools": [{"type": "function", "function": {"name": "f"}}]},
    "json_schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}},
}


@pytest.fixture(scope="module")
def able(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An expert for each capability, and one that has none."""
    yaml = experts_yaml(office, "plain") + "".join(
        f"  - {{name: takes-{need}, model: m, supports: [{need}]}}\n" for need in NEEDS
    )
    with gateway_in(tmp_path_factory.mktemp("able"), yaml) as running:
        yield running


@pytest.mark.parametrize("need", NEEDS)
def test_what_an_expert_cannot_take_is_never_sent_there(able: Running, upstream: Upstream, need: str) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], **NEEDS[need]}
    route = able.post("/v1/route", body).json()
    assert route["plan"]["experts"] == [f"takes-{need}"] and route["features"]["needs"] == [need]
    dropped = {one["expert"]: one["reason"] for one in route["decision"]["dropped"]}
    assert dropped == dict.fromkeys(["plain", *(f"takes-{n}" for n in NEEDS if n != need)], f"does not take {need}")
    refused = able.post("/v1/chat/completions", {**body, "model": "plain"})
    assert (refused.status_code, error_of(refused)["code"]) == (400, "unsupported_by_expert")
    assert error_of(refused)["message"].endswith(f"plain: does not take {need}")


def test_needs_add_up(able: Running, upstream: Upstream) -> None:
    body = {"model": "auto", **NEEDS["images"], **NEEDS["tools"]}
    response = able.post("/v1/chat/completions", body)
    assert (response.status_code, error_of(response)["code"]) == (400, "unsupported_by_expert")
    assert "takes-images: does not take tools; takes-tools: does not take images" in error_of(response)[
        "message"
    ].replace("takes-audio: does not take images, tools; takes-files: does not take images, tools; ", "")
    assert upstream.received == []


def test_an_experts_context_is_weighed_before_it_is_asked(serve: Serve, upstream: Upstream) -> None:
    yaml = experts_yaml(upstream, "small", context=100) + "  - {name: large, model: large, context: 5000}\n"
    with serve(yaml) as running:
        short, long = routed(running, "word " * 10), routed(running, "word " * 1000)
    assert set(short["plan"]["experts"]) == {"small", "large"} and long["plan"]["experts"] == ["large"]
    assert "do not fit its context of 100" in long["decision"]["dropped"][0]["reason"]


def test_chance_draws_as_often_as_it_says(gateway: Running) -> None:
    drawn: dict[str, int] = {}
    for _ in range(120):
        plan = routed(gateway, EQUATION, model="curious")["plan"]
        drawn[plan["experts"][0]] = drawn.get(plan["experts"][0], 0) + 1
        assert plan["propensity"] == (0.625 if plan["experts"][0] == "maths" else 0.125)
    assert set(drawn) == {"general", "maths", "code", "writing"} and 50 <= drawn["maths"] <= 100


def test_the_chance_is_written_down(gateway: Running) -> None:
    for _ in range(4):
        response = gateway.ask("curious", EQUATION)
        record = gateway.get(f"/v1/decisions/{response.headers['x-coterie-decision']}").json()
        served = response.json()["model"]
        assert record["propensity"] == (0.625 if served == "maths" else 0.125)
        assert record["plan"]["experts"][0] == served
        assert {one["expert"] for one in record["estimates"]} == {"general", "maths", "code", "writing"}


LOGS = "2024-05-01 12:00:01 INFO service started on port 8080 and waiting for connections\n" * 400
LETTER = "Dear Sir or Madam, I write to you about the meeting that took place last Tuesday in the town hall. " * 300
SOURCE = "def handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n" * 400
PLACES = {"head": "{0}\n\n{1}", "tail": "{1}\n\n{0}"}


@pytest.mark.parametrize("question", EXPERT_FOR)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("tag", ["system-reminder", "environment_details", "context"])
def test_what_a_harness_puts_around_a_question_does_not_sway(
    gateway: Running, question: str, place: str, tag: str
) -> None:
    wrapped = f"<{tag}>\n{SOURCE[:30_000]}\n</{tag}>"
    route = routed(gateway, PLACES[place].format(question, wrapped))
    assert first_of(route) == EXPERT_FOR[question] and route["features"]["truncated"] is False


@pytest.mark.parametrize("question", EXPERT_FOR)
@pytest.mark.parametrize("place", PLACES)
def test_a_question_beside_pasted_logs_goes_to_its_expert_or_the_fallback(
    gateway: Running, question: str, place: str
) -> None:
    route = routed(gateway, PLACES[place].format(question, LOGS[:30_000]))
    assert first_of(route) in {EXPERT_FOR[question], "general"} and route["features"]["truncated"] is True


PASTED = [(EQUATION, SOURCE), (POEM, SOURCE), (PROGRAM, LETTER), (EQUATION, LETTER), (POEM, LOGS), (PROGRAM, LOGS)]


@pytest.mark.parametrize(("question", "pasted"), PASTED, ids=lambda text: text[:12])
@pytest.mark.parametrize("place", PLACES)
def test_what_was_pasted_does_not_outvote_the_question(
    gateway: Running, question: str, pasted: str, place: str
) -> None:
    route = routed(gateway, PLACES[place].format(question, pasted[:30_000]))
    assert first_of(route) == EXPERT_FOR[question]


APART = {"a line": "\n", "a fence": ":\n```\n", "dashes": "\n---\n", "Windows": "\r\n\r\n", "a blank": "\n \n"}


@pytest.mark.parametrize(("question", "pasted"), PASTED[:3], ids=lambda text: text[:12])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("apart", APART)
def test_what_was_pasted_does_not_outvote_the_question_however_they_are_set_apart(
    gateway: Running, question: str, pasted: str, place: str, apart: str
) -> None:
    content = PLACES[place].replace("\n\n", APART[apart]).format(question, pasted[:30_000])
    assert first_of(routed(gateway, content)) == EXPERT_FOR[question]


def test_system_prompts_and_tool_results_are_not_read(gateway: Running) -> None:
    conversation = [
        {"role": "system", "content": SOURCE[:3000]},
        {"role": "user", "content": POEM},
        {"role": "assistant", "content": PROGRAM * 20},
    ]
    assert first_of(routed(gateway, conversation)) == "writing"


def test_the_latest_turn_is_read_first(gateway: Running) -> None:
    long = [{"role": "user", "content": PROGRAM * 200}, {"role": "user", "content": POEM * 110}]
    route = routed(gateway, long)
    assert first_of(route) == "writing" and route["features"]["truncated"] is True


@pytest.mark.parametrize(("before", "question"), [(EQUATION, POEM), (PROGRAM, EQUATION), (PROGRAM, POEM)])
def test_after_a_change_of_subject_the_latest_turn_decides(gateway: Running, before: str, question: str) -> None:
    turns = [
        {"role": "user", "content": before},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": question},
    ]
    assert first_of(routed(gateway, turns)) in {EXPERT_FOR[question], "general"}


def test_the_parts_of_a_message_are_read_as_one(gateway: Running) -> None:
    parts = [{"type": "text", "text": half} for half in (EQUATION[:20], EQUATION[20:])]
    assert first_of(routed(gateway, [{"role": "user", "content": parts}])) == "maths"


def test_what_was_cut_is_said(gateway: Running) -> None:
    exact = "word " * (READ_CHARACTERS // 5)
    assert routed(gateway, exact)["features"]["truncated"] is False
    assert routed(gateway, exact + " and more")["features"]["truncated"] is True


# --- properties of the policy: pure, so held against anything it could be given

costs = st.integers(0, 10_000_000).map(lambda millionths: millionths / 1e6)
estimates = st.lists(
    st.builds(
        Estimate,
        expert=st.sampled_from("abcdefgh"),
        score=st.floats(0, 1),
        std=st.floats(0, 0.5),
        cost_usd=costs,
        latency_s=st.floats(0, 100),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda estimate: estimate.expert,
).map(tuple)
policies = st.builds(
    Policy,
    thrift=st.floats(0, 1),
    haste=st.floats(0, 1),
    caution=st.floats(0, 3),
    fallback=st.none() | st.sampled_from("abcdefgh"),
    max_calls=st.integers(1, 10),
    max_cost_usd=st.none() | st.floats(0, 10),
    deadline_s=st.floats(0.1, 1000),
    explore=st.floats(0, 1),
    switch_margin=st.floats(0, 1),
)
wishes = st.builds(
    Wishes,
    thrift=st.none() | st.floats(0, 1),
    max_cost_usd=st.none() | st.floats(0, 10),
    max_calls=st.none() | st.integers(1, 20),
    deadline_s=st.none() | st.floats(0.1, 2000),
)


class Drawn(random.Random):
    """Draws what it was told to."""

    def __init__(self, explores: bool, place: int) -> None:
        super().__init__(0)
        self._explores, self._place = explores, place

    def random(self) -> float:
        return 0.0 if self._explores else 1.0

    def choice(self, seq: Any) -> Any:
        return seq[self._place % len(seq)]


def planned(
    estimates: tuple[Estimate, ...],
    policy: Policy,
    wishes: Wishes,
    *,
    sure: bool = True,
    pinned: str | None = None,
    locked: bool = False,
    random_: random.Random | None = None,
) -> Plan:
    decision = Decision(Estimates.rows(estimates), (), "category", "v1", 0.5, sure, None, "because")
    situation = Situation(reference_of(estimates), pinned=pinned, locked=locked)
    return plan_for(decision, policy, "auto", wishes, situation, random_ or Drawn(False, 0))


def reference_of(estimates: tuple[Estimate, ...]) -> float:
    return max(estimate.cost_usd for estimate in estimates)


def worth(estimates: tuple[Estimate, ...], policy: Policy, wishes: Wishes) -> Mapping[str, float]:
    rows, rates = Estimates.rows(estimates), rates_for(policy, wishes, reference_of(estimates))
    return dict(zip(rows.experts, utilities(rows, rates).tolist(), strict=True))


@given(estimates, policies, wishes)
def test_experts_stand_in_the_order_of_their_utility(estimates: Any, policy: Policy, wishes: Wishes) -> None:
    plan = planned(estimates, policy, wishes)
    utility = worth(estimates, policy, wishes)
    assert sorted(plan.experts) == sorted(utility)
    in_order = [utility[expert] for expert in plan.experts]
    assert in_order == pytest.approx(sorted(utility.values(), reverse=True), abs=1e-8)


@given(estimates, policies)
def test_at_full_thrift_the_cheapest_goes_first(estimates: Any, policy: Policy) -> None:
    calm = policy.model_copy(update={"haste": 0.0})
    first = planned(estimates, calm, Wishes(thrift=1.0)).experts[0]
    cost = {estimate.expert: estimate.cost_usd for estimate in estimates}
    assert cost[first] == min(cost.values())


@given(estimates, policies)
def test_without_thrift_and_haste_the_best_goes_first(estimates: Any, policy: Policy) -> None:
    calm = policy.model_copy(update={"haste": 0.0, "caution": 0.0})
    first = planned(estimates, calm, Wishes(thrift=0.0)).experts[0]
    score = {estimate.expert: estimate.score for estimate in estimates}
    assert score[first] == pytest.approx(max(score.values()), abs=1e-8)


def test_of_experts_worth_the_same_the_cheaper_goes_first_whatever_the_last_bit_says() -> None:
    alike = (Estimate("dear", 0.5 + 1e-16, 0.1, 2.0, 1), Estimate("dearer", 0.5 + 2e-16, 0.1, 3.0, 1))
    pair = (*alike, Estimate("cheap", 0.5, 0.1, 1.0, 1))
    assert planned(pair, Policy(thrift=0), Wishes()).experts == ("cheap", "dear", "dearer")


@given(estimates, st.lists(st.integers(0, 100), min_size=2, max_size=6))
def test_more_thrift_never_costs_more(estimates: Any, knobs: list[int]) -> None:
    cost = {estimate.expert: estimate.cost_usd for estimate in estimates}
    paid = [cost[planned(estimates, Policy(), Wishes(thrift=knob / 100)).experts[0]] for knob in sorted(knobs)]
    assert paid == sorted(paid, reverse=True)


@given(estimates, policies, wishes, st.booleans(), st.none() | st.sampled_from("abcdefgh"))
def test_chances_add_up_to_one(estimates: Any, policy: Policy, wishes: Wishes, sure: bool, pinned: str | None) -> None:
    names = {estimate.expert for estimate in estimates}
    plans = [planned(estimates, policy, wishes, sure=sure, pinned=pinned)]
    explores = policy.explore > 0 and pinned not in names
    plans += [
        planned(estimates, policy, wishes, sure=sure, pinned=pinned, random_=Drawn(True, place))
        for place in range(len(names) if explores else 0)
    ]
    chance = {plan.experts[0]: plan.propensity for plan in plans}
    assert sum(chance.values()) == pytest.approx(1.0)
    assert all(0 < one <= 1 for one in chance.values() if policy.explore > 1e-9)
    assert all(sorted(plan.experts) == sorted(names) for plan in plans)


@given(policies, wishes)
def test_nobody_wishes_a_limit_away(policy: Policy, wishes: Wishes) -> None:
    limits = limits_for(policy, wishes)
    assert limits.calls <= policy.max_calls and limits.calls <= (wishes.max_calls or limits.calls)
    assert limits.seconds <= policy.deadline_s and limits.seconds <= (wishes.deadline_s or limits.seconds)
    for bound in (policy.max_cost_usd, wishes.max_cost_usd):
        assert bound is None or (limits.cost_usd is not None and limits.cost_usd <= bound)


@given(estimates, policies, wishes, st.booleans())
def test_a_conversation_that_cannot_move_does_not(estimates: Any, policy: Policy, wishes: Wishes, sure: bool) -> None:
    pinned = estimates[-1].expert
    plan = planned(estimates, policy, wishes, sure=sure, pinned=pinned, locked=True, random_=Drawn(True, 0))
    assert (plan.experts[0], plan.propensity) == (pinned, 1.0)


@given(estimates, policies, wishes)
def test_a_session_moves_only_for_enough(estimates: Any, policy: Policy, wishes: Wishes) -> None:
    pinned = estimates[-1].expert
    first = planned(estimates, policy, wishes, pinned=pinned).experts[0]
    utility = worth(estimates, policy, wishes)
    gain = max(utility.values()) - utility[pinned]
    assert first == pinned if gain < policy.switch_margin else utility[first] == pytest.approx(max(utility.values()))


@given(estimates, policies, wishes)
def test_where_the_router_is_not_sure_the_fallback_goes_first(estimates: Any, policy: Policy, wishes: Wishes) -> None:
    careful = policy.model_copy(update={"fallback": estimates[-1].expert, "explore": 0.0})
    assert planned(estimates, careful, wishes, sure=False).experts[0] == careful.fallback


def test_the_default_thrift_means_what_the_documentation_says() -> None:
    def first(better: float) -> str:
        pair = (Estimate("free", 0.5, 0.1, 0.0, 1), Estimate("dear", 0.5 + better, 0.1, 1.0, 1))
        return planned(pair, Policy(thrift=DEFAULT_THRIFT), Wishes()).experts[0]

    assert (first(0.18), first(0.19)) == ("free", "dear")


# --- properties of what routers see

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
parts = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "image_url", "input_audio", "file", "odd"])},
        optional={"text": texts | st.none()},
    ),
    max_size=4,
)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant", "tool", "odd"])},
        optional={
            "content": texts | parts | st.none(),
            "tool_calls": st.lists(st.just({"id": "c"}), max_size=2) | st.none(),
            "tool_call_id": texts,
        },
    ),
    min_size=1,
    max_size=6,
)
bodies = st.fixed_dictionaries(
    {"model": st.just("auto"), "messages": messages},
    optional={
        "n": st.none() | st.integers(1, 128),
        "max_tokens": st.none() | st.integers(0, 2**63),
        "tools": st.none() | st.lists(st.just({"type": "function"}), max_size=2),
        "modalities": st.none() | st.lists(st.sampled_from(["text", "audio"]), max_size=2),
        "response_format": st.none() | st.fixed_dictionaries({"type": st.sampled_from(["json_schema", "text"])}),
    },
)


@given(bodies, st.booleans())
def test_whatever_is_let_in_has_features(body: Json, read: bool) -> None:
    taken, _ = read_chat(orjson.dumps(body), {}, 2048)
    features = features_of(Query("dec_1", "auto", taken), read=read)
    assert taken == body
    assert features.input_tokens >= 4 * len(body["messages"]) and features.output_tokens >= 0
    assert features.needs <= set(get_args(Capability))
    assert read or features.text == ""


@given(st.lists(st.tuples(st.sampled_from(["user", "system"]), texts), max_size=6), st.integers(1, 400))
def test_the_latest_turn_is_read_as_far_as_there_is_room(turns: list[tuple[str, str]], room: int) -> None:
    said = [text.strip() for role, text in turns if role == "user" and text.strip()]
    assume(said and not any("</" in text for text in said))
    text, truncated = judged_text([{"role": role, "content": text} for role, text in turns], room)
    assert len(text) <= room + len(" … ") + 2
    assert truncated or text.startswith(said[-1])
    assert truncated or len(said[-1]) <= room
    assert all(line in "\n".join(reversed(said)) for line in text.split(" … "))


@given(texts, st.integers(1, 400))
def test_of_what_is_too_long_both_ends_are_kept(text: str, room: int) -> None:
    kept = head_and_tail(text, room)
    if len(text) <= room:
        assert kept == text
    else:
        head, tail = kept.split(" … ")[0], kept.split(" … ")[-1]
        assert text.startswith(head) and text.endswith(tail) and len(kept) <= max(room, 2) + 3


@given(st.sampled_from(ENVELOPES), texts, st.from_regex(r"[a-z]([a-z ?]*[a-z])?", fullmatch=True), st.booleans())
def test_envelopes_are_taken_off(tag: str, inner: str, question: str, before: bool) -> None:
    assume("</" not in inner)
    envelope = f"<{tag}>{inner}</{tag}>"
    content = f"{envelope}\n{question}" if before else f"{question}\n{envelope}"
    assert spoken({"role": "user", "content": content}) == question


@settings(max_examples=20)
@given(st.sampled_from(ENVELOPES), texts)
def test_where_nothing_else_is_left_the_envelope_is_read(tag: str, inner: str) -> None:
    envelope = f"<{tag}>{inner}</{tag}>"
    assert spoken({"role": "user", "content": envelope}) == envelope
