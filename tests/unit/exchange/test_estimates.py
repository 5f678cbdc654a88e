"""What a work is worth when reviewers differ: the model against classes whose truth is known."""

import math
import random
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange.rules import estimate

triples = st.dictionaries(
    st.tuples(st.integers(0, 12), st.integers(0, 12)), st.floats(0, 1, allow_nan=False), max_size=60
).map(lambda found: [(reviewer, work, share) for (reviewer, work), share in found.items()])


def errors_of(*, severity: float, hostile: float = 0.0, classes: int = 30) -> tuple[float, float]:
    """The root mean square error of the mean and of the estimate over synthetic classes of 30, four reviews each."""
    of_mean, of_estimate = [], []
    for seed in range(classes):
        chance = random.Random(seed)  # noqa: S311 - a made-up class
        truth = [min(max(chance.gauss(0.65, 0.11), 0), 1) for _ in range(30)]
        bias = [chance.gauss(0, severity) for _ in range(30)]
        order = list(range(30))
        chance.shuffle(order)
        reviews = []
        for step in (1, 4, 9, 16):
            for place, reviewer in enumerate(order):
                work = order[(place + step) % 30]
                share = truth[work] + bias[reviewer] + chance.gauss(0, 0.07)
                reviews.append((reviewer, work, 0.0 if chance.random() < hostile else min(max(share, 0.0), 1.0)))
        found = estimate(reviews).works
        for work in range(30):
            mean = fmean(share for _, about, share in reviews if about == work)
            of_mean.append((mean - truth[work]) ** 2)
            of_estimate.append((found[work].value - truth[work]) ** 2)
    return math.sqrt(fmean(of_mean)), math.sqrt(fmean(of_estimate))


def test_where_reviewers_differ_in_severity_the_estimate_is_nearer_the_truth_than_the_mean() -> None:
    of_mean, of_estimate = errors_of(severity=0.09)

    assert of_estimate < 0.9 * of_mean


def test_hostile_reviews_pull_the_estimate_less_than_the_mean() -> None:
    of_mean, of_estimate = errors_of(severity=0.03, hostile=0.05)

    assert of_estimate < 0.85 * of_mean


@given(triples)
def test_every_estimate_lies_on_the_scale_and_within_its_interval(reviews: list[tuple[int, int, float]]) -> None:
    found = estimate(reviews).works

    assert set(found) == {work for _, work, _ in reviews}
    assert all(0 <= each.low <= each.value <= each.high <= 1 for each in found.values())
    assert sum(each.count for each in found.values()) == len(reviews)


@given(triples, st.randoms(use_true_random=False))
def test_the_order_of_reviews_does_not_matter(reviews: list[tuple[int, int, float]], chance: random.Random) -> None:
    shuffled = list(reviews)
    chance.shuffle(shuffled)

    one, other = estimate(reviews), estimate(shuffled)

    assert {work: round(each.value, 6) for work, each in one.works.items()} == {
        work: round(each.value, 6) for work, each in other.works.items()
    }


@given(triples)
def test_a_single_review_is_left_as_it_is(reviews: list[tuple[int, int, float]]) -> None:
    for work, each in estimate(reviews).works.items():
        said = [share for _, about, share in reviews if about == work]
        if len(said) == 1:
            assert each.value == said[0]


def test_a_class_that_agrees_is_taken_at_its_word() -> None:
    found = estimate([(reviewer, work, 0.75) for reviewer in range(3) for work in range(3, 6)])

    assert {each.value for each in found.works.values()} == {0.75}


def test_a_strict_reviewer_is_known_as_one() -> None:
    chance = random.Random(1)  # noqa: S311 - a made-up class
    reviews = [
        (reviewer, work, 0.6 + 0.02 * work - (0.3 if reviewer == 0 else 0) + chance.gauss(0, 0.02))
        for reviewer in range(6)
        for work in range(10)
    ]

    biases = estimate(reviews).biases

    assert min(biases, key=lambda reviewer: biases[reviewer]) == 0
    assert biases[0] < -0.15
