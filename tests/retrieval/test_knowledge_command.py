"""`coterie knowledge` as an operator types it: what it prints, what it refuses in one line, and what it survives."""

import os
import pty
import signal
import subprocess
import time
from dataclasses import dataclass

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.errors import ConfigError, GatewayError
from gateway.retrieval.store import Store
from routers.errors import RouterError
from tests.conftest import COTERIE, coterie, coterie_environment, until

PAGES = {
    "owls.md": "# Owls\n\nOwls hunt mice at night, under the snow.\n\n## Nests\n\nThey nest in hollow trees.\n",
    "bread.txt": "Bread is made of flour, water, salt and yeast. The dough rests before it is baked.\n",
    "sub/tax.html": "<html><head><title>Tax</title></head><body><p>The tax return is due in May.</p></body></html>",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in PAGES.items():
        (tmp_path / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / name).write_text(text)
    return tmp_path


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


def knowledge(*arguments):
    """The command, run in this process: loading it takes longer than all it does here."""
    found = CliRunner().invoke(app, ["knowledge", *arguments])
    if isinstance(found.exception, GatewayError | RouterError | ConfigError):  # `main` prints these
        return Ended(found.exit_code, found.stdout, f"{found.stderr}coterie: {found.exception}\n")
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return Ended(found.exit_code, found.stdout, found.stderr)


def one_line(done, words):
    """It failed, and said why in one line."""
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1 and words in done.stderr, done.stderr


def test_documents_are_added_listed_found_and_removed(folder):
    first = knowledge("add", "docs", "--store", "store")
    assert first.returncode == 0, first.stderr
    assert "3 added, 0 changed, 0 unchanged, 0 removed, 0 refused" in first.stdout
    assert len(first.stderr.splitlines()) == 4, "one line to begin with, and one for each file: " + first.stderr
    [row] = orjson.loads(knowledge("list", "--store", "store", "--json").stdout)
    assert row["documents"] == 3 and row["tenants"] == [] and "all-MiniLM-L6-v2" in row["encoder"]
    sources = orjson.loads(knowledge("list", "--collection", "documents", "--store", "store", "--json").stdout)
    names = [os.path.relpath(row["source"], folder / "docs") for row in sources]
    assert names == ["bread.txt", "owls.md", "sub/tax.html"]
    found = knowledge("search", "when do I have to pay the state", "--store", "store", "--json", "-n", "2")
    assert found.stderr == ""
    best, _ = orjson.loads(found.stdout)
    assert best["document"].endswith("docs/sub/tax.html") and best["collection"] == "documents"
    (folder / "docs" / "bread.txt").unlink()
    (folder / "docs" / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")
    second = knowledge("add", "docs", "--store", "store")
    assert "0 added, 1 changed, 1 unchanged, 1 removed, 0 refused" in second.stdout
    removed = knowledge("remove", "docs/sub", "--store", "store")
    assert removed.stdout == "docs/sub: 1 document removed\n"
    assert knowledge("remove", "docs/sub", "--store", "store").returncode == 1
    assert knowledge("remove", "--collection", "documents", "--store", "store").returncode == 0
    assert "holds no documents" in knowledge("list", "--store", "store").stdout
    assert sorted(path.name for path in (folder / "store").iterdir()) == [".lock", "catalog.json"]


def test_what_was_removed_is_in_no_file_of_the_store(folder):
    knowledge("add", "docs", "--store", "store")
    knowledge("remove", "docs/bread.txt", "--store", "store")
    (folder / "docs" / "owls.md").write_text("# Owls\n\nOwls sleep by day.\n")
    knowledge("add", "docs/owls.md", "--store", "store")
    everything = b"".join(path.read_bytes() for path in (folder / "store").rglob("*") if path.is_file())
    assert b"sleep by day" in everything
    assert b"yeast" not in everything and b"hollow trees" not in everything


def test_the_store_is_the_one_that_experts_yaml_names_beside_it(folder):
    (folder / "conf").mkdir()
    expert = "{name: a, provider: openai, base_url: 'http://localhost:1/v1', model: m}"
    (folder / "conf" / "experts.yaml").write_text(f"version: 1\nexperts: [{expert}]\nknowledge: {{store: shelf}}\n")
    done = knowledge("add", "docs", "--config", "conf/experts.yaml")
    assert done.returncode == 0, done.stderr
    assert Store(folder / "conf" / "shelf").catalog.find("documents")
    again = coterie(folder, "knowledge", "list", COTERIE_CONFIG="conf/experts.yaml")
    assert "documents" in again.stdout and again.stderr == ""
    wrong = coterie(folder, "knowledge", "search", "x", "--collection", "y", "--store", "conf/shelf")
    assert wrong.returncode == 1 and wrong.stderr == "coterie: conf/shelf has no collection 'y'; it has: documents\n"


def test_where_no_store_is_named_one_line_says_how(folder):
    one_line(knowledge("add", "docs"), "no store is named: give --store FOLDER")
    expert = "{name: a, provider: openai, base_url: 'http://localhost:1/v1', model: m}"
    (folder / "experts.yaml").write_text(f"version: 1\nexperts: [{expert}]\n")
    one_line(knowledge("search", "x"), "experts.yaml names no store")


def test_an_empty_store_is_searched_and_listed_without_being_made(folder):
    assert "holds no documents" in knowledge("search", "owls", "--store", "store").stdout
    assert "holds no documents" in knowledge("list", "--store", "store").stdout
    one_line(knowledge("remove", "x", "--store", "store"), "holds no documents")
    assert not (folder / "store").exists()


def test_each_refusal_is_a_line_and_the_exit_code_says_so(folder):
    (folder / "docs" / "empty.md").write_text("")
    (folder / "docs" / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    done = knowledge("add", "docs", "missing.md", "http://127.0.0.1:9/", "--store", "store")
    assert done.returncode == 1 and "3 added, 0 changed, 0 unchanged, 0 removed, 4 refused" in done.stdout
    refused = [line for line in done.stderr.splitlines() if line.startswith("refused: ")]
    assert len(refused) == 4
    for line, name in zip(sorted(refused), ("broken.pdf", "empty.md", "missing.md", "http://"), strict=True):
        assert name in line


def test_a_collection_belongs_to_its_tenants(folder):
    knowledge("add", "docs/owls.md", "--store", "store", "--collection", "birds", "--tenant", "acme")
    knowledge("add", "docs/bread.txt", "--store", "store")
    assert "Owls" not in knowledge("search", "owls", "--store", "store").stdout
    assert "Owls" in knowledge("search", "owls", "--store", "store", "--tenant", "acme").stdout
    one_line(knowledge("search", "owls", "--store", "store", "--collection", "birds"), "not open to 'public'")
    wrong = knowledge("add", "docs/owls.md", "--store", "store", "--tenant", "acme")
    one_line(wrong, "collection 'documents' is open to everybody, not to acme")
    one_line(knowledge("list", "--store", "store", "--collection", "x"), "it has: birds, documents")
    assert knowledge("add", "docs", "--store", "store", "--collection", "../x").returncode == 2


def test_another_encoder_is_refused_naming_both(folder):
    knowledge("add", "docs", "--store", "store")
    catalog = folder / "store" / "catalog.json"
    catalog.write_text(catalog.read_text().replace('"version": "', '"version": "other-', 1))
    done = knowledge("add", "docs", "--store", "store")
    one_line(done, "was written with the encoder sentence-transformers/all-MiniLM-L6-v2 (version other-")
    assert done.stderr.count("all-MiniLM-L6-v2") == 2
    searched = knowledge("search", "owls", "--store", "store")
    assert searched.returncode == 1 and searched.stderr.count("all-MiniLM-L6-v2") == 2
    one_line(knowledge("add", "docs", "--store", "new", "--encoder", "docs"), "docs")


def test_a_damaged_store_is_one_line(folder):
    knowledge("add", "docs", "--store", "store")
    catalog = folder / "store" / "catalog.json"
    whole = catalog.read_text()
    catalog.write_text(whole[:-20])
    one_line(knowledge("search", "owls", "--store", "store"), "catalog.json is damaged")
    one_line(knowledge("add", "docs", "--store", "store"), "catalog.json is damaged")
    catalog.unlink()
    one_line(knowledge("add", "docs", "--store", "store"), "its catalog.json is gone")
    catalog.write_text(whole)
    for path in (folder / "store").rglob("*.manifest"):
        path.write_bytes(b"nothing")
    one_line(knowledge("search", "owls", "--store", "store"), "cannot be used")
    (folder / "file").write_text("")
    one_line(knowledge("add", "docs", "--store", "file"), "cannot be used")


def test_interrupted_it_says_that_the_same_command_goes_on(folder):
    for number in range(300):
        (folder / "docs" / f"{number}.txt").write_text(f"Number {number}. " + f"word{number} " * 150)
    command = [COTERIE, "knowledge", "add", "docs", "--store", "store"]
    with subprocess.Popen(
        command, cwd=folder, env=coterie_environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until(lambda: (folder / "store" / "catalog.json").exists(), 30)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.splitlines()[-1] == "stopped; what was added is kept, and the same command goes on"
    assert "Traceback" not in errors


def test_on_a_terminal_there_is_a_bar(folder):
    ours, theirs = pty.openpty()
    command = [COTERIE, "knowledge", "add", "docs", "nosuch.md", "--store", "store"]
    environment = {**coterie_environment(folder), "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # the other end is closed
            os.close(ours)
    assert process.returncode == 1
    assert b"4/4" in shown and b"refused: " in shown and b"added /" not in shown
