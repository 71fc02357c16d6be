"""Memory and a real server say the same to any sequence of calls."""

import asyncio
import uuid

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.shared import SharedStateError
from gateway.shared.memory import MemoryState
from gateway.shared.redis import RedisState

KEYS = st.sampled_from("abc")
VALUES = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), st.integers(-3, 3).map(str))
AMOUNTS = st.one_of(st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1))
CALLS = st.one_of(
    st.tuples(st.just("get"), KEYS),
    st.tuples(st.just("put"), KEYS, VALUES, st.just(3600.0)),
    st.tuples(st.just("put_if_absent"), KEYS, VALUES, st.just(3600.0)),
    st.tuples(st.just("add"), KEYS, AMOUNTS, st.just(3600.0)),
    st.tuples(st.just("delete"), KEYS),
)


async def said(state, space, calls):
    answers = []
    for name, key, *rest in calls:
        try:
            answers.append(await getattr(state, name)(space + key, *rest))
        except SharedStateError:
            answers.append(SharedStateError)
    return answers


@settings(max_examples=100, deadline=None)
@given(calls=st.lists(CALLS, max_size=20))
def test_memory_and_redis_agree(valkey, calls):
    async def main():
        space, redis = uuid.uuid4().hex, RedisState(valkey.connection_url)
        try:
            assert await said(MemoryState(), space, calls) == await said(redis, space, calls)
        finally:
            await redis.aclose()

    asyncio.run(main())
