"""What a grade is made of, and which grades need a human."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import Evidence, GradingOptions, Share

shares = st.lists(st.tuples(st.floats(0, 5), st.sampled_from([0.0, 5.0])), max_size=5).map(
    lambda found: tuple(
        Share(feedback_id=number, points=min(points, possible), possible=possible)
        for number, (points, possible) in enumerate(found)
    )
)
weights = st.builds(
    GradingOptions,
    method=st.sampled_from([rules.MEAN, rules.MEDIAN, rules.ROBUST]),
    work=st.integers(0, 100),
    giving=st.integers(0, 100),
    using=st.integers(0, 100),
    self_assessment=st.integers(0, 100),
    completion=st.integers(0, 100),
)


def said(*values: float) -> tuple[Share, ...]:
    return tuple(Share(feedback_id=number, points=value, possible=5) for number, value in enumerate(values))


def score(evidence: Evidence, options: GradingOptions) -> float | None:
    return rules.grade_in_parts(evidence, options, maximum=10, is_submitted=True).score


@given(shares)
@example(tuple(Share(feedback_id=id, points=points, possible=5.0) for id, points in enumerate((0.0, 0.0, 0.0, 0.85))))
def test_where_nobody_chose_the_grade_is_the_mean_over_the_reviews(found: tuple[Share, ...]) -> None:
    made = rules.grade_in_parts(Evidence(shares=found), GradingOptions(), maximum=10, is_submitted=True)

    assert replace(made, parts=()) == rules.grade(found, maximum=10, is_submitted=True)


@given(shares, weights, st.integers(0, 9), st.integers(0, 4))
def test_a_grade_never_leaves_its_scale(
    found: tuple[Share, ...], options: GradingOptions, given: int, owed: int
) -> None:
    made = score(Evidence(shares=found, given=given, owed=owed, used=(given, owed), has_assessed=True), options)

    assert made is None or 0 <= made <= 10


def test_parts_weigh_as_the_teacher_said() -> None:
    options = GradingOptions(work=50, giving=30, completion=20)

    assert score(Evidence(shares=said(5, 5), given=1, owed=2), options) == 6.5


def test_what_could_not_be_measured_costs_nobody_points() -> None:
    options = GradingOptions(work=50, using=50)

    assert score(Evidence(shares=said(4)), options) == 8
    assert score(Evidence(shares=said(4), used=(0, 3)), options) == 4


def test_without_a_review_there_is_no_grade_where_the_work_counts() -> None:
    evidence = Evidence(given=2, owed=2)

    assert score(evidence, GradingOptions(work=10, giving=90)) is None
    assert score(evidence, GradingOptions(work=0, giving=90)) == 10


def test_one_odd_review_does_not_move_the_median() -> None:
    assert score(Evidence(shares=said(4, 4, 0)), GradingOptions(method=rules.MEDIAN)) == 8


def test_a_part_set_by_hand_stands_above_what_is_computed() -> None:
    evidence = Evidence(shares=said(5), given=0, owed=2, set_by_hand={"giving": 1.0})

    assert score(evidence, GradingOptions(work=50, giving=50)) == 10


@pytest.mark.parametrize(
    "reviews, is_settled, values, by_hand, why",
    [
        (3, False, (0.5,), None, []),  # more may come
        (3, True, (0.5,), None, ["too_few"]),
        (3, True, (), None, ["too_few"]),
        (5, True, (0.5, 0.5, 0.5), None, ["too_few"]),
        (1, True, (0.5,), None, []),  # one was all that was asked for
        (3, True, (0.2, 0.5, 0.9), None, ["apart"]),
        (3, True, (0.5, 0.5, 0.6), 0.9, ["contradicted"]),
        (3, True, (0.5, 0.5, 0.6), None, []),
    ],
)
def test_a_human_is_asked_for(
    reviews: int, is_settled: bool, values: tuple[float, ...], by_hand: float | None, why: list[str]
) -> None:
    found = rules.reasons_to_look(values, estimate=None, reviews=reviews, is_settled=is_settled, by_hand=by_hand)

    assert [each.why for each in found] == why
