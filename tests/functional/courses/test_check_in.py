"""Checking a launch in: who came, from where, in which role."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Course, Deployment, Membership, Person, ResourceLink
from lti_tool.courses.operations import CheckedIn, check_in
from lti_tool.lms.port import LaunchFacts
from tests.conftest import NOW
from tests.factories.courses import make_activity, make_deployment


def facts(**changes: Any) -> LaunchFacts:
    given: dict[str, Any] = {
        "message": "resource_link",
        "deployment_id": "1",
        "subject": "s-1",
        "name": "Mai Lund",
        "role": "learner",
        "context_id": "c-1",
        "context_title": "Designing for People",
        "resource_link_id": "r-1",
        "resource_link_title": "First drafts",
        "roster_url": "https://lms.example/roster",
        "line_items_url": "https://lms.example/items",
        "line_item_url": "https://lms.example/items/1",
        "scopes": ("score",),
    }
    return LaunchFacts(**given | changes)


@pytest.fixture
def deployment(session: Session) -> int:
    return make_deployment(session).id


def enter(session: Session, deployment: int, **changes: Any) -> CheckedIn:
    return check_in(session, facts(**changes), deployment_pk=deployment, now=NOW)


def test_first_launch_writes_down_people_and_places(session: Session, deployment: int) -> None:
    here = enter(session, deployment)

    person = session.get_one(Person, here.person_id)
    course = session.get_one(Course, here.course_id)
    assert (person.name, course.title, here.activity_id) == ("Mai Lund", "Designing for People", None)
    assert session.scalars(select(ResourceLink)).one().line_item_url == "https://lms.example/items/1"


def test_launches_tell_by_which_ids_the_lms_will_speak(session: Session, deployment: int) -> None:
    here = enter(session, deployment)
    assert session.get_one(Course, here.course_id).lms_id == ""

    enter(session, deployment, lms_course_id="700000000000042", lms_person_id="700000000000012")
    enter(session, deployment)

    session.expire_all()
    assert session.get_one(Course, here.course_id).lms_id == "700000000000042"
    assert session.get_one(Person, here.person_id).lms_id == "700000000000012"


def test_second_launch_is_the_same_person_in_the_same_course(session: Session, deployment: int) -> None:
    first = enter(session, deployment)

    assert enter(session, deployment) == CheckedIn(**{**vars(first), "roster_is_new": False})


def test_roster_is_new_only_when_first_offered(session: Session, deployment: int) -> None:
    without = enter(session, deployment, roster_url=None)
    offered = enter(session, deployment)
    again = enter(session, deployment)

    assert [without.roster_is_new, offered.roster_is_new, again.roster_is_new] == [False, True, False]


def test_unchanged_launch_writes_nothing_but_the_membership(session: Session, deployment: int) -> None:
    enter(session, deployment)
    session.commit()
    before = versions(session)

    enter(session, deployment)
    session.commit()

    after = versions(session)
    assert {name for name in before if before[name] != after[name]} == {"membership"}


def versions(session: Session) -> dict[str, str]:
    """Which transaction wrote each table's newest row."""
    newest = func.max(text("xmin::text::bigint"))
    tables = (Course, Person, Membership, ResourceLink)
    return {each.__tablename__: str(session.scalar(select(newest).select_from(each))) for each in tables}


def test_withheld_name_does_not_blank_a_known_one(session: Session, deployment: int) -> None:
    here = enter(session, deployment)

    enter(session, deployment, name="")

    assert session.get_one(Person, here.person_id).name == "Mai Lund"


def test_launches_tell_which_schools_events_are_meant(session: Session, deployment: int) -> None:
    found = session.get_one(Deployment, deployment)
    enter(session, deployment)
    assert found.sites == []

    for site in ("north", "north", "south", ""):
        enter(session, deployment, lms_site=site)

    session.refresh(found)
    assert found.sites == ["north", "south"]


def test_a_launch_that_tells_something_else_leaves_its_moment(session: Session, deployment: int) -> None:
    """An event that is older and comes later is known by it."""
    here = enter(session, deployment)
    person, course = session.get_one(Person, here.person_id), session.get_one(Course, here.course_id)
    assert (person.told_at, course.told_at) == (None, None)

    enter(session, deployment, name="Mai Tran")
    session.expire_all()
    assert (person.told_at, course.told_at) == (NOW, None)

    enter(session, deployment, name="", context_title="Designing with People")
    session.expire_all()
    assert (person.told_at, course.told_at) == (NOW, NOW)


def test_changed_title_is_taken_over(session: Session, deployment: int) -> None:
    here = enter(session, deployment)

    enter(session, deployment, context_title="Designing for Everybody")

    session.expire_all()
    assert session.get_one(Course, here.course_id).title == "Designing for Everybody"


def test_launch_without_context_is_a_course_of_its_own(session: Session, deployment: int) -> None:
    one = enter(session, deployment, context_id="", resource_link_id="r-1")
    other = enter(session, deployment, context_id="", resource_link_id="r-2")

    assert one.course_id != other.course_id


def test_who_chooses_content_outside_of_any_course_is_alone_there(session: Session, deployment: int) -> None:
    one = enter(session, deployment, context_id="", resource_link_id="", subject="u-1")
    other = enter(session, deployment, context_id="", resource_link_id="", subject="u-2")
    again = enter(session, deployment, context_id="", resource_link_id="", subject="u-1")

    assert one.course_id == again.course_id != other.course_id


def test_once_staff_stays_known_in_the_student_view(session: Session, deployment: int) -> None:
    here = enter(session, deployment, role="teacher")

    enter(session, deployment, role="learner")

    session.expire_all()
    member = session.get_one(Membership, here.membership_id)
    assert (member.role, member.staff_since) == ("learner", NOW)


def test_staff_of_the_roster_who_comes_first_in_the_student_view_takes_no_part(
    session: Session, deployment: int
) -> None:
    here = enter(session, deployment)
    member = session.get_one(Membership, here.membership_id)
    member.role, member.launched_at = "teacher", None
    session.flush()

    enter(session, deployment, role="learner")

    session.expire_all()
    assert (member.role, member.staff_since) == ("learner", NOW)


def test_learner_of_the_roster_is_no_staff_by_coming(session: Session, deployment: int) -> None:
    here = enter(session, deployment)
    session.get_one(Membership, here.membership_id).launched_at = None
    session.flush()

    enter(session, deployment, role="learner")

    session.expire_all()
    assert session.get_one(Membership, here.membership_id).staff_since is None


def test_coming_back_ends_having_left(session: Session, deployment: int) -> None:
    here = enter(session, deployment)
    session.get_one(Membership, here.membership_id).left_at = NOW - timedelta(days=1)
    session.flush()

    enter(session, deployment)

    session.expire_all()
    assert session.get_one(Membership, here.membership_id).left_at is None


def test_the_address_of_the_gradebook_is_taken_from_each_launch_first_or_later(
    session: Session, deployment: int
) -> None:
    """Pain 42."""
    addresses = [None, "https://lms.example/items/1", "https://lms.example/items/2"]
    known = []

    for address in addresses:
        enter(session, deployment, line_item_url=address)
        known.append(session.scalars(select(ResourceLink.line_item_url)).one())

    assert known == addresses


def test_deleted_line_item_is_forgotten_but_a_withheld_one_is_kept(session: Session, deployment: int) -> None:
    enter(session, deployment)

    enter(session, deployment, line_item_url=None)
    session.expire_all()
    kept = session.scalars(select(ResourceLink)).one().line_item_url
    enter(session, deployment, line_item_url="")
    session.expire_all()

    assert kept == "https://lms.example/items/1"
    assert session.scalars(select(ResourceLink)).one().line_item_url is None


def test_same_ids_in_two_deployments_are_two_people_in_two_courses(session: Session, deployment: int) -> None:
    here = enter(session, deployment)
    there = enter(session, make_deployment(session).id)

    assert here.person_id != there.person_id
    assert here.course_id != there.course_id


@pytest.mark.parametrize("subject", ["7", "ü" * 128, "x" * 255, "a'b\"c%s:d"])
def test_any_subject_the_spec_allows_is_kept_as_it_is(session: Session, deployment: int, subject: str) -> None:
    here = enter(session, deployment, subject=subject)

    assert session.get_one(Person, here.person_id).sub == subject


def test_deep_linking_launch_has_no_link(session: Session, deployment: int) -> None:
    here = enter(session, deployment, message="deep_linking", resource_link_id="")

    assert here.resource_link_id is None
    assert session.scalar(select(func.count()).select_from(ResourceLink)) == 0


def test_first_launch_beside_another_knows_the_activity_that_the_other_bound(
    session: Session, engine: Engine, deployment: int
) -> None:
    enter(session, deployment)
    session.commit()
    found: list[CheckedIn] = []

    def come_second() -> None:
        with Session(engine) as own, own.begin():
            found.append(enter(own, deployment, resource_link_id="new", subject="s-2"))

    second = threading.Thread(target=come_second)
    with Session(engine) as first, first.begin():
        here = enter(first, deployment, resource_link_id="new", subject="s-1")
        activity = make_activity(first, first.get_one(Course, here.course_id))
        first.get_one(ResourceLink, here.resource_link_id).activity_id = activity.id
        first.flush()
        second.start()
        wait_until(lambda: is_somebody_waiting(session))
        id = activity.id
    second.join(timeout=60)

    assert [(each.activity_id, each.kind) for each in found] == [(id, "exchange")]


def is_somebody_waiting(session: Session) -> bool:
    """Whether a connection of this database stands before a lock."""
    waiting = text("select exists (select from pg_locks where not granted)")
    return bool(session.scalar(waiting))


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(6000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("nobody waited")
