"""A common beginning that no date brings: the teacher sees that all wait, and begins it."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from tests.factories.exchange import Class, all_hand_in, hand_in, make_class
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


@pytest.fixture
def waiting(session: Session, an_hour_ago: datetime) -> Class:
    """Four have handed in, and all are to begin at the same time; there is no date."""
    made = make_class(session, now=an_hour_ago)
    operations.choose_pairing(
        session,
        made.exchange,
        rules.PairingOptions(start=rules.TOGETHER),
        by=made.teacher.person_id,
        now=an_hour_ago,
    )
    all_hand_in(made, now=an_hour_ago)
    session.commit()
    return made


def page_of(visitor: Visitor, made: Class, rest: str = "") -> str:
    return words(visitor.get(f"/exchanges/{made.exchange.id}{rest}").text)


def test_everybody_is_told_what_they_wait_for_and_the_teacher_can_begin(visit: People, waiting: Class) -> None:
    teacher, student = visit(waiting.teacher), visit(waiting.learners[0])
    assert "when your teacher begins it" in page_of(student, waiting)
    assert "Reviewing has not begun" in page_of(teacher, waiting, "/stuck")
    assert "Begin reviewing now" in page_of(teacher, waiting, "/stuck")
    assert "they wait for you" in page_of(teacher, waiting)

    teacher.post(f"/exchanges/{waiting.exchange.id}/beginning")

    assert "4 people begin to review" in page_of(teacher, waiting)
    assert "Begin reviewing now" not in page_of(teacher, waiting)
    assert "Get a work to review" in page_of(student, waiting)


def test_with_a_single_work_nothing_begins_and_the_page_says_so(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    made = make_class(session, now=an_hour_ago)
    operations.choose_pairing(
        session,
        made.exchange,
        rules.PairingOptions(start=rules.TOGETHER),
        by=made.teacher.person_id,
        now=an_hour_ago,
    )
    hand_in(made, made.people[0], now=an_hour_ago)
    session.commit()
    teacher = visit(made.teacher)

    teacher.post(f"/exchanges/{made.exchange.id}/beginning")

    assert "there are no two works yet" in page_of(teacher, made)


def test_only_teachers_begin(visit: People, waiting: Class) -> None:
    student = visit(waiting.learners[0])

    assert student.post(f"/exchanges/{waiting.exchange.id}/beginning").status_code == 403
