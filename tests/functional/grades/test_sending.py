"""Sending grades: what LMSs answer, and what becomes of the grade."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.clock import now as clock_now
from lti_tool.grades import operations, sending
from lti_tool.grades.jobs import SIDE_BY_SIDE, sweep
from lti_tool.grades.models import State
from lti_tool.grades.rules import MOST_ATTEMPTS, Problem
from lti_tool.lti import vocabulary as lti
from tests.factories.courses import make_member
from tests.factories.grades import GRADED, HOST, LINE_ITEM, Answer, Gradebook, due_again, make_graded, the
from tests.factories.jobs import run_jobs

MOODLE, CANVAS = "moodle", "canvas"


def test_a_grade_arrives_with_everything_a_score_must_have(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(7.5, comment="Well argued", submitted_at=GRADED - timedelta(days=1))
    gradebook = Gradebook()

    with gradebook.open():
        run_jobs(session, app)

    score = gradebook.scores[0]
    assert (score["userId"], score["scoreGiven"], score["scoreMaximum"]) == (graded.subject, 7.5, 10)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert score["comment"] == "Well argued"
    assert score["submission"]["submittedAt"].startswith("2026-03-01T09:30:00")
    passback = the(graded.passback)
    assert (passback.state, passback.problem) == (State.SENT, None)
    assert passback.sent_at is not None


def test_many_changes_before_the_job_runs_are_one_score(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    for score in (1, 5, 9):
        graded.set_grade(score)
    gradebook = Gradebook()

    with gradebook.open():
        run_jobs(session, app)

    assert [score["scoreGiven"] for score in gradebook.asked] == [9]


def test_grades_for_one_person_in_one_second_both_arrive_where_only_whole_seconds_count(
    session: Session, app: Flask
) -> None:
    graded = make_graded(session, family=MOODLE)
    gradebook = Gradebook(brand=MOODLE)

    with gradebook.open():
        for score in (4, 5, 6):
            graded.set_grade(score)
            run_jobs(session, app)

    assert [score["scoreGiven"] for score in gradebook.scores] == [4, 5, 6]
    seconds = [datetime.fromisoformat(score["timestamp"]) for score in gradebook.scores]
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(seconds))


def test_a_conflict_means_kept_where_our_score_is_the_newest(session: Session, app: Flask) -> None:
    graded = make_graded(session, family=MOODLE)
    graded.set_grade(4)
    gradebook = Gradebook(next_answers=[(409, {}, "")])

    with gradebook.open():
        run_jobs(session, app)

    assert the(graded.passback).state == State.SENT


def test_a_conflict_is_a_refusal_where_the_lms_means_it(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(4)
    gradebook = Gradebook(next_answers=[(409, {}, "")])

    with gradebook.open():
        run_jobs(session, app)

    assert (the(graded.passback).state, the(graded.passback).problem) == (State.FAILED, Problem.REFUSED)


@pytest.mark.parametrize(
    "answer, problem",
    [
        ((500, {}, "[]"), Problem.UNAVAILABLE),
        ((502, {}, "<html>"), Problem.UNAVAILABLE),
        ((302, {"Location": "https://elsewhere.example/login"}, ""), Problem.UNAVAILABLE),
        ((429, {"Retry-After": "7"}, ""), Problem.THROTTLED),
        ((403, {}, "403 Forbidden (Rate Limit Exceeded)"), Problem.THROTTLED),
    ],
)
def test_trouble_that_passes_is_waited_out(session: Session, app: Flask, answer: Answer, problem: Problem) -> None:
    """Pain 40: grades do not reach the LMS."""
    graded = make_graded(session, family=CANVAS)
    graded.set_grade(8)
    gradebook = Gradebook(next_answers=[answer])

    with gradebook.open():
        run_jobs(session, app)
        waiting = the(graded.passback)
        state = waiting.state, waiting.problem, waiting.attempts, waiting.next_attempt_at > clock_now()
        due_again(graded)
        sweep(0)
        run_jobs(session, app)

    assert state == (State.WAITING, problem, 1, True)
    assert the(graded.passback).state == State.SENT
    assert the(graded.passback).problem is None


def test_a_timeout_is_waited_out_and_the_next_timestamp_is_later(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    gradebook = Gradebook()

    with gradebook.open() as network:
        network.remove("POST", LINE_ITEM.partition("?")[0] + "/scores")
        network.add("POST", LINE_ITEM.partition("?")[0] + "/scores", body=requests.ConnectionError())
        run_jobs(session, app)
    first = the(graded.passback).last_timestamp
    due_again(graded)
    sweep(0)
    with gradebook.open():
        run_jobs(session, app)

    assert first is not None
    assert datetime.fromisoformat(gradebook.scores[0]["timestamp"]) > first.replace(microsecond=0)
    assert the(graded.passback).state == State.SENT


def test_a_throttled_platform_is_left_alone_for_all_its_grades(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    others = [make_member(session, graded.course) for _ in range(20)]
    for other in others:
        graded.set_grade(5, person_id=other.person_id)
    gradebook = Gradebook(next_answers=[(429, {"Retry-After": "120"}, "")] * SIDE_BY_SIDE)

    with gradebook.open():
        run_jobs(session, app)

    assert len(gradebook.asked) <= SIDE_BY_SIDE, "only what was on the wire already"
    soonest = session.execute(text("select min(next_attempt_at) from grade_passback")).scalar_one()
    assert soonest > clock_now() + timedelta(seconds=100)


@pytest.mark.parametrize(
    "answer, problem",
    [
        ((400, {}, "This user cannot be graded"), Problem.REFUSED),
        ((422, {}, '{"errors":"not a student"}'), Problem.REFUSED),
        ((403, {}, ""), Problem.NO_ACCESS),
        ((404, {}, ""), Problem.COLUMN_GONE),
    ],
)
def test_a_permanent_refusal_says_why_and_is_not_repeated(
    session: Session, app: Flask, answer: Answer, problem: Problem
) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    gradebook = Gradebook(next_answers=[answer])

    with gradebook.open():
        run_jobs(session, app)
        sweep(0)
        run_jobs(session, app)

    assert (the(graded.passback).state, the(graded.passback).problem) == (State.FAILED, problem)
    assert len(gradebook.asked) == 1


def test_what_the_lms_said_is_kept_for_the_instructor(session: Session, app: Flask) -> None:
    """Pain 41: it fails in silence."""
    graded = make_graded(session, family=CANVAS)
    graded.set_grade(8)
    gradebook = Gradebook(students=set())

    with gradebook.open():
        run_jobs(session, app)

    assert "not a student" in (the(graded.passback).detail or "")


def test_a_platform_that_stays_away_is_given_up_after_a_day(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    gradebook = Gradebook(next_answers=[(503, {}, "")] * MOST_ATTEMPTS)

    with gradebook.open():
        for _ in range(MOST_ATTEMPTS):
            run_jobs(session, app)
            due_again(graded)
            sweep(0)

    assert (the(graded.passback).state, the(graded.passback).problem) == (State.FAILED, Problem.GAVE_UP)
    assert len(gradebook.asked) == MOST_ATTEMPTS


def test_a_grade_set_while_another_is_on_its_way_is_sent_as_well(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(3)
    gradebook = Gradebook(meanwhile=lambda: graded.set_grade(9))

    with gradebook.open():
        run_jobs(session, app)

    assert [score["scoreGiven"] for score in gradebook.scores] == [3, 9]
    assert the(graded.passback).state == State.SENT


def test_a_refused_grade_that_was_changed_meanwhile_is_tried_anew(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(3)
    gradebook = Gradebook(meanwhile=lambda: graded.set_grade(9), next_answers=[(400, {}, "")])

    with gradebook.open():
        run_jobs(session, app)

    assert [score["scoreGiven"] for score in gradebook.scores] == [9]


def test_who_is_being_sent_is_taken_by_nobody_else_until_the_lease_ends(session: Session) -> None:
    graded = make_graded(session)
    passback = the(graded.set_grade(3))

    (first,) = sending.take(session, graded.platform.id, limit=5, now=GRADED).turns
    second = sending.take(session, graded.platform.id, limit=5, now=GRADED)
    session.commit()
    (after_death,) = sending.take(session, graded.platform.id, limit=5, now=GRADED + sending.LEASE).turns

    assert first.passback_id == after_death.passback_id == passback.id
    assert second == sending.Taken()
    assert after_death.grade.timestamp > first.grade.timestamp


def test_a_sweep_finds_grades_whose_job_was_lost(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    session.execute(text("delete from procrastinate_jobs"))
    session.commit()
    gradebook = Gradebook()

    with gradebook.open():
        sweep(0)
        run_jobs(session, app)

    assert the(graded.passback).state == State.SENT


def test_a_refused_token_is_replaced_once(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    gradebook = Gradebook(next_answers=[(401, {}, '{"error":"invalid token"}')])

    with gradebook.open():
        run_jobs(session, app)

    assert gradebook.tokens == 2
    assert the(graded.passback).state == State.SENT


def test_a_platform_that_does_not_know_us_is_not_blamed_on_the_student(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    gradebook = Gradebook()

    with gradebook.open() as network:
        network.remove("POST", f"{HOST}/token")
        network.add("POST", f"{HOST}/token", status=400, json={"error": "invalid_client"})
        run_jobs(session, app)

    assert the(graded.passback).problem == Problem.NO_ACCESS


@pytest.mark.parametrize(
    "course, problem",
    [
        ({"scopes": [], "line_items_url": None}, Problem.NO_GRADEBOOK),
        ({"scopes": [lti.SCOPE_RESULT_READ]}, Problem.NOT_GRANTED),
        ({"scopes": [lti.SCOPE_SCORE], "line_items_url": None}, Problem.NO_COLUMN),
        ({"scopes": [lti.SCOPE_SCORE]}, Problem.NO_COLUMN),
    ],
)
def test_what_the_platform_does_not_grant_is_not_even_asked_for(
    session: Session, app: Flask, course: dict[str, Any], problem: Problem
) -> None:
    graded = make_graded(session, **course)
    graded.link.line_item_url = None
    graded.set_grade(8)
    gradebook = Gradebook()

    with gradebook.open() as network:
        run_jobs(session, app)
        calls = len(network.calls)

    assert (the(graded.passback).state, the(graded.passback).problem, calls) == (State.FAILED, problem, 0)


def test_a_disabled_platform_gets_no_grades(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.platform.state = "disabled"
    graded.set_grade(8)

    run_jobs(session, app)

    assert the(graded.passback).problem == Problem.PLATFORM_OFF


def test_a_score_that_would_empty_a_submission_is_not_sent(session: Session, app: Flask) -> None:
    graded = make_graded(session, family=CANVAS)
    gradebook = Gradebook(brand=CANVAS)

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)
        graded.set_grade(None)
        run_jobs(session, app)

    assert len(gradebook.asked) == 1
    assert (the(graded.passback).state, the(graded.passback).problem) == (State.FAILED, Problem.CANNOT_CLEAR)


def test_a_grade_taken_back_is_gone_from_a_gradebook_that_can(session: Session, app: Flask) -> None:
    graded = make_graded(session, family=MOODLE)
    gradebook = Gradebook(brand=MOODLE)

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)
        graded.set_grade(None)
        run_jobs(session, app)

    assert gradebook.of(graded.subject) is None
    assert the(graded.passback).state == State.SENT


def test_only_the_first_score_makes_a_submission(session: Session, app: Flask) -> None:
    graded = make_graded(session, family=CANVAS)
    gradebook = Gradebook(brand=CANVAS)

    with gradebook.open():
        for score in (7, 8):
            graded.set_grade(score, submitted_at=GRADED)
            run_jobs(session, app)

    extension = "https://canvas.instructure.com/lti/submission"
    assert [score[extension]["new_submission"] for score in gradebook.scores] == [True, False]


def test_sending_again_resends_what_failed(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    gradebook = Gradebook(next_answers=[(422, {}, "")])

    with gradebook.open():
        run_jobs(session, app)
        operations.send_again(session, the(graded.passback), now=datetime.now(UTC))
        session.commit()
        run_jobs(session, app)

    assert the(graded.passback).state == State.SENT


def test_sending_again_does_not_overtake_a_score_on_its_way(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(8)
    gradebook = Gradebook()

    def impatient() -> None:
        operations.send_again(session, the(graded.passback), now=clock_now())
        session.commit()
        assert sending.take(session, graded.platform.id, limit=5, now=clock_now()) == sending.Taken()
        session.commit()

    gradebook.meanwhile = impatient
    with gradebook.open():
        run_jobs(session, app)

    assert len(gradebook.scores) == 2
    assert the(graded.passback).state == State.SENT
