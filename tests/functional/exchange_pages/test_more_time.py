"""At the pages: more time for somebody, seen before it is given, told to them alone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations
from lti_tool.exchange.models import Extension
from tests.factories.exchange import Class, all_hand_in, make_class, take
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

DAY = timedelta(days=1)
REASON = "A broken arm."


@pytest.fixture
def due() -> datetime:
    return datetime.now(UTC).replace(microsecond=0, second=0) + DAY


@pytest.fixture
def made(session: Session, an_hour_ago: datetime, due: datetime) -> Class:
    """Four learners; work due tomorrow, reviews four days later."""
    found = make_class(session, now=an_hour_ago, submit_by=due, review_by=due + 4 * DAY)
    session.commit()
    return found


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


def address(made: Class, tail: str = "extensions") -> str:
    return f"/exchanges/{made.exchange.id}/{tail}"


def wanted(due: datetime, *people: int, **more: Any) -> dict[str, Any]:
    return {
        "whom": "chosen",
        "person": [str(each) for each in people],
        "submit_by": (due + 2 * DAY).isoformat(),
        "review_by": "",
        "reason": REASON,
        **more,
    }


def given(made: Class) -> list[Extension]:
    made.session.rollback()
    return list(made.session.scalars(select(Extension).order_by(Extension.id)))


def test_the_effect_is_shown_before_anything_is_saved(
    teacher: Visitor, made: Class, session: Session, due: datetime
) -> None:
    all_hand_in(made)
    offer = take(made, made.people[0])
    session.commit()
    author = next(each.person.name for each in made.learners if each.person_id == offer.submission.author_id)

    answer = teacher.post(address(made), **wanted(due, *made.people[:2], review_by=(due + 9 * DAY).isoformat()))

    page = words(answer.text)
    assert answer.status_code == 200
    assert "Nothing has been saved or told yet." in page
    assert f"The work of {author} stays in their hands until" in page
    assert "may wait longer for feedback" in page
    form, listed = (teacher.get(address(made, tail)).text for tail in ("extensions/new", "extensions"))
    assert mistakes_in({"effect": answer.text, "form": form, "list": listed}) == []
    assert given(made) == []


def test_what_was_seen_is_then_given(teacher: Visitor, made: Class, due: datetime) -> None:
    seen = teacher.post(address(made), **wanted(due, *made.people[:2])).text
    form = seen[seen.index("<form") :]
    carried = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)

    answer = teacher.post(address(made), act="save", **{name: value for name, value in carried if name != "csrf_token"})

    (extension,) = given(made)
    assert answer.status_code == 303
    assert (extension.submit_by, extension.review_by, extension.reason) == (due + 2 * DAY, None, REASON)
    assert sorted(each.person_id for each in extension.people) == made.people[:2]


def test_everybody_who_has_not_handed_in_is_one_choice(
    teacher: Visitor, made: Class, session: Session, due: datetime
) -> None:
    """Pain 14."""
    operations.submit_work(
        session, made.exchange, author=made.people[0], body="Mine.", base_revision=None, now=datetime.now(UTC)
    )
    session.commit()
    assert "Everybody who has not handed in 3 people" in words(teacher.get(address(made, "extensions/new")).text)

    teacher.post(address(made), **wanted(due, whom="not_handed_in", act="save"))

    (extension,) = given(made)
    assert sorted(each.person_id for each in extension.people) == made.people[1:]


def test_the_student_reads_their_own_dates_and_nobody_else_does(
    teacher: Visitor, visit: People, made: Class, due: datetime
) -> None:
    """Pain 13."""
    teacher.post(address(made), **wanted(due, made.people[0], act="save"))

    mine, other = (words(visit(each).get(address(made, "").rstrip("/")).text) for each in made.learners[:2])

    assert "You have more time" in mine
    assert "You have more time" not in other
    assert REASON not in mine
    assert (due + 2 * DAY).date().isoformat() in visit(made.learners[0]).get(address(made, "").rstrip("/")).text
    assert visit(made.learners[1]).get(address(made)).status_code == 403


def test_it_is_taken_back_from_one_and_from_all(teacher: Visitor, made: Class, due: datetime) -> None:
    teacher.post(address(made), **wanted(due, *made.people[:3], act="save"))
    (extension,) = given(made)

    one = teacher.post(address(made, f"extensions/{extension.id}/people/{made.people[0]}/removal"))
    page = words(teacher.get(address(made)).text)
    rest = teacher.post(address(made, f"extensions/{extension.id}/removal"))

    assert (one.status_code, rest.status_code) == (303, 303)
    assert "Take back from all" in page
    assert REASON in page
    (extension,) = given(made)
    made.session.refresh(extension)
    assert all(each.taken_back_at for each in extension.people)
    assert "taken back" in words(teacher.get(address(made)).text)


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"submit_by": ""}, "Give at least one later date."),
        ({"submit_by": "2020-01-01T12:00"}, "Choose a time after everybody’s date."),
        ({"submit_by": "soon"}, "Please give a day and a time"),
        ({"reason": " "}, "This is needed."),
        ({"person": []}, "Choose at least one person."),
        ({"person": ["4711"]}, "Choose from the people of this course."),
        ({"person": ["x"]}, "Choose from the people of this course."),
        ({"whom": "group:none"}, "Choose at least one person."),
    ],
)
@pytest.mark.parametrize("act", ["show", "save"])
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    teacher: Visitor, made: Class, due: datetime, changed: dict[str, Any], said: str, act: str
) -> None:
    typed = wanted(due, made.people[0]) | {"reason": "So that it is kept."} | changed

    answer = teacher.post(address(made), **typed, act=act)

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert str(typed["reason"]).strip() in answer.text
    assert given(made) == []


def test_extensions_of_another_exchange_look_like_missing(teacher: Visitor, made: Class, session: Session) -> None:
    other = make_class(session)
    session.commit()

    assert teacher.get(address(other)).status_code == 404
    assert teacher.post(address(made, "extensions/4711/removal")).status_code == 404


def test_where_nothing_is_due_there_is_no_more_time_to_give(
    visit: People, session: Session, an_hour_ago: datetime
) -> None:
    made = make_class(session, now=an_hour_ago)
    session.commit()
    teacher = visit(made.teacher)

    assert "Everybody has all the time there is" in words(teacher.get(address(made)).text)
    assert teacher.get(address(made, "extensions/new")).status_code == 404
