"""What a `model:` value may be."""

from pathlib import Path

import pytest

from gateway.models import MODELS, ModelError, resolve
from gateway.models.registry import Hub, InPlace


def test_a_name_of_the_registry():
    assert resolve("smollm2-135m-instruct", Path()).licence == "Apache-2.0"
    assert all(len(model.sha256) == 64 and model.size and model.sources for model in MODELS.values())


def test_a_path_counts_from_the_folder_of_the_config_file(tmp_path):
    assert resolve("mine.gguf", tmp_path).sources == (InPlace(tmp_path / "mine.gguf"),)
    assert resolve("/weights/mine.gguf", tmp_path).sources == (InPlace(Path("/weights/mine.gguf")),)


def test_a_file_of_the_hub():
    found = resolve("hf:org/repo/sub/file.gguf", Path())
    assert found.sources == (Hub("org/repo", "sub/file.gguf"),)
    assert found.file == "org--repo--sub--file.gguf"
    assert found.sha256 is None


@pytest.mark.parametrize("model", ["hf:org/repo", "hf:org/file.gguf", "hf:org//file.gguf", "hf:a/b/../../c.gguf"])
def test_a_hub_file_in_another_form_is_refused(model):
    with pytest.raises(ModelError, match="hf:org/repo/file.gguf"):
        resolve(model, Path())


def test_an_unknown_name_gets_the_nearest_in_one_line():
    with pytest.raises(ModelError, match="smollm2-135m-instruct.*path to a .gguf file") as error:
        resolve("smollm-135", Path())
    assert "\n" not in str(error.value)
