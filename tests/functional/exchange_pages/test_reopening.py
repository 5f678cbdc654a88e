"""At the pages: staff open one work or one given review once more, and whom it concerns reads so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, rules
from lti_tool.exchange.models import Feedback, Reopening
from tests.factories.exchange import Class, all_hand_in, make_class, review, take, work_of
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words

REASON = "You sent the wrong file."


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """Two learners who handed in and have each other's work; the first has given feedback."""
    found = make_class(session, learners=2, reviews=1, now=an_hour_ago)
    all_hand_in(found, now=an_hour_ago)
    review(found, found.people[0], now=an_hour_ago)
    take(found, found.people[1], now=an_hour_ago)
    session.commit()
    return found


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


@pytest.fixture
def student(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


@pytest.fixture
def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


def address(made: Class, tail: str = "") -> str:
    return f"/exchanges/{made.exchange.id}{tail}"


def theirs(made: Class, tail: str) -> str:
    return address(made, f"/people/{made.people[0]}{tail}")


def close(made: Class) -> None:
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=datetime.now(UTC))
    made.session.commit()


def opened(made: Class) -> list[Reopening]:
    made.session.rollback()
    return list(made.session.scalars(select(Reopening)))


def test_a_work_in_review_is_handed_in_anew_and_its_reviewer_sees_what_changed(
    teacher: Visitor, student: Visitor, visit: People, made: Class, tomorrow: str
) -> None:
    """Pain 17, for work."""
    form = teacher.get(theirs(made, "/reopenings/new")).text

    answer = teacher.post(theirs(made, "/reopenings"), until=tomorrow, reason=REASON)

    assert answer.status_code == 303
    page = student.get(address(made)).text
    assert "You can hand in once more" in words(page)
    assert REASON in page
    revision = work_of(made, made.people[0]).revision
    student.post(address(made, "/work/draft"), body="The right one.", base_revision=str(revision), act="check")
    check = student.get(address(made, "/work/final")).text
    assert "What did you change, and why?" in words(check)
    handed = student.post(address(made, "/work"), base_revision=str(revision + 1), note="Another file.")
    assert handed.status_code == 303
    made.session.rollback()
    assert work_of(made, made.people[0]).body == "The right one."
    reviewer = visit(made.learners[1])
    offer = take(made, made.people[1], now=datetime.now(UTC))
    seen = words(reviewer.get(address(made, f"/reviews/{offer.id}")).text)
    assert "The author has handed in a revised version" in seen
    assert "Another file." in seen
    staff = teacher.get(theirs(made, "")).text
    assert mistakes_in({"form": form, "student": page, "check": check, "person": staff}) == []


def test_after_closing_a_given_review_is_changed(
    teacher: Visitor, student: Visitor, visit: People, made: Class, tomorrow: str
) -> None:
    """Pain 17, for reviews."""
    (feedback,) = made.session.scalars(select(Feedback))
    close(made)
    assert "Let them change it" in words(teacher.get(theirs(made, "")).text)
    path = f"/reopenings?feedback={feedback.id}"

    teacher.post(theirs(made, path), until=tomorrow, reason=REASON)

    assert "You can change feedback that you gave" in words(student.get(address(made)).text)
    where = address(made, f"/reviews/{feedback.offer_id}")
    assert "You can change this feedback" in words(student.get(where).text)
    form: dict[str, Any] = {"comment": "Read again, and liked."}
    for criterion in made.exchange.criteria:
        form[f"comment-{criterion.id}"] = "Much clearer on second reading."
        if criterion.levels:
            form[f"level-{criterion.id}"] = criterion.levels[0].id
    assert student.post(f"{where}/revision", data=form).status_code == 303
    author = words(visit(made.learners[1]).get(address(made)).text)
    assert "Much clearer on second reading." in author
    assert REASON not in author


def test_it_is_taken_back_on_the_page_of_the_person(
    teacher: Visitor, student: Visitor, made: Class, tomorrow: str
) -> None:
    teacher.post(theirs(made, "/reopenings"), until=tomorrow, reason=REASON)
    (reopening,) = opened(made)

    answer = teacher.post(address(made, f"/reopenings/{reopening.id}/removal"))

    assert answer.status_code == 303
    assert "taken back" in words(teacher.get(theirs(made, "")).text)
    assert "You can hand in once more" not in words(student.get(address(made)).text)


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"until": ""}, "Please give a day and a time."),
        ({"until": "soon"}, "Please give a day and a time"),
        ({"until": "2020-01-01T12:00"}, "Choose a time that is still ahead"),
        ({"reason": " "}, "This is needed."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    teacher: Visitor, made: Class, tomorrow: str, changed: dict[str, str], said: str
) -> None:
    typed = {"until": tomorrow, "reason": REASON} | changed

    answer = teacher.post(theirs(made, "/reopenings"), data=typed)

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert typed["reason"].strip() in answer.text
    assert opened(made) == []


def test_what_is_not_there_is_not_opened(teacher: Visitor, student: Visitor, made: Class, tomorrow: str) -> None:
    (feedback,) = made.session.scalars(select(Feedback))
    author = address(made, f"/people/{made.people[1]}")
    typed = {"until": tomorrow, "reason": REASON}

    # Of the reviewer alone, and never of somebody else.
    assert teacher.post(f"{author}/reopenings?feedback={feedback.id}", data=typed).status_code == 404
    assert teacher.get(theirs(made, "/reopenings/new?feedback=x")).status_code == 404
    assert teacher.get(theirs(made, "/reopenings/new?feedback=4711")).status_code == 404
    assert teacher.get(address(made, "/people/4711/reopenings/new")).status_code == 404
    assert teacher.post(address(made, "/people/4711/reopenings"), data=typed).status_code == 404
    assert teacher.post(address(made, "/reopenings/4711/removal")).status_code == 404
    assert student.post(theirs(made, "/reopenings"), data=typed).status_code == 403
    assert opened(made) == []


def test_nobody_finds_out_by_opening_or_extending_who_reviewed_whom(
    teacher: Visitor, made: Class, session: Session, tomorrow: str
) -> None:
    (feedback,) = session.scalars(select(Feedback))
    made.exchange.submit_by = made.exchange.review_by = datetime.now(UTC)
    made.exchange.anonymity = rules.SEALED
    session.commit()
    typed = {"until": tomorrow, "reason": REASON}

    answer = teacher.post(theirs(made, f"/reopenings?feedback={feedback.id}"), data=typed)
    effect = teacher.post(
        address(made, "/extensions"), whom="chosen", person=str(made.people[1]), review_by=tomorrow, reason=REASON
    )

    assert answer.status_code == 404
    assert effect.status_code == 200
    assert "Here you do not see who reviews whom" in words(effect.text)
    assert "stays in their hands until" not in words(effect.text)
    with pytest.raises(errors.NoSuchFeedback):
        operations.reopen_review(
            session,
            made.exchange,
            feedback_id=feedback.id,
            until=datetime.now(UTC) + timedelta(days=1),
            reason=REASON,
            by=made.teacher.person_id,
            now=datetime.now(UTC),
        )
