import numpy as np
import pytest

from routers.abilities import Ability, Rate


@pytest.fixture
def router(bundled):
    abilities = {
        "mathematician": Ability(Rate(0.4, 0.01), {"math": Rate(0.9, 0.01)}),
        "poet": Ability(Rate(0.4, 0.01), {"writing": Rate(0.9, 0.01)}),
    }
    return bundled.router(abilities)


def read(bundled, router, *texts):
    return router.predict(bundled.encoder.encode(texts))


def test_the_specialist_is_expected_to_answer_its_field_best(bundled, router):
    prediction = read(bundled, router, "What is the derivative of x^2 + 3x?", "Write a poem about the moon.")
    assert [router.experts_[best] for best in prediction.mean.argmax(axis=1)] == ["mathematician", "poet"]
    assert prediction.labels == ("math", "writing")


def test_the_reason_is_said_in_words(bundled, router):
    [reason] = read(bundled, router, "What is the derivative of x^2 + 3x?").reasons
    assert reason.startswith("reads as math (0.")


def test_shapes_are_rows_by_experts(bundled, router):
    prediction = read(bundled, router, "hi", "2+2", "")
    assert prediction.mean.shape == prediction.std.shape == (3, 2)
    assert prediction.confidence.shape == (3,)
    assert len(prediction.labels) == len(prediction.reasons) == 3


def test_no_query_at_all_is_no_row(bundled, router):
    assert read(bundled, router).mean.shape == (0, 2)


def test_doubt_between_categories_widens_the_estimate(bundled, router):
    clear, doubtful = read(bundled, router, "hello, how are you today?", "qwpo zxmn asdk").std[:, 1]
    assert doubtful > 2 * clear


def test_a_new_expert_leaves_the_others_as_they_are(bundled, router):
    known = dict(zip(router.experts_, router.abilities_, strict=True))
    grown = router.with_abilities({**known, "newcomer": Ability.unknown()})
    rows = bundled.encoder.encode(["Explain supply and demand", "hello"])
    assert grown.experts_ == ("mathematician", "poet", "newcomer")
    assert np.array_equal(grown.predict(rows).mean[:, :2], router.predict(rows).mean)
    assert router.experts_ == ("mathematician", "poet")


def test_fitted_abilities_are_those_the_outcomes_show(trained, tables):
    artifact = trained.artifact
    texts = ["the integral of a polynomial equation", "a plaintiff in court, a statute, a contract"] * 60
    Y = np.array([[1.0, np.nan], [0.0, 1.0]] * 60)
    rows = artifact.encoder.encode(texts)
    router = artifact.router({}).fit(rows, Y, ["mathematician", "lawyer"])
    means = router.predict(rows[:2]).mean
    assert means[0, 0] > 0.8 > 0.2 > means[1, 0]
    assert means[1, 1] > 0.8


def test_probabilities_sum_to_one(bundled, everyday):
    chances = bundled.classifier.predict_proba(bundled.encoder.encode([query.text for query in everyday]))
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-5)
