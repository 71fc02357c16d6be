"""Documents where they help, and only there: a real server over a real store, read by the encoder that comes along."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from gateway.retrieval.adding import Wanted, add
from gateway.retrieval.progress import Tally
from gateway.retrieval.store import Store
from tests.conftest import Running, Serve, error_of, experts_yaml, gateway_in, metric
from tests.upstream import Upstream, says

ARCHIVE = """# The archive of Veltmark

## Founding
The archive of Veltmark was founded in 1783 by the ship builder Tamsin Orrel, who gave her house to it.

## Opening hours
The archive of Veltmark is open from Tuesday to Friday, from 9:40 to 16:15.
"""
SECRET = "# The vault of Osmere\nThe vault of Osmere opens with the words 'seven grey herons'.\n"
FOUNDED = "Who founded the archive of Veltmark?"
VAULT = "With which words does the vault of Osmere open?"
KNOWLEDGE = "\nknowledge: {store: knowledge}\n"
TENANTS = {"api_keys": "acme:acme-key-123,umbrella:umbrella-key-1"}


def put(folder: Path, text: str, collection: str = "documents", *tenants: str) -> None:
    """One file into the store beside experts.yaml."""
    file = folder / f"{collection}.md"
    file.write_text(text)
    store = Store(folder / "knowledge")
    with store.writing(print):
        asyncio.run(add(store, [str(file)], Wanted(collection, tenants), Tally(Console(file=StringIO()), every=False)))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with everybody's archive and a vault of acme's; tests copy it."""
    folder = tmp_path_factory.mktemp("store")
    put(folder, ARCHIVE)
    put(folder, SECRET, "vault", "acme")
    return folder


@pytest.fixture
def running(filled: Path, tmp_path: Path, upstream: Upstream) -> Iterator[Running]:
    shutil.copytree(filled / "knowledge", tmp_path / "knowledge")
    upstream.behave["scholar"] = says("Tamsin Orrel")
    with gateway_in(tmp_path, experts_yaml(upstream, "scholar") + KNOWLEDGE, **TENANTS) as found:
        yield found


def ask(running: Running, text: str, key: str = "umbrella-key-1", model: str = "auto", **wishes: object):
    body = {"model": model, "messages": [{"role": "user", "content": text}], "coterie": wishes}
    return running.post("/v1/chat/completions", body, headers={"authorization": f"Bearer {key}"})


def account(response) -> dict[str, object]:
    assert response.status_code == 200, response.text
    return response.json()["coterie"]


def test_documents_go_with_the_question_that_needs_them_and_with_no_other(running: Running, upstream: Upstream) -> None:
    assert account(ask(running, FOUNDED))["retrieved"] is True
    assert "founded in 1783 by the ship builder" in upstream.received[-1]["messages"][-1]["content"]
    for common in ("What is the capital of France?", "What is 12 * 12?", "Write a haiku about rivers."):
        assert account(ask(running, common))["retrieved"] is False
        assert upstream.received[-1]["messages"] == [{"role": "user", "content": common}]


def test_the_caller_may_have_it_his_way(running: Running, upstream: Upstream) -> None:
    assert account(ask(running, FOUNDED, retrieve="never"))["retrieved"] is False
    said = account(ask(running, "What is the capital of France?", retrieve="always"))
    assert said["retrieved"] is True and said["sources"]
    assert account(ask(running, FOUNDED, model="scholar"))["retrieved"] is False, "an expert by name is asked as it is"
    assert account(ask(running, FOUNDED, model="scholar", retrieve="auto"))["retrieved"] is True


def test_rag_is_an_address_of_its_own(running: Running) -> None:
    assert "auto:rag" in [model.id for model in models(running)]
    said = ask(running, FOUNDED, model="auto:rag")
    assert account(said)["retrieved"] is True


def models(running: Running):
    return running.openai.with_options(api_key="acme-key-123").models.list()


def test_a_tenant_never_sees_what_another_has_put_in(running: Running, upstream: Upstream) -> None:
    assert "seven grey herons" in ask_and_see(running, upstream, VAULT, "acme-key-123")
    for wishes in ({}, {"retrieve": "always"}):
        assert "heron" not in ask_and_see(running, upstream, VAULT, "umbrella-key-1", **wishes)
    refused = ask(running, VAULT, collections=["vault"])
    said = error_of(refused)["message"]
    assert refused.status_code == 400 and "no collection of documents is called 'vault'. Yours are: documents" in said


def ask_and_see(running: Running, upstream: Upstream, text: str, key: str, **wishes: object) -> str:
    """What the expert was sent."""
    account(ask(running, text, key, **wishes))
    return str(upstream.received[-1]["messages"])


def test_only_the_collections_that_are_wished_for_are_searched(running: Running, upstream: Upstream) -> None:
    sent = ask_and_see(running, upstream, FOUNDED, "acme-key-123", collections=["vault"], retrieve="always")
    assert "1783" not in sent


def test_what_documents_cost_counts(filled: Path, tmp_path: Path, upstream: Upstream) -> None:
    shutil.copytree(filled / "knowledge", tmp_path / "knowledge")
    dear = {"price": {"input_per_mtok": 100.0, "output_per_mtok": 0.0}}
    with gateway_in(tmp_path, experts_yaml(upstream, "scholar", **dear) + KNOWLEDGE) as found:
        assert account(ask(found, FOUNDED, thrift=0.0))["retrieved"] is True
        assert account(ask(found, FOUNDED, thrift=0.9))["retrieved"] is False, "not worth its tokens"
        assert account(ask(found, FOUNDED, thrift=0.0, max_cost_usd=0.004))["retrieved"] is False, (
            "not within the limit"
        )


def test_expert_and_documents_are_chosen_together(filled: Path, tmp_path: Path, upstream: Upstream) -> None:
    """The better expert has no room for documents; with them the other one knows more."""
    shutil.copytree(filled / "knowledge", tmp_path / "knowledge")
    experts = (
        experts_yaml(upstream, "small", "large")
        .replace("{name: small, model: small}", "{name: small, model: small, context: 128, abilities: {default: 0.6}}")
        .replace("{name: large, model: large}", "{name: large, model: large, abilities: {default: 0.5}}")
    )
    with gateway_in(tmp_path, experts + KNOWLEDGE) as found:
        assert found_by(found, FOUNDED, retrieve="never") == "small"
        assert found_by(found, FOUNDED) == "large"


def found_by(running: Running, text: str, **wishes: object) -> str:
    response = ask(running, text, **wishes)
    account(response)
    return response.json()["model"]


def test_a_store_that_comes_later_is_found_without_a_restart(serve: Serve, tmp_path: Path, upstream: Upstream) -> None:
    upstream.behave["scholar"] = says("Tamsin Orrel")
    with serve(experts_yaml(upstream, "scholar") + KNOWLEDGE) as found:
        assert account(ask(found, FOUNDED))["retrieved"] is False
        refused = ask(found, FOUNDED, retrieve="always")
        assert refused.status_code == 400 and "`coterie knowledge add`" in error_of(refused)["message"]
        put(tmp_path, ARCHIVE)
        assert account(ask(found, FOUNDED))["retrieved"] is True


def test_a_store_that_breaks_costs_the_documents_and_not_the_answer(running: Running, tmp_path: Path) -> None:
    for table in (tmp_path / "knowledge").glob("*.lance"):
        shutil.rmtree(table)
    assert account(ask(running, FOUNDED))["retrieved"] is False
    said = ask(running, FOUNDED, retrieve="always")
    assert said.status_code in {200, 503}
    if said.status_code == 503:
        assert error_of(said)["code"] == "knowledge_unavailable"


def test_without_knowledge_in_the_file_documents_are_refused_in_one_line(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "scholar")) as found:
        assert "experts.yaml names none (`knowledge`)" in error_of(ask(found, "hi", retrieve="always"))["message"]
        assert "needs `knowledge` in experts.yaml" in error_of(ask(found, "hi", model="auto:rag"))["message"]
        assert account(ask(found, "hi"))["retrieved"] is False


def test_what_is_looked_up_is_counted(running: Running) -> None:
    for text in (FOUNDED, "What is the capital of France?"):
        account(ask(running, text))
    assert metric(running, 'coterie_documents_total{outcome="read"}') == 1.0
    assert metric(running, "coterie_search_seconds_count") in {1.0, 2.0}, (
        "where no document could pay none is looked for"
    )


def test_a_tool_loop_goes_on_with_what_it_began_with(running: Running, upstream: Upstream) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": FOUNDED},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "nothing"},
    ]
    body = {"model": "auto", "messages": messages}
    response = running.post("/v1/chat/completions", body, headers={"authorization": "Bearer acme-key-123"})
    assert account(response)["retrieved"] is False and upstream.received[-1]["messages"] == messages


def test_where_it_is_a_close_thing_the_expert_is_asked_whether_it_knows(
    filled: Path, tmp_path: Path, upstream: Upstream
) -> None:
    shutil.copytree(filled / "knowledge", tmp_path / "knowledge")
    with gateway_in(tmp_path, experts_yaml(upstream, "scholar") + KNOWLEDGE) as found:
        body = {"model": "auto", "messages": [{"role": "user", "content": FOUNDED}]}
        [weighed] = found.post("/v1/route", body).json()["decision"]["retrieval"]["experts"]
    close = weighed["documented"] - weighed["without"] - 0.001
    policy = f"auto: {{ask_itself: true, least_benefit: {close:.4f}}}"
    upstream.behave["scholar"] = says("yes")
    with gateway_in(tmp_path, experts_yaml(upstream, "scholar", policies=policy) + KNOWLEDGE) as found:
        said = account(ask(found, FOUNDED))
    assert said["experts"] == ["scholar", "scholar"] and said["retrieved"] is False
    assert "yes or no" in upstream.received[-2]["messages"][-1]["content"]
