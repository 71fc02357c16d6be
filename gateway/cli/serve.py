"""`coterie serve`: the gateway on a port."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import secrets
import signal
import socket
import sys
from typing import Annotated

import typer
from uvicorn.supervisors import Multiprocess

from gateway.app import create_app
from gateway.cli.shell import ConfigOption, configured
from gateway.errors import StartError
from gateway.fittings import models_folder, recorder_for, secret
from gateway.gateway import Gateway
from gateway.keys import Keys, load_keys
from gateway.log import start_logging
from gateway.models import MODELS, fetch, resolve
from gateway.pool import Pool
from gateway.reading import load_artifact
from gateway.residency.check import check_alone
from gateway.server import AnnouncingServer, server_config
from gateway.settings import Settings, environment, export, keep_products_single, load_settings
from gateway.shared import open_shared
from gateway.tracing.provider import tracing_for

log = logging.getLogger("coterie.serve")


def serve(
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="address to listen on (COTERIE_HOST)")] = None,
    port: Annotated[int | None, typer.Option(help="port; 0 takes a free one (COTERIE_PORT)")] = None,
    workers: Annotated[int | None, typer.Option(help="processes; more than one needs Redis (COTERIE_WORKERS)")] = None,
) -> None:
    """Serve the experts of experts.yaml to OpenAI clients."""
    keep_products_single()
    settings = load_settings(config=config, host=host, port=port, workers=workers)
    start_logging(settings.log_level)
    keys = keys_of(settings)
    check_start(settings, keys)
    configuration = configured(settings)
    check_alone(configuration.experts, settings.workers)
    asyncio.run(_open_once(settings))
    fetch_models(settings, configuration.pool)
    if settings.workers > 1:
        _serve_many(settings)
    else:
        _serve_one(settings, keys)


def keys_of(settings: Settings) -> Keys:
    """The callers' keys, from wherever they were set."""
    return load_keys(secret(settings.api_keys), settings.api_keys_file, secret(settings.admin_key))


def check_start(settings: Settings, keys: Keys) -> None:
    """StartError for what would be unsafe or would not work, with the way out."""
    if not _loopback(settings.host) and not keys.digests:
        raise StartError(
            f"listening on {settings.host} without API keys would let everyone in; "
            "set COTERIE_API_KEYS or COTERIE_API_KEYS_FILE, or listen on 127.0.0.1"
        )
    if settings.workers > 1 and settings.redis_url is None:
        raise StartError(
            "several workers must agree on breakers and sessions, and that needs Redis; "
            "set COTERIE_REDIS_URL, or start one worker"
        )


async def _open_once(settings: Settings) -> None:
    """Open what every worker will open, so that a Redis or a database that cannot be used is one line here."""
    async with open_shared(secret(settings.redis_url)), recorder_for(settings, "start"):
        pass


def fetch_models(settings: Settings, pool: Pool) -> None:
    """Fetch the files of local models before anything listens, with a progress bar where somebody watches."""
    for member in pool.present:
        if member.expert.provider == "local":
            entry = resolve(member.expert.model, settings.config.parent, MODELS)
            fetch(entry, models_folder(settings), sys.stderr.isatty())


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve_one(settings: Settings, keys: Keys) -> None:
    failures: list[Exception] = []
    servers: list[AnnouncingServer] = []

    def give_up(error: Exception) -> None:
        failures.append(error)
        servers[0].should_exit = True

    artifact, tracing = load_artifact(settings.artifact), tracing_for(environment())
    gateway = Gateway(settings, environment, keys, artifact, instance=_instance(), give_up=give_up, tracing=tracing)
    app = create_app(gateway)
    config = server_config(app, host=settings.host, port=settings.port, shutdown_s=settings.shutdown_s)
    servers.append(
        AnnouncingServer(config, gateway.door.opened.wait, lambda port: print(how_to_try(settings, port), flush=True))
    )
    reload_on_hangup(gateway)
    servers[0].run(sockets=[bound(settings)])
    if failures:
        raise failures[0]
    if not servers[0].started:
        raise SystemExit(1)


def _serve_many(settings: Settings) -> None:
    """Each worker builds its own gateway from the environment; the socket is shared."""
    export(settings)
    config = server_config(
        "gateway.cli.serve:worker",
        host=settings.host,
        port=settings.port,
        shutdown_s=settings.shutdown_s,
        factory=True,
        workers=settings.workers,
    )
    listening = bound(settings)
    print(how_to_try(settings, listening.getsockname()[1]), flush=True)
    Multiprocess(config, sockets=[listening]).run()


def bound(settings: Settings) -> socket.socket:
    """The socket to listen on; StartError where the address is taken or not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[
            0
        ]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        why = error.strerror or str(error)
        raise StartError(
            f"cannot listen on {settings.host}:{settings.port} ({why}); choose another with --port"
        ) from None
    listening.set_inheritable(True)
    return listening


def worker() -> object:
    """The application of one of several workers."""
    settings = load_settings()
    start_logging(settings.log_level)

    def give_up(error: Exception) -> None:
        log.critical("worker cannot start", extra={"reason": str(error)})
        os.kill(os.getpid(), signal.SIGTERM)

    artifact = load_artifact(settings.artifact)
    keys, tracing = keys_of(settings), tracing_for(environment())
    gateway = Gateway(settings, environment, keys, artifact, instance=_instance(), give_up=give_up, tracing=tracing)
    reload_on_hangup(gateway)
    return create_app(gateway)


def reload_on_hangup(gateway: Gateway) -> None:
    """SIGHUP reads experts.yaml again."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None:
        signal.signal(hangup, lambda number, frame: gateway.reload.soon())


def _instance() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


def _announce(settings: Settings, port: int) -> None:
    print(how_to_try(settings, port), flush=True)


def how_to_try(settings: Settings, port: int) -> str:
    """The lines that show a newcomer that it works."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{port}/v1"
    return f"""
Coterie listens on {url}; try it:

  curl {url}/chat/completions -H 'content-type: application/json' \\
    -d '{{"model": "auto", "messages": [{{"role": "user", "content": "What is 12 * 12?"}}]}}'

or with the openai package (pip install openai):

  from openai import OpenAI
  client = OpenAI(base_url="{url}", api_key="none")
  messages = [{{"role": "user", "content": "Write a haiku about rivers."}}]
  answer = client.chat.completions.create(model="auto", messages=messages)
  print(answer.model, "says:", answer.choices[0].message.content)
"""
