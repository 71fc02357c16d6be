"""/v1/files: what batches are read from and written to, as OpenAI's clients send, list and fetch it."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse

from gateway.batches.archive import Archive
from gateway.batches.types import File
from gateway.door import Door
from gateway.errors import BadRequest, NotFound
from gateway.store.pages import Page
from gateway.types import Json
from gateway.wire.exchange import new_id
from gateway.wire.multipart import Form
from gateway.wire.openapi import ERRORS, UPLOAD_BODY
from gateway.wire.upload import on_disk, receive_file

LONGEST_NAME = 255
SECONDS = (3600, 2_592_000)
"""How long a file may be asked to be kept: an hour to thirty days, as at OpenAI."""

After = Annotated[str | None, Query(max_length=128)]
Order = Literal["asc", "desc"]


def file_routes(door: Door, archive: Archive) -> APIRouter:
    """The routes over one archive; everyone sees their own files."""
    routes = APIRouter(responses=ERRORS)
    _add_upload(routes, door, archive)
    _add_reading(routes, door, archive)
    return routes


def _add_upload(routes: APIRouter, door: Door, archive: Archive) -> None:
    @routes.post("/v1/files", summary="Keep a file of requests for batches", openapi_extra=UPLOAD_BODY)
    async def upload(request: Request) -> Json:
        tenant = door.tenant_of(request.headers)
        form = Form(request.headers.get("content-type", ""))
        id = new_id("file-")
        part = await on_disk(archive.folder.create, id)
        try:
            limit, seconds = door.settings.max_file_bytes, door.settings.body_timeout_s
            await receive_file(request.receive, form, part, limit, seconds)
            file = _file(form, id, tenant, part.size)
            await on_disk(part.keep)
        finally:
            part.drop()
        await asyncio.to_thread(archive.files.add, file)
        return file_json(file)


def _add_reading(routes: APIRouter, door: Door, archive: Archive) -> None:
    @routes.get("/v1/files", summary="Your files, the newest first")
    async def files(
        request: Request,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
        order: Order = "desc",
        purpose: Annotated[str | None, Query(max_length=64)] = None,
    ) -> Json:
        tenant = door.tenant_of(request.headers)
        wanted = Page(after, limit, order == "asc")
        found, more = await asyncio.to_thread(archive.files.page, tenant, wanted, purpose)
        return list_json([file_json(file) for file in found], more)

    @routes.get("/v1/files/{id}", summary="One file, without its bytes")
    async def file(id: str, request: Request) -> Json:
        return file_json(await asyncio.to_thread(archive.files.find, id, door.tenant_of(request.headers)))

    @routes.get("/v1/files/{id}/content", summary="The bytes of a file", response_class=FileResponse)
    async def content(id: str, request: Request) -> FileResponse:
        found = await asyncio.to_thread(archive.files.find, id, door.tenant_of(request.headers))
        path = archive.folder.at(found.id)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound(f"The bytes of {found.id} are not in the folder of this gateway (COTERIE_FILES_DIR).")
        return FileResponse(path, media_type="application/octet-stream", filename=found.filename)

    @routes.delete("/v1/files/{id}", summary="Forget a file")
    async def delete(id: str, request: Request) -> Json:
        await asyncio.to_thread(archive.files.remove, id, door.tenant_of(request.headers))
        await asyncio.to_thread(archive.folder.remove, id)
        return {"id": id, "object": "file", "deleted": True}


def _file(form: Form, id: str, tenant: str, size: int) -> File:
    """What the form says of its file; BadRequest where something is missing or wrong."""
    if form.filename is None:
        raise BadRequest("file: the form holds no file", param="file")
    if form.fields.get("purpose") != "batch":
        raise BadRequest("purpose: must be 'batch'; files are for batches here", param="purpose")
    if not size:
        raise BadRequest("file: the file is empty", param="file")
    now = time.time()
    keep_s = _keep_s(form.fields)
    name = form.filename.strip()[-LONGEST_NAME:] or "batch.jsonl"
    return File(id, tenant, "batch", name, size, now, None if keep_s is None else now + keep_s)


def _keep_s(fields: dict[str, str]) -> int | None:
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    least, most = SECONDS
    if anchor != "created_at":
        raise BadRequest("expires_after.anchor: must be 'created_at'", param="expires_after.anchor")
    if seconds is None or not seconds.isdecimal() or not least <= int(seconds[:12]) <= most:
        raise BadRequest(
            f"expires_after.seconds: must be a number from {least} to {most}", param="expires_after.seconds"
        )
    return int(seconds)


def file_json(file: File) -> Json:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size,
        "created_at": int(file.created_at),
        "expires_at": None if file.expires_at is None else math.ceil(file.expires_at),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def list_json(objects: list[Any], more: bool) -> Json:
    """A page of things that have ids."""
    first, last = (objects[0]["id"], objects[-1]["id"]) if objects else (None, None)
    return {"object": "list", "data": objects, "first_id": first, "last_id": last, "has_more": more}
