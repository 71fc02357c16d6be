import numpy as np
import pytest

from routers.abilities import Ability, Profiles, Rate
from routers.errors import UnknownProfile

FIELDS = ("law", "math")


def members(*counts):
    return np.repeat(np.eye(len(counts)), counts, axis=0)


def test_a_rate_from_few_questions_is_drawn_toward_the_experts_own_mean():
    scores = np.array([1.0] * 3 + [1.0, 0.0] * 200)
    ability = Ability.measured(members(3, 400), scores, FIELDS)
    assert ability.overall.mean < ability.on("law").mean < 0.8
    assert ability.on("math").mean == pytest.approx(0.5, abs=0.01)


def test_fewer_questions_mean_a_larger_standard_error():
    scores = np.array([1.0, 0.0] * 5 + [1.0, 0.0] * 200)
    ability = Ability.measured(members(10, 400), scores, FIELDS)
    assert ability.on("law").error > ability.on("math").error > 0


def test_many_questions_speak_for_themselves():
    scores = np.array([0.0] * 300 + [1.0] * 300)
    ability = Ability.measured(members(300, 300), scores, FIELDS)
    assert ability.on("law").mean < 0.05
    assert ability.on("math").mean > 0.95


def test_missing_outcomes_say_nothing():
    scores = np.array([1.0, np.nan, 0.0, np.nan])
    assert Ability.measured(members(2, 2), scores, FIELDS).overall.mean == 0.5


def test_a_category_nobody_measured_falls_back_to_the_overall_rate():
    assert Ability(Rate(0.6, 0.1), {"math": Rate(0.9, 0.1)}).on("law") == Rate(0.6, 0.1)


def test_declared_abilities_are_wide_and_have_a_default():
    ability = Ability.declared({"math": 0.7, "default": 0.4})
    assert (ability.on("math").mean, ability.on("law").mean) == (0.7, 0.4)
    assert ability.on("math").error >= 0.1


def test_an_unknown_category_names_the_nearest():
    with pytest.raises(ValueError, match=r"unknown category 'maths'.*math"):
        Ability.declared({"maths": 0.7})


def test_a_declared_ability_above_one_is_refused():
    with pytest.raises(ValueError, match="not 70"):
        Ability.declared({"math": 70})


def test_of_an_unknown_expert_little_is_claimed():
    assert Ability.unknown().on("math").mean == 0.5
    assert Ability.unknown().on("math").error > 0.25


def test_an_unknown_profile_names_the_nearest():
    profiles = Profiles({"mathstral-7B": Ability.unknown(), "Yi-34B": Ability.unknown()})
    with pytest.raises(UnknownProfile, match=r"no profile of 'mathstral'.*mathstral-7B"):
        profiles.profile("mathstral")


def test_profiles_survive_json():
    profiles = Profiles({"a": Ability(Rate(0.6, 0.1), {"math": Rate(0.9, 0.1)}, "10 questions")})
    assert Profiles.from_json(profiles.to_json()) == profiles
