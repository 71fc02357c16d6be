"""A group at work: real lanes, and weights that are loaded and unloaded as the group says."""

from __future__ import annotations

import asyncio
import random

import pytest

from gateway.errors import ExpertUnreachable


def loads(site):
    return [what.removeprefix("load ") for what in site.shelf.done if what.startswith("load ")]


def test_a_model_is_loaded_when_it_is_first_asked(act):
    async def main(site):
        site.expert("a")
        site.expert("b")
        await asyncio.sleep(0.05)
        assert site.shelf.done == []
        await site.ask("a")
        await site.ask("a")
        assert site.shelf.done == ["load a"]

    act(main)


def test_mixed_calls_are_answered_expert_by_expert(act):
    async def main(site):
        names = ["a", "b", "c", "d"]
        for name in names:
            site.expert(name)
        chance = random.Random(1)
        await asyncio.gather(*(site.ask(chance.choice(names), call_s=0.002) for _ in range(100)))
        assert len(site.answered) == 100
        assert sorted(loads(site)) == names

    act(main)


def test_first_come_first_served_loads_for_each_turn_of_the_queue(act):
    async def main(site):
        site.expert("a", load_s=0.005)
        site.expert("b", load_s=0.005)
        turns = ["a", "b", "b", "a", "b", "a", "a"]
        asked = []
        for name in turns:
            asked.append(asyncio.create_task(site.ask(name)))
            await asyncio.sleep(0)
        await asyncio.gather(*asked)
        assert site.answered == turns
        assert loads(site) == ["a", "b", "a", "b", "a"]

    act(main, schedule="fcfs")


def test_experts_on_the_same_weights_are_one_model(act):
    async def main(site):
        site.expert("a")
        site.expert("alias", of="a")
        await asyncio.gather(site.ask("a"), site.ask("alias"))
        assert site.shelf.done == ["load a"]
        assert site.group.slots["a"].calls == 2

    act(main)


def test_nobody_is_unloaded_at_work(act):
    async def main(site):
        site.expert("a")
        site.expert("b")
        await site.ask("a")
        long = asyncio.create_task(site.ask("a", call_s=0.15))
        await asyncio.sleep(0.02)
        short = asyncio.create_task(site.ask("b"))
        await asyncio.sleep(0.05)
        assert site.shelf.done == ["load a"]
        await asyncio.gather(long, short)
        assert site.shelf.done == ["load a", "unload a", "load b"]
        assert site.answered == ["a", "a", "b"]

    act(main)


def test_the_next_model_is_loaded_beside_the_one_in_work(act):
    async def main(site):
        site.expert("a")
        site.expert("b")
        await site.ask("a")
        long = asyncio.create_task(site.ask("a", call_s=0.3))
        await asyncio.sleep(0.02)
        await site.ask("b")
        assert not long.done()
        await long

    act(main, room=2)


def test_a_call_that_is_nearly_due_is_not_kept_waiting_by_a_crowd(act):
    async def main(site):
        site.expert("a", max_waiting=200)
        site.expert("b")
        crowd = [asyncio.create_task(site.ask("a")) for _ in range(120)]
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        await site.ask("b", seconds=0.5)
        assert asyncio.get_running_loop().time() - began < 0.5
        assert sum(task.done() for task in crowd) < 80
        await asyncio.gather(*crowd)

    act(main)


def test_a_model_that_does_not_load_fails_its_callers_and_nobody_else(act):
    async def main(site):
        site.expert("good")
        site.expert("bad")
        site.weights["bad"].error = ExpertUnreachable("cannot be loaded: not a model")
        answers = await asyncio.gather(
            site.ask("bad"), site.ask("good"), site.ask("bad"), site.ask("good"), return_exceptions=True
        )
        assert [isinstance(answer, ExpertUnreachable) for answer in answers] == [True, False, True, False]
        assert answers[0] is not answers[2]
        assert "not a model; loading it is tried again in 60 s" in answers[0].message
        with pytest.raises(ExpertUnreachable):
            await site.ask("bad")
        assert loads(site).count("bad") == 1
        await site.ask("good")

    act(main)


def test_a_hook_with_a_mistake_stops_neither_the_device_nor_its_callers(act):
    async def main(site):
        site.expert("good")
        site.expert("bad")
        site.weights["bad"].error = ZeroDivisionError("oh")
        with pytest.raises(ExpertUnreachable, match="ZeroDivisionError"):
            await site.ask("bad")
        await site.ask("good")

    act(main)


def test_a_model_whose_process_ended_is_loaded_again_and_its_room_was_free(act):
    async def main(site):
        site.expert("a")
        site.expert("b")
        await site.ask("a")
        site.weights["a"].crashed = True
        site.shelf.there.clear()
        await site.ask("b")
        assert site.shelf.done == ["load a", "load b"]
        await site.ask("a")
        assert site.shelf.done == ["load a", "load b", "unload b", "load a"]

    act(main)


def test_what_the_server_has_loaded_already_is_not_loaded_again(act):
    async def main(site):
        site.shelf.there.add("a")
        site.expert("a")
        site.expert("b")
        await site.ask("a")
        assert site.shelf.done == []
        await site.ask("b")
        assert site.shelf.done == ["unload a", "load b"]

    act(main)


def test_a_caller_who_left_is_not_loaded_for(act):
    async def main(site):
        site.expert("a")
        site.expert("b")
        await site.ask("a")
        long = asyncio.create_task(site.ask("a", call_s=0.1))
        await asyncio.sleep(0.02)
        gone = asyncio.create_task(site.ask("b"))
        await asyncio.sleep(0.02)
        gone.cancel()
        await long
        await asyncio.sleep(0.05)
        assert site.shelf.done == ["load a"]

    act(main)


def test_a_call_goes_to_a_loaded_second_choice_where_that_costs_less_than_waiting(act):
    async def main(site):
        site.expert("first", load_s=0.5)
        site.expert("second", load_s=0.01)
        await site.ask("second")
        moved = await site.ask("first", alternatives=(("second", 0.1),))
        assert moved is not None and (moved.expert, moved.loss) == ("second", 0.1)
        assert (site.group.moved, site.group.lost) == (1, 0.1)
        assert await site.ask("first", alternatives=(("second", 0.9),)) is None

    act(main, patience_s=1.0)


def test_nobody_is_moved_where_the_group_says_so(act):
    async def main(site):
        site.expert("first", load_s=0.1)
        site.expert("second", load_s=0.01)
        await site.ask("second")
        assert await site.ask("first", alternatives=(("second", 0.0),)) is None

    act(main, patience_s=None)


def test_load_times_are_learned_and_what_was_never_loaded_is_judged_by_them(act):
    async def main(site):
        site.expert("a", load_s=0.1, said_s=5.0)
        site.expert("b", said_s=10.0)
        await site.ask("a")
        timed, untimed = site.group._units(0.0)
        assert 0.05 < timed.load_s < 1.0
        assert untimed.load_s == 2 * timed.load_s

    act(main)
