"""What the operator sets outside experts.yaml. The only module that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from threadpoolctl import threadpool_limits

from gateway.errors import ConfigError

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Each is read from `COTERIE_<NAME>`; a command line flag of the same name goes before it."""

    model_config = SettingsConfigDict(env_prefix="COTERIE_", frozen=True, extra="ignore")

    config: Path = Path("experts.yaml")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: PositiveInt = 1
    database_url: SecretStr = Field(default_factory=lambda: SecretStr(f"sqlite:///{data_folder() / 'records.db'}"))
    redis_url: SecretStr | None = None
    api_keys: SecretStr | None = None
    api_keys_file: Path | None = None
    admin_key: SecretStr | None = None
    artifact: Path | None = None
    """A router trained by the operator, in place of the bundled one."""
    models_dir: Path | None = None
    cache_dir: Path | None = None
    """Where evaluations keep what need not be worked out twice. None: the user's cache folder."""
    keep_texts_days: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Days for which prompts and answers are kept; 0 keeps none."""
    keep_records_days: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Days for which records are kept; 0 keeps them for ever."""
    files_dir: Path | None = None
    """Where files of batches lie; instances that share a database share it. None: `files`, next to the database."""
    keep_files_days: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Days for which files and ended batches are kept; 0 keeps them until they are deleted."""
    max_file_bytes: PositiveInt = 512 * MEBIBYTE
    max_batches: PositiveInt = 4
    """Batches that one process works on at once; more of them wait."""
    batch_patience_s: PositiveFloat = 600.0
    """So long a batch waits for experts of whom none answers before its lines become errors."""
    max_body_bytes: PositiveInt = 32 * MEBIBYTE
    max_messages: PositiveInt = 2048
    max_requests: PositiveInt = 1000
    """Requests in work at once; one more is refused with 429."""
    body_timeout_s: PositiveFloat = 30.0
    keepalive_s: PositiveFloat = 1.0
    shutdown_s: PositiveFloat = 30.0
    log_level: Annotated[str, Field(pattern=r"^(debug|info|warning|error)$")] = "info"


def data_folder() -> Path:
    """Where this user's records are kept, unless a URL says otherwise."""
    return user_data_path("coterie", appauthor=False)


def cache_folder(settings: Settings) -> Path:
    """Where lies what could be worked out again."""
    return settings.cache_dir or user_cache_path("coterie", appauthor=False)


def load_settings(**flags: Any) -> Settings:
    """Settings from the environment, with flags that are not None before them; ConfigError names what is wrong."""
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"][:1])
        raise ConfigError(f"COTERIE_{name.upper()}: {first['msg']}") from None


def environment() -> Mapping[str, str]:
    """The process environment, where keys of experts are looked up by the names that experts.yaml gives."""
    return dict(os.environ)


def keep_litellm_offline() -> None:
    """LiteLLM looks for a price list on the network when it is imported, unless this says not to."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


def keep_lancedb_quiet() -> None:
    """LanceDB writes warnings about its own indices to standard error, unless this says not to before it is loaded."""
    os.environ.setdefault("LANCEDB_LOG", "error")


def keep_products_single() -> None:
    """A matrix product runs on the thread that wants it: those of requests are small, and many at once.

    The variable is for what is loaded later, here and in workers; whoever has set it knows better.
    """
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        threadpool_limits(1, user_api="blas")


def export(settings: Settings) -> None:
    """Put what command line flags have set where the workers, processes of their own, will read it."""
    for name in ("config", "host", "port", "workers"):
        os.environ[f"COTERIE_{name.upper()}"] = str(getattr(settings, name))
