"""The instructor's cockpit: who is stuck and why, and one step that helps, which can be taken back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, queries
from lti_tool.exchange.models import Excusal, PlannedPair, Repair
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import Class, all_hand_in, make_class, review
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.functional.exchange_pages.test_looking_after import counted
from tests.pages import words

LONG_AGO = datetime.now(UTC) - timedelta(days=4)


@pytest.fixture
def stuck(session: Session) -> Class:
    """Eight who handed in four days ago; three have given their reviews, five give no sign."""
    made = make_class(session, learners=8, now=LONG_AGO)
    all_hand_in(made, now=LONG_AGO)
    for person in made.people[:3]:
        for _ in range(2):
            review(made, person, now=LONG_AGO)
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, stuck: Class) -> Visitor:
    return visit(stuck.teacher)


def path_of(made: Class, rest: str = "stuck") -> str:
    return f"/exchanges/{made.exchange.id}/{rest}"


def name_of(made: Class, place: int) -> str:
    return made.learners[place].person.name


def kept_by(made: Class, person: int) -> list[int]:
    rows = select(PlannedPair.author_id).where(
        PlannedPair.exchange_id == made.exchange.id, PlannedPair.reviewer_id == person
    )
    return list(made.session.scalars(rows))


def test_the_page_says_who_is_stuck_and_why(teacher: Visitor, stuck: Class) -> None:
    """Pain 20: waiting with no reason shown."""
    page = words(teacher.get(path_of(stuck)).text)

    assert name_of(stuck, 5) in page
    assert "Keeps works unread" in page
    assert "nothing was heard of them for long" in page


def test_each_reason_shows_its_people_alone(teacher: Visitor, stuck: Class) -> None:
    idle = words(teacher.get(path_of(stuck, "stuck?why=idle")).text)
    nonsense = teacher.get(path_of(stuck, "stuck?why=nonsense&page=99999999"))

    assert name_of(stuck, 5) in idle
    assert name_of(stuck, 0) not in idle
    assert nonsense.status_code == 200


def test_the_overview_leads_to_them_and_tells_how_many(teacher: Visitor, stuck: Class) -> None:
    overview = teacher.get(f"/exchanges/{stuck.exchange.id}").text
    summary = words(teacher.get(path_of(stuck, "stuck/summary"), htmx=True).text)

    assert path_of(stuck) in overview
    assert "Keeps works unread 5" in summary


def test_one_click_lets_others_read_and_another_takes_it_back(teacher: Visitor, stuck: Class, session: Session) -> None:
    """Pain 11: what happens to the author whose reviewer does not deliver?"""
    idle = stuck.people[5]
    before = kept_by(stuck, idle)

    done = teacher.post(path_of(stuck, f"people/{idle}/freed-works"))

    assert done.status_code == 303
    assert kept_by(stuck, idle) == []
    page = teacher.get(path_of(stuck)).text
    assert f"works that {name_of(stuck, 5)} kept go to others" in words(page)
    undo = re.search(r'action="[^"]*(/exchanges/\d+/repairs/\d+/removal)"', page)
    assert undo
    assert teacher.post(undo[1]).status_code == 303
    assert sorted(kept_by(stuck, idle)) == sorted(before)
    assert "undone" in words(teacher.get(path_of(stuck)).text)


def test_a_reader_is_found_with_one_click_or_chosen_from_those_who_may(
    teacher: Visitor, stuck: Class, session: Session
) -> None:
    """Pain 3 and 8: works without readers while others would read."""
    idle = stuck.people[5]
    author, other = kept_by(stuck, idle)
    teacher.post(path_of(stuck, f"people/{idle}/freed-works"))

    assert "suits best" in words(teacher.get(path_of(stuck, f"people/{author}/readers")).text)
    assert teacher.post(path_of(stuck, f"people/{author}/readers")).status_code == 303
    reader = queries.readers_for(session, stuck.exchange, other, now=datetime.now(UTC))[-1].person_id
    assert teacher.post(path_of(stuck, f"people/{other}/readers"), reader=str(reader)).status_code == 303

    assert other in kept_by(stuck, reader)
    assert session.scalars(select(Repair.kind).order_by(Repair.id)).all()[-2:] == ["assigned", "assigned"]


@pytest.mark.parametrize("reader", ["own", "99999999999", "x", "0", "2147483647"])
def test_nobody_else_can_be_made_a_reader(teacher: Visitor, stuck: Class, reader: str) -> None:
    author = stuck.people[5]
    reader = str(author) if reader == "own" else reader

    answer = teacher.post(path_of(stuck, f"people/{author}/readers"), reader=reader)

    assert answer.status_code == 422
    assert "notice--error" in answer.text


def test_somebody_is_excused_for_a_reason(teacher: Visitor, stuck: Class, session: Session, visit: People) -> None:
    idle = stuck.people[5]

    refused = teacher.post(path_of(stuck, f"people/{idle}/excusal"), owes="7", why="In hospital.")
    done = teacher.post(path_of(stuck, f"people/{idle}/excusal"), owes="0", why="In hospital.")

    assert refused.status_code == 422
    assert "In hospital." in refused.text
    assert done.status_code == 303
    row = session.get(Excusal, (stuck.exchange.id, idle))
    assert row is not None
    assert (row.owes, row.why, row.by_id) == (0, "In hospital.", stuck.teacher.person_id)
    student = words(visit(stuck.learners[5]).get(f"/exchanges/{stuck.exchange.id}").text)
    assert "In hospital" not in student
    assert "excused" in student


@pytest.mark.parametrize("owes", ["", "two", "-1", "2", "1.5", "9" * 40])
def test_a_wrong_number_of_reviews_is_refused_with_the_words_kept(teacher: Visitor, stuck: Class, owes: str) -> None:
    answer = teacher.post(path_of(stuck, f"people/{stuck.people[5]}/excusal"), owes=owes, why="Because.")

    assert answer.status_code == 422
    assert "Because." in answer.text


def test_students_and_other_courses_see_nothing_of_it(visit: People, stuck: Class, session: Session) -> None:
    student = visit(stuck.learners[0])
    stranger = visit(make_member(session, make_course(session), Role.TEACHER))
    session.commit()
    person = stuck.people[5]
    repair = operations.free_works(
        session, stuck.exchange, person=person, by=stuck.teacher.person_id, now=datetime.now(UTC)
    )
    session.commit()

    for rest in ("stuck", "stuck/summary", f"people/{person}/readers", f"people/{person}/excusal"):
        assert student.get(path_of(stuck, rest)).status_code == 403
        assert stranger.get(path_of(stuck, rest)).status_code == 404
    for rest in (f"people/{person}/readers", f"people/{person}/freed-works", f"repairs/{repair.id}/removal"):
        assert student.post(path_of(stuck, rest)).status_code == 403
        assert stranger.post(path_of(stuck, rest)).status_code == 404


def test_who_is_not_of_the_course_is_not_found(teacher: Visitor, stuck: Class, session: Session) -> None:
    other = make_member(session, make_course(session)).person_id
    session.commit()

    for rest in (f"people/{other}/readers", f"people/{other}/freed-works", f"people/{other}/excusal"):
        assert teacher.post(path_of(stuck, rest), owes="0", why="x").status_code == 404
    assert teacher.post(path_of(stuck, "repairs/999999/removal")).status_code == 404


def test_a_repair_that_cannot_be_done_says_why(teacher: Visitor, stuck: Class) -> None:
    answer = teacher.post(path_of(stuck, f"people/{stuck.people[0]}/freed-works"))

    assert answer.status_code < 500
    assert "Nothing is kept for this person" in words(answer.text)


def test_the_cockpit_costs_at_most_fifteen_queries_whatever_the_class(
    visit: People, session: Session, engine: Engine
) -> None:
    costs = []
    for size in (6, 40):
        made = make_class(session, learners=size, now=LONG_AGO, review_by=datetime.now(UTC) - timedelta(hours=1))
        all_hand_in(made, now=LONG_AGO)
        for person in made.people[: size // 2]:
            review(made, person, now=LONG_AGO)
        operations.free_works(
            session, made.exchange, person=made.people[-1], by=made.teacher.person_id, now=datetime.now(UTC)
        )
        session.commit()
        teacher = visit(made.teacher)
        with counted(engine) as statements:
            assert teacher.get(path_of(made)).status_code == 200
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[1] <= 15
