"""A set's files from the Hugging Face hub, through its own client and cache. Knows no column.

`HF_TOKEN`, `HF_ENDPOINT` and `HF_HOME` are the client's own settings.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from eval.hub.sets import PublicSet
from routers.errors import TableError


@dataclass(frozen=True, slots=True)
class Fetched:
    """files: (path in the set, local copy). revision: the commit. licence: as the card says, None where it does not."""

    files: Sequence[tuple[str, Path]]
    revision: str
    licence: str | None


def download(one: PublicSet, split: str) -> Fetched:
    """TableError, in one line with a way out, where the hub cannot be reached or has no such files."""
    hub = _client()
    wanted = one.files[split]
    try:
        info = hub.HfApi().dataset_info(one.hub, revision=one.revision)
        paths = sorted(file.rfilename for file in info.siblings or () if fnmatch(file.rfilename, wanted))
        files = [
            (path, Path(hub.hf_hub_download(one.hub, path, repo_type="dataset", revision=info.sha))) for path in paths
        ]
    except Exception as error:  # what requests, httpx, the client itself and the file system raise
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise TableError(
            f"{one.hub} could not be fetched ({said}); "
            f"get its files ({wanted}) by other means and give them with --file"
        ) from None
    if not files:
        raise TableError(f"{one.hub} has no file {wanted} any more; look at its page and give the file with --file")
    return Fetched(files, str(info.sha), _licence(info))


def _client() -> Any:
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError:
        raise TableError("the hub's client is missing: pip install huggingface_hub") from None


def _licence(info: Any) -> str | None:
    found = getattr(info, "card_data", None)
    said = found.get("license") if found is not None else None
    return ", ".join(map(str, said)) if isinstance(said, list) else said
