"""One act for several people of the list."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange.models import Excusal, Repair
from lti_tool.notices.models import Notice
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import Class, all_hand_in, make_class
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words

AGO = datetime.now(UTC) - timedelta(days=4)


@pytest.fixture
def made(session: Session) -> Class:
    made = make_class(session, learners=6, now=AGO)
    all_hand_in(made, now=AGO)
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


def act(visitor: Visitor, made: Class, what: str, people: list[int], **fields: str) -> object:
    data = {"act": what, "person": [str(each) for each in people], **fields}
    return visitor.post(f"/exchanges/{made.exchange.id}/people/acts", data=data)


def test_those_who_are_ticked_are_reminded_and_nobody_else(teacher: Visitor, made: Class, session: Session) -> None:
    """Pain 46: reminders without writing to the whole class."""
    answer = act(teacher, made, "remind", made.people[:2])

    assert answer.status_code == 303  # type: ignore[attr-defined]
    told = session.scalars(select(Notice.person_id).where(Notice.kind == "reminder")).all()
    assert sorted(told) == sorted(made.people[:2])


def test_the_works_of_several_go_to_others(teacher: Visitor, made: Class, session: Session) -> None:
    """Pain 9: a whole class with work that nobody does."""
    act(teacher, made, "free", made.people[:2])

    assert session.scalars(select(Repair.kind)).all() == ["freed", "freed"]


def test_several_are_excused_at_once(teacher: Visitor, made: Class, session: Session) -> None:
    act(teacher, made, "excuse", made.people[:3], owes="1", why="A field trip.")

    rows = session.scalars(select(Excusal)).all()
    assert {row.person_id for row in rows} == set(made.people[:3])
    assert {(row.owes, row.why) for row in rows} == {(1, "A field trip.")}


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "excuse", "owes": "9", "why": "A field trip."},
        {"act": "excuse", "owes": "0", "why": " "},
        {"act": "nonsense"},
        {},
    ],
)
def test_what_cannot_be_done_is_said_with_the_words_kept(
    teacher: Visitor, made: Class, session: Session, fields: dict[str, str]
) -> None:
    data = {"person": [str(made.people[0])], **fields}

    answer = teacher.post(f"/exchanges/{made.exchange.id}/people/acts", data=data)

    assert answer.status_code == 422
    assert "notice--error" in answer.text
    assert fields.get("why", "").strip() in answer.text
    assert session.scalars(select(Excusal)).all() == []


def test_nobody_ticked_and_people_of_other_courses_are_refused(teacher: Visitor, made: Class, session: Session) -> None:
    stranger = make_member(session, make_course(session)).person_id
    session.commit()

    assert act(teacher, made, "free", []).status_code == 422  # type: ignore[attr-defined]
    answer = act(teacher, made, "excuse", [made.people[0], stranger], owes="0", why="x")
    assert answer.status_code in (404, 422)  # type: ignore[attr-defined]
    assert session.scalars(select(Excusal)).all() == []


def test_assistants_excuse_and_only_teachers_remind(visit: People, made: Class, session: Session) -> None:
    assistant = visit(make_member(session, made.course, Role.ASSISTANT))

    assert act(assistant, made, "remind", made.people[:1]).status_code == 403  # type: ignore[attr-defined]
    assert act(assistant, made, "free", made.people[:1]).status_code == 303  # type: ignore[attr-defined]


def test_a_long_list_is_paged(visit: People, session: Session) -> None:
    made = make_class(session, learners=120, now=AGO)
    session.commit()
    teacher = visit(made.teacher)

    first = teacher.get(f"/exchanges/{made.exchange.id}")
    second = teacher.get(f"/exchanges/{made.exchange.id}?page=2")

    assert "120 people" in words(first.text)
    assert first.text.count('name="person"') == 100
    assert second.text.count('name="person"') == 20


def test_the_student_view_is_one_click_from_the_overview(teacher: Visitor, made: Class) -> None:
    page = teacher.get(f"/exchanges/{made.exchange.id}").text

    assert f"/exchanges/{made.exchange.id}/student-view" in page
    assert "This is what a student sees" in words(teacher.get(f"/exchanges/{made.exchange.id}/student-view").text)
