"""/v1/batches: begin one, look at it, cancel it, as OpenAI's clients do."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints, ValidationError

from gateway.batches.archive import Archive
from gateway.batches.runner import Runner
from gateway.batches.types import Batch, Share
from gateway.door import Door
from gateway.errors import BadRequest, NotFound
from gateway.store.pages import Page
from gateway.types import Json
from gateway.wire.batch_line import CHAT, ENDPOINTS
from gateway.wire.body import read_body
from gateway.wire.chat import Shape, invalid, read_json
from gateway.wire.exchange import new_id
from gateway.wire.files import SECONDS, After, list_json
from gateway.wire.openapi import BATCH_BODY, ERRORS

WINDOW = re.compile(r"([1-9][0-9]{0,3})([mhd])")
UNIT_S = {"m": 60, "h": 3600, "d": 86_400}
MOMENTS = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


class ExpiresAfter(Shape):
    """How long the output is to be kept."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=SECONDS[0], le=SECONDS[1])]


class NewBatch(Shape):
    """What a batch is begun with."""

    input_file_id: Annotated[str, Field(min_length=1, max_length=128)]
    endpoint: str
    completion_window: str
    metadata: (
        Annotated[
            dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
            Field(max_length=16),
        ]
        | None
    ) = None
    output_expires_after: ExpiresAfter | None = None


def batch_routes(door: Door, archive: Archive, runner: Runner) -> APIRouter:
    """The routes over one archive; everyone sees their own batches."""
    routes = APIRouter(responses=ERRORS)

    @routes.post("/v1/batches", summary="Have every line of a file answered", openapi_extra=BATCH_BODY)
    async def create(request: Request) -> Json:
        tenant = door.tenant_of(request.headers)
        raw = await read_body(request.receive, door.settings.max_body_bytes, door.settings.body_timeout_s)
        batch = await asyncio.to_thread(_created, _read(raw), tenant, archive)
        runner.wake()
        return batch_json(batch)

    @routes.get("/v1/batches", summary="Your batches, the newest first")
    async def batches(request: Request, after: After = None, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Json:
        tenant = door.tenant_of(request.headers)
        found, more = await asyncio.to_thread(archive.batches.page, tenant, Page(after, limit))
        return list_json([batch_json(batch) for batch in found], more)

    @routes.get("/v1/batches/{id}", summary="How far a batch is")
    async def batch(id: str, request: Request) -> Json:
        return batch_json(await asyncio.to_thread(archive.batches.find, id, door.tenant_of(request.headers)))

    @routes.post("/v1/batches/{id}/cancel", summary="Go no further; what is done is kept")
    async def cancel(id: str, request: Request) -> Json:
        found = await asyncio.to_thread(archive.batches.cancel, id, door.tenant_of(request.headers))
        runner.cancelled(found.id)
        runner.wake()
        return batch_json(found)

    return routes


def _read(raw: bytes) -> NewBatch:
    try:
        given = NewBatch.model_validate(read_json(raw))
    except ValidationError as error:
        raise invalid(error) from None
    if given.endpoint not in ENDPOINTS:
        raise BadRequest(f"endpoint: {given.endpoint[:80]!r} is not served; allowed is {CHAT}", param="endpoint")
    return given


def _created(given: NewBatch, tenant: str, archive: Archive) -> Batch:
    window_s = _window_s(given.completion_window)
    try:
        file = archive.files.find(given.input_file_id, tenant)
    except NotFound as error:
        raise BadRequest(f"input_file_id: {error.message}", param="input_file_id") from None
    if file.purpose != "batch":
        raise BadRequest(f"input_file_id: {file.id} was uploaded for {file.purpose}, not for batch")
    now, keep = time.time(), given.output_expires_after
    batch = Batch(
        id=new_id("batch_"),
        tenant=tenant,
        status="validating",
        endpoint=given.endpoint,
        input_file_id=file.id,
        completion_window=given.completion_window,
        created_at=now,
        expires_at=now + window_s,
        labels=given.metadata or {},
        keep_output_s=None if keep is None else keep.seconds,
    )
    archive.batches.add(batch)
    return batch


def _window_s(window: str) -> float:
    found = WINDOW.fullmatch(window)
    if found is None:
        raise BadRequest("completion_window: must be such as 24h, 30m or 7d", param="completion_window")
    return float(int(found.group(1)) * UNIT_S[found.group(2)])


def batch_json(batch: Batch) -> Json:
    """OpenAI's batch object; what is ours stands under `coterie`."""
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "errors": _errors(batch),
        "input_file_id": batch.input_file_id,
        "completion_window": batch.completion_window,
        "status": batch.status,
        "output_file_id": batch.output_file_id,
        "error_file_id": batch.error_file_id,
        "created_at": int(batch.created_at),
        "expires_at": None if batch.expires_at is None else int(batch.expires_at),
        **{f"{name}_at": _seconds(batch.moments.get(name)) for name in MOMENTS},
        "request_counts": {
            "total": batch.counts.total,
            "completed": batch.counts.completed,
            "failed": batch.counts.failed,
        },
        "usage": _usage(batch),
        "metadata": batch.labels or None,
        "coterie": {"cost_usd": batch.spent.cost_usd, "experts": [share_json(share) for share in batch.shares]},
    }


def share_json(share: Share) -> Json:
    """What one expert did; `expert` is null for lines that nobody answered."""
    return {
        "expert": share.expert or None,
        "lines": share.lines,
        "errors": share.errors,
        "input_tokens": share.spent.input_tokens,
        "output_tokens": share.spent.output_tokens,
        "cost_usd": share.spent.cost_usd,
    }


def _errors(batch: Batch) -> Json | None:
    if batch.complaint is None:
        return None
    said = {"code": batch.complaint.code, "message": batch.complaint.message, "line": None, "param": None}
    return {"object": "list", "data": [said]}


def _usage(batch: Batch) -> dict[str, Any]:
    """The sums; of what kinds the tokens were is in each line's own usage."""
    spent = batch.spent
    return {
        "input_tokens": spent.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": spent.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": spent.input_tokens + spent.output_tokens,
    }


def _seconds(moment: float | None) -> int | None:
    return None if moment is None else int(moment)
