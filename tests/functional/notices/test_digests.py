"""Digests by e-mail: one, not a flood, and an end to them without a login."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import notices
from lti_tool.config import Settings
from lti_tool.home import digests, jobs
from lti_tool.notices import operations
from lti_tool.notices.models import Delivery, Notice
from lti_tool.notices.rules import Rhythm
from tests.factories.exchange import Class, make_class
from tests.functional.exchange_pages.conftest import People, visit
from tests.functional.notices.smtp import Server, mail_server

__all__ = ["visit"]

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 4, 23, 0, tzinfo=UTC)


@dataclass
class Post:
    """A class whose first learner wants mail, and the server that takes it."""

    session: Session
    app: Flask
    settings: Settings
    server: Server
    made: Class

    def tell(self, key: str) -> None:
        notices.tell(
            self.session,
            "feedback_received",
            course_id=self.made.course.id,
            activity_id=self.made.exchange.id,
            people=self.made.people,
            now=NOON,
            key=key,
            feedback_id=1,
        )
        self.session.commit()

    def run(self, now: datetime) -> int:
        """What the job does, at a moment of our choice."""
        with self.app.app_context():
            due = digests.due(self.session, self.settings, now=now)
            count = sum(digests.send(self.session, self.settings, id, now=now) for id in due)
        self.session.commit()
        return count


@pytest.fixture
def post(session: Session, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    made = make_class(session, learners=2, publish=False)
    for each in made.learners:
        operations.keep_address(session, person_id=each.person_id, email=f"p{each.person_id}@school.example")
    operations.choose_rhythm(session, membership_id=made.learners[0].id, rhythm=Rhythm.WAITING)
    session.commit()
    with mail_server() as server:
        on = replace(settings, smtp_url=server.url, mail_from="hearth@school.example")
        monkeypatch.setitem(app.extensions, "hearth.settings", on)
        yield Post(session=session, app=app, settings=on, server=server, made=made)


def test_many_notices_are_one_mail_and_only_for_who_asked(post: Post) -> None:
    """Pain: a flood of mails is turned off, and then the one that matters is missed."""
    post.tell("1")
    post.tell("2")

    assert (post.run(NOON), post.run(NOON + timedelta(minutes=10))) == (1, 0)
    (mail,) = post.server.mails
    assert mail["To"] == f"p{post.made.people[0]}@school.example"
    assert mail["Subject"] == "Designing for People: 2 new notices"
    assert (
        post.session.scalars(select(Notice.person_id).where(Notice.mailed_at.is_not(None))).all()
        == [post.made.people[0]] * 2
    )


def test_a_mail_leads_to_the_lms_and_never_into_a_session(post: Post) -> None:
    post.tell("1")
    post.run(NOON)
    (mail,) = post.server.mails
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))

    assert plain is not None
    assert html is not None
    for part in (plain.get_content(), html.get_content()):
        assert "There is new feedback on your work." in part
        assert "First drafts" in part
        assert "/s/" not in part
        assert "https://lms-" in part


def test_nobody_is_mailed_at_night_nor_twice_within_hours(post: Post) -> None:
    post.tell("1")
    assert (post.run(NIGHT), post.run(NOON)) == (0, 1)
    post.tell("2")

    assert post.run(NOON + timedelta(hours=3)) == 0
    assert post.run(NOON + timedelta(hours=5)) == 1


def test_what_was_read_is_not_mailed(post: Post) -> None:
    post.tell("1")
    for each in post.session.scalars(select(Notice)):
        each.read_at = NOON
    post.session.commit()

    assert post.run(NOON) == 0


def test_a_server_that_refuses_is_asked_later_and_nothing_is_lost(post: Post) -> None:
    post.tell("1")
    post.server.is_full = True
    assert post.run(NOON) == 0
    delivery = post.session.get_one(Delivery, post.made.learners[0].id)
    assert (delivery.failures, delivery.retry_at) == (1, NOON + timedelta(minutes=10))

    post.server.is_full = False
    assert post.run(NOON + timedelta(minutes=5)) == 0
    assert post.run(NOON + timedelta(minutes=11)) == 1
    assert (delivery.failures, delivery.retry_at) == (0, None)


def test_mail_ends_by_one_click_without_a_login(post: Post, client: FlaskClient) -> None:
    """RFC 8058: the mail program posts by itself; fetching the address changes nothing."""
    post.tell("1")
    post.run(NOON)
    (mail,) = post.server.mails
    address = urlsplit(mail["List-Unsubscribe"].strip(" <>")).path
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    delivery = post.session.get_one(Delivery, post.made.learners[0].id)

    assert "Send me no more mail" in client.get(address).text
    post.session.refresh(delivery)
    assert delivery.rhythm == Rhythm.WAITING
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    post.session.refresh(delivery)
    assert delivery.rhythm == Rhythm.NEVER


@pytest.mark.parametrize("token", ["x", "MQ.forged", "1", "%00"])
def test_an_address_we_did_not_sign_is_none(client: FlaskClient, token: str) -> None:
    assert client.get(f"/unsubscribe/{token}").status_code == 404
    assert client.post(f"/unsubscribe/{token}").status_code == 404


def test_a_person_chooses_on_their_page(post: Post, visit: People) -> None:
    learner = visit(post.made.learners[1])
    assert "By e-mail, from this course" in learner.get("/notices").text

    assert learner.post("/notices/mail", rhythm="hourly").status_code == 422
    assert learner.post("/notices/mail", rhythm="daily").status_code == 303
    assert post.session.get_one(Delivery, post.made.learners[1].id).rhythm == "daily"


@pytest.mark.parametrize(
    "email", ["", "no address", "a@x.example, b@x.example", "a@b@c", "ä@x.example", "<a@x.example>"]
)
def test_what_is_not_one_address_is_not_kept(session: Session, app: Flask, email: str) -> None:
    made = make_class(session, learners=1)
    operations.keep_address(session, person_id=made.people[0], email=email)

    session.refresh(made.learners[0].person)
    assert made.learners[0].person.email is None


def test_where_mail_is_off_nothing_is_due(app: Flask, session: Session, settings: Settings) -> None:
    with app.app_context():
        assert digests.due(session, settings, now=NOON) == ()
        jobs.send_digests(0)
