"""Feedback by staff, page by page: its author answers each comment and writes back, and staff answer."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Mark, Message, StaffReview
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import Class, all_hand_in, make_class, make_words
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import mistakes_in, words


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """Three learners who have handed in."""
    found = make_class(session, learners=3, reviews=1, now=an_hour_ago)
    all_hand_in(found, now=an_hour_ago)
    return found


@pytest.fixture
def by_staff(made: Class, an_hour_ago: datetime) -> StaffReview:
    """What the teacher says about the work of the first."""
    review = operations.review_as_staff(
        made.session,
        made.exchange,
        author=made.people[0],
        by=made.teacher.person_id,
        words=make_words(made.exchange),
        is_rescue=False,
        now=an_hour_ago,
    )
    made.session.commit()
    return review


@pytest.fixture
def author(visit: People, made: Class) -> Visitor:
    return visit(made.learners[0])


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


def here(made: Class) -> str:
    return f"/exchanges/{made.exchange.id}"


def about(made: Class, review: StaffReview) -> str:
    return f"{here(made)}/staff-reviews/{review.id}"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_suggestion_of_a_teacher_goes_into_the_plan_is_ticked_off_and_the_teacher_reads_it(
    author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview, htmx: bool
) -> None:
    """Pain 33: much feedback is never used."""
    part = str(made.exchange.criteria[1].id)

    answer = author.post(f"{about(made, by_staff)}/marks", htmx=htmx, part=part, mark="use")

    assert answer.status_code == (200 if htmx else 303)
    if htmx:
        assert f'id="mark-staff-{by_staff.id}-{part}"' in answer.text
        assert "My plan" in words(answer.text)
    assert "My plan" in words(author.get(here(made)).text)
    assert "your suggestion will be used." in words(teacher.get(about(made, by_staff)).text)

    answer = author.post(f"{about(made, by_staff)}/marks/completion", htmx=htmx, part=part, done="1")

    assert answer.status_code == (200 if htmx else 303)
    assert "done in version 2" in words(author.get(here(made)).text)
    assert "your suggestion was used." in words(teacher.get(about(made, by_staff)).text)
    assert "your suggestion was used." in words(teacher.get(f"{here(made)}/people/{made.people[0]}").text)


@pytest.mark.parametrize("htmx", [False, True])
def test_who_disagrees_with_a_teacher_says_why(
    author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview, htmx: bool
) -> None:
    path = f"{about(made, by_staff)}/marks"

    refused = author.post(path, htmx=htmx, part="overall", mark="disagree", reason=" ")

    assert refused.status_code == 422
    assert "Say why, in a few words." in words(refused.text)
    assert made.session.scalars(select(Mark)).all() == []
    author.post(path, htmx=htmx, part="overall", mark="disagree", reason="It is meant to be short.")
    said = words(teacher.get(about(made, by_staff)).text)
    assert "the author sees it differently, because: It is meant to be short." in said


@pytest.mark.parametrize("htmx", [False, True])
def test_author_and_teacher_write_to_each_other_on_their_pages(
    author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview, htmx: bool
) -> None:
    answer = author.post(f"{about(made, by_staff)}/messages", htmx=htmx, body="Which paragraph?")

    assert answer.status_code == (200 if htmx else 303)
    if not htmx:
        assert answer.location.endswith(f"#staff-feedback-{by_staff.id}")
    assert "A student wrote about feedback that you or other staff gave." in words(teacher.get("/notices").text)
    page = teacher.get(about(made, by_staff)).text
    assert "Which paragraph?" in words(page)
    assert made.learners[0].person.name in words(page)
    assert f"{about(made, by_staff)}/hearing" in page

    answer = teacher.post(f"{about(made, by_staff)}/staff-messages", htmx=htmx, body="The second.")

    assert answer.status_code == (200 if htmx else 303)
    page = author.get(here(made)).text
    assert "The second." in words(page)
    assert "Vera Nowak" in words(page)
    assert "/readings" in page
    assert "There is a new message about your teacher’s feedback." in words(author.get("/notices").text)
    assert author.post(f"{here(made)}/readings", htmx=True).status_code == 204
    assert "/readings" not in author.get(here(made)).text


def test_the_notice_leads_a_teacher_to_the_answer(
    author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview
) -> None:
    author.post(f"{about(made, by_staff)}/messages", body="Which?")
    notice = made.session.scalars(select(Notice).where(Notice.kind == "staff_answered")).one()

    answer = teacher.post(f"/notices/{notice.id}/reading")

    assert answer.location.endswith(about(made, by_staff))


def test_what_was_read_is_no_longer_new_to_whoever_gave_it(
    author: Visitor, teacher: Visitor, visit: People, made: Class, by_staff: StaffReview
) -> None:
    helper = visit(make_member(made.session, made.course, Role.ASSISTANT))
    author.post(f"{about(made, by_staff)}/messages", body="Which?")
    assert "New" in words(teacher.get(about(made, by_staff)).text)
    assert f"{about(made, by_staff)}/hearing" not in helper.get(about(made, by_staff)).text

    assert teacher.post(f"{about(made, by_staff)}/hearing", htmx=True).status_code == 204

    assert f"{about(made, by_staff)}/hearing" not in teacher.get(about(made, by_staff)).text
    assert teacher.post(f"{about(made, by_staff)}/hearing").status_code == 303


@pytest.mark.parametrize("htmx", [False, True])
def test_a_message_is_changed_and_refused_words_stay(
    author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview, htmx: bool
) -> None:
    for visitor, kind in ((author, "messages"), (teacher, "staff-messages")):
        assert visitor.post(f"{about(made, by_staff)}/{kind}", htmx=htmx, body=" ").status_code == 422
        refused = visitor.post(f"{about(made, by_staff)}/{kind}", htmx=htmx, body="x" * 20_001)
        assert refused.status_code == 422
        assert "x" * 20_001 in refused.text
        visitor.post(f"{about(made, by_staff)}/{kind}", body=f"Tanks from {kind}.")
        message = made.session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert message is not None

        answer = visitor.post(f"{about(made, by_staff)}/{kind}/{message.id}", htmx=htmx, body="Thanks.")

        assert answer.status_code == (200 if htmx else 303)
        made.session.refresh(message)
        assert message.body == "Thanks."


@pytest.mark.parametrize("htmx", [False, True])
def test_one_click_thanks_a_teacher(
    author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview, htmx: bool
) -> None:
    path = f"{about(made, by_staff)}/thanks"

    assert author.post(path, htmx=htmx).status_code == (200 if htmx else 303)

    assert "The author thanks you." in words(teacher.get(about(made, by_staff)).text)
    assert "A student thanks you for your feedback." in words(teacher.get("/notices").text)
    assert author.post(f"{path}/removal", htmx=htmx).status_code == (200 if htmx else 303)
    assert "The author thanks you." not in words(teacher.get(about(made, by_staff)).text)


def test_other_staff_read_whose_feedback_it_is_about(
    author: Visitor, teacher: Visitor, visit: People, made: Class, by_staff: StaffReview
) -> None:
    helper = visit(make_member(made.session, made.course, Role.ASSISTANT))
    author.post(f"{about(made, by_staff)}/marks", part="overall", mark="use")
    author.post(f"{about(made, by_staff)}/thanks")

    page = words(helper.get(about(made, by_staff)).text)
    assert "the suggestion will be used." in page
    assert "The author says thank you." in page
    assert "your suggestion will be used." in words(teacher.get(about(made, by_staff)).text)


def test_nobody_else_finds_it_and_staff_decide_nothing_for_its_author(
    visit: People, teacher: Visitor, made: Class, by_staff: StaffReview
) -> None:
    classmate = visit(made.learners[1])
    sent: dict[str, Any] = {"body": "Me too.", "part": "overall", "mark": "use"}

    assert classmate.get(about(made, by_staff)).status_code == 404
    for path in ("messages", "marks", "marks/completion", "thanks", "thanks/removal"):
        assert classmate.post(f"{about(made, by_staff)}/{path}", data=sent).status_code == 404, path
    assert classmate.post(f"{about(made, by_staff)}/staff-messages", data=sent).status_code == 403
    assert teacher.post(f"{about(made, by_staff)}/marks", data=sent).status_code == 409
    assert made.session.scalars(select(Message)).all() == []


def test_once_answered_it_is_not_taken_back(
    author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview
) -> None:
    form = f"{here(made)}/people/{made.people[0]}/staff-review"
    assert "Take it back" in words(teacher.get(form).text)

    author.post(f"{about(made, by_staff)}/messages", body="Which?")

    assert "Take it back" not in words(teacher.get(form).text)
    answer = teacher.post(f"{form}/removal")
    assert answer.status_code == 409
    assert "Its author has answered it" in words(answer.text)
    assert "Which?" in words(author.get(here(made)).text)


def test_a_teacher_who_looks_at_the_students_view_finds_nothing_to_press(
    teacher: Visitor, made: Class, by_staff: StaffReview, session: Session
) -> None:
    page = teacher.get(f"{here(made)}/student-view").text

    assert f"/staff-reviews/{by_staff.id}/marks" not in page


def test_its_pages_are_valid_html(author: Visitor, teacher: Visitor, made: Class, by_staff: StaffReview) -> None:
    made.exchange.options = {**made.exchange.options, "charter": {"enabled": True, "rules": ["A", "B", "C"]}}
    made.session.commit()
    path = about(made, by_staff)
    author.post(f"{path}/marks", part="overall", mark="later")
    author.post(f"{path}/messages", body="Which?")
    teacher.post(f"{path}/staff-messages", body="The second.")
    pages = {
        "author": author.get(here(made)).text,
        "author-alone": author.get(path).text,
        "author-refused": author.post(f"{path}/messages", body="").text,
        "teacher": teacher.get(path).text,
        "teacher-refused": teacher.post(f"{path}/staff-messages", body="").text,
        "person": teacher.get(f"{here(made)}/people/{made.people[0]}").text,
        "student-view": teacher.get(f"{here(made)}/student-view").text,
    }

    assert mistakes_in(pages) == []
    assert all(page.count("<h1") == 1 for page in pages.values())


def test_the_plan_of_the_notes_page_has_what_teachers_say(
    author: Visitor, made: Class, by_staff: StaffReview, session: Session
) -> None:
    author.post(f"{about(made, by_staff)}/marks", part="overall", mark="use")

    answer = author.get(f"{here(made)}/work/notes")

    assert answer.status_code == 200
    assert "My plan" in words(answer.text)
    assert session.scalars(select(Mark.mark)).one() == rules.USE
