"""Taking an exchange elsewhere, from its staff pages."""

import json
import re

import pytest
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from tests.factories.courses import make_course, make_member
from tests.factories.exchange import Class, all_hand_in, review
from tests.functional.exchange_pages.conftest import People


def test_staff_find_the_files_from_the_overview(made: Class, visit: People, session: Session) -> None:
    all_hand_in(made)
    review(made, made.people[0])
    session.commit()
    teacher = visit(made.teacher)

    overview = teacher.get(f"/exchanges/{made.exchange.id}")
    page = teacher.get(f"/exchanges/{made.exchange.id}/export")

    assert f"/exchanges/{made.exchange.id}/export" in overview.text
    assert "These files say who is who" in page.text
    for name in ("people", "reviews", "whole"):
        assert re.search(rf'href="[^"]*/exchanges/{made.exchange.id}/export/{name}"', page.text)
        answer = teacher.get(f"/exchanges/{made.exchange.id}/export/{name}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=first-drafts-")
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.data


def test_an_assistant_takes_the_files_too(made: Class, visit: People, session: Session) -> None:
    assistant = make_member(session, made.course, Role.ASSISTANT)
    session.commit()

    answer = visit(assistant).get(f"/exchanges/{made.exchange.id}/export/whole")

    assert json.loads(answer.data)["settings"]["title"] == "First drafts"


@pytest.mark.parametrize("path", ["export", "export/people", "export/whole"])
def test_students_take_no_files_of_others(made: Class, visit: People, path: str) -> None:
    answer = visit(made.learners[0]).get(f"/exchanges/{made.exchange.id}/{path}")

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["export", "export/people", "export/whole"])
def test_an_exchange_of_another_course_has_no_files_here(
    made: Class, visit: People, session: Session, path: str
) -> None:
    stranger = make_member(session, make_course(session), Role.TEACHER)
    session.commit()

    assert visit(stranger).get(f"/exchanges/{made.exchange.id}/{path}").status_code == 404


def test_a_file_that_there_is_not_is_not_found(made: Class, visit: People) -> None:
    assert visit(made.teacher).get(f"/exchanges/{made.exchange.id}/export/drafts").status_code == 404
