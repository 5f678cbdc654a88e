"""Endpoints in the admin room: an admin lets other systems of theirs be told, and sees what became of it."""

import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool import journal
from lti_tool.courses.models import Deployment
from lti_tool.journal.models import Audit
from lti_tool.lti import vocabulary as lti
from tests.factories.admin import Admin, come
from tests.factories.courses import make_course, make_deployment, make_member
from tests.factories.lti import INSTRUCTOR, launch, make_pretend_platform
from tests.pages import mistakes_in, words
from webhooks.outbox.models import Delivery, Endpoint, Try

URL = "https://warehouse.example/hearth"


@pytest.fixture
def admin(client: FlaskClient, session: Session) -> Admin:
    return come(client, make_pretend_platform(session))


def make(admin: Admin, session: Session, **typed: Any) -> Endpoint:
    answer = admin.post(
        "endpoints", **{"url": URL, "name": "Warehouse", "format": "standard", "kinds": ["course.opened"]} | typed
    )
    assert answer.status_code == 201, answer.text
    session.expire_all()
    return session.scalars(select(Endpoint).order_by(Endpoint.id.desc()).limit(1)).one()


def act(session: Session, endpoint: Endpoint, *, now: datetime) -> Delivery:
    """Something happens in a course of the endpoint's own deployment."""
    course = make_course(session, session.get_one(Deployment, endpoint.deployment_id))
    member = make_member(session, course)
    journal.record(session, "course.opened", course_id=course.id, person_id=member.person_id, now=now)
    session.commit()
    return session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()


def test_an_admin_lets_a_system_be_told_and_sees_its_secret_once(admin: Admin, session: Session) -> None:
    assert "No other system yet" in words(admin.get("endpoints").text)
    form = admin.get("endpoints/new")

    made = admin.post(
        "endpoints", url=URL, name="Warehouse", format="standard", kinds=["course.opened", "feedback.given"]
    )
    endpoint = session.scalars(select(Endpoint)).one()
    later = admin.get(f"endpoints/{endpoint.id}")

    assert "Feedback was given" in words(form.text)
    assert made.status_code == 201
    assert re.search(r"whsec_[\w+/=]{40,}", unescape(made.text))
    assert "whsec_" not in later.text
    assert (endpoint.url, endpoint.kinds) == (URL, ["course.opened", "feedback.given"])
    assert endpoint.deployment_id is not None, "an admin speaks for their own deployment only"
    assert "Warehouse" in words(admin.get("endpoints").text)


@pytest.mark.parametrize(
    "typed, said",
    [
        ({"url": "http://warehouse.example/"}, "Please give an https address"),
        ({"url": "https://warehouse.example:22/"}, "Please give an https address"),
        ({"url": "https://localhost/"}, "Please give an https address"),
        ({"url": ""}, "This is needed"),
        ({"kinds": []}, "Choose at least one"),
        ({"format": "caliper", "kinds": ["feedback.thanked"]}, "Caliper has no word for: An author said thank you"),
        ({"format": "xml"}, "Choose one of these"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(
    admin: Admin, session: Session, typed: dict[str, Any], said: str
) -> None:
    usual = {"url": URL, "name": "My warehouse", "format": "standard", "kinds": ["feedback.given"]}

    answer = admin.post("endpoints", **usual | typed)

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert 'value="My warehouse"' in answer.text
    assert session.scalars(select(Endpoint)).all() == []


def test_an_admin_changes_rotates_pauses_and_removes_a_system(admin: Admin, session: Session) -> None:
    there = f"endpoints/{make(admin, session).id}"

    bad = admin.post(there, url="http://x.example/", name="N", kinds=["course.opened"])
    changed = admin.post(there, url=URL + "/2", name="N", kinds=["feedback.given"])
    rotated = admin.post(f"{there}/secrets")
    admin.post(f"{there}/pause")
    paused = words(admin.get(there).text)
    admin.post(f"{there}/pause/undo")
    unsure = admin.post(f"{there}/removal")

    session.expire_all()
    endpoint = session.scalars(select(Endpoint)).one()
    assert (bad.status_code, changed.status_code, rotated.status_code, unsure.status_code) == (422, 303, 201, 422)
    assert (endpoint.url, endpoint.kinds, endpoint.state) == (URL + "/2", ["feedback.given"], "active")
    assert "whsec_" in rotated.text
    assert "Paused: nothing is sent" in paused
    assert "Tick this first" in words(unsure.text)
    assert admin.post(f"{there}/removal", sure="1").status_code == 303
    session.expire_all()
    assert session.scalars(select(Endpoint)).all() == []
    assert [each.act for each in session.scalars(select(Audit).order_by(Audit.id))] == [
        f"endpoint.{what}" for what in ("made", "changed", "rotated", "paused", "resumed", "removed")
    ]
    assert "removed another system" in words(admin.get("audit").text)


def test_a_test_is_sent_and_what_became_of_it_is_shown(admin: Admin, session: Session, now: datetime) -> None:
    endpoint = make(admin, session)

    pinged = admin.post(f"endpoints/{endpoint.id}/pings")
    waiting = words(admin.client.get(pinged.headers["Location"]).text)
    session.execute(text("update webhook_delivery set state = 'dead', attempts = 1, problem = 'refused'"))
    delivery = session.scalars(select(Delivery)).one()
    session.add(Try(delivery_id=delivery.id, at=now, took_ms=31, status=404, problem="refused"))
    session.commit()
    refused = admin.client.get(pinged.headers["Location"]).text

    assert "It is on its way" in waiting
    assert "404" in refused
    assert "31 ms" in refused
    assert "It refused the message" in words(refused)
    assert "hearth.ping" in unescape(refused)


def test_messages_are_searched_and_what_was_given_up_is_sent_again(
    admin: Admin, session: Session, now: datetime
) -> None:
    endpoint = make(admin, session)
    deliveries = [act(session, endpoint, now=now) for _ in range(3)]
    session.execute(text("update webhook_delivery set state = 'dead', body = '{}' where id = 1"))
    session.commit()
    there = f"endpoints/{endpoint.id}/deliveries"

    everything, trouble = admin.get(there).text, admin.get(f"{there}?which=trouble").text
    by_id = admin.get(f"{there}?search=msg_{deliveries[1].message_id}").text
    nothing = words(admin.get(f"{there}?search=%00%25").text)

    assert [page.count('<th scope="row">') for page in (everything, trouble, by_id)] == [3, 1, 1]
    assert "No message is like that" in nothing
    assert admin.get(f"{there}?which=x").status_code == 404
    assert "One message was given up" in words(admin.get().text)
    admin.post(f"endpoints/{endpoint.id}/replays")
    session.expire_all()
    assert deliveries[0].state == "waiting"
    assert admin.post(f"{there}/{deliveries[1].id}/replays").status_code == 303


def test_the_first_page_says_what_is_wrong(admin: Admin, session: Session) -> None:
    endpoint = make(admin, session)
    assert "What happens arrives where it is told" in words(admin.get().text)

    endpoint.failures = 2
    session.commit()
    assert "A system does not take what it is told" in words(admin.get().text)

    endpoint.state, endpoint.why = "disabled", "gone"
    session.commit()
    assert "One system is told nothing any more" in words(admin.get().text)
    assert "gone for good (410)" in words(admin.get(f"endpoints/{endpoint.id}").text)


def test_what_belongs_to_another_deployment_is_missing(admin: Admin, session: Session, now: datetime) -> None:
    """Also of the same registration: two deployments may be two institutions."""
    mine = make(admin, session)
    make_deployment(session, admin.platform.platform, deployment_id="another")
    session.commit()
    other = come(admin.client, admin.platform, {lti.DEPLOYMENT_ID: "another", "sub": "admin-2"})
    delivery = act(session, mine, now=now)

    there = f"endpoints/{mine.id}"
    assert "Warehouse" not in other.get("endpoints").text
    pages = [there, f"{there}/edit", f"{there}/deliveries", f"{there}/deliveries/{delivery.id}"]
    assert {other.get(page).status_code for page in pages} == {404}
    doors = ["", "/secrets", "/pause", "/pause/undo", "/removal", "/pings", "/replays"]
    assert {other.post(f"{there}{door}").status_code for door in doors} == {404}
    assert other.post(f"{there}/deliveries/{delivery.id}/replays").status_code == 404
    hers = make(other, session)
    assert other.get(f"endpoints/{hers.id}/deliveries/{delivery.id}").status_code == 404


def test_to_a_teacher_the_pages_are_missing(client: FlaskClient, session: Session) -> None:
    home = launch(client, make_pretend_platform(session), {lti.ROLES: [INSTRUCTOR]}).headers["Location"]

    assert {client.get(f"{home}admin/{rest}").status_code for rest in ("endpoints", "endpoints/new")} == {404}


def test_the_pages_are_valid(admin: Admin, session: Session, now: datetime) -> None:
    endpoint = make(admin, session)
    delivery = act(session, endpoint, now=now)
    there = f"endpoints/{endpoint.id}"
    pages = ["endpoints", "endpoints/new", there, f"{there}/edit", f"{there}/deliveries"]
    pages.append(f"{there}/deliveries/{delivery.id}")

    shown = {page.replace("/", "-"): admin.get(page) for page in pages}

    assert {page.status_code for page in shown.values()} == {200}
    assert mistakes_in({name: page.text for name, page in shown.items()}) == []
