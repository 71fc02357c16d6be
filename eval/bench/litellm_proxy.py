"""LiteLLM's proxy as a contestant, as fast as its configuration allows: no retries, cache, telemetry or request log."""

from __future__ import annotations

from pathlib import Path

from eval.bench.processes import Program
from eval.bench.tools import plain_environment

REQUIREMENTS = ("litellm[proxy]>=1.80,!=1.107.0,<2",)
"""1.107.0 was a compromised release."""
MODEL = "maths"


def config(upstream_url: str, model: str) -> str:
    """One model on the upstream; no caller needs a key, as with the others."""
    return f"""model_list:
  - model_name: {MODEL}
    litellm_params: {{model: openai/{model}, api_base: "{upstream_url}/v1", api_key: none}}
litellm_settings:
  num_retries: 0
  request_timeout: 60
  cache: false
  telemetry: false
  set_verbose: false
  turn_off_message_logging: true
router_settings: {{num_retries: 0, disable_cooldowns: true}}
general_settings:
  disable_spend_logs: true
  disable_error_logs: true
  dangerously_permit_weak_or_unset_master_key: true
"""


def program(python: Path, folder: Path, port: int, upstream_url: str, model: str) -> Program:
    """One worker of the proxy that is installed beside this interpreter."""
    folder.mkdir()
    file = folder / "config.yaml"
    file.write_text(config(upstream_url, model))
    command = (str(python.with_name("litellm")), "--config", str(file), "--host", "127.0.0.1", "--port", str(port))
    environment = {
        **plain_environment(),
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOG": "ERROR",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    options = ("--num_workers", "1", "--telemetry", "False")
    return Program("LiteLLM's proxy", command + options, environment, port, "/health/liveliness")
