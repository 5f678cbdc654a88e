"""Who comes into the admin room, and what the first pages say."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.courses.models import Course, Deployment, Platform
from lti_tool.grades.models import Passback, State
from lti_tool.journal import audit
from lti_tool.journal.models import Audit
from lti_tool.lti import vocabulary as lti
from tests.conftest import NOW
from tests.factories.admin import ADMINISTRATOR, Admin, come
from tests.factories.courses import make_course, make_deployment
from tests.factories.grades import refused_grade
from tests.factories.lti import CONTEXT_ROLE, INSTRUCTOR, LEARNER, PretendPlatform, launch, make_pretend_platform
from tests.pages import mistakes_in, words


def rooms_of(app: Flask) -> list[str]:
    """The pages of the room that need no id."""
    return sorted(
        rule.rule.removeprefix("/s/<handle>/admin/")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/s/<handle>/admin/") and rule.arguments == {"handle"} and "GET" in (rule.methods or ())
    )


def test_an_admin_from_outside_of_any_course_lands_in_the_room(admin: Admin) -> None:
    page = admin.get()

    assert admin.room.endswith("/admin/")
    assert page.status_code == 200
    assert "Hearth at your institution" in page.text
    assert "Administrator" in words(page.text)


def test_an_admin_in_a_course_gets_its_home_with_a_way_to_the_room(
    client: FlaskClient, platform: PretendPlatform
) -> None:
    home = launch(client, platform, {lti.ROLES: [ADMINISTRATOR, INSTRUCTOR]}).headers["Location"]

    page = client.get(home)

    assert "Biology" in page.text
    assert f'href="{home.removeprefix("https://hearth.example")}admin/"' in page.text
    assert "Biology" in client.get(f"{home}admin/").text


@pytest.mark.parametrize("roles", [[LEARNER], [INSTRUCTOR], [f"{CONTEXT_ROLE}#Administrator"]])
def test_to_anybody_else_the_room_is_missing(
    app: Flask, client: FlaskClient, platform: PretendPlatform, roles: list[str]
) -> None:
    """The administrator of a course is none of the institution."""
    home = launch(client, platform, {lti.ROLES: roles}).headers["Location"]

    assert "admin/" not in client.get(home).text
    assert {client.get(f"{home}admin/{rest}").status_code for rest in rooms_of(app)} == {404}


def test_every_page_of_the_room_opens_and_is_valid(app: Flask, client: FlaskClient, session: Session) -> None:
    """Of an LMS for which every section has something to say."""
    admin = come(client, make_pretend_platform(session, family="moodle"))
    pages = {rest.replace("/", "-") or "show": admin.get(rest) for rest in rooms_of(app)}

    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(pages, 200)
    assert len(pages) > 3
    assert mistakes_in({name: page.text for name, page in pages.items()}) == []


def test_other_institutions_are_nowhere_in_the_room(app: Flask, admin: Admin, session: Session) -> None:
    """Neither another LMS nor another deployment of the same registration, which may be another institution."""
    for deployment in (make_deployment(session), make_deployment(session, admin.platform.platform)):
        course = make_course(
            session, deployment, title="Secret course", roster_url="https://x", roster_problem="refused"
        )
        refused_grade(session, course)
        audit.record(session, "grades.sent_again", deployment_id=deployment.id, person_id=None, now=NOW)
    session.commit()

    for rest in rooms_of(app):
        assert "Secret course" not in admin.get(rest).text
        assert "sent grades again</td>" not in admin.get(rest).text
    assert "Everything is as it should be" not in admin.get().text  # no worker runs in tests
    assert "did not reach" not in admin.get().text


def test_what_is_wrong_stands_first_with_what_to_do(admin: Admin, session: Session) -> None:
    course = make_course(session, admin.platform.deployment, roster_url="https://x", roster_problem="not_granted")
    refused_grade(session, course)
    session.commit()

    said = words(admin.get().text)

    assert "3 things need somebody" in said
    assert "The list of people of one course could not be read last time." in said
    assert "One grade did not reach the gradebook." in said
    assert "Tell whoever runs Hearth that its worker has stopped." in said
    assert said.index("Background work") < said.index("Launches")


@pytest.mark.parametrize("page", ["audit", "events"])
def test_nothing_of_a_filter_has_to_be_filled_in(admin: Admin, page: str) -> None:
    """A browser sends no form of which a field that is needed is empty."""
    found = re.findall(r'<form[^>]*role="search".*?</form>', admin.get(page).text, re.DOTALL)

    assert len(found) == 1
    assert "<input" in found[0] or "<select" in found[0]
    assert " required" not in found[0]


def test_a_job_that_waits_for_long_is_told(admin: Admin, session: Session) -> None:
    session.execute(text("insert into procrastinate_workers (last_heartbeat) values (now())"))
    session.execute(
        text("insert into procrastinate_jobs (queue_name, task_name, scheduled_at) values ('x', 'x', now() - :late)"),
        {"late": timedelta(hours=1)},
    )
    session.commit()

    assert "One job waits for more than a quarter of an hour." in admin.get().text


def test_failed_grades_stand_with_their_reason_and_are_sent_again(admin: Admin, session: Session) -> None:
    course = make_course(session, admin.platform.deployment, title="Biology")
    failed = refused_grade(session, course)
    session.commit()
    page = words(admin.get("grades").text)

    answer = admin.post(f"grades/{failed.activity_id}/sending")

    assert "Biology One grade , since 2 Mar 2026, 09:30 UTC The LMS refused this grade." in page
    assert answer.status_code == 303
    session.expire_all()
    assert session.get_one(Passback, failed.id).state == State.WAITING
    assert "One grade is on its way" in admin.get().text
    assert "sent grades again" in words(admin.get("audit").text)


def test_grades_of_another_institution_cannot_be_sent(admin: Admin, session: Session) -> None:
    failed = refused_grade(session, make_course(session))
    session.commit()

    assert admin.post(f"grades/{failed.activity_id}/sending").status_code == 404
    assert admin.post("grades/99999999999999/sending").status_code == 404
    session.expire_all()
    assert session.get_one(Passback, failed.id).state == State.FAILED


def test_a_list_of_people_is_asked_for_and_written_down(admin: Admin, session: Session) -> None:
    course = make_course(session, admin.platform.deployment, roster_url="https://x", roster_problem="throttled")
    foreign = make_course(session, roster_url="https://x")
    session.commit()

    answer = admin.post(f"courses/{course.id}/roster")

    assert answer.status_code == 303
    assert session.scalars(text("select args->>'course_id' from procrastinate_jobs")).all() == [str(course.id)]
    assert session.scalars(select(Audit)).one().particulars == {"course": course.title}
    assert admin.post(f"courses/{foreign.id}/roster").status_code == 404


def test_a_form_of_another_site_changes_nothing(admin: Admin, session: Session) -> None:
    course = make_course(session, admin.platform.deployment, roster_url="https://x")
    session.commit()

    answer = admin.client.post(f"{admin.room}courses/{course.id}/roster", data={"csrf_token": "nonsense"})

    assert answer.status_code == 403
    assert session.scalars(select(Audit)).all() == []


def test_places_that_are_no_courses_are_not_counted(admin: Admin, session: Session) -> None:
    """The launch of the admin made one itself."""
    assert session.scalars(select(Course)).all()
    assert "No course yet" in admin.get("courses").text


def test_the_audit_log_is_filtered_and_paged(admin: Admin, session: Session) -> None:
    deployment_id = admin.platform.deployment.id
    for number in range(60):
        audit.record(session, "roster.asked", deployment_id=deployment_id, person_id=None, now=NOW, number=number)
    audit.record_operator(
        session, "grades.sent_again", platform_id=admin.platform.platform.id, now=NOW, count="one by hand"
    )
    session.commit()

    first = admin.get("audit").text
    filtered = words(admin.get("audit?act=grades.sent_again").text)
    older = admin.get(f"audit?before={session.scalars(select(Audit.id).order_by(Audit.id).offset(10)).first()}").text

    assert "The operator sent grades again count: one by hand" in words(first)
    assert "number: 10" not in words(first)
    assert "Older" in first
    assert "had a list of people read again number" not in filtered
    assert words(older).count("number:") == 10
    assert admin.get("audit?before=99999999999999999999&person=x&act=%00").status_code in (200, 404)


def test_from_other_pages_an_admin_goes_back_to_the_room(admin: Admin) -> None:
    notices = admin.client.get(f"{admin.room.removesuffix('admin/')}notices").text

    assert f'class="back" href="{admin.room.removeprefix("https://hearth.example")}"' in notices


def test_an_admin_of_a_registration_switched_off_is_out(client: FlaskClient, session: Session) -> None:
    admin = come(client, make_pretend_platform(session))
    session.get_one(Platform, admin.platform.platform.id).state = "disabled"
    session.commit()

    assert admin.get().status_code == 401


def test_a_page_of_the_room_costs_few_statements_whatever_the_size(admin: Admin, session: Session, app: Flask) -> None:
    counted: list[str] = []
    engine = db.session.get_bind()

    def count(*given: Any) -> None:
        counted.append(given[2])

    event.listen(engine, "before_cursor_execute", count)
    admin.get()
    small = len(counted)
    for _each in range(30):
        refused_grade(session, make_course(session, session.get_one(Deployment, admin.platform.deployment.id)))
    session.commit()
    counted.clear()
    admin.get()
    event.remove(engine, "before_cursor_execute", count)

    assert len(counted) <= small
    assert small <= 16
