"""What the LMS hears of work as it is handed in, changed and taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations
from lti_tool.grades.models import Passback, State
from tests.factories.courses import make_course, make_deployment, make_platform
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, take

LATER = BEGUN + timedelta(hours=1)


@pytest.fixture
def made(session: Session) -> Class:
    deployment = make_deployment(session, make_platform(session, family="canvas"))
    return make_class(session, course=make_course(session, deployment))


def told(made: Class) -> dict[int, Passback]:
    made.session.flush()
    made.session.expire_all()
    return {row.person_id: row for row in made.session.scalars(select(Passback))}


def test_canvas_hears_of_work_when_it_is_handed_in(made: Class) -> None:
    author = made.people[0]

    hand_in(made, author)

    row = told(made)[author]
    assert (row.is_work_only, row.score_given, row.submitted_at, row.state) == (True, None, BEGUN, State.WAITING)


def test_work_that_replaces_another_is_told_with_its_own_date(made: Class) -> None:
    author = made.people[0]
    hand_in(made, author)

    hand_in(made, author, body="Better.", now=LATER)

    assert told(made)[author].submitted_at == LATER


def test_the_same_work_twice_is_told_once(made: Class) -> None:
    author = made.people[0]
    hand_in(made, author, body="Mine.")

    hand_in(made, author, body="Mine.", now=LATER)

    assert told(made)[author].version == 1


def test_work_taken_back_before_it_was_told_is_not_told(made: Class) -> None:
    author = made.people[0]
    hand_in(made, author)

    operations.withdraw_work(made.session, made.exchange, author=author, now=LATER)

    assert told(made)[author].state == State.NOTED


def test_without_grades_the_lms_hears_nothing_of_work(session: Session) -> None:
    deployment = make_deployment(session, make_platform(session, family="canvas"))
    made = make_class(session, course=make_course(session, deployment), points=None)

    hand_in(made, made.people[0])

    assert told(made) == {}


def test_giving_feedback_tells_the_lms_nothing_of_who_gave_it(made: Class) -> None:
    all_hand_in(made)
    before = {person: row.version for person, row in told(made).items()}

    give(made, take(made, made.people[0]), now=LATER)

    assert {person: row.version for person, row in told(made).items()} == before
