"""What happens in the pretend LMS reaches Hearth, in the words of each kind of LMS; and what came back is seen."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.admin.models import Request
from lti_tool.config import Settings
from lti_tool.courses.models import Course, Membership, Person
from lti_tool.lti.key_sets import key_sets
from tests.factories.living import Living, living
from webhooks import inbox, sources
from webhooks.models import Event

MAI, DIEGO = "Mai Tran", "Diego Fuentes"
BRANDS = ("standard", "canvas", "moodle")
Connects = Callable[[str], Living]


@pytest.fixture
def connect(settings: Settings, session: Session, tmp_path: Path) -> Iterator[Connects]:
    """Hearth and a pretend LMS of one kind that sends it its events."""
    inbox.addresses.forget()
    with ExitStack() as stack:

        def make(brand: str) -> Living:
            made = stack.enter_context(living(settings, session, tmp_path, brand=brand))
            proof: Any = "address" if brand == "canvas" else "standard"
            with db.transaction() as own:
                source = sources.make(
                    own,
                    made.platform(),
                    proof=proof,
                    name="",
                    settings=made.app.extensions["hearth.settings"],
                    now=datetime.now(UTC),
                )
            made.api("PUT", "events", url=source.address, secret=source.secret)
            return made

        yield make


def tell(both: Living, act: str, **values: str) -> list[Any]:
    """Let something happen there, and Hearth hear of it."""
    told: list[Any] = both.api("POST", "events", act=act, course=values.pop("course", both.course_title), **values)[
        "events"
    ]
    both.work()
    return told


@pytest.mark.parametrize("brand", BRANDS)
def test_who_comes_and_goes_there_comes_and_goes_here(connect: Connects, brand: str) -> None:
    both = connect(brand)

    assert [each["status"] for each in tell(both, "enrol", name="Vera Nowak")] == [202]
    assert "Vera Nowak" in both.present()
    tell(both, "unenrol", person=DIEGO)
    assert DIEGO not in both.present()
    tell(both, "return", person=DIEGO)
    assert DIEGO in both.present()


@pytest.mark.parametrize("brand", BRANDS)
def test_new_names_and_titles_and_the_end_of_a_course_are_known_at_once(connect: Connects, brand: str) -> None:
    both = connect(brand)
    with both.robot(MAI) as robot:
        robot.launch(course=both.lms_course()["id"])

    tell(both, "rename_person", person=MAI, name="Mai Nguyen")
    assert "Mai Nguyen" in both.people()

    course = both.course.id
    ends = []
    for act in ("conclude", "reopen", "conclude"):
        tell(both, act)
        ends.append(both.session.get_one(Course, course).over_at is not None)
    assert ends == ([False] * 3 if brand == "moodle" else [True, False, True])

    tell(both, "rename_course", name="Designing for everybody")
    assert both.session.get_one(Course, course).title == "Designing for everybody"


@pytest.mark.parametrize("brand", ["standard", "moodle"])
def test_who_is_in_another_group_there_is_in_it_here(connect: Connects, brand: str) -> None:
    both = connect(brand)
    with both.robot(MAI) as robot:
        robot.launch(course=both.lms_course()["id"])
    person = both.people()[MAI].id
    mine = select(Membership.groups).where(Membership.person_id == person)
    before = both.session.scalars(mine).one()

    told = tell(both, "move", person=MAI)

    after = both.session.scalars(mine).one()
    assert len(after) == 1
    assert after != before
    assert len(told) == 2


@pytest.mark.parametrize("brand", BRANDS)
def test_who_is_deleted_there_is_written_down_here_and_keeps_a_week(connect: Connects, brand: str) -> None:
    both = connect(brand)
    with both.robot(MAI) as robot:
        robot.launch(course=both.lms_course()["id"])
    # The launch was long before, in a time whose seconds nobody counts.
    both.session.execute(update(Membership).values(launched_at=datetime(2026, 1, 1, tzinfo=UTC)))
    both.session.commit()

    tell(both, "delete_person", person=MAI)

    mai = both.people()[MAI]
    asked = both.session.scalars(select(Request).where(Request.person_id == mai.id)).all()
    # Nobody signs what comes to an address alone, and so much is not believed without.
    assert [(each.kind, each.state) for each in asked] == ([] if brand == "canvas" else [("erasure", "waiting")])


def test_the_same_event_sent_again_is_answered_the_same_and_kept_once(connect: Connects) -> None:
    both = connect("moodle")
    (first,) = tell(both, "enrol", name="Vera Nowak")

    (second,) = both.api("POST", "events", again=str(first["id"]))["events"]

    assert (second["status"], second["message_id"]) == (202, first["message_id"])
    assert len(both.session.scalars(select(Event.id)).all()) == 1
    assert len(both.session.scalars(select(Person).where(Person.name == "Vera Nowak")).all()) == 1


@pytest.mark.parametrize("format", ["canvas", "caliper"])
def test_a_pretend_canvas_signs_its_events_with_keys_that_change(connect: Connects, format: str) -> None:
    both = connect("canvas")
    key_sets.forget()
    settings = both.app.extensions["hearth.settings"]
    with db.transaction() as own:
        source = sources.make(own, both.platform(), proof="jwt", name="", settings=settings, now=datetime.now(UTC))
    both.api("PUT", "events", url=source.address, format=format, signed=True)
    course = both.course.id

    (joined,) = tell(both, "enrol", name="Vera Nowak")
    present = both.present()
    both.api("POST", "keys")
    (renamed,) = tell(both, "rename_course", name="Designing for all")

    assert [each["status"] for each in (joined, renamed)] == [202, 202]
    assert "Vera Nowak" in present
    assert both.session.get_one(Course, course, populate_existing=True).title == "Designing for all"
    assert ("urn:uuid:" in renamed["body"]) is (format == "caliper")


def test_a_pretend_canvas_that_does_not_sign_is_refused_where_it_should(connect: Connects) -> None:
    both = connect("canvas")
    settings = both.app.extensions["hearth.settings"]
    with db.transaction() as own:
        source = sources.make(own, both.platform(), proof="jwt", name="", settings=settings, now=datetime.now(UTC))
    both.api("PUT", "events", url=source.address)

    (told,) = tell(both, "rename_course", name="Designing for everybody")

    assert told["status"] == 401


@pytest.mark.parametrize(
    "address, allowed, own",
    [
        ("http://lms.localhost:5001/jwks.json", True, True),
        ("http://lms.localhost:5001/jwks.json", False, False),
        ("https://sso.canvaslms.com/api/lti/security/jwks", True, False),
    ],
)
def test_only_a_pretend_lms_on_this_machine_signs_events_with_the_keys_of_its_launches(
    settings: Settings, address: str, allowed: bool, own: bool
) -> None:
    here = replace(settings, allow_loopback_platforms=allowed)

    assert inbox.own_keys_url(address, here) == (address if own else "")


def test_a_wrong_secret_shows_in_what_came_back(connect: Connects) -> None:
    both = connect("moodle")
    where = both.api("GET", "events")["url"]
    both.api("PUT", "events", url=where, secret="whsec_" + "A" * 44)

    (told,) = tell(both, "enrol")

    assert told["status"] == 401
    assert "wrong signature" in told["answer"]


def test_an_admin_lets_things_happen_and_reads_what_came_back_and_others_may_not(connect: Connects) -> None:
    both = connect("moodle")
    with both.robot("Ruth Goldberg") as robot:
        robot.launch(course=both.lms_course()["id"])
        page, course = robot.get(f"{both.lms}/admin/events"), both.lms_course()["id"]
        answer = robot.submit(page.form("/admin/events"), act="enrol", course=course, name="Vera Nowak")
        assert "user_enrolment_created" in answer.text
        again = robot.submit(answer.form("/again"))
        assert again.text.count("user_enrolment_created") >= 2
    with both.robot(MAI) as robot:
        robot.launch(course=both.lms_course()["id"])
        assert robot.get(f"{both.lms}/admin/events").status == 403


def test_what_nobody_can_do_or_nobody_hears_is_said(connect: Connects) -> None:
    both = connect("standard")
    with both.robot("Ruth Goldberg") as robot:
        robot.launch(course=both.lms_course()["id"])
        page = robot.get(f"{both.lms}/admin/events")
        refused = robot.submit(page.form("/admin/events/target"), url="ftp://nowhere", secret="")
        assert refused.status == 422
        both.api("PUT", "events", url="", secret="")
        untold = robot.submit(page.form("/admin/events"), act="enrol", course=both.lms_course()["id"])
        assert "nobody was told" in untold.text
