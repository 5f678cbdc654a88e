"""Two views of one work: what is compared, and in which words it is called."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AnswerWords, Asked, SelfAssessmentOptions, View, Words

SHARES = st.floats(0, 1, allow_nan=False)
LEVELS = Asked(kind=rules.LEVELS, levels={1: 0.0, 2: 3.0, 3: 5.0}, comment=rules.REQUIRED, words=20)


def chosen(level: int) -> Words:
    return Words(answers={7: AnswerWords(level_id=level)})


@given(own=SHARES, others=st.lists(SHARES, min_size=1, max_size=8))
def test_whoever_sees_what_the_others_see_is_never_told_that_they_differ(own: float, others: list[float]) -> None:
    view = View(criterion_id=1, own=own, others=tuple(sorted(others)))

    if min(others) <= own <= max(others):
        assert view.verdict == "alike"
    assert sum(count for _value, count in view.groups) == len(others)


@given(own=SHARES, other=SHARES)
def test_which_way_two_views_differ_is_told_as_it_is(own: float, other: float) -> None:
    verdict = View(criterion_id=1, own=own, others=(other,)).verdict

    assert verdict == ("alike" if abs(own - other) <= rules.ALIKE else "kinder" if own > other else "stricter")


def test_reviewers_who_differ_among_themselves_are_told_of() -> None:
    assert View(criterion_id=1, own=0.5, others=(0.2, 0.9)).is_split
    assert not View(criterion_id=1, own=0.5, others=(0.6, 0.9)).is_split


def test_nothing_tells_whose_view_is_which() -> None:
    (view,) = rules.compared({7: LEVELS}, chosen(2), [chosen(3), chosen(1), chosen(3)])

    assert (view.own, view.others) == (0.6, (0.0, 1.0, 1.0))


def test_words_alone_are_not_measured() -> None:
    assert rules.compared({7: Asked(kind=rules.WORDS)}, Words(), [Words()]) == ()


def test_what_was_not_answered_leaves_nothing_to_compare() -> None:
    (view,) = rules.compared({7: LEVELS}, Words(), [chosen(1)])

    assert view.verdict is None


def test_an_author_chooses_and_need_not_explain() -> None:
    asked = rules.asked_of_author(LEVELS)

    assert (asked.levels, asked.comment, asked.words) == (LEVELS.levels, rules.OPTIONAL, 0)
    assert rules.asked_of_author(Asked(kind=rules.WORDS, comment=rules.OPTIONAL)).comment == rules.REQUIRED


def test_feedback_waits_only_before_the_first_look_and_never_once_closed() -> None:
    before, beside = SelfAssessmentOptions(when=rules.BEFORE), SelfAssessmentOptions(when=rules.BESIDE)

    assert rules.covers(before, has_acted=False, is_closed=False)
    assert not rules.covers(before, has_acted=True, is_closed=False)
    assert not rules.covers(before, has_acted=False, is_closed=True)
    assert not rules.covers(beside, has_acted=False, is_closed=False)
    assert not rules.covers(SelfAssessmentOptions(), has_acted=False, is_closed=False)


def test_beside_feedback_means_once_it_is_read() -> None:
    beside = SelfAssessmentOptions(when=rules.BESIDE)

    due = [
        rules.is_due(beside, has_acted=False, received=received, has_unread=has_unread)
        for received, has_unread in ((0, False), (1, True), (1, False))
    ]

    assert due == [False, False, True]
