"""A search finds what was meant and what was written, whatever the query is, and sees what was added since."""

import asyncio
import math
import time

import pytest

from gateway.errors import KnowledgeError
from gateway.retrieval.adding import Wanted
from gateway.retrieval.shelves import Shelves
from gateway.retrieval.store import Store
from tests.conftest import COTERIE, coterie_environment
from tests.retrieval.finding import KITCHEN, WORKSHOP, base, fill, filled, names, search, written


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    home = tmp_path_factory.mktemp("search")
    store = Store(home / "store")
    fill(store, written(home / "kitchen", KITCHEN), "kitchen")
    fill(store, written(home / "workshop", WORKSHOP), "workshop")
    return store


def test_meaning_is_found_where_no_word_is_shared(store):
    [found] = search(store, "How do I keep fruit for winter?")
    assert names(found)[0] == "jam"
    assert found.passages[0].similarity > found.passages[1].similarity


def test_a_name_that_means_nothing_is_found_by_its_letters(store):
    [found] = search(store, "ERR-4711")
    assert names(found)[0] == "lathe"
    assert found.passages[0].words


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("rennet", "cheese"),
        ("How long do I knead the dough?", "bread"),
        ("how lnog to knaed duogh for bred", "bread"),
        ("my pump makes a rattling noise", "pump"),
        ("KANN DIE LATHE ERR-4711 MELDEN?", "lathe"),
    ],
)
def test_the_right_document_is_first(store, query, document):
    [found] = search(store, query)
    assert names(found)[0] == document


def test_every_passage_has_its_cosine_and_the_best_score_comes_first(store):
    [found] = search(store, "changing the blade of the saw")
    scores = [passage.score for passage in found.passages]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert all(-1 <= passage.similarity <= 1 for passage in found.passages)
    row = base().encode_queries(["changing the blade of the saw"])[0]
    first = found.passages[0]
    assert first.similarity == pytest.approx(float(base().encode([f"{first.title}\n{first.text}"])[0] @ row), abs=1e-3)
    assert found.embedding == pytest.approx(row)


def test_a_passage_comes_once_however_many_lists_and_copies_hold_it(store, tmp_path):
    twice = Store(tmp_path / "store")
    folder = written(tmp_path / "docs", KITCHEN | {"bread again": KITCHEN["bread"]})
    fill(twice, folder, "kitchen")
    [found] = search(twice, "knead the dough")
    texts = [passage.text for passage in found.passages]
    assert texts.count(KITCHEN["bread"]) == 1 and len(texts) == len(set(texts))


def test_no_more_than_asked_for(store):
    async def asked():
        shelves = Shelves(store, base)
        found = await shelves.search("water", "acme", most=3)
        shelves.close()
        return found

    assert len(asyncio.run(asked()).passages) == 3


def test_only_the_collections_that_are_named_are_searched(store):
    [found] = search(store, "bread", among=["workshop", "no such thing"])
    assert {passage.collection for passage in found.passages} == {"workshop"}
    [nothing] = search(store, "bread", among=["no such thing"])
    assert nothing.passages == () and not nothing.embedding.size


@pytest.mark.parametrize(
    "text",
    ["", " \n\t", "\x00", "\ud800", '") OR (NOT *', "title:^ AND -bread~2", "'; DROP TABLE kitchen; --", "字" * 5000]
    + ["bread " * 50_000, "a" * 1_000_000, "🙂🙂🙂", "٣ كيف أصنع الخبز؟", "\\\\ \" ' [] {} $1 %s"],
)
def test_any_text_can_be_searched_for(store, text):
    [found] = search(store, text)
    assert len(found.passages) <= 8 and all(math.isfinite(passage.score) for passage in found.passages)


def test_what_is_asked_at_the_end_of_a_long_text_is_found(store):
    [found] = search(store, "I am writing to you about my day, which was long. " * 200 + "How is jam made?")
    assert names(found)[0] == "jam"


def test_a_store_that_is_not_there_is_empty_and_is_found_once_it_is(tmp_path):
    store = Store(tmp_path / "store")

    async def before_and_after():
        shelves = Shelves(store, base)
        await shelves.warm()
        before = shelves.collections("acme"), await shelves.search("bread", "acme")
        await filled(Store(tmp_path / "store"), written(tmp_path / "docs", KITCHEN), Wanted("kitchen"))
        after = shelves.collections("acme"), await shelves.search("bread", "acme")
        shelves.close()
        return before, after

    (none, nothing), (some, found) = asyncio.run(before_and_after())
    assert (tuple(none), nothing.passages) == ((), ()) and not (tmp_path / "store" / "x").exists()
    assert tuple(some) == ("kitchen",) and names(found)[0] == "bread"


def test_many_searches_at_once_find_what_each_finds_alone(store):
    texts = [*KITCHEN.values(), *WORKSHOP.values()] * 5

    async def together():
        shelves = Shelves(store, base)
        found = await asyncio.gather(*(shelves.search(text, "acme") for text in texts))
        shelves.close()
        return found

    alone = {text: names(found) for text, found in zip(texts, search(store, *texts), strict=True)}
    assert [names(found) for found in asyncio.run(together())] == [alone[text] for text in texts]


def test_a_caller_who_left_leaves_nothing_behind(store):
    async def left():
        shelves = Shelves(store, base)
        searching = asyncio.create_task(shelves.search("bread", "acme"))
        await asyncio.sleep(0.001)
        searching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await searching
        found = await shelves.search("bread", "acme")
        shelves.close()
        return found

    assert names(asyncio.run(left()))[0] == "bread"


def test_one_damaged_collection_does_not_silence_the_others(tmp_path):
    store = Store(tmp_path / "store")
    fill(store, written(tmp_path / "kitchen", KITCHEN), "kitchen")
    fill(store, written(tmp_path / "workshop", WORKSHOP), "workshop")
    for file in (tmp_path / "store" / f"{store.catalog.get('workshop').table}.lance").rglob("*"):
        if file.is_file():
            file.write_bytes(b"nonsense")
    damaged = Store(tmp_path / "store")
    [found] = search(damaged, "how is bread made?")
    assert names(found)[0] == "bread" and len(found.refused) == 1
    with pytest.raises(KnowledgeError):
        search(damaged, "how is bread made?", among=["workshop"])


@pytest.mark.timeout(90)
def test_searches_go_on_while_another_process_adds(tmp_path):
    store = Store(tmp_path / "store")
    fill(store, written(tmp_path / "kitchen", KITCHEN), "kitchen")
    more = {f"note {n}": f"Note {n} of the workshop: shelf {n} holds part number {n * 7}." for n in range(60)}
    folder = written(tmp_path / "more", WORKSHOP | more)
    arguments = ["knowledge", "add", str(folder), "--store", str(store.folder), "--collection", "kitchen"]

    async def meanwhile():
        shelves, counts = Shelves(store, base), []
        adding = await asyncio.create_subprocess_exec(
            COTERIE, *arguments, stdout=asyncio.subprocess.PIPE, env=coterie_environment(tmp_path)
        )
        while adding.returncode is None:
            found = await shelves.search("How long do I knead the dough?", "acme")
            assert names(found)[0] == "bread" and not found.refused
            counts.append(len(found.passages))
            await asyncio.sleep(0.05)
        await adding.communicate()
        await asyncio.sleep(2.1)
        after = await shelves.search("ERR-4711", "acme")
        shelves.close()
        return adding.returncode, counts, after

    code, counts, after = asyncio.run(meanwhile())
    assert code == 0 and len(counts) > 3
    assert names(after)[0] == "lathe"


def test_the_event_loop_is_free_while_queries_are_read(store):
    async def shares():
        shelves = Shelves(store, base)
        await shelves.warm()
        mine, everything = time.thread_time(), time.process_time()
        await asyncio.gather(*(shelves.search("knead the dough of the bread " * 30, "acme") for _ in range(20)))
        shelves.close()
        return time.thread_time() - mine, time.process_time() - everything

    loop, everything = asyncio.run(shares())
    assert loop < everything / 2
