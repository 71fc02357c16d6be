"""The real server with the real model: it answers, stops when the caller leaves, and is gone when closed."""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.errors import StartError
from gateway.models import LocalModels, LocalServer, ModelError, ServerOptions
from gateway.models import server as server_module

pytest.importorskip("xllamacpp")
SMALL = ServerOptions(context=1024, slots=1)
ASK = {"messages": [{"role": "user", "content": "Name a colour."}], "max_tokens": 8, "temperature": 0}
LONG = {**ASK, "max_tokens": 900, "ignore_eos": True}


async def send(server, body, key="key", path="/v1/chat/completions"):
    url, sent = urlsplit(server.base_url), json.dumps(body).encode()
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent)
    await writer.drain()
    return reader, writer


async def ask(server, body, key="key", path="/v1/chat/completions"):
    reader, writer = await send(server, body, key, path)
    head, _, text = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), text


def running(act, smollm2, options=SMALL):
    async def main():
        async with LocalServer(smollm2, "tiny", "key", options) as server:
            return await act(server)

    return asyncio.run(main())


def test_it_answers_and_only_with_the_key(smollm2):
    async def act(server):
        status, text = await ask(server, {**ASK, "logprobs": True, "top_logprobs": 2})
        body = json.loads(text)
        assert status == 200 and body["model"] == "tiny" and body["usage"]["completion_tokens"] > 0
        assert len(body["choices"][0]["logprobs"]["content"][0]["top_logprobs"]) == 2
        assert (await ask(server, ASK, key="wrong"))[0] == 401
        assert (await ask(server, {}, path="/slots"))[0] == 404

    running(act, smollm2)


def test_it_streams_with_usage(smollm2):
    async def act(server):
        _, text = await ask(server, {**ASK, "stream": True, "stream_options": {"include_usage": True}})
        lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
        assert lines[-1] == "[DONE]"
        last = json.loads(lines[-2])
        assert last["choices"] == [] and last["usage"]["total_tokens"] > 0

    running(act, smollm2)


def test_a_schema_is_kept(smollm2):
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}

    async def act(server):
        status, text = await ask(server, {**ASK, "max_tokens": 100, "response_format": form})
        assert status == 200
        assert json.loads(json.loads(text)["choices"][0]["message"]["content"])["colour"] in ("red", "blue")

    running(act, smollm2)


def test_a_prompt_that_is_too_long_is_a_400_of_its_own(smollm2):
    async def act(server):
        status, text = await ask(server, {"messages": [{"role": "user", "content": "word " * 2000}]})
        assert status == 400
        assert json.loads(text)["error"]["type"] == "exceed_context_size_error"

    running(act, smollm2)


def test_an_answer_has_an_end_though_nobody_named_one(smollm2):
    async def act(server):
        _, text = await ask(server, {"messages": ASK["messages"], "ignore_eos": True})
        assert json.loads(text)["usage"]["completion_tokens"] == 20

    running(act, smollm2, ServerOptions(context=1024, slots=1, answer_tokens=20))


def test_a_caller_who_leaves_stops_the_generation(smollm2):
    async def act(server):
        reader, writer = await send(server, {**LONG, "stream": True})
        await reader.readuntil(b'"content":"')
        writer.close()
        begun = time.perf_counter()
        status, _ = await ask(server, {**ASK, "max_tokens": 1})
        assert status == 200
        assert time.perf_counter() - begun < 2.0  # 0.1 s on an idle machine; the whole answer would take ten

    running(act, smollm2)


def test_close_during_a_generation_ends_it_and_frees_the_port(smollm2):
    async def main():
        async with LocalServer(smollm2, "tiny", "key", SMALL) as server:
            url = urlsplit(server.base_url)
            reader, writer = await send(server, {**LONG, "stream": True})
            await reader.readuntil(b'"content":"')
            begun = time.perf_counter()
        assert time.perf_counter() - begun < 3.0
        assert not server.alive
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readuntil(b"[DONE]")
        writer.close()
        with pytest.raises(OSError):
            await asyncio.open_connection(url.hostname, url.port)

    asyncio.run(main())


def test_loading_does_not_hold_up_the_event_loop(smollm2):
    async def main():
        gaps, ready = [], asyncio.Event()

        async def beat():
            while not ready.is_set():
                begun = time.perf_counter()
                await asyncio.sleep(0.01)
                gaps.append(time.perf_counter() - begun)

        beating = asyncio.create_task(beat())
        async with LocalServer(smollm2, "tiny", "key", SMALL):
            ready.set()
        await beating
        assert max(gaps) < 0.5

    asyncio.run(main())


def test_a_start_that_is_cancelled_leaves_no_process(smollm2):
    async def main():
        server = LocalServer(smollm2, "tiny", "key", SMALL)
        task = asyncio.create_task(server.__aenter__())
        await asyncio.sleep(0.3)
        pid = server._process.pid
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    asyncio.run(main())


def test_a_file_that_is_no_model_is_one_clear_line(tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(5000))

    async def main():
        async with LocalServer(tmp_path / "bad.gguf", "bad", "key", SMALL):
            pass

    with pytest.raises(StartError, match="model bad .*could not be loaded"):
        asyncio.run(main())


def test_without_llama_cpp_the_way_out_is_named(tmp_path, monkeypatch):
    worker = tmp_path / "worker.py"
    hidden = "import sys\nsys.modules['xllamacpp'] = None\n"
    worker.write_text(hidden + server_module.WORKER.read_text())
    monkeypatch.setattr(server_module, "WORKER", worker)

    async def main():
        async with LocalServer(tmp_path / "any.gguf", "any", "key", SMALL):
            pass

    with pytest.raises(StartError, match=r"pip install 'coterie\[local\]'"):
        asyncio.run(main())


def test_a_load_that_takes_too_long_is_given_up(smollm2):
    async def main():
        async with LocalServer(smollm2, "tiny", "key", ServerOptions(load_timeout_s=0.05)):
            pass

    with pytest.raises(StartError, match="not loaded within"):
        asyncio.run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_experts_on_the_same_weights_share_a_server_and_a_dead_one_is_replaced(smollm2):
    async def main():
        options = {str(smollm2): SMALL, "smollm2-135m-instruct": SMALL}
        async with LocalModels(smollm2.parent, Path(), options) as models:
            names = ["smollm2-135m-instruct"] * 3 + [str(smollm2)]
            urls = await asyncio.gather(*(models.base_url(name) for name in names))
            assert len(set(urls)) == 1
            [server] = models._by_path.values()
            os.kill(server._process.pid, signal.SIGKILL)
            await server._process.wait()
            again = await models.base_url(names[0])
            assert again not in urls
            [server] = models._by_path.values()
            assert (await ask(server, ASK, models.api_key))[0] == 200
            with pytest.raises(ModelError):
                await models.base_url("nobody")

    asyncio.run(main())


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
def test_a_server_does_not_outlive_a_parent_that_was_killed(smollm2):
    script = (
        "import asyncio, os, sys; from pathlib import Path; from gateway.models import *\n"
        "async def main():\n"
        "    async with LocalServer(Path(sys.argv[1]), 'x', 'k', ServerOptions(context=512, slots=1)) as s:\n"
        "        print(s._process.pid, flush=True); os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )

    async def main():
        parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(smollm2), stdout=-1)
        out, _ = await parent.communicate()
        return int(out)

    state = Path(f"/proc/{asyncio.run(main())}/stat")
    deadline = time.monotonic() + 5
    while state.exists() and state.read_text().rsplit(")")[-1].split()[0] != "Z":
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.05)
