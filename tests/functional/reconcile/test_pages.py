"""What admins see of comparisons: their own institution's, without anybody's name; and what a person's export holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import privacy
from lti_tool.courses.models import Course
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Audit
from lti_tool.reconcile import words
from lti_tool.reconcile.models import Finding, Kind, Outcome, Run
from tests.factories.admin import Admin, come
from tests.factories.courses import make_activity, make_course, make_member
from tests.factories.jobs import waiting_jobs
from tests.factories.lti import PretendPlatform, make_pretend_platform

AT = datetime.now(UTC)


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Admin:
    return come(client, make_pretend_platform(session))


def compared(session: Session, platform: PretendPlatform, *, problem: str | None = None, title: str = "Biology") -> Run:
    """A course of the admin's institution that was compared an hour ago."""
    course = make_course(session, platform.deployment, title=title, roster_url="https://lms.example/roster")
    run = Run(course_id=course.id, began_at=AT - timedelta(hours=1), ended_at=AT, problem=problem)
    session.add(run)
    session.commit()
    return run


def find(session: Session, run: Run, kind: Kind, outcome: Outcome, **facts: Any) -> Finding:
    course = session.get_one(Course, run.course_id)
    member = make_member(session, course, name="Mai Tran")
    found = Finding(
        run_id=run.id,
        kind=kind,
        outcome=outcome,
        facts=facts,
        person_id=member.person_id,
        activity_id=make_activity(session, course).id,
    )
    session.add(found)
    session.commit()
    return found


def test_an_admin_sees_how_comparing_went_without_names_and_has_it_done_again(admin: Admin, session: Session) -> None:
    run = compared(session, admin.platform)
    find(session, run, Kind.GRADE_THEIRS, Outcome.LEFT, sent=8.0, found=9.0, maximum=10.0)

    assert "something waits for its teacher" in admin.get().text
    page = admin.get("comparisons").text
    assert "One thing waits for its teacher." in page
    assert "Mai Tran" not in page

    assert admin.post(f"comparisons/{run.course_id}").status_code == 303
    assert waiting_jobs(session, "reconcile.compare") == 1
    assert "comparison.asked" in session.scalars(select(Audit.act)).all()


def test_a_comparison_that_broke_off_is_in_the_overview(admin: Admin, session: Session) -> None:
    compared(session, admin.platform, problem="throttled")

    assert "In one course the comparison broke off." in admin.get().text
    assert "asked Hearth to slow down" in admin.get("comparisons").text


def test_the_courses_of_another_institution_are_not_there(admin: Admin, session: Session) -> None:
    other = compared(session, make_pretend_platform(session), title="Elsewhere")

    assert "Elsewhere" not in admin.get("comparisons").text
    assert admin.post(f"comparisons/{other.course_id}").status_code == 404


def test_every_kind_of_difference_has_its_sentence(session: Session, admin: Admin) -> None:
    run = compared(session, admin.platform)
    grade = {"sent": 8.0, "found": 7.25, "maximum": 10.0}
    facts: dict[Kind, dict[str, Any]] = {
        Kind.PEOPLE: {"joined": 1, "left": 2, "changed": 1, "names": 3},
        Kind.GROUPS: {"count": 2},
        Kind.UNREADABLE: {"what": "columns", "problem": "unheard of"},
        Kind.MORE: {"count": 7},
        Kind.GRADE_SENT: grade,
        Kind.GRADE_THEIRS: grade,
        Kind.GRADE_REFUSED: grade | {"found": None},
        Kind.COPIED: {"origin": 1},
    }

    with admin.client.application.test_request_context():
        said = {
            kind: str(words.sentence(find(session, run, kind, Outcome.LEFT, **facts.get(kind, {})), name="Mai"))
            for kind in Kind
        }

    assert len(set(said.values())) == len(Kind)
    assert said[Kind.PEOPLE] == (
        "One person is new. 2 people have left. One is back or has another role. 3 have another name."
    )
    assert said[Kind.GRADE_SENT] == (
        "Mai, “First drafts”: the gradebook had an older grade, 7.25. Hearth sends 8 of 10 again."
    )


def test_differences_of_somebodys_grades_are_in_their_export_and_go_with_them(admin: Admin, session: Session) -> None:
    found = find(
        session, compared(session, admin.platform), Kind.GRADE_THEIRS, Outcome.LEFT, sent=8.0, found=9.0, maximum=10.0
    )
    assert found.person is not None
    whose: dict[str, Any] = {"platform_id": admin.platform.platform.id, "subject": found.person.sub}

    (export,) = privacy.export(session, **whose)
    assert export["gradebook_differences"][0]["found"] == 9.0

    privacy.forget(session, **whose, storage=DatabaseStorage(), now=AT)
    session.commit()
    assert session.scalars(select(Finding.id)).all() == []
