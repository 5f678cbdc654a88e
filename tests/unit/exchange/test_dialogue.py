"""What becomes of feedback: when two reviewers should look again, and what a mirror may say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import CharterOptions, Opinion, Said

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def opinion(feedback_id: int, *places: int | None, work: int = 1, reviewer: int | None = None) -> Opinion:
    """An opinion that chose these levels of criteria 1, 2, …, each of four levels worth 0 to 3 points."""
    said = {
        id: Said(place=place, value=float(place), part=place / 3, weight=3.0)
        for id, place in enumerate(places, start=1)
        if place is not None
    }
    return Opinion(
        feedback_id=feedback_id,
        work_id=work,
        reviewer_id=feedback_id if reviewer is None else reviewer,
        said=said,
    )


opinions = st.builds(
    lambda id, places, work: opinion(id, *places, work=work),
    st.integers(1, 50),
    st.lists(st.none() | st.integers(0, 3), min_size=0, max_size=4),
    st.integers(1, 5),
)


# Disagreement (pain 35)


@pytest.mark.parametrize(
    "one, other, apart",
    [
        ((3, 3, 3), (3, 3, 2), False),
        ((3, 1), (1, 3), True),
        ((0, 1, 1), (1, 2, 2), False),
        ((3, 3, 3, 3), (2, 2, 2, 1), True),
        ((), (3,), False),
        ((None, 3), (3, None), False),
    ],
)
def test_opinions_are_far_apart_as_a_whole_or_by_two_levels_somewhere(
    one: tuple[int | None, ...], other: tuple[int | None, ...], apart: bool
) -> None:
    assert rules.are_far_apart(opinion(1, *one), opinion(2, *other), gap=40, steps=2) is apart


def test_the_whole_counts_where_no_single_step_is_far() -> None:
    low, high = opinion(1, 1, 1, 1), opinion(2, 2, 2, 2)

    assert rules.are_far_apart(low, high, gap=33, steps=2)
    assert not rules.are_far_apart(low, high, gap=34, steps=2)


@given(opinions, opinions, st.integers(10, 100), st.integers(1, 5))
def test_a_disagreement_has_two_sides(one: Opinion, other: Opinion, gap: int, steps: int) -> None:
    assert rules.are_far_apart(one, other, gap=gap, steps=steps) == rules.are_far_apart(
        other, one, gap=gap, steps=steps
    )
    assert not rules.are_far_apart(one, one, gap=gap, steps=steps)


@given(st.lists(opinions, max_size=12, unique_by=lambda each: each.feedback_id))
def test_only_opinions_of_one_work_are_compared_and_each_pair_once(found: list[Opinion]) -> None:
    pairs = rules.disagreements(found, gap=40, steps=2)

    assert all(one.work_id == other.work_id and one.feedback_id < other.feedback_id for one, other in pairs)
    assert len({(one.feedback_id, other.feedback_id) for one, other in pairs}) == len(pairs)
    assert pairs == rules.disagreements(found[::-1], gap=40, steps=2)


@pytest.mark.parametrize(
    "one, other, apart",
    [
        (Said(value=2, part=0.2, is_measured=True), Said(value=6, part=0.6, is_measured=True), True),
        (Said(value=2, part=0.2, is_measured=True), Said(value=5, part=0.5, is_measured=True), False),
        (Said(value=0, part=0.0), Said(value=1, part=1.0), False),
    ],
)
def test_numbers_are_apart_by_their_scale_and_a_yes_against_a_no_only_in_the_whole(
    one: Said, other: Said, apart: bool
) -> None:
    """Pain 35: two peers differ wildly, whatever kind of criteria they answer."""
    # Something heavy on which they agree, so that the whole does not differ.
    same = Said(value=1, part=1.0, weight=99.0)
    opinions = [
        Opinion(feedback_id=id, work_id=1, reviewer_id=id, said={1: said, 2: same})
        for id, said in enumerate((one, other))
    ]

    assert rules.are_far_apart(*opinions, gap=40, steps=2) is apart


def test_the_whole_weighs_each_answer_as_the_grade_does() -> None:
    light, heavy = Said(value=0, part=0.0, weight=1.0), Said(value=10, part=1.0, weight=3.0)

    assert Opinion(feedback_id=1, work_id=1, reviewer_id=1, said={1: light, 2: heavy}).share == 0.75
    assert Opinion(feedback_id=1, work_id=1, reviewer_id=1, said={}).share is None


# The mirror


def marking(*, works: int, others: int, mine: int = 3, theirs: int = 1) -> list[Opinion]:
    """Person 99 and one of *others* in turn on each work."""
    made = []
    for work in range(works):
        made.append(opinion(2 * work, mine, work=work, reviewer=99))
        made.append(opinion(2 * work + 1, theirs, work=work, reviewer=work % others))
    return made


def test_the_mirror_says_how_far_one_marks_from_those_who_read_the_same() -> None:
    (leaning,) = rules.leanings(marking(works=3, others=3), reviewer=99)

    assert (leaning.criterion_id, leaning.value, leaning.works) == (1, 2.0, 3)


@pytest.mark.parametrize("works, others", [(2, 2), (3, 2), (6, 2), (0, 1)])
def test_the_mirror_is_blank_where_it_would_rest_on_few(works: int, others: int) -> None:
    """A number from one or two others would say how they mark (pain 23)."""
    assert rules.leanings(marking(works=works, others=others), reviewer=99) == ()


@given(st.lists(opinions, max_size=20, unique_by=lambda each: each.feedback_id), st.integers(1, 50))
def test_the_mirror_never_rests_on_fewer_than_three(found: list[Opinion], reviewer: int) -> None:
    assert all(each.works >= 3 for each in rules.leanings(found, reviewer=reviewer))


# The rest


@pytest.mark.parametrize("marked, current, done", [(1, 1, 2), (1, 2, 2), (2, 5, 5), (0, 0, 1)])
def test_a_suggestion_is_done_in_the_version_after_the_one_it_was_about(marked: int, current: int, done: int) -> None:
    assert rules.done_in(marked=marked, current=current) == done


def test_a_message_may_be_changed_for_some_minutes() -> None:
    assert rules.may_edit(NOON, NOON + rules.EDIT_FOR - timedelta(seconds=1))
    assert not rules.may_edit(NOON, NOON + rules.EDIT_FOR)


def test_a_charter_without_rules_is_off() -> None:
    assert not CharterOptions(enabled=True).is_on
    assert not CharterOptions(rules=("Kind.",)).is_on
    assert CharterOptions.from_dict(CharterOptions(enabled=True, rules=("Kind.",)).as_dict()).is_on


@pytest.mark.parametrize(
    "shown, appraised, is_settled, sees",
    [
        ("at_once", [False], False, True),
        ("settled", [True, False], False, False),
        ("settled", [True, True], False, True),
        ("settled", [False, False], True, True),
        ("settled", [], False, False),
    ],
)
def test_what_authors_say_is_kept_back_until_all_is_in_where_the_teacher_chose_so(
    shown: str, appraised: list[bool], is_settled: bool, sees: bool
) -> None:
    options = CharterOptions(shown=shown)

    assert rules.may_see_appraisals(options, appraised=appraised, is_settled=is_settled) is sees
