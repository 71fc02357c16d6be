"""Files: kept byte for byte, seen by their tenant alone, never half of one."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import openai
import pytest

from tests.batches.build import RowsIn, begin, ended, jsonl, line, parsed, upload
from tests.conftest import Running, Serve, error_of, experts_yaml, until
from tests.upstream import Upstream

ACME, UMBRELLA = "acme-key-1", "umbrella-key-1"
PART = b'--b\r\ncontent-disposition: form-data; name="file"\r\n\r\n'
KEYS = f"acme:{ACME},umbrella:{UMBRELLA}"


def client_of(running: Running, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{running.url}/v1", api_key=key, max_retries=0, timeout=30)


def test_a_file_comes_back_as_it_was_sent(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000 + b"\r\n--boundary\r\n"
    with serve(experts_yaml(upstream, "first")) as running:
        client = running.openai
        file = client.files.create(file=("nächte.jsonl", content), purpose="batch")
        assert (file.filename, file.bytes, file.purpose, file.status) == (
            "nächte.jsonl",
            len(content),
            "batch",
            "processed",
        )
        assert client.files.retrieve(file.id) == file
        assert client.files.content(file.id).content == content
        assert [one.id for one in client.files.list()] == [file.id]
        assert (tmp_path / "files" / file.id).read_bytes() == content
        assert client.files.delete(file.id).deleted
        with pytest.raises(openai.NotFoundError, match="There is no file"):
            client.files.content(file.id)
    assert list((tmp_path / "files").iterdir()) == []


def test_files_are_listed_a_page_at_a_time(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        client = running.openai
        ids = [upload(client, b"x", f"{n}.jsonl") for n in range(5)]
        assert [one.id for one in client.files.list(limit=2)] == ids[::-1]
        assert [one.id for one in client.files.list(limit=2, order="asc")] == ids
        page = client.files.list(limit=2, after=ids[2])
        assert [one.id for one in page.data] == [ids[1], ids[0]] and not page.has_more
        assert client.files.list(purpose="batch_output").data == []


def test_a_tenant_sees_nothing_of_anothers(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first"), api_keys=KEYS) as running:
        ours, theirs = client_of(running, ACME), client_of(running, UMBRELLA)
        id = begin(ours, jsonl(line("a")))
        batch = ended(ours, id)
        for file in (batch.input_file_id, batch.output_file_id):
            for act in (theirs.files.retrieve, theirs.files.content, theirs.files.delete):
                with pytest.raises(openai.NotFoundError):
                    act(file)
        for see in (theirs.batches.retrieve, theirs.batches.cancel):
            with pytest.raises(openai.NotFoundError):
                see(id)
        with pytest.raises(openai.BadRequestError, match="There is no file"):
            theirs.batches.create(
                input_file_id=batch.input_file_id, endpoint="/v1/chat/completions", completion_window="24h"
            )
        assert theirs.files.list().data == [] and theirs.batches.list().data == []
        with pytest.raises(openai.BadRequestError, match="after: there is no"):
            theirs.files.list(after=batch.input_file_id)
        with pytest.raises(openai.AuthenticationError):
            client_of(running, "nobodys-key").files.list()
        assert len(parsed(ours.files.content(batch.output_file_id).content)) == 1


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(
    serve: Serve, upstream: Upstream, tmp_path: Path
) -> None:
    with serve(experts_yaml(upstream, "first"), max_file_bytes=3_000_000) as running:
        with pytest.raises(openai.APIStatusError, match="larger than the 3000000 bytes") as refused:
            upload(running.openai, b"x" * 8_000_000)
        assert refused.value.status_code == 413
        upload(running.openai, b"x" * 3_000_000)
    assert [file.stat().st_size for file in (tmp_path / "files").iterdir()] == [3_000_000]


def test_a_batch_that_is_running_keeps_its_file(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held")) as running:
        client = running.openai
        id = begin(client, jsonl(line("a", model="held")))
        file = client.batches.retrieve(id).input_file_id
        with pytest.raises(openai.BadRequestError, match="reads from this file; cancel it"):
            client.files.delete(file)
        upstream.go.set()
        ended(client, id)
        assert client.files.delete(file).deleted


def test_an_upload_that_breaks_off_leaves_nothing(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    head = (
        "POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n"
        'content-type: multipart/form-data; boundary=b\r\n\r\n--b\r\ncontent-disposition: form-data; name="file"; '
        'filename="f"\r\n\r\nsome of it'
    )
    folder = tmp_path / "files"
    with serve(experts_yaml(upstream, "first")) as running:
        address = urlsplit(running.url)
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(head.encode())
            assert until(lambda: folder.is_dir() and len(list(folder.iterdir())) == 1)
        assert until(lambda: not list(folder.iterdir()))
        assert running.openai.files.list().data == []


@pytest.mark.parametrize(
    ("content_type", "body", "words"),
    [
        ("application/json", b"{}", "no multipart form"),
        ("multipart/form-data", b"", "no multipart form"),
        ("multipart/form-data; boundary=b", b"nonsense", "no multipart form"),
        ("multipart/form-data; boundary=b", b"", "ends before its last boundary"),
        ("multipart/form-data; boundary=" + "b" * 1000, b"", "no multipart form"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nx',
            "not whole",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b--\r\n',
            "holds no file",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n' + b"x" * 70_000 + b"\r\n--b--\r\n",
            "larger than 65536 bytes",
        ),
    ],
)
def test_what_is_no_upload_is_refused(
    serve: Serve, upstream: Upstream, content_type: str, body: bytes, words: str
) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        response = running.post("/v1/files", body, headers={"content-type": content_type})
    assert response.status_code == 400 and words in error_of(response)["message"], response.text


def test_other_purposes_and_odd_times_to_keep_are_refused(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        with pytest.raises(openai.BadRequestError, match="purpose: must be 'batch'"):
            running.openai.files.create(file=b"x", purpose="fine-tune")
        with pytest.raises(openai.BadRequestError, match="a number from 3600 to 2592000"):
            running.openai.files.create(
                file=b"x", purpose="batch", expires_after={"anchor": "created_at", "seconds": 5}
            )


def test_a_file_past_its_time_is_gone(serve: Serve, upstream: Upstream, tmp_path: Path, rows_in: RowsIn) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        file = running.openai.files.create(
            file=b"x", purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600}
        )
        assert file.expires_at is not None and 3600 <= file.expires_at - file.created_at <= 3601
        rows_in(tmp_path, f"UPDATE files SET expires_at = {time.time() - 1}")
        with pytest.raises(openai.NotFoundError):
            running.openai.files.retrieve(file.id)


def test_a_disk_that_takes_nothing_is_said_in_one_line(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    with serve(experts_yaml(upstream, "first"), files_dir=tmp_path / "taken") as running:
        response = httpx2.post(f"{running.url}/v1/files", files={"file": b"x"}, data={"purpose": "batch"}, timeout=30)
    assert response.status_code == 503 and "cannot be kept" in error_of(response)["message"]
