"""Staff write about a work themselves, at their browsers: what they begin is kept as a student's words are."""

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.exchange import privacy
from lti_tool.exchange.models import StaffReview, WordsDraft
from lti_tool.files.storage import DatabaseStorage
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class
from tests.functional.exchange_pages.conftest import People, Visitor
from tests.pages import words


@pytest.fixture
def made(session: Session, made: Class) -> Class:
    """Four people who have handed in."""
    all_hand_in(made)
    session.commit()
    return made


@pytest.fixture
def teacher(visit: People, made: Class) -> Visitor:
    return visit(made.teacher)


def path(made: Class, tail: str = "", place: int = 0) -> str:
    return f"/exchanges/{made.exchange.id}/people/{made.people[place]}/staff-review{tail}"


def typed(made: Class, comment: str) -> dict[str, Any]:
    clarity, advice = made.exchange.criteria
    return {
        f"level-{clarity.id}": str(clarity.levels[2].id),
        f"comment-{clarity.id}": "Your second paragraph sings.",
        f"comment-{advice.id}": "Say it once.",
        "comment": comment,
    }


def test_what_a_teacher_begins_is_kept_and_its_author_does_not_see_it(
    teacher: Visitor, made: Class, visit: People
) -> None:
    kept = teacher.post(path(made, "/draft"), htmx=True, base_revision="0", **typed(made, "Half a thought"))

    assert kept.status_code == 200
    assert "Half a thought" in teacher.get(path(made)).text
    assert "Half a thought" not in visit(made.learners[0]).get(f"/exchanges/{made.exchange.id}").text
    assert made.session.scalars(select(StaffReview)).all() == []


def test_without_scripts_a_press_keeps_it(teacher: Visitor, made: Class) -> None:
    answer = teacher.post(path(made, "/draft"), base_revision="0", **typed(made, "Half a thought"))

    assert answer.status_code == 303
    assert "Half a thought" in teacher.get(path(made)).text


def test_two_tabs_lose_no_words(teacher: Visitor, made: Class) -> None:
    teacher.post(path(made, "/draft"), htmx=True, base_revision="0", **typed(made, "From one tab"))

    clash = teacher.post(path(made, "/draft"), htmx=True, base_revision="0", **typed(made, "From another"))

    assert "This was also changed in another tab" in words(clash.text)
    assert all(said in teacher.get(path(made)).text for said in ("From one tab", "From another"))
    assert teacher.post(path(made, "/draft/restoration")).status_code == 303
    assert teacher.post(path(made, "/draft/restoration")).status_code == 303
    assert teacher.post(path(made, "/draft/restoration", place=1)).status_code == 404


def test_once_it_is_given_the_draft_is_gone_and_a_new_one_says_so(teacher: Visitor, made: Class, visit: People) -> None:
    teacher.post(path(made, "/draft"), htmx=True, base_revision="0", **typed(made, "Half a thought"))

    assert teacher.post(path(made), **typed(made, "A whole thought")).status_code == 303

    assert made.session.scalars(select(WordsDraft)).all() == []
    assert "You have begun to change this" not in teacher.get(path(made)).text
    teacher.post(path(made, "/draft"), htmx=True, base_revision="0", **typed(made, "A second thought"))
    page = words(teacher.get(path(made)).text)
    assert "You have begun to change this" in page
    assert "A second thought" in page
    student = visit(made.learners[0]).get(f"/exchanges/{made.exchange.id}").text
    assert "A whole thought" in student
    assert "A second thought" not in student


def test_each_of_the_staff_has_a_draft_of_their_own(teacher: Visitor, made: Class, visit: People) -> None:
    other = make_member(made.session, made.course, Role.ASSISTANT)
    made.session.commit()

    teacher.post(path(made, "/draft"), htmx=True, base_revision="0", **typed(made, "Mine alone"))

    assert "Mine alone" not in visit(other).get(path(made)).text


def test_students_keep_nothing_here_and_too_long_words_come_back(teacher: Visitor, made: Class, visit: People) -> None:
    student = visit(made.learners[1])

    assert student.post(path(made, "/draft"), base_revision="0", comment="Me too").status_code == 403
    refused = teacher.post(path(made, "/draft"), base_revision="0", comment="x" * 20_001)
    assert refused.status_code == 422
    assert "x" * 20_001 in refused.text
    assert made.session.scalars(select(WordsDraft)).all() == []


def test_what_is_refused_comes_back_as_the_form_alone(teacher: Visitor, made: Class) -> None:
    answer = teacher.post(path(made), htmx=True, comment="Only this")

    assert answer.status_code == 422
    assert "Only this" in answer.text
    assert "<html" not in answer.text


def test_a_draft_about_somebody_is_forgotten_with_them(teacher: Visitor, made: Class) -> None:
    session, author = made.session, made.people[0]
    teacher.post(path(made, "/draft"), htmx=True, base_revision="0", **typed(made, "About them"))
    assert privacy.export_person(session, made.teacher.person_id)["words_being_written"][0]["comment"] == "About them"

    privacy.forget_person(session, author, now=BEGUN, storage=DatabaseStorage())

    assert session.scalars(select(WordsDraft)).all() == []


# What is ticked beside the words


TICK = 'name="rescue"'


@pytest.fixture
def alone(session: Session, an_hour_ago: datetime) -> Class:
    """Two people, two reviews each: each work lacks a reader that no classmate can be."""
    found = make_class(session, learners=2, now=an_hour_ago)
    all_hand_in(found, now=an_hour_ago)
    session.commit()
    return found


def is_ticked(page: str) -> bool:
    (box,) = [line for line in re.findall(r"<input[^>]*>", page) if TICK in line]
    return " checked" in box


@pytest.mark.parametrize("htmx", [False, True])
def test_the_tick_is_as_it_was_left(alone: Class, visit: People, htmx: bool) -> None:
    teacher = visit(alone.teacher)
    assert is_ticked(teacher.get(path(alone)).text)

    for revision, (sent, is_on) in enumerate((({}, False), ({"rescue": "1"}, True), ({}, False))):
        said = {**typed(alone, "Half a thought"), "ticks": "1", "base_revision": str(revision), **sent}
        kept = teacher.post(path(alone, "/draft"), htmx=htmx, **said)
        assert kept.status_code == (200 if htmx else 303)
        assert "another tab" not in kept.text
        assert is_ticked(teacher.get(path(alone)).text) == is_on

    refused = teacher.post(path(alone), ticks="1", comment="Only this")
    assert refused.status_code == 422
    assert not is_ticked(refused.text)
    assert is_ticked(teacher.post(path(alone), ticks="1", rescue="1", comment="Only this").text)


def test_a_save_without_the_tick_on_its_page_leaves_it_as_it_was(alone: Class, visit: People) -> None:
    teacher = visit(alone.teacher)
    teacher.post(path(alone, "/draft"), ticks="1", base_revision="0", **typed(alone, "Half a thought"))

    teacher.post(path(alone, "/draft"), base_revision="1", **typed(alone, "More of it"))

    page = teacher.get(path(alone)).text
    assert "More of it" in page
    assert not is_ticked(page)


def test_a_tick_alone_is_saved_and_takes_no_words_of_another_tab(alone: Class, visit: People) -> None:
    teacher = visit(alone.teacher)
    teacher.post(path(alone, "/draft"), ticks="1", rescue="1", base_revision="0", **typed(alone, "Half a thought"))

    teacher.post(path(alone, "/draft"), ticks="1", base_revision="0", **typed(alone, "Half a thought"))

    page = teacher.get(path(alone)).text
    assert not is_ticked(page)
    assert "draft/restoration" not in page


def test_what_was_given_beside_the_plan_is_not_made_a_rescue_by_changing_it(alone: Class, visit: People) -> None:
    teacher = visit(alone.teacher)
    teacher.post(path(alone), ticks="1", **typed(alone, "A whole thought"))

    page = teacher.get(path(alone)).text

    assert not is_ticked(page)
    assert not alone.session.scalars(select(StaffReview.is_rescue)).one()
