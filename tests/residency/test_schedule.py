"""The order in which a shared device serves its experts: pure decisions, and what they add up to."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.residency.fcfs import first_come_first_served
from gateway.residency.schedule import most_value_first, value_per_second
from gateway.residency.units import Unit, Waiting
from tests.residency.simulated import Model, Simulation


def unit(name, waiting=0, *, resident=False, size=1.0, load_s=4.0, call_s=1.0, since=0.0, due=60.0, worth=1.0, **more):
    calls = tuple(Waiting(since, due, worth) for _ in range(waiting))
    given = {"places": 1, "busy": 0, "traffic": 0.0, "used": 0.0, **more}
    left_s = 0.0 if resident else load_s
    return Unit(name, size, load_s, left_s, call_s, waiting=calls, resident=resident, **given)


def test_nothing_is_done_where_nothing_waits():
    step = most_value_first([unit("a", resident=True), unit("b")], 1, 0.0)
    assert step.load is None and step.evict == ()


def test_what_is_loaded_is_served_before_anything_is_loaded():
    step = most_value_first([unit("a", 5, resident=True), unit("b", 5)], 1, 0.0)
    assert step.load is None and step.evict == ()
    assert step.starts["b"] == 5.0 + 4.0


def test_what_nobody_waits_for_gives_way():
    step = most_value_first([unit("a", resident=True), unit("b", 1)], 1, 0.0)
    assert (step.load, step.evict) == ("b", ("a",))


def test_the_expert_with_more_waiting_value_per_second_is_loaded_first():
    assert most_value_first([unit("a", 2), unit("b", 9)], 1, 0.0).load == "b"
    assert most_value_first([unit("a", 2, worth=9.0), unit("b", 9)], 1, 0.0).load == "a"
    assert most_value_first([unit("a", 5, load_s=1), unit("b", 5, load_s=30)], 1, 0.0).load == "a"


def test_a_call_weighs_more_the_longer_it_waits():
    assert value_per_second(unit("a", 1), 30.0) > value_per_second(unit("a", 1), 1.0)


def test_beside_the_one_in_work_the_next_is_loaded_where_there_is_room():
    step = most_value_first([unit("a", 5, resident=True), unit("b", 1)], 2, 0.0)
    assert (step.load, step.evict) == ("b", ())


def test_who_is_needed_farthest_away_gives_way():
    units = [unit("a", 9, resident=True), unit("b", 1, resident=True), unit("c", 9, load_s=0.1), unit("d", 3)]
    step = most_value_first([*units[:2], unit("idle", resident=True), units[3]], 3, 0.0)
    assert (step.load, step.evict) == ("d", ("idle",))


def test_of_two_that_nobody_waits_for_the_seldom_asked_gives_way():
    units = [unit("often", resident=True, traffic=9), unit("seldom", resident=True, traffic=1), unit("c", 1)]
    assert most_value_first(units, 2, 0.0).evict == ("seldom",)
    busy = [unit("often", resident=True, traffic=9), unit("seldom", resident=True, traffic=1, busy=1), unit("c", 1)]
    assert most_value_first(busy, 2, 0.0).evict == ("often",)


def test_no_more_give_way_than_must():
    units = [unit("small", resident=True, size=1), unit("large", resident=True, size=8), unit("c", 1, size=8)]
    assert most_value_first(units, 10, 0.0).evict == ("large",)


def test_a_call_close_to_its_deadline_forces_its_expert():
    crowd = unit("a", 30, resident=True, due=1000.0)
    assert most_value_first([crowd, unit("b", 1, since=0.0, due=60.0)], 1, 10.0).load is None
    assert most_value_first([crowd, unit("b", 1, since=0.0, due=60.0)], 1, 45.0).load == "b"


def test_who_cannot_be_in_time_any_more_does_not_make_all_others_late():
    late = [unit("a", 30, resident=True, due=10.0), unit("b", 30, due=10.0)]
    assert most_value_first(late, 1, 20.0).load is None


def test_first_come_first_served_loads_for_whoever_came_first():
    units = [unit("a", 9, resident=True, since=2.0), unit("b", 1, since=1.0)]
    step = first_come_first_served(units, 1, 3.0)
    assert (step.load, step.evict, step.until) == ("b", ("a",), {})


def test_first_come_first_served_lets_only_the_head_of_the_queue_begin():
    both = Unit("a", 1, 1, 0, 1, 1, (Waiting(0.0, 9.0), Waiting(2.0, 9.0)), 0, 0, 0, True)
    assert first_come_first_served([both, unit("b", 1, since=1.0)], 1, 3.0).until == {"a": 0.0}


def test_the_least_recently_used_leaves():
    units = [unit("a", resident=True, used=2.0), unit("b", resident=True, used=1.0), unit("c", 1)]
    assert first_come_first_served(units, 2, 3.0).evict == ("b",)


def mixed(count, names, seed=0):
    chance = random.Random(seed)
    return [(0.0 + number * 1e-6, chance.choice(names)) for number in range(count)]


def test_two_hundred_mixed_queries_take_a_fifth_of_the_loads_and_half_the_time():
    models = {name: Model(load_s=0.5, call_s=0.2) for name in "abcd"}
    ours, yardstick = (Simulation(policy, models, 1.0) for policy in (most_value_first, first_come_first_served))
    for simulation in (ours, yardstick):
        simulation.run(mixed(200, "abcd"))
        assert len(simulation.answered) == 200
    assert len(ours.loads) == 4
    assert len(yardstick.loads) > 100
    assert ours.now < yardstick.now / 2
    assert ours.late == 0


def test_a_lonely_query_is_answered_in_time_though_another_expert_is_never_without_work():
    models = {"busy": Model(load_s=2.0, call_s=1.0, places=1), "lonely": Model(load_s=2.0, call_s=1.0, places=1)}
    stream = [(number * 1.05, "busy") for number in range(300)]
    simulation = Simulation(most_value_first, models, 1.0, deadline_s=30.0)
    simulation.run(sorted([*stream, (50.0, "lonely"), (170.0, "lonely")]))
    assert simulation.late == 0
    assert simulation.loads.count("lonely") == 2


def test_a_device_that_cannot_keep_up_starves_nobody_and_does_not_only_load():
    models = {name: Model(load_s=2.0, call_s=1.0, places=1) for name in "ab"}
    chance = random.Random(3)
    arrivals = sorted((chance.uniform(0, 200), name) for name in "ab" for _ in range(150))
    simulation = Simulation(most_value_first, models, 1.0, deadline_s=20.0)
    simulation.run(arrivals)
    waits = [answered - came for came, answered in simulation.answered]
    assert len(waits) == 300
    assert len(simulation.loads) * 2.0 < 0.25 * simulation.now
    assert max(waits) < 0.6 * simulation.now  # the work of 200 s of arrivals takes 300 s


MODELS = st.dictionaries(
    st.sampled_from("abcde"),
    st.builds(
        Model,
        size=st.floats(0.5, 4),
        load_s=st.floats(0.01, 10),
        call_s=st.floats(0.01, 3),
        places=st.integers(1, 4),
    ),
    min_size=1,
)


@given(MODELS, st.floats(4, 10), st.lists(st.tuples(st.floats(0, 100), st.integers(0, 4)), max_size=40), st.booleans())
@settings(max_examples=150, deadline=None)
def test_every_query_is_answered_and_the_room_is_kept(models, room, asked, plain):
    policy = first_come_first_served if plain else most_value_first
    simulation = Simulation(policy, models, room, deadline_s=20.0)
    names = sorted(models)
    simulation.run(sorted((at, names[number % len(names)]) for at, number in asked))
    assert len(simulation.answered) == len(asked)
