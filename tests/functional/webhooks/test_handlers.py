"""What the house makes of what an LMS tells: twice, in the wrong order, too late, about somebody else."""

import itertools
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from lti_tool import subscriptions
from lti_tool.admin import deletions
from lti_tool.admin.models import Request
from lti_tool.courses import roster
from lti_tool.courses.models import Course, Deployment, Membership, Person, Platform
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.models import Submission, TeamMember
from lti_tool.lms.events import (
    CourseActivity,
    CourseChanged,
    GroupsChanged,
    LmsEvent,
    PersonChanged,
    PersonDeleted,
    PlaceChanged,
    RosterChanged,
    WorkHandedIn,
)
from lti_tool.lti.tokens import tokens
from tests.factories.courses import (
    make_course,
    make_deployment,
    make_member,
    make_platform,
    make_resource_link,
    sign_in,
)
from tests.factories.exchange import BEGUN, Class, hand_in, make_class
from tests.factories.jobs import run_jobs, waiting_jobs

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOST = "https://lms.example"
ROSTER = f"{HOST}/course/1/memberships"
CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


def tell(session: Session, platform: int, *events: LmsEvent) -> None:
    """What the letterbox does with a batch, for each class of events."""
    for kind in {type(each) for each in events}:
        mine = sorted((each for each in events if type(each) is kind), key=lambda each: each.occurred_at)
        for handle in subscriptions.SUBSCRIPTIONS.get(kind, ()):
            handle(session, platform, mine, AT)
    session.commit()
    session.expire_all()


def seconds(number: int) -> datetime:
    return AT + timedelta(seconds=number)


def joined(group: str, person: str = "12", *, at: int, course: str = "42") -> GroupsChanged:
    return GroupsChanged(course=course, group=group, person=person, is_member=True, occurred_at=seconds(at))


def left(group: str, person: str = "12", *, at: int) -> GroupsChanged:
    return GroupsChanged(course="42", group=group, person=person, is_member=False, occurred_at=seconds(at))


@pytest.fixture
def course(session: Session) -> Course:
    """The course 42 of a platform, with Mai, its person 12, in it."""
    made = make_course(session, make_deployment(session), lms_id="42", roster_url=ROSTER)
    make_member(session, made, name="Mai").person.lms_id = "12"
    session.commit()
    return made


def platform_of(session: Session, course: Course) -> int:
    return session.scalars(select(Platform.id)).one()


def groups_of(session: Session, course: Course) -> Sequence[str]:
    session.expire_all()
    return session.scalars(select(Membership.groups).where(Membership.course_id == course.id)).one()


# People.


def test_whose_name_an_event_does_not_say_is_looked_for_in_the_rosters_of_their_courses(
    session: Session, course: Course
) -> None:
    make_course(session, session.get_one(Deployment, course.deployment_id), lms_id="43", roster_url=ROSTER)
    session.commit()
    changed = PersonChanged(person="12", name="", occurred_at=AT)

    tell(session, platform_of(session, course), changed, changed)

    assert waiting_jobs(session, "courses.sync_roster") == 1, "of the course they are in, once"


def enrolled(*, course: str = "", at: int = 0) -> RosterChanged:
    return RosterChanged(course=course, enrolment="77", occurred_at=seconds(at))


def test_an_event_that_names_only_an_enrolment_has_the_roster_of_its_course_read(
    session: Session, course: Course
) -> None:
    tell(session, platform_of(session, course), enrolled(course="42"))
    session.execute(text("delete from procrastinate_jobs"))
    session.commit()

    tell(session, platform_of(session, course), enrolled(at=9), enrolled(at=9))

    assert waiting_jobs(session, "courses.sync_roster") == 1


def test_an_enrolment_nobody_heard_of_asks_for_nothing(session: Session, course: Course) -> None:
    tell(session, platform_of(session, course), enrolled())

    assert waiting_jobs(session, "courses.sync_roster") == 0


def test_an_enrolment_of_one_platform_is_none_of_another(session: Session, course: Course) -> None:
    tell(session, platform_of(session, course), enrolled(course="42"))
    session.execute(text("delete from procrastinate_jobs"))

    tell(session, make_platform(session).id, enrolled(at=9))

    assert waiting_jobs(session, "courses.sync_roster") == 0


# Groups.


def test_whoever_joins_and_leaves_groups_ends_where_the_youngest_events_say_in_every_order(
    session: Session, course: Course
) -> None:
    story = [joined("7", at=1), left("7", at=2), joined("8", at=3), joined("9", at=4), left("9", at=5)]
    ends = set()

    for order in itertools.permutations(story):
        member = session.scalars(select(Membership)).one()
        member.groups, member.groups_told = [], {}
        session.commit()
        for event in order:
            tell(session, platform_of(session, course), event, event)
        ends.add(tuple(groups_of(session, course)))

    assert ends == {("8",)}


def test_a_whole_story_in_one_batch_ends_the_same(session: Session, course: Course) -> None:
    story = [joined("7", at=1), left("7", at=2), joined("8", at=3), joined("7", at=4), left("8", at=4)]
    random.Random(1).shuffle(story)  # noqa: S311 - an order, and no secret

    tell(session, platform_of(session, course), *story, *story)

    assert groups_of(session, course) == ["7"]


def test_what_happened_before_somebody_came_in_person_is_known_from_their_launch(
    session: Session, course: Course
) -> None:
    member = session.scalars(select(Membership)).one()
    member.groups, member.launched_at = ["8"], seconds(60)
    session.commit()

    tell(session, platform_of(session, course), joined("7", at=1), left("8", at=2))
    assert groups_of(session, course) == ["8"]

    tell(session, platform_of(session, course), left("8", at=120))
    assert groups_of(session, course) == []


def test_a_group_that_is_gone_holds_nobody_also_when_an_older_event_comes_after(
    session: Session, course: Course
) -> None:
    tell(session, platform_of(session, course), joined("7", at=1))
    gone = GroupsChanged(course="42", group="7", is_member=False, occurred_at=seconds(9))

    tell(session, platform_of(session, course), gone)
    tell(session, platform_of(session, course), joined("7", at=2))

    assert groups_of(session, course) == []


def test_events_of_one_platform_move_nobody_of_another(session: Session, course: Course) -> None:
    tell(session, make_platform(session).id, joined("7", at=1))

    assert groups_of(session, course) == []


def test_a_hint_about_groups_asks_the_lms_once(session: Session, course: Course) -> None:
    hints = [GroupsChanged(course="42", group=str(number), occurred_at=seconds(number)) for number in range(9)]

    tell(session, platform_of(session, course), *hints)
    tell(session, platform_of(session, course), *hints)

    assert waiting_jobs(session, "courses.sync_groups") == 1


def member(person: Person, **custom: str) -> dict[str, Any]:
    return {"user_id": person.sub, "roles": [LEARNER], "message": [{CUSTOM: custom}]}


Answers = Callable[[list[dict[str, Any]]], None]


def read_groups(session: Session, app: Flask, members: list[dict[str, Any]]) -> str:
    """Let the worker read the groups of every course that was asked about; returns what it asked."""
    tokens.forget()
    with responses.RequestsMock() as network:
        network.add("POST", f"{HOST}/token", json={"access_token": "token", "token_type": "bearer"})
        network.add("GET", ROSTER, json={"id": "x", "members": members})
        run_jobs(session, app, "rosters")
        asked = str(network.calls[-1].request.url)
    run_jobs(session, app, "grades")
    session.expire_all()
    return asked


def following(session: Session, *, learners: int = 4) -> Class:
    """A class in groups that follow those of the LMS: two in group 7, the others in group 8."""
    made = make_class(session, learners=learners, reviews=1)
    course = session.get_one(Course, made.exchange.course_id)
    course.lms_id, course.roster_url = "42", ROSTER
    course.deployment.platform.token_url = f"{HOST}/token"
    for place, each in enumerate(members_of(session, made)):
        each.groups = ["7" if place < 2 else "8"]
    operations.set_options(session, made.exchange, rules.TeamOptions(on=True), by=made.teacher.person_id, now=BEGUN)
    operations.follow_lms(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    session.commit()
    return made


def members_of(session: Session, made: Class) -> list[Membership]:
    rows = select(Membership).where(Membership.person_id.in_(made.people)).order_by(Membership.person_id)
    return list(session.scalars(rows))


def teams_of(session: Session, made: Class) -> list[str | None]:
    """The group of the LMS that each learner's group here follows."""
    session.expire_all()
    by_id = {team.id: team.lms_group for team in queries.teams(session, made.exchange)}
    return [by_id[session.get_one(TeamMember, (made.exchange.id, person)).team_id] for person in made.people]


def test_groups_read_again_for_a_link_move_people_in_exchanges_that_follow_them(session: Session, app: Flask) -> None:
    made = following(session)
    people = [each.person for each in members_of(session, made)]
    platform = session.scalars(select(Platform.id)).one()

    tell(session, platform, GroupsChanged(course="42", group="8", occurred_at=AT))
    asked = read_groups(session, app, [member(people[0], groups="8"), member(people[1], groups="7", sections="")])

    assert "rlid=" in asked
    assert teams_of(session, made) == ["8", "7", "8", "8"]


def test_a_variable_that_came_back_unfilled_takes_nobody_out_of_a_group(session: Session, app: Flask) -> None:
    made = following(session)
    people = [each.person for each in members_of(session, made)]

    tell(session, session.scalars(select(Platform.id)).one(), GroupsChanged(course="42", occurred_at=AT))
    read_groups(session, app, [member(people[0], groups="$Canvas.group.contextIds"), member(people[1])])

    assert [each.groups for each in members_of(session, made)] == [["7"], ["7"], ["8"], ["8"]]


def test_where_the_lms_names_only_the_group_courses_that_follow_groups_are_read_again(
    session: Session, app: Flask
) -> None:
    made = following(session)
    make_course(session, session.get_one(Course, made.exchange.course_id).deployment, roster_url=ROSTER)

    tell(session, session.scalars(select(Platform.id)).one(), GroupsChanged(course="", group="51", occurred_at=AT))

    assert waiting_jobs(session, "courses.sync_groups") == 1


def test_whom_staff_put_elsewhere_by_hand_stays_until_the_lms_moves_them(session: Session, app: Flask) -> None:
    made = following(session)
    platform = session.scalars(select(Platform.id)).one()
    first, second = (each.person for each in members_of(session, made)[:2])
    first.lms_id, second.lms_id = "101", "102"
    other = session.get_one(TeamMember, (made.exchange.id, made.people[2])).team_id
    operations.put_in(session, made.exchange, person=first.id, team=other, by=made.teacher.person_id, now=BEGUN)
    session.commit()

    tell(session, platform, joined("8", "102", at=1), left("7", "102", at=1))
    run_jobs(session, app, "grades")

    assert teams_of(session, made) == ["8", "8", "8", "8"]


def test_whoever_would_leave_work_without_a_group_stays_and_the_others_move(session: Session, app: Flask) -> None:
    made = following(session, learners=4)
    platform = session.scalars(select(Platform.id)).one()
    for place, each in enumerate(members_of(session, made)):
        each.person.lms_id = f"10{place}"
    session.commit()
    hand_in(made, made.people[0])
    session.commit()

    moves = [(left("7", f"10{place}", at=1), joined("8", f"10{place}", at=1)) for place in (0, 1)]
    tell(session, platform, *itertools.chain(*moves))
    run_jobs(session, app, "grades")

    assert sorted(map(str, teams_of(session, made)[:2])) == ["7", "8"]
    assert session.scalars(select(Submission)).one().submitted_at is not None


# Courses that are over.


def ended(at: int, *, is_over: bool = True) -> CourseChanged:
    return CourseChanged(course="42", is_over=is_over, occurred_at=seconds(at))


def test_whether_a_course_is_over_is_what_the_youngest_event_says(session: Session, course: Course) -> None:
    story = [ended(1), ended(2, is_over=False), ended(3)]
    ends = set()

    for order in itertools.permutations(story):
        course.over_at = course.over_told_at = None
        session.commit()
        for event in order:
            tell(session, platform_of(session, course), event, event)
        ends.add(session.get_one(Course, course.id).over_at)

    assert ends == {seconds(3)}


def test_of_two_words_of_one_second_on_the_end_of_a_course_the_later_to_come_holds(
    session: Session, course: Course
) -> None:
    for event in (ended(1), ended(1, is_over=False)):
        tell(session, platform_of(session, course), event)

    assert session.get_one(Course, course.id).over_at is None


def test_a_course_that_is_over_sends_no_reminders_is_not_asked_about_and_says_so_to_staff(
    session: Session, client: FlaskClient
) -> None:
    made = following(session)
    course = session.get_one(Course, made.exchange.course_id)
    member = session.get_one(Membership, made.teacher.id)
    member.launched_at = BEGUN
    session.commit()
    wants = {"older_than": timedelta(hours=6), "now": BEGUN, "limit": 10}
    assert queries.running_exchanges(session, now=BEGUN)
    assert roster.due(session, **wants) == [course.id]  # type: ignore[arg-type]

    tell(session, course.deployment.platform_id, ended(1))

    assert not queries.running_exchanges(session, now=BEGUN)
    assert roster.due(session, **wants) == []  # type: ignore[arg-type]
    page = client.get(sign_in(session, member).path("/")).get_data(as_text=True)
    assert "Your LMS says that this course is over" in page


# Names.


def renamed(name: str, *, at: int) -> PersonChanged:
    return PersonChanged(person="12", name=name, occurred_at=seconds(at))


def test_names_and_titles_end_where_the_youngest_events_say_in_every_order(session: Session, course: Course) -> None:
    """Also where the youngest tells what was known already."""
    platform = platform_of(session, course)
    names = [("Vera", 1), ("Mai", 2), ("V. Tran", 3), ("Mai", 4)]
    ends = set()
    for order in itertools.permutations(names):
        session.execute(update(Person).values(name="Mai", told_at=None))
        session.execute(update(Course).values(title="Mai", told_at=None))
        session.commit()
        for name, at in order:
            tell(session, platform, renamed(name, at=at))
            tell(session, platform, CourseChanged(course="42", title=name, occurred_at=seconds(at)))
        ends.add((session.scalars(select(Person.name)).one(), session.scalars(select(Course.title)).one()))

    assert ends == {("Mai", "Mai")}


def test_of_two_words_within_one_second_the_one_that_came_later_holds(session: Session, course: Course) -> None:
    """Somebody saves a course twice, and its LMS tells the moments of events in whole seconds."""
    platform = platform_of(session, course)

    tell(session, platform, CourseChanged(course="42", title="A slip", occurred_at=seconds(61)), renamed("May", at=61))
    tell(session, platform, CourseChanged(course="42", title="Drawing", occurred_at=seconds(61)), renamed("Mai", at=61))

    assert (course.title, session.scalars(select(Membership)).one().person.name) == ("Drawing", "Mai")


def test_a_launch_tells_more_than_an_older_event_that_comes_late(session: Session, course: Course) -> None:
    member = session.scalars(select(Membership)).one()
    member.launched_at = seconds(60)
    session.commit()
    platform = platform_of(session, course)

    tell(session, platform, renamed("Vera", at=1), CourseChanged(course="42", title="Old", occurred_at=seconds(1)))
    assert (member.person.name, course.title) == ("Mai", course.title)
    assert course.title != "Old"

    tell(session, platform, renamed("Mai Tran", at=61))
    assert member.person.name == "Mai Tran"


@pytest.mark.parametrize("is_listed, name", [(True, "Mai"), (False, "Vera")])
def test_a_list_of_people_tells_more_than_an_older_event_that_comes_late(
    session: Session, course: Course, is_listed: bool, name: str
) -> None:
    member = session.scalars(select(Membership)).one()
    member.in_roster, course.roster_synced_at = is_listed, seconds(60)
    session.commit()

    tell(session, platform_of(session, course), renamed("Vera", at=1))

    assert member.person.name == name


# People who are deleted.


def test_whoever_is_deleted_in_the_lms_is_written_down_once_to_be_forgotten(session: Session, course: Course) -> None:
    deleted = PersonDeleted(person="12", occurred_at=seconds(0))

    tell(session, platform_of(session, course), deleted, deleted)
    tell(session, platform_of(session, course), deleted)

    asked = session.scalars(select(Request)).one()
    assert (asked.state, asked.due_at) == ("waiting", AT + deletions.GRACE)
    assert waiting_jobs(session, "courses.sync_roster") == 1
    assert [each.name for each in session.scalars(select(Person))] == ["Mai"], "nobody is forgotten at once"


def test_whoever_came_in_person_after_the_lms_said_deleted_is_kept(session: Session, course: Course) -> None:
    session.scalars(select(Membership)).one().launched_at = seconds(60)
    session.commit()

    tell(session, platform_of(session, course), PersonDeleted(person="12", occurred_at=seconds(0)))

    assert session.scalars(select(Request)).all() == []


def test_somebody_of_the_same_number_on_another_platform_is_kept(session: Session, course: Course) -> None:
    tell(session, make_platform(session).id, PersonDeleted(person="12", occurred_at=seconds(0)))

    assert session.scalars(select(Request)).all() == []


# Places.


def test_a_place_that_is_gone_stays_gone_whatever_comes_late_and_no_other_goes(
    session: Session, course: Course
) -> None:
    gone, other = (make_resource_link(session, course, lti_id=each) for each in ("7", "8"))
    elsewhere = make_resource_link(session, make_course(session, make_deployment(session), lms_id="42"), lti_id="7")
    session.commit()
    deleted = PlaceChanged(course="42", link="7", is_gone=True, occurred_at=seconds(9))
    changed = PlaceChanged(course="42", link="7", occurred_at=seconds(5))
    platform_id = session.get_one(Deployment, course.deployment_id).platform_id

    tell(session, platform_id, deleted)
    tell(session, platform_id, changed, deleted)

    assert (gone.gone_at, gone.changed_at) == (AT, AT)
    assert (other.gone_at, elsewhere.gone_at, elsewhere.changed_at) == (None, None, None)


def test_what_is_of_no_use_here_is_heard_by_nobody() -> None:
    """The reasons are told in docs/webhooks.md."""
    assert not {WorkHandedIn, CourseActivity} & set(subscriptions.SUBSCRIPTIONS)
