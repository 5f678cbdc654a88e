"""When what is possible, what a feedback lacks, what a grade is."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules import AnswerWords, CriterionPlan, LevelPlan, Plan, Share, Windows, Words

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(days=1), NOW + timedelta(days=1)
OPEN = Windows(published_at=BEFORE)

SOUND = Plan(title="First drafts", criteria=(CriterionPlan(title="Clarity"),))
TWO_LEVELS = (LevelPlan(title="No", points=0), LevelPlan(title="Yes", points=1))

moments = st.none() | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))
shares = st.lists(
    st.tuples(st.integers(1, 100), st.floats(0, 1), st.floats(0, 100)).map(
        lambda drawn: Share(feedback_id=drawn[0], points=drawn[1] * drawn[2], possible=drawn[2])
    ),
    max_size=10,
)


# Windows


@given(
    st.builds(Windows, published_at=moments, opens_at=moments, submit_by=moments, review_by=moments, closed_at=moments)
)
def test_an_exchange_is_open_unless_there_is_a_reason(windows: Windows) -> None:
    reason = windows.why_not_open(NOW)

    assert windows.is_open_at(NOW) == (reason is None)
    assert reason in (None, "unpublished", "not_yet", "closed")


def test_due_dates_close_nothing() -> None:
    windows = replace(OPEN, submit_by=BEFORE, review_by=BEFORE)

    assert windows.is_open_at(NOW)
    assert windows.is_late(NOW)
    assert windows.review_is_late(NOW)
    assert windows.is_settled_at(NOW)


def test_work_in_the_last_moment_is_not_late() -> None:
    assert not replace(OPEN, submit_by=NOW).is_late(NOW)


@pytest.mark.parametrize(
    "windows, reason",
    [
        (Windows(), "unpublished"),
        (replace(OPEN, opens_at=AFTER), "not_yet"),
        (replace(OPEN, closed_at=BEFORE), "closed"),
        (replace(OPEN, opens_at=AFTER, closed_at=BEFORE), "closed"),
        (replace(OPEN, opens_at=NOW), None),
    ],
)
def test_the_reason_is_the_one_a_person_can_do_least_about(windows: Windows, reason: str | None) -> None:
    assert windows.why_not_open(NOW) == reason


# Plans


@pytest.mark.parametrize(
    "changes, problem",
    [
        ({"title": "  "}, ("title", "missing")),
        ({"title": "x" * 256}, ("title", "too_long")),
        ({"instructions": "x" * 200_001}, ("instructions", "too_long")),
        ({"reviews": 0}, ("reviews", "out_of_range")),
        ({"reviews": 11}, ("reviews", "out_of_range")),
        ({"points": 0.0}, ("points", "out_of_range")),
        ({"points": math.nan}, ("points", "out_of_range")),
        ({"points": math.inf}, ("points", "out_of_range")),
        ({"anonymity": "whispered"}, ("anonymity", "unknown")),
        ({"opens_at": NOW, "submit_by": BEFORE}, ("dates", "out_of_order")),
        ({"opens_at": NOW, "review_by": BEFORE}, ("dates", "out_of_order")),
        ({"criteria": (CriterionPlan(title="Clarity"),) * 31}, ("criteria", "too_many")),
        ({"criteria": (CriterionPlan(title=""),)}, ("criteria", "title_missing")),
        ({"criteria": (CriterionPlan(title="A", levels=TWO_LEVELS[:1]),)}, ("criteria", "one_level")),
        ({"criteria": (CriterionPlan(title="A", levels=TWO_LEVELS * 11),)}, ("criteria", "too_many_levels")),
        (
            {"criteria": (CriterionPlan(title="A", levels=(*TWO_LEVELS, LevelPlan(title=" ", points=1))),)},
            ("criteria", "level_title_missing"),
        ),
        (
            {"criteria": (CriterionPlan(title="A", levels=(*TWO_LEVELS, LevelPlan(title="B", points=-1))),)},
            ("criteria", "points_out_of_range"),
        ),
    ],
)
def test_settings_that_make_no_exchange_are_named(changes: dict[str, object], problem: tuple[str, str]) -> None:
    assert rules.problem_of(replace(SOUND, **changes)) == problem  # type: ignore[arg-type]


def test_sound_settings_have_no_problem() -> None:
    whole = replace(
        SOUND,
        points=0.5,
        opens_at=BEFORE,
        submit_by=NOW,
        review_by=AFTER,
        criteria=(CriterionPlan(title="A", levels=TWO_LEVELS),),
    )

    assert rules.problem_of(whole) is None


# Words


words = st.builds(
    Words,
    answers=st.dictionaries(
        st.integers(1, 1000), st.builds(AnswerWords, level_id=st.none() | st.integers(1, 1000), comment=st.text())
    ),
    comment=st.text(),
)


@given(words)
def test_words_come_back_from_a_draft_as_they_went_in(said: Words) -> None:
    assert Words.from_dict(said.as_dict()) == said


def test_a_criterion_with_levels_wants_a_level_and_one_without_wants_a_comment() -> None:
    criteria = {1: _levels(11, 12), 2: rules.Asked()}

    assert rules.wanting(Words(), criteria=criteria).criteria == (1, 2)
    assert rules.wanting(
        Words(answers={1: AnswerWords(comment="Fine."), 2: AnswerWords(comment=" ")}), criteria=criteria
    ).criteria == (1, 2)
    assert not rules.wanting(
        Words(answers={1: AnswerWords(level_id=11), 2: AnswerWords(comment="Fine.")}), criteria=criteria
    )


def test_without_criteria_the_overall_comment_is_the_feedback() -> None:
    assert rules.wanting(Words(comment=" "), criteria={}).comment
    assert not rules.wanting(Words(comment="Good."), criteria={})
    assert not rules.wanting(Words(answers={1: AnswerWords(level_id=2)}), criteria={1: _levels(2)})


def test_an_answer_with_the_level_of_another_criterion_is_a_stranger() -> None:
    criteria = {1: _levels(11), 2: _levels(21)}

    assert rules.stranger(Words(answers={1: AnswerWords(level_id=21)}), criteria=criteria) == 1
    assert rules.stranger(Words(answers={3: AnswerWords()}), criteria=criteria) == 3
    assert rules.stranger(Words(answers={2: AnswerWords(level_id=21)}), criteria=criteria) is None


def _levels(*ids: int) -> rules.Asked:
    return rules.Asked(kind=rules.LEVELS, levels=dict.fromkeys(ids, 1.0), comment=rules.OPTIONAL)


# Grades


@given(shares, st.floats(0.01, 1000))
def test_a_grade_lies_between_nothing_and_the_maximum(received: list[Share], maximum: float) -> None:
    grade = rules.grade(received, maximum=maximum, is_submitted=True)

    assert (grade.score is None) == (grade.none_because is not None)
    assert grade.score is None or 0 <= grade.score <= round(maximum, 2)


@given(shares, st.randoms())
def test_a_grade_does_not_depend_on_who_came_first(received: list[Share], shuffler: object) -> None:
    shuffled = list(received)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]

    assert (
        rules.grade(shuffled, maximum=10, is_submitted=True).score
        == rules.grade(received, maximum=10, is_submitted=True).score
    )


@given(st.floats(0, 1), st.integers(1, 9), st.integers(1, 100))
def test_reviewers_of_one_mind_give_that_grade(part: float, reviewers: int, possible: int) -> None:
    received = [Share(feedback_id=id, points=part * possible, possible=possible) for id in range(reviewers)]

    score = rules.grade(received, maximum=100, is_submitted=True).score

    assert score == pytest.approx(100 * part, abs=0.01)


def test_each_feedback_weighs_the_same_however_many_points_it_could_give() -> None:
    received = [Share(feedback_id=1, points=10, possible=10), Share(feedback_id=2, points=0, possible=2)]

    assert rules.grade(received, maximum=8, is_submitted=True).score == 4


def test_feedback_without_points_counts_for_nothing() -> None:
    silent, telling = Share(feedback_id=1, points=0, possible=0), Share(feedback_id=2, points=3, possible=4)

    grade = rules.grade([silent, telling], maximum=8, is_submitted=True)

    assert grade.score == 6
    assert grade.shares == (telling,)


@pytest.mark.parametrize(
    "received, maximum, is_submitted, reason",
    [
        ([], None, True, "ungraded"),
        ([], 10, False, "not_submitted"),
        ([], 10, True, "no_feedback"),
        ([Share(feedback_id=1, points=0, possible=0)], 10, True, "no_points"),
    ],
)
def test_where_there_is_no_grade_there_is_a_reason(
    received: list[Share], maximum: float | None, is_submitted: bool, reason: str
) -> None:
    assert rules.grade(received, maximum=maximum, is_submitted=is_submitted).none_because == reason


@pytest.mark.parametrize(
    "received, windows, cause",
    [
        (2, OPEN, "enough"),
        (1, OPEN, None),
        (1, replace(OPEN, closed_at=BEFORE), "closed"),
        (1, replace(OPEN, review_by=BEFORE), "due"),
        (1, replace(OPEN, review_by=NOW), None),
    ],
)
def test_a_grade_goes_out_when_nothing_more_is_to_be_waited_for(
    received: int, windows: Windows, cause: str | None
) -> None:
    computed = rules.Grade(score=5, maximum=10)

    assert rules.why_release(computed, received=received, reviews=2, windows=windows, now=NOW) == cause
    assert rules.why_release(rules.Grade(), received=received, reviews=2, windows=windows, now=NOW) is None


# What to do now


@pytest.mark.parametrize(
    "why_not_open, is_submitted, may_review, has_unread, is_waiting, step",
    [
        ("unpublished", False, False, False, True, "not_open"),
        ("not_yet", False, False, False, True, "not_open"),
        (None, False, False, False, True, "submit"),
        (None, True, True, True, True, "review"),
        (None, True, False, True, True, "reply"),
        (None, True, False, False, True, "wait"),
        (None, True, False, False, False, "done"),
        ("closed", True, True, True, True, "reply"),
        ("closed", False, False, False, True, "closed"),
    ],
)
def test_there_is_one_thing_to_do_now(
    why_not_open: str | None, is_submitted: bool, may_review: bool, has_unread: bool, is_waiting: bool, step: str
) -> None:
    found = rules.step(
        why_not_open=why_not_open,
        is_submitted=is_submitted,
        may_review=may_review,
        has_unread=has_unread,
        is_waiting=is_waiting,
    )

    assert found == step


@pytest.mark.parametrize(
    "may_review, why_not_open, step",
    [(True, None, "review"), (False, None, "look_again"), (False, "closed", "closed")],
)
def test_who_is_asked_to_look_again_does_it_once_nothing_waits_for_review(
    may_review: bool, why_not_open: str | None, step: str
) -> None:
    found = rules.step(
        why_not_open=why_not_open,
        is_submitted=True,
        may_review=may_review,
        has_unread=why_not_open is None,
        is_waiting=True,
        also={"look_again", "compare", "assess"},
    )

    assert found == step


def _trouble(windows: Windows = OPEN, **values: object) -> str | None:
    usual = {"reviews": 2, "submitted_at": BEFORE, "given": 0, "is_reviewing": False, "received": 0, "now": NOW}
    return rules.trouble(windows, **(usual | values))  # type: ignore[arg-type]


def test_staff_are_told_of_trouble_only_when_it_is_some() -> None:
    long_ago = NOW - timedelta(days=3)

    assert _trouble(submitted_at=None) is None
    assert _trouble(replace(OPEN, closed_at=BEFORE), submitted_at=None) == "no_work"
    assert _trouble(replace(OPEN, submit_by=BEFORE), submitted_at=None) == "no_work"
    assert _trouble(replace(OPEN, submit_by=AFTER), submitted_at=None) is None
    assert _trouble() is None
    assert _trouble(submitted_at=long_ago) == "no_feedback"
    assert _trouble(submitted_at=long_ago, received=1) == "not_reviewing"
    assert _trouble(submitted_at=long_ago, received=1, is_reviewing=True) is None
    assert _trouble(replace(OPEN, review_by=BEFORE), received=1, given=2) is None
