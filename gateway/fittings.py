"""What a gateway is fitted with, according to the settings: recorder, request log, folders. Opens none of it."""

from __future__ import annotations

import sys
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import SecretStr

from gateway.clients.build import Workshop
from gateway.learning.feed import Feed
from gateway.request_log import RequestLog
from gateway.residency.groups import Groups
from gateway.retrieval.libraries import Libraries
from gateway.settings import Settings, data_folder
from gateway.shared.base import SharedState
from gateway.store.recorder import Recorder

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What every pipeline of this process shares."""

    shared: SharedState
    thread: Executor
    workshop: Workshop
    groups: Groups
    libraries: Libraries
    feed: Feed


def recorder_for(settings: Settings, instance: str) -> Recorder:
    """The recorder that these settings ask for."""
    url = settings.database_url.get_secret_value()
    return Recorder(
        url,
        worker=instance,
        keep_texts_s=settings.keep_texts_days * DAY_S,
        keep_records_s=settings.keep_records_days * DAY_S or None,
        spill_dir=None if url.startswith("sqlite") else data_folder(),
    )


def feed_for(settings: Settings, instance: str) -> Feed:
    """What reads the record for policies that learn from it."""
    return Feed(settings.database_url.get_secret_value(), instance)


def request_log_for(settings: Settings) -> RequestLog:
    """Lines on standard error, unless the log level asks for less."""
    return RequestLog(sys.stderr.buffer if settings.log_level in {"debug", "info"} else None)


def models_folder(settings: Settings) -> Path:
    """Where downloaded model files are kept."""
    return settings.models_dir or user_cache_path("coterie", appauthor=False) / "models"


def secret(value: SecretStr | None) -> str | None:
    """The text behind a secret setting, where there is one."""
    return None if value is None else value.get_secret_value()
