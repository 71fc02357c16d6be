"""Skills in words: the vocabulary, the weak labels, the taggers, and an expert as annotator."""

import asyncio
import json

import numpy as np
import pytest
from sklearn.base import clone

from routers.errors import ArtifactError
from routers.skills.annotate import annotate, keep_recurring, parse_skills, skill_prompt
from routers.skills.labels import annotated_labels, weak_labels
from routers.skills.phrases import key_phrases
from routers.skills.regions import RegionTagger
from routers.skills.subjects import subject_name
from routers.skills.tagger import SkillTagger
from routers.skills.vocabulary import Skill, Vocabulary, learn_vocabulary
from routers.state import dump, restore

LAW = "the breach of contract was brought before the court number {}"
MATH = "what is the probability that a quokka tensor is {}"


@pytest.fixture(scope="module")
def questions():
    """Texts, categories and subjects: sixty of law and sixty of math."""
    texts = [LAW.format(n) for n in range(60)] + [MATH.format(n) for n in range(60)]
    return texts, ["law"] * 60 + ["math"] * 60, ["ori_mmlu-international_law"] * 60 + [""] * 60


@pytest.fixture(scope="module")
def vocabulary(questions):
    return learn_vocabulary(*questions, size=40)


def skills_world(n=400, seed=0):
    """Rows of which the first three columns say which of three skills they ask for; often two at once."""
    chance = np.random.default_rng(seed)
    labels = (chance.random((n, 3)) < [0.5, 0.3, 0.1]).astype(float)
    labels[labels.sum(axis=1) == 0, 0] = 1
    X = chance.normal(0, 0.3, (n, 6)).astype(np.float32)
    X[:, :3] += 2 * labels
    return X, labels, ("algebra", "optics", "poetry")


@pytest.fixture(scope="module")
def tagger():
    return SkillTagger(keep=1.5, most=2).fit(*skills_world())


def test_a_vocabulary_has_general_skills_subjects_and_key_phrases(vocabulary):
    by_name = {skill.name: skill for skill in vocabulary.skills}
    assert {"probability", "contract law", "international law"} <= set(by_name)
    assert by_name["quokka tensor"].category == "math"
    assert len(by_name) == len(vocabulary.skills) <= 40


def test_a_skill_that_few_questions_show_is_left_out(vocabulary):
    assert "organic chemistry" not in vocabulary.names


def test_no_words_of_one_question_alone_are_kept(questions):
    texts, categories, subjects = questions
    secret = "my diary about zanzibar zanzibar elephants"
    learned = learn_vocabulary([*texts, secret], [*categories, "law"], [*subjects, ""])
    assert "zanzibar" not in json.dumps(learned.to_json())


def test_a_table_without_subjects_or_categories_is_enough(questions):
    texts = questions[0]
    learned = learn_vocabulary(texts, [""] * len(texts), [""] * len(texts))
    assert "probability" in learned.names


def test_key_phrases_say_each_thing_once(questions):
    texts, categories, _ = questions
    phrases = [phrase for phrase, _ in key_phrases(texts, categories, wanted=20, fewest=10, taken={"court"})]
    assert "quokka tensor" in phrases and "quokka" not in phrases and "court" not in phrases
    assert all(len(phrase.split()) <= 3 for phrase in phrases)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ori_mmlu-business_ethics", "business ethics"),
        ("stemez-FluidMechanics", "fluid mechanics"),
        ("scibench-quan", "quantum chemistry"),
        ("high_school_physics", "high school physics"),
        ("ori_mmlu-miscellaneous", ""),
    ],
)
def test_subject_labels_are_read_as_words(label, name):
    assert subject_name(label) == name


def test_a_vocabulary_comes_back_from_json(vocabulary):
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


def test_what_is_no_vocabulary_is_refused_in_one_line():
    with pytest.raises(ArtifactError, match="category"):
        Vocabulary.from_json([{"name": "algebra"}])


def test_a_cue_counts_as_whole_words_only():
    skills = Vocabulary((Skill("sport", "", ("ball",)), Skill("law", "", (), ("tort",))))
    labels = weak_labels(skills, ["Kick the ball!", "a balloon", "nothing"], ["", "", "tort"]).toarray()
    assert labels.tolist() == [[1, 0], [0, 0], [0, 1]]


def test_skills_that_an_expert_named_make_a_vocabulary_of_their_own():
    named, labels = annotated_labels([("algebra", "optics"), ("algebra",), ()], fewest=2)
    assert named.names == ("algebra",)
    assert labels.toarray().tolist() == [[1], [1], [0]]


def test_the_tagger_finds_the_skills_of_new_rows(tagger):
    X, labels, _ = skills_world(200, seed=1)
    single = labels.sum(axis=1) == 1
    found = tagger.tags(X[single]).places[:, 0]
    assert (found == labels[single].argmax(axis=1)).mean() > 0.95


def test_queries_keep_as_many_skills_as_asked_for_and_never_none(tagger):
    X = skills_world(300, seed=2)[0]
    kept = [len(skills) for skills in tagger.tags(np.concatenate([X, np.full((1, 6), -9, np.float32)])).kept]
    assert min(kept) == 1 and max(kept) == 2
    assert abs(np.mean(kept) - 1.5) < 0.15


def test_affinities_mean_what_they_say(tagger):
    X, labels, _ = skills_world(2000, seed=3)
    assert np.abs(tagger.affinities(X).mean(axis=0) - labels.mean(axis=0)).max() < 0.05


def test_a_tagger_comes_back_from_its_state(tagger):
    X = skills_world(20, seed=4)[0]
    again = restore(dump(tagger), {"SkillTagger": SkillTagger})
    assert np.array_equal(again.tags(X).strengths, tagger.tags(X).strengths)


def test_a_clone_of_a_fitted_tagger_is_the_tagger_itself(tagger):
    assert clone(tagger) is tagger
    assert clone(SkillTagger(most=7)).most == 7


def test_a_tagger_may_read_the_first_columns_only():
    X, labels, names = skills_world()
    narrow = SkillTagger(keep=1.5, width=3).fit(X, labels, names)
    X[:, 3:] = 100
    assert narrow.affinities(X).shape == (400, 3) and narrow.weights_.shape == (3, 3)


def test_labels_that_do_not_fit_are_refused_with_the_numbers():
    X, labels, names = skills_world(20)
    with pytest.raises(ValueError, match=r"\(20, 3\); 20 rows and 2 skills"):
        SkillTagger().fit(X, labels, names[:2])
    with pytest.raises(ValueError, match="between 1 and most = 2, not 3"):
        SkillTagger(keep=3, most=2).fit(X, labels, names)


def test_the_neighbours_of_a_skill_are_others_and_the_nearest():
    regions = RegionTagger(regions=4)
    regions.centres_ = np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.0], [-0.9, -0.1]])
    near = regions.neighbours(1)
    assert near.argmax(axis=1).tolist() == [1, 0, 3, 2]
    assert ((near > 0).sum(axis=1) == 1).all() and near.max() <= 1


def test_rows_that_are_all_the_same_still_have_a_region():
    regions = RegionTagger().fit(np.zeros((30, 2)))
    assert min(len(kept) for kept in regions.tags(np.zeros((3, 2))).kept) >= 1


def test_answers_of_an_annotator_are_cleaned():
    said = "<think>hm, well</think> Skills: Algebra., unit conversion\n- Algebra, a very long description of nothing"
    assert parse_skills(said) == ("algebra", "unit conversion")


def test_what_recurs_is_kept_and_what_one_answer_repeats_is_not():
    assert keep_recurring([("a", "b", "b"), ("c", "a"), ("c", "a")]) == ("a", "c")


def test_an_annotator_is_asked_as_often_as_told():
    asked = []

    async def ask(prompt):
        asked.append(prompt)
        return ["algebra, optics", "Algebra", "poetry"][len(asked) - 1]

    assert asyncio.run(annotate(ask, "2 + 2?", samples=3)) == ("algebra",)
    assert asked == [skill_prompt("2 + 2?")] * 3 and "2 + 2?" in asked[0]


def test_one_sample_cannot_recur():
    async def ask(prompt):
        raise AssertionError

    with pytest.raises(ValueError, match="1 samples are too few"):
        asyncio.run(annotate(ask, "2 + 2?", samples=1))
