"""Whatever the document allows and whatever it forbids: no surprise, and every error in the one shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.conftest import Running, Serve, experts_yaml
from tests.upstream import Upstream

EXPECTED_5XX = {502, 503, 504}
MODELS = ("first", "tools", "auto", "auto:cheap", "nobody")
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.fixture
def running(serve: Serve, upstream: Upstream) -> Iterator[Running]:
    with ExitStack() as stack:
        yield stack.enter_context(
            serve(experts_yaml(upstream, "first", "tools", supports=["tools"]), admin_key="a" * 16)
        )


def one_shape(body: object) -> bool:
    """{"error": {"message", "type", "param", "code"}} and nothing else."""
    if not isinstance(body, dict) or set(body) != {"error"}:
        return False
    error = body["error"]
    return set(error) == {"message", "type", "param", "code"} and bool(error["message"]) and bool(error["code"])


def judge(case: schemathesis.Case) -> None:
    """One request, and what must hold of its response. A model that would exist by chance alone is one that does."""
    if isinstance(case.body, dict) and isinstance(case.body.get("model"), str):
        case.body["model"] = MODELS[len(case.body["model"]) % len(MODELS)]
    response = case.call()
    assert response.status_code < 500 or response.status_code in EXPECTED_5XX, response.text
    if response.status_code >= 400:
        assert one_shape(response.json()), response.text
    case.validate_response(response, checks=[status_code_conformance, response_schema_conformance])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
def test_nothing_that_is_sent_brings_a_surprise(running: Running, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_url(f"{running.url}/openapi.json")
    operations = [found.ok() for found in document.get_all_operations()]
    tried = [operation.label for operation in operations if tries(operation, mode)]
    assert len(tried) >= 3, tried
    assert "POST /v1/chat/completions" in tried


def tries(operation: schemathesis.schemas.APIOperation, mode: GenerationMode) -> bool:
    """Judge a few requests; False where nothing forbidden can be sent, since the operation takes nothing."""

    @FEW
    @given(operation.as_strategy(generation_mode=mode))
    def each(case: schemathesis.Case) -> None:
        judge(case)

    try:
        each()
    except Unsatisfiable:
        return False
    return True


def test_the_document_names_every_endpoint(running: Running) -> None:
    paths = running.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/{name}",
        "/v1/route",
        "/v1/decisions/{id}",
        "/v1/feedback",
        "/v1/files",
        "/v1/files/{id}",
        "/v1/files/{id}/content",
        "/v1/batches",
        "/v1/batches/{id}",
        "/v1/batches/{id}/cancel",
        "/health",
        "/ready",
        "/metrics",
        "/admin/reload",
    }


def test_the_document_is_the_docs(running: Running) -> None:
    page = (Path(__file__).parent.parent / "docs" / "api.md").read_text()
    for path in running.get("/openapi.json").json()["paths"]:
        bare = path.replace("{name}", "{id}").removeprefix("/v1") if path.startswith("/v1/models/") else path
        assert bare in page, f"docs/api.md does not name {path}"
