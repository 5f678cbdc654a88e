"""Masked means masked: what a learner is sent says nothing of who the others are."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Person
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Feedback, Message, Offer, Submission
from tests.factories.courses import sign_in
from tests.functional.test_boundaries import Full, address, csrf, doors, fill

HTMX = {"HX-Request": "true"}
SAYS_WHEN = re.compile(r'datetime="([^"]+)"')


@pytest.fixture
def full(session: Session) -> Full:
    found = fill(session)
    feedback_id, author = found.ids["feedback_id"], found.made.people[0]
    replied = datetime.now(UTC) - timedelta(minutes=7)
    operations.say(session, found.made.exchange, writer=author, feedback_id=feedback_id, body="Thanks.", now=replied)
    session.commit()
    return found


def sent_to(app: Flask, client: FlaskClient, session: Session, full: Full, place: int) -> str:
    """Everything a learner is sent, whatever they ask: pages, fragments, headers."""
    made = full.made
    me = sign_in(session, made.learners[place])
    offers = session.scalars(select(Offer.id).where(Offer.exchange_id == made.exchange.id)).all()
    heard = []
    for method, rule in doors(app, "member_required"):
        for offer_id in offers if "offer_id" in rule.arguments else offers[:1]:
            for headers in ({}, HTMX):
                answer = client.open(
                    address(rule, {**full.ids, "offer_id": offer_id}, me.handle),
                    method=method,
                    headers={**headers, "X-CSRFToken": csrf(me.handle)},
                    data={"body": "Mine."},
                )
                heard.append(f"{answer.headers}\n{answer.text}")
    return "\n".join(heard)


@pytest.mark.parametrize("place", range(4))
def test_nobody_else_is_named(app: Flask, client: FlaskClient, session: Session, full: Full, place: int) -> None:
    # Of all others only the teacher who reviewed a work is named, and to its author alone.
    known = {full.made.people[place], *([full.made.teacher.person_id] if place == 0 else [])}
    others = session.scalars(select(Person).where(Person.id.not_in(known))).all()

    heard = sent_to(app, client, session, full, place)

    assert "First drafts" in heard
    assert [each.name for each in others if each.name in heard or each.sub in heard] == []
    assert "/people/" not in heard


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("anonymity", [rules.AUTHOR_HIDDEN, rules.REVIEWER_HIDDEN])
def test_where_one_side_is_hidden_only_the_other_is_named(
    app: Flask, client: FlaskClient, session: Session, anonymity: str, place: int
) -> None:
    """Pain 22: names leak through another screen."""
    full = fill(session, anonymity=anonymity)
    me = full.made.people[place]

    heard = sent_to(app, client, session, full, place)

    # Whoever knocks at every door gets one more work to review on the way, and may know whose it is.
    offers = select(Submission.author_id, Offer.reviewer_id).join(Submission)
    pairs = session.execute(offers.where(Offer.exchange_id == full.made.exchange.id)).all()
    if anonymity == rules.AUTHOR_HIDDEN:
        known = {reviewer for author, reviewer in pairs if author == me}
    else:
        known = {author for author, reviewer in pairs if reviewer == me}
    if place == 0:
        # Staff who review a work stand by it with their name.
        known.add(full.made.teacher.person_id)
    hidden = session.scalars(select(Person).where(Person.id.not_in({me, *known}))).all()
    assert "First drafts" in heard
    assert [each.name for each in hidden if each.name in heard or each.sub in heard] == []
    assert "/people/" not in heard


def test_no_minute_tells_who_it_was(app: Flask, client: FlaskClient, session: Session, full: Full) -> None:
    """Who sits beside somebody sees when they press a button."""
    feedback = session.scalars(select(Feedback)).one()
    reply = session.scalars(select(Message).where(Message.side == "author")).one()
    author, reviewer = (sign_in(session, each) for each in full.made.learners[:2])
    exchange = f"/exchanges/{full.made.exchange.id}"

    received = client.get(author.path(exchange)).text
    replied = client.get(reviewer.path(f"{exchange}/reviews/{feedback.offer_id}")).text

    assert feedback.given_at.date().isoformat() in SAYS_WHEN.findall(received)
    assert feedback.given_at.isoformat() not in received
    assert reply.sent_at.date().isoformat() in SAYS_WHEN.findall(replied)
    assert reply.sent_at.isoformat() not in replied
