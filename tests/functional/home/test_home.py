"""The course home, for its students and its teachers."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.courses.jobs import sync_roster
from lti_tool.courses.models import Activity, Course, Role
from lti_tool.grades.models import Passback
from lti_tool.journal.models import Entry
from lti_tool.web.rooms import Card
from tests.factories.courses import make_activity, make_course, make_member, make_resource_link, sign_in
from tests.functional.home.conftest import Workshop
from tests.pages import csrf_of, mistakes_in, words

SOON = datetime(2026, 3, 3, tzinfo=UTC)


def test_what_waits_for_me_comes_first_the_most_urgent_in_front(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    course = make_course(session)
    for position, title in enumerate(["Nothing to do", "Due later", "Due soon"]):
        make_activity(session, course, title=title, position=position)
    workshop.on_cards = {
        "Due later": Card(status="Not begun.", todo="Begin", due=SOON + timedelta(days=5)),
        "Due soon": Card(status="One peer waits.", todo="Give feedback", due=SOON, done=1, total=3),
    }
    student = sign_in(session, make_member(session, course))

    page = client.get(student.path()).get_data(as_text=True)

    assert titles_in(page) == ["Due soon", "Due later", "Nothing to do"]
    assert "2 things wait for you." in words(page)
    assert 'aria-label="Steps done: 1 of 3"' in page


def test_teachers_see_their_own_order_and_what_waits_above_it(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    course = make_course(session)
    for position, title in enumerate(["First", "Second"]):
        make_activity(session, course, title=title, position=position)
    workshop.on_cards = {"Second": Card(status="3 without reviewer.", todo="Look after 3 people", is_draft=True)}
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))

    page = client.get(teacher.path()).get_data(as_text=True)

    assert titles_in(page) == ["First", "Second"]
    assert page.index("Look after 3 people") < page.index("First")
    assert "Draft" in words(page)


def test_an_empty_home_tells_teachers_what_to_do_next(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    teacher = sign_in(session, make_member(session, make_course(session), Role.TEACHER))

    page = client.get(teacher.path()).get_data(as_text=True)

    assert "Nothing is here yet" in words(page)
    assert f'href="{teacher.path("/exchanges/new")}"' in page


def test_an_empty_home_asks_nothing_of_students(client: FlaskClient, session: Session, workshop: Workshop) -> None:
    student = sign_in(session, make_member(session, make_course(session)))

    page = client.get(student.path()).get_data(as_text=True)

    assert "Nothing is asked of you" in words(page)
    assert "exchanges/new" not in page
    assert 'id="people"' not in page


def test_what_a_room_hides_from_the_viewer_is_not_there(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    course = make_course(session)
    make_activity(session, course, title="A secret draft")
    workshop.hidden = {"A secret draft"}
    student = sign_in(session, make_member(session, course))

    assert "A secret draft" not in client.get(student.path()).get_data(as_text=True)


def test_other_courses_are_not_there(client: FlaskClient, session: Session, workshop: Workshop) -> None:
    make_activity(session, make_course(session), title="Of another course")
    student = sign_in(session, make_member(session, make_course(session)))

    assert "Of another course" not in client.get(student.path()).get_data(as_text=True)


def test_grades_that_failed_are_counted_for_staff_only(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    course = make_course(session)
    activity = make_activity(session, course)
    link = make_resource_link(session, course, activity)
    learner = make_member(session, course)
    session.add(
        Passback(
            course_id=course.id,
            activity_id=activity.id,
            resource_link_id=link.id,
            person_id=learner.person_id,
            score_maximum=10,
            state="failed",
        )
    )
    assistant, student = sign_in(session, make_member(session, course, Role.ASSISTANT)), sign_in(session, learner)

    assert "One grade did not reach" in words(client.get(assistant.path()).get_data(as_text=True))
    assert "did not reach" not in words(client.get(student.path()).get_data(as_text=True))


@pytest.mark.parametrize(
    "values, said",
    [
        ({}, "does not share its list of people"),
        ({"roster_url": "https://lms.example/r"}, "has not been asked yet"),
        ({"roster_url": "https://lms.example/r", "roster_synced_at": SOON}, "As your LMS said 3 Mar 2026"),
        ({"roster_url": "https://lms.example/r", "roster_problem": "not_granted"}, "does not allow it"),
        ({"roster_url": "https://lms.example/r", "roster_problem": "never heard of"}, "Your LMS refused it"),
    ],
)
def test_staff_see_how_the_roster_is(
    client: FlaskClient, session: Session, workshop: Workshop, values: dict[str, Any], said: str
) -> None:
    course = make_course(session, **values)
    make_member(session, course)
    make_member(session, course, left_at=SOON)
    make_member(session, course, is_test_user=True)
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))

    page = words(client.get(teacher.path()).get_data(as_text=True))

    assert said in page
    assert "1 student, 1 teacher or assistant." in page


def test_the_roster_can_be_asked_for_once_at_a_time(client: FlaskClient, session: Session, workshop: Workshop) -> None:
    course = make_course(session, roster_url="https://lms.example/r")
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    token = csrf_of(client.get(teacher.path()).get_data(as_text=True))

    for _ in range(2):
        answer = client.post(teacher.path("/roster/sync"), data={"csrf_token": token}, follow_redirects=True)
        assert answer.status_code == 200
        assert "is asking your LMS" in words(answer.get_data(as_text=True))

    waiting = session.connection().exec_driver_sql("select args from procrastinate_jobs").scalars().all()
    assert waiting == [{"course_id": course.id}]


def test_who_asks_need_not_wait_as_long_as_a_failed_attempt(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    course = make_course(session, roster_url="https://lms.example/r")
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    later = datetime.now(UTC) + timedelta(hours=6)
    jobs.defer(session, sync_roster, at=later, once_as=f"roster:{course.id}", course_id=course.id)
    session.commit()
    token = csrf_of(client.get(teacher.path()).get_data(as_text=True))

    client.post(teacher.path("/roster/sync"), data={"csrf_token": token})

    at_once = session.connection().exec_driver_sql("select count(*) from procrastinate_jobs where scheduled_at is null")
    assert at_once.scalar_one() == 1


def test_an_activity_moves_one_place(client: FlaskClient, session: Session, workshop: Workshop) -> None:
    course = make_course(session)
    first, second = make_activity(session, course, title="First"), make_activity(session, course, title="Second")
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    token = csrf_of(client.get(teacher.path()).get_data(as_text=True))

    answer = client.post(
        teacher.path(f"/activities/{second.id}/position"), data={"csrf_token": token, "direction": "up"}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"{teacher.path()}#activity-{second.id}")
    assert arranged(session, course) == [second.id, first.id]
    assert session.scalars(select(Entry.act)).all() == ["activity.moved"]


def test_moving_by_htmx_answers_with_the_list(client: FlaskClient, session: Session, workshop: Workshop) -> None:
    course = make_course(session)
    first, _ = make_activity(session, course, title="First"), make_activity(session, course, title="Second")
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    token = csrf_of(client.get(teacher.path()).get_data(as_text=True))

    answer = client.post(
        teacher.path(f"/activities/{first.id}/position"),
        data={"direction": "down"},
        headers={"HX-Request": "true", "X-CSRFToken": token},
    )

    fragment = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert titles_in(fragment) == ["Second", "First"]
    assert "<html" not in fragment


@pytest.mark.parametrize("direction", ["", "sideways", "\0", "u" * 5000])
def test_a_direction_that_is_none_is_refused(
    client: FlaskClient, session: Session, workshop: Workshop, direction: str
) -> None:
    course = make_course(session)
    activity, _ = make_activity(session, course), make_activity(session, course)
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    token = csrf_of(client.get(teacher.path()).get_data(as_text=True))

    answer = client.post(
        teacher.path(f"/activities/{activity.id}/position"), data={"csrf_token": token, "direction": direction}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("id", ["0", "99999999999999999999", "-1", "x"])
def test_what_is_not_there_cannot_be_moved(client: FlaskClient, session: Session, workshop: Workshop, id: str) -> None:
    course = make_course(session)
    make_activity(session, course)
    make_activity(session, course)
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    token = csrf_of(client.get(teacher.path()).get_data(as_text=True))

    answer = client.post(teacher.path(f"/activities/{id}/position"), data={"csrf_token": token, "direction": "up"})

    assert answer.status_code == 404


def test_an_activity_of_another_course_looks_like_missing(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    course, other = make_course(session), make_course(session)
    make_activity(session, course)
    make_activity(session, course)
    theirs = make_activity(session, other)
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    token = csrf_of(client.get(teacher.path()).get_data(as_text=True))

    answer = client.post(
        teacher.path(f"/activities/{theirs.id}/position"), data={"csrf_token": token, "direction": "up"}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.LEARNER, Role.OBSERVER, Role.ASSISTANT])
def test_only_teachers_arrange(client: FlaskClient, session: Session, workshop: Workshop, role: Role) -> None:
    course = make_course(session)
    activity, _ = make_activity(session, course), make_activity(session, course)
    person = sign_in(session, make_member(session, course, role))

    page = client.get(person.path()).get_data(as_text=True)

    assert "position" not in re.findall(r'action="([^"]*)"', page)
    assert client.post(person.path(f"/activities/{activity.id}/position")).status_code == 403


def test_a_link_that_opens_the_home_can_be_given_an_activity(
    client: FlaskClient, session: Session, workshop: Workshop
) -> None:
    course = make_course(session)
    activity = make_activity(session, course)
    free, taken = make_resource_link(session, course), make_resource_link(session, course, activity)
    member = make_member(session, course, Role.TEACHER)
    by_free = sign_in(session, member, resource_link_id=free.id)
    by_taken = sign_in(session, member, resource_link_id=taken.id)

    assert by_free.path("/link") in client.get(by_free.path()).get_data(as_text=True)
    assert by_taken.path("/link") not in client.get(by_taken.path()).get_data(as_text=True)


def test_the_home_asks_the_database_few_questions_however_full_it_is(
    client: FlaskClient, session: Session, engine: Engine, workshop: Workshop
) -> None:
    course = make_course(session)
    teacher = sign_in(session, make_member(session, course, Role.TEACHER))
    make_activity(session, course)
    session.commit()
    few = queries_of(client, engine, teacher.path())
    for _ in range(30):
        make_activity(session, course)
        make_member(session, course)
    session.commit()

    many = queries_of(client, engine, teacher.path())

    assert many == few
    assert many <= 12


def test_the_pages_are_valid(client: FlaskClient, session: Session, workshop: Workshop) -> None:
    course = make_course(session, roster_url="https://lms.example/r", roster_synced_at=SOON, roster_problem="throttled")
    for title in ("First & last", "Second"):
        make_activity(session, course, title=title)
    workshop.on_cards = {"Second": Card(status="Open.", todo="Begin", due=SOON, done=1, total=2, is_draft=True)}
    teacher, student = make_member(session, course, Role.TEACHER), make_member(session, course)
    empty = make_course(session)
    people = {
        "teacher": sign_in(session, teacher),
        "student": sign_in(session, student),
        "teacher-empty": sign_in(session, make_member(session, empty, Role.TEACHER)),
        "student-empty": sign_in(session, make_member(session, empty)),
    }

    pages = {name: client.get(person.path()).get_data(as_text=True) for name, person in people.items()}

    assert mistakes_in(pages) == []


def titles_in(page: str) -> list[str]:
    return re.findall(r'<h3 class="card__title">\s*<a [^>]*>([^<]*)</a>', page)


def arranged(session: Session, course: Course) -> list[int]:
    session.expire_all()
    return list(
        session.scalars(
            select(Activity.id).where(Activity.course_id == course.id).order_by(Activity.position, Activity.id)
        )
    )


def queries_of(client: FlaskClient, engine: Engine, path: str) -> int:
    asked: list[str] = []

    def count(connection: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(asked)
