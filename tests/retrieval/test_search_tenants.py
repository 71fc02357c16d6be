"""A tenant finds what is everybody's and what is his own, and learns of nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.retrieval.shelves import Shelves
from gateway.retrieval.store import Store
from tests.retrieval.finding import KITCHEN, WORKSHOP, base, fill, search, written

NAMES = ("acme", "globex", "initech")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Eight collections, one document each, whose tenants the catalog may be told anew."""
    home = tmp_path_factory.mktemp("tenants")
    store = Store(home / "store")
    for name, text in (KITCHEN | WORKSHOP).items():
        fill(store, written(home / name, {name: text}), name)
    return store


@settings(max_examples=25, deadline=None)
@given(
    tenants=st.lists(st.sets(st.sampled_from(NAMES)), min_size=8, max_size=8),
    asker=st.sampled_from((*NAMES, "", "nobody")),
    among=st.none() | st.sets(st.sampled_from([*KITCHEN, *WORKSHOP, "unknown"])),
    query=st.sampled_from([*KITCHEN.values(), *WORKSHOP.values(), "water", "x"]),
)
def test_no_search_ever_shows_a_tenant_what_is_not_his(shared, tenants, asker, among, query):
    with shared.writing(print):
        for collection, whose in zip(shared.catalog.collections(), tenants, strict=True):
            shared.catalog.save(collection.model_copy(update={"tenants": tuple(sorted(whose))}))
    named = zip(shared.catalog.collections(), tenants, strict=True)
    may = {collection.name for collection, whose in named if not whose or asker in whose}
    [found] = search(shared, query, tenant=asker, among=None if among is None else sorted(among))
    seen = {passage.collection for passage in found.passages}
    assert seen <= (may if among is None else may & among)
    shelves = Shelves(shared, base)
    assert set(shelves.collections(asker)) == may
    shelves.close()
