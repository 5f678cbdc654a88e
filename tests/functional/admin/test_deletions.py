"""Whom the LMS says it has deleted: forgotten after some days, kept where anything speaks for them, never in secret."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.admin import deletions
from lti_tool.admin.jobs import settle_deletions
from lti_tool.admin.models import Request
from lti_tool.clock import now as clock_now
from lti_tool.courses.models import Membership, Person
from lti_tool.journal.models import Audit
from tests.factories.admin import Admin
from tests.factories.courses import make_course, make_member
from tests.factories.jobs import run_jobs
from tests.pages import mistakes_in, words

ROSTER = "https://lms.example/memberships"


@pytest.fixture
def mai(admin: Admin, session: Session) -> Membership:
    """A student of the admin's institution, in a course whose list of people can be read."""
    course = make_course(session, admin.platform.deployment, title="Designing for People", roster_url=ROSTER)
    made = make_member(session, course, name="Mai Tran", in_roster=True)
    session.commit()
    return made


def announce(session: Session, who: Membership, *, days_ago: int = 8) -> Request:
    made = deletions.announce(session, who.person, now=clock_now() - timedelta(days=days_ago))
    session.commit()
    assert made is not None
    return made


def read_list(session: Session, who: Membership, *, has_them: bool, at: datetime | None = None) -> None:
    """As if the list of people of their course had been read."""
    who.course.roster_synced_at = at or clock_now()
    who.in_roster = has_them
    who.left_at = None if has_them else clock_now()
    session.commit()


def settle(app: Flask, session: Session) -> None:
    with app.app_context():
        settle_deletions(0)
    session.expire_all()


def acts(session: Session) -> list[tuple[str, str]]:
    return [(each.act, each.by) for each in session.scalars(select(Audit).order_by(Audit.id))]


def test_whom_no_list_has_any_more_is_forgotten_after_a_week_and_it_is_written_down(
    app: Flask, admin: Admin, session: Session, mai: Membership
) -> None:
    asked = announce(session, mai, days_ago=6)
    read_list(session, mai, has_them=False)
    person_id = mai.person_id
    settle(app, session)
    assert session.get(Person, person_id) is not None, "the week is not over"
    asked.due_at = clock_now()
    session.commit()

    settle(app, session)

    assert session.get(Person, person_id) is None
    assert (asked.state, asked.person_id) == ("done", None)
    assert acts(session) == [("erasure.announced", "hearth"), ("erasure.done", "hearth")]
    page = words(admin.get("requests").text)
    assert "by the LMS Forgotten Forget Deleted in the LMS Done" in page
    assert "was told by the LMS that somebody was deleted there" in words(admin.get("audit").text)


def test_whom_a_list_has_that_was_read_since_is_kept(app: Flask, session: Session, mai: Membership) -> None:
    """Two accounts became one in the LMS, and the number of the one that went lives on; or it was a mistake."""
    asked = announce(session, mai)
    read_list(session, mai, has_them=True)

    settle(app, session)

    assert (asked.state, mai.person.name) == ("stopped", "Mai Tran")
    assert acts(session)[-1] == ("erasure.stopped", "hearth")


def test_who_opened_hearth_meanwhile_is_kept(app: Flask, session: Session, mai: Membership) -> None:
    asked = announce(session, mai)
    read_list(session, mai, has_them=False)
    mai.launched_at = clock_now() - timedelta(days=1)
    session.commit()

    settle(app, session)

    assert asked.state == "stopped"


@pytest.mark.parametrize("is_readable", [True, False])
def test_where_no_list_tells_an_admin_decides(
    app: Flask, admin: Admin, session: Session, mai: Membership, is_readable: bool
) -> None:
    if not is_readable:
        mai.course.roster_url = None
    asked = announce(session, mai, days_ago=9)
    session.execute(text("delete from procrastinate_jobs"))
    session.commit()

    settle(app, session)

    assert asked.state == "waiting"
    asked_for = session.scalars(text("select task_name from procrastinate_jobs")).all()
    assert asked_for == (["courses.sync_roster"] if is_readable else [])
    assert "Hearth cannot tell whether they are gone" in admin.get("requests").text
    assert "Of one person Hearth cannot tell whether they are really gone." in admin.get("").text


def test_a_list_read_before_the_lms_said_so_tells_nothing(app: Flask, session: Session, mai: Membership) -> None:
    asked = announce(session, mai)
    read_list(session, mai, has_them=False, at=clock_now() - timedelta(days=30))

    settle(app, session)

    assert asked.state == "waiting"


def test_an_admin_keeps_whom_the_lms_has_deleted(app: Flask, admin: Admin, session: Session, mai: Membership) -> None:
    asked = announce(session, mai, days_ago=1)
    page = admin.get("requests")
    assert "if no list of people of the LMS has them any more by then" in page.text
    assert mistakes_in({"requests": page.text}) == []

    assert admin.post(f"requests/{asked.id}/stop").status_code == 303

    session.refresh(asked)
    assert asked.state == "stopped"
    assert acts(session)[-1] == ("erasure.stopped", "admin")
    assert admin.post(f"requests/{asked.id}/stop").status_code == 404
    read_list(session, mai, has_them=False)
    settle(app, session)
    assert mai.person.name == "Mai Tran"


def test_an_admin_has_whom_the_lms_has_deleted_forgotten_at_once(
    app: Flask, admin: Admin, session: Session, mai: Membership
) -> None:
    asked = announce(session, mai, days_ago=1)
    person_id = mai.person_id

    answer = admin.post(f"people/{person_id}/requests", kind="erasure", reason="They told us.", sure="1")
    run_jobs(session, app, "admin")

    assert answer.status_code == 303
    assert session.get(Person, person_id) is None
    assert session.scalars(select(Request.id)).all() == [asked.id]
    assert [act for act, _by in acts(session)] == ["erasure.announced", "erasure.asked", "erasure.done"]


def test_the_button_keeps_nobody_of_another_institution_and_stops_no_request_of_an_admin(
    admin: Admin, session: Session, mai: Membership
) -> None:
    stranger = make_member(session, make_course(session))
    theirs = announce(session, stranger)
    admin.post(f"people/{mai.person_id}/requests", kind="erasure", reason="By letter.", sure="1")
    mine = session.scalars(select(Request).where(Request.person_id == mai.person_id)).one()

    assert admin.post(f"requests/{theirs.id}/stop").status_code == 404
    assert admin.post(f"requests/{mine.id}/stop").status_code == 404
