"""The bell, the list behind it, and the pages that make notices."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from lti_tool import notices
from lti_tool.clock import now
from lti_tool.courses.models import Role
from lti_tool.exchange.models import Commitment
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import Class, all_hand_in, make_class, review
from tests.functional.exchange_pages.conftest import People, an_hour_ago, made, visit
from tests.pages import mistakes_in, words

__all__ = ["an_hour_ago", "made", "visit"]


@pytest.fixture
def reviewed(session: Session) -> Class:
    then = now() - timedelta(hours=1)
    found = make_class(session, learners=3, reviews=1, now=then, publish=True)
    all_hand_in(found, now=then)
    review(found, found.people[1], now=then)
    session.commit()
    return found


def told(session: Session, made: Class, person: int, count: int = 1) -> None:
    for number in range(count):
        notices.tell(
            session,
            "closed",
            course_id=made.course.id,
            activity_id=made.exchange.id,
            people=[person],
            now=now(),
            key=str(number),
        )
    session.commit()


def test_the_bell_counts_what_is_new_and_no_page_marks_it_read(visit: People, reviewed: Class) -> None:
    author = visit(reviewed.learners[0])

    pages = [words(author.get(path).text) for path in ("/", f"/exchanges/{reviewed.exchange.id}", "/notices")]

    assert all("2 new notices" in page for page in pages)
    assert "There is new feedback on your work." in pages[2]


def test_opening_a_notice_marks_it_and_leads_to_the_thing(visit: People, reviewed: Class, session: Session) -> None:
    author = visit(reviewed.learners[0])
    found = session.scalars(select(Notice).where(Notice.kind == "feedback_received")).one()

    answer = author.post(f"/notices/{found.id}/reading")

    assert answer.status_code == 303
    assert answer.location.endswith(f"/exchanges/{reviewed.exchange.id}#feedback-{found.facts['feedback_id']}")
    assert "One new notice" in words(author.get("/notices").text)


def test_all_can_be_marked_at_once_but_not_what_came_meanwhile(visit: People, made: Class, session: Session) -> None:
    learner = visit(made.learners[0])
    told(session, made, made.people[0], 2)
    upto = max(session.scalars(select(Notice.id)))
    notices.tell(
        session, "reopened", course_id=made.course.id, activity_id=made.exchange.id, people=made.people, now=now()
    )
    session.commit()

    assert learner.post("/notices/readings", upto=str(upto)).status_code == 303
    assert "One new notice" in words(learner.get("/notices").text)


def test_nobody_opens_the_notices_of_others(visit: People, reviewed: Class, session: Session) -> None:
    found = session.scalars(select(Notice).where(Notice.kind == "feedback_received")).one()
    for membership in (reviewed.learners[1], reviewed.teacher):
        assert visit(membership).post(f"/notices/{found.id}/reading").status_code == 404
    session.expire_all()
    assert found.read_at is None


@pytest.mark.parametrize("odd", ["", "-1", "x", "9" * 40, "²"])
def test_odd_numbers_are_missing(visit: People, made: Class, odd: str) -> None:
    learner = visit(made.learners[0])

    assert learner.post("/notices/readings", upto=odd).status_code == 404
    assert learner.post("/notices/99999999999/reading").status_code == 404
    assert learner.post("/notices/mail", rhythm=odd).status_code == 404


def test_a_kind_that_is_no_more_is_left_out(visit: People, made: Class, session: Session) -> None:
    notices.tell(session, "gone", course_id=made.course.id, activity_id=made.exchange.id, people=made.people, now=now())
    session.commit()

    assert visit(made.learners[0]).get("/notices").status_code == 200


def test_the_list_costs_the_same_however_long_it_is(visit: People, made: Class, session: Session) -> None:
    learner = visit(made.learners[0])
    costs = []
    asked: list[str] = []

    def listen(*args: Any) -> None:
        asked.append(args[2])

    event.listen(session.get_bind(), "before_cursor_execute", listen)
    for count in (1, 20):
        told(session, made, made.people[0], count)
        asked.clear()
        learner.get("/notices")
        costs.append(len(asked))
    event.remove(session.get_bind(), "before_cursor_execute", listen)

    assert costs[0] == costs[1] <= 4


def test_a_reviewer_sets_changes_and_drops_a_date_of_their_own(
    visit: People, reviewed: Class, session: Session
) -> None:
    """Own commitment: said back, never a duty."""
    learner = visit(reviewed.learners[0])
    here = f"/exchanges/{reviewed.exchange.id}"
    ahead = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")

    assert learner.post(f"{here}/commitment", by=ahead).status_code == 303
    assert learner.post(f"{here}/commitment", by=ahead).status_code == 303
    assert "You said you review by" in words(learner.get(here).text)
    assert len(session.scalars(select(Commitment)).all()) == 1
    assert learner.post(f"{here}/commitment/removal").status_code == 303
    assert "You said you review by" not in words(learner.get(here).text)


@pytest.mark.parametrize("typed", ["", "soon", "2001-01-01T10:00", "2190-01-01T10:00"])
def test_a_date_that_is_none_is_refused_with_what_was_typed(visit: People, reviewed: Class, typed: str) -> None:
    learner = visit(reviewed.learners[0])

    answer = learner.post(f"/exchanges/{reviewed.exchange.id}/commitment", by=typed)

    assert answer.status_code == 422
    assert typed in answer.text


def test_a_teacher_reminds_those_who_owe_and_the_button_goes_for_a_day(visit: People, reviewed: Class) -> None:
    teacher = visit(reviewed.teacher)
    here = f"/exchanges/{reviewed.exchange.id}"

    assert "2 people owe reviews" in words(teacher.get(here).text)
    teacher.post(f"{here}/reminders")
    page = words(teacher.get(here).text)

    assert "2 people were reminded." in page
    assert "Remind those who owe" not in page
    assert "Your teacher asks" in words(visit(reviewed.learners[0]).get("/notices").text)


def test_assistants_remind_nobody(visit: People, reviewed: Class, session: Session) -> None:
    assistant = visit(make_member(session, reviewed.course, Role.ASSISTANT))

    assert assistant.post(f"/exchanges/{reviewed.exchange.id}/reminders").status_code == 403


def test_pages_are_valid_html(visit: People, reviewed: Class, made: Class) -> None:
    author = visit(reviewed.learners[0])
    pages = {
        "notices": author.get("/notices").text,
        "nothing": visit(made.teacher).get("/notices").text,
        "student": author.get(f"/exchanges/{reviewed.exchange.id}").text,
        "overview": visit(reviewed.teacher).get(f"/exchanges/{reviewed.exchange.id}").text,
    }

    assert mistakes_in(pages) == []
