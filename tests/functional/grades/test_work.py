"""Work that was handed in: what the gradebook hears of it before there is a grade, and afterwards."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lti_tool.grades import queries
from lti_tool.grades.models import State
from lti_tool.grades.work import keep_quiet, tell_work
from tests.factories.grades import GRADED, Gradebook, Graded, make_graded, the
from tests.factories.jobs import run_jobs

SUBMISSION = "https://canvas.instructure.com/lti/submission"
HANDED_IN = GRADED - timedelta(days=2)
AGAIN = GRADED - timedelta(days=1)


@pytest.fixture
def graded(session: Session) -> Graded:
    return make_graded(session, family="canvas")


@pytest.fixture
def gradebook() -> Gradebook:
    return Gradebook(brand="canvas")


def hand_in(graded: Graded, *, submitted_at: datetime = HANDED_IN) -> int:
    count = tell_work(
        graded.session,
        graded.link,
        activity_id=graded.activity.id,
        persons=[graded.learner.person_id],
        score_maximum=10.0,
        submitted_at=submitted_at,
        now=GRADED,
    )
    graded.session.commit()
    return count


def run(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    with gradebook.open():
        run_jobs(graded.session, app)


def is_new(score: dict[str, Any]) -> bool:
    told: bool = score[SUBMISSION]["new_submission"]
    return told


def test_canvas_hears_of_work_before_its_grade(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    hand_in(graded)

    run(graded, app, gradebook)

    (score,) = gradebook.scores
    assert (score["userId"], score["activityProgress"]) == (graded.subject, "Submitted")
    assert "scoreGiven" not in score
    assert is_new(score)
    assert (the(graded.passback).state, the(graded.passback).problem) == (State.NOTED, None)


def test_work_that_was_told_is_not_told_again(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    hand_in(graded)
    run(graded, app, gradebook)

    assert hand_in(graded) == 0


def test_the_grade_that_follows_makes_no_new_submission(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    hand_in(graded)
    run(graded, app, gradebook)

    graded.set_grade(8, submitted_at=HANDED_IN)
    run(graded, app, gradebook)

    told, score = gradebook.scores
    assert (is_new(told), is_new(score)) == (True, False)
    assert score["submission"] == told["submission"]
    assert score["scoreGiven"] == 8
    assert the(graded.passback).state == State.SENT


def test_a_grade_that_overtakes_its_work_tells_of_it(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    hand_in(graded)
    graded.set_grade(8, submitted_at=HANDED_IN)

    run(graded, app, gradebook)

    (score,) = gradebook.scores
    assert (score["scoreGiven"], is_new(score)) == (8, True)


def test_work_that_is_replaced_is_a_new_attempt(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    for at in (HANDED_IN, AGAIN):
        hand_in(graded, submitted_at=at)
        run(graded, app, gradebook)

    assert [is_new(each) for each in gradebook.scores] == [True, True]


def test_new_work_keeps_the_grade_there_is(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    graded.set_grade(8, submitted_at=HANDED_IN)
    run(graded, app, gradebook)

    hand_in(graded, submitted_at=AGAIN)
    run(graded, app, gradebook)

    first, again = gradebook.scores
    assert (first["scoreGiven"], again["scoreGiven"], is_new(again)) == (8, 8, True)
    assert the(graded.passback).state == State.SENT


def test_a_grade_that_was_taken_back_is_not_touched_by_new_work(graded: Graded) -> None:
    graded.set_grade(8, submitted_at=HANDED_IN)
    graded.set_grade(None, submitted_at=HANDED_IN)

    assert hand_in(graded, submitted_at=AGAIN) == 0


def test_an_attempt_that_canvas_refuses_does_not_keep_the_grade_from_it(
    graded: Graded, app: Flask, gradebook: Gradebook
) -> None:
    gradebook.next_answers.append((422, {"Content-Type": "application/json"}, '{"errors":"no attempts left"}'))
    hand_in(graded)
    run(graded, app, gradebook)
    state = the(graded.passback).state

    graded.set_grade(8, submitted_at=HANDED_IN)
    run(graded, app, gradebook)

    assert state == State.NOTED
    assert [is_new(each) for each in gradebook.asked] == [True, False]
    assert the(graded.passback).state == State.SENT


def test_work_that_was_taken_back_in_time_is_not_told(graded: Graded, app: Flask, gradebook: Gradebook) -> None:
    hand_in(graded)
    keep_quiet(graded.session, activity_id=graded.activity.id, persons=[graded.learner.person_id])
    graded.session.commit()

    run(graded, app, gradebook)

    assert gradebook.asked == []
    assert hand_in(graded, submitted_at=AGAIN) == 1


@pytest.mark.parametrize("family", ["moodle", "sakai"])
def test_an_lms_that_would_lose_a_grade_hears_nothing_of_work(session: Session, family: str) -> None:
    graded = make_graded(session, family=family)

    assert hand_in(graded) == 0
    assert graded.passback is None


def test_no_column_is_made_to_tell_of_work(graded: Graded) -> None:
    graded.link.line_item_url = None
    graded.session.commit()

    assert hand_in(graded) == 0


def test_work_without_a_grade_is_no_grade_on_its_way(graded: Graded) -> None:
    hand_in(graded)

    assert queries.tallies(graded.session, [graded.activity.id]) == {}
    assert queries.passbacks_of_person(graded.session, graded.activity.id, graded.learner.person_id) == []
