"""One llama.cpp server, as a process of its own. Run by `server.py`, never imported by it; knows nothing of Coterie.

A process and not a thread, because llama.cpp's bindings hold the interpreter's lock while a model loads (seconds) and
while a server closes (as long as its clients stay), and because a failed assertion there ends the process it is in.

Standard input: one line of JSON (`Order` in `server.py`). Standard output: one line, `{"address": ...}` or
`{"error": ...}`. It ends when standard input does, so it cannot outlive its parent.
"""

import json
import os
import sys
from typing import Any


def params_of(order: dict[str, Any], xllamacpp: Any) -> Any:
    """llama.cpp's own settings. `n_ctx` is shared out evenly among the slots unless the cache is unified."""
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = order["path"], {order["alias"]}
    params.n_parallel, params.n_ctx, params.kv_unified = order["slots"], order["slots"] * order["context"], False
    params.n_batch = params.n_ubatch = order["batch"]
    params.n_predict = order["answer_tokens"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    params.cpuparams.poll = params.cpuparams_batch.poll = 0  # sleep while waiting; spinning starves the gateway
    params.cache_ram_mib = order["prompt_cache_mb"]
    params.api_keys = [order["api_key"]]
    params.ui = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
    params.use_jinja = True
    params.verbosity = 1  # errors alone
    return params


def serve(order: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The running server, to be kept, and the line to answer with."""
    try:
        import xllamacpp
    except ImportError as error:
        return None, {"missing": str(error)}
    try:
        server = xllamacpp.Server(params_of(order, xllamacpp))
    except (RuntimeError, ValueError, AttributeError, TypeError) as error:
        return None, {"error": str(error)}
    return server, {"address": server.listening_address}


def main() -> None:
    """Serve until standard input ends, and then leave at once: there is nothing to save."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever llama.cpp prints is a log line, not an answer
    server, answer = serve(json.loads(sys.stdin.readline()))
    print(json.dumps(answer), file=answers, flush=True)
    if server is not None:
        sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
