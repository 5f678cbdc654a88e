"""Who learns whose name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AUTHOR, AUTHOR_HIDDEN, MASKED, NAMED, REVIEWER, REVIEWER_HIDDEN, SEALED, STAFF

KINDS = st.sampled_from(rules.ANONYMITIES)
UNSEALED = st.sampled_from([each for each in rules.ANONYMITIES if each != SEALED])
SIDES = st.sampled_from([AUTHOR, REVIEWER])


@pytest.mark.parametrize(
    "anonymity, reviewer_sees_author, author_sees_reviewer",
    [(NAMED, True, True), (MASKED, False, False), (AUTHOR_HIDDEN, False, True), (REVIEWER_HIDDEN, True, False)],
)
def test_each_promise_hides_whom_it_says(
    anonymity: str, reviewer_sees_author: bool, author_sees_reviewer: bool
) -> None:
    assert rules.may_see(anonymity, looker=REVIEWER, whose=AUTHOR) is reviewer_sees_author
    assert rules.may_see(anonymity, looker=AUTHOR, whose=REVIEWER) is author_sees_reviewer


@given(KINDS, SIDES, st.booleans())
def test_staff_see_all_but_who_is_sealed_and_classmates_nobody(anonymity: str, whose: str, agreed: bool) -> None:
    is_sealed = anonymity == SEALED and whose == REVIEWER
    assert rules.may_see(anonymity, looker=STAFF, whose=whose, agreed=agreed) is not is_sealed
    assert not rules.may_see(anonymity, looker=rules.CLASSMATE, whose=whose, agreed=agreed)


@given(UNSEALED, SIDES)
def test_where_both_agreed_both_see(anonymity: str, looker: str) -> None:
    assert rules.may_see(anonymity, looker=looker, whose=AUTHOR, agreed=True)
    assert rules.may_see(anonymity, looker=looker, whose=REVIEWER, agreed=True)


@given(KINDS, KINDS, SIDES)
def test_a_promise_may_become_another_only_if_nobody_is_uncovered(before: str, after: str, side: str) -> None:
    if rules.may_become(before, after):
        assert not rules.is_hidden(before, side) or rules.is_hidden(after, side)
    assert rules.may_become(before, before)
    assert rules.may_become(before, MASKED) is (before != SEALED)
    assert rules.may_become(before, SEALED)


@given(st.integers(0, 2**31), st.integers(1, 10_000), st.integers(0, 60), st.integers(0, 60))
def test_whoever_has_a_letter_keeps_it_and_nobody_shares_it(seed: int, work: int, few: int, more: int) -> None:
    letters = rules.pseudonyms(seed, work, few + more)
    assert letters[:few] == rules.pseudonyms(seed, work, few)
    assert len(set(letters)) == few + more


def test_letters_differ_from_work_to_work_and_tell_nothing_of_the_order() -> None:
    """Pain 23: a stable pseudonym gives the person away."""
    drawn = [rules.pseudonyms(7, work, 2) for work in range(200)]
    assert len({first for first, _ in drawn}) > 20
    assert 60 < sum(first < second for first, second in drawn) < 140


@pytest.mark.parametrize(
    "anonymity, received, expected, is_closed, waits",
    [
        (MASKED, 1, 3, False, True),
        (REVIEWER_HIDDEN, 1, 3, False, True),
        (MASKED, 2, 3, False, False),
        (MASKED, 1, 3, True, False),
        (MASKED, 1, 1, False, False),
        (NAMED, 1, 3, False, False),
        (AUTHOR_HIDDEN, 1, 3, False, False),
    ],
)
def test_a_single_feedback_waits_for_another(
    anonymity: str, received: int, expected: int, is_closed: bool, waits: bool
) -> None:
    """Pain 23: a single response gives the person away."""
    options = rules.AnonymityOptions(minimum=2)
    held = rules.is_held_back(anonymity, options, received=received, expected=expected, is_closed=is_closed)
    assert held is waits


@given(UNSEALED, st.integers(0, 10), st.integers(1, 10))
def test_nobody_waits_where_nothing_was_chosen(anonymity: str, received: int, expected: int) -> None:
    options = rules.AnonymityOptions()
    if received:
        assert not rules.is_held_back(anonymity, options, received=received, expected=expected, is_closed=False)
