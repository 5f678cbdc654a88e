"""A guest at a browser, and what staff see of them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Feedback, Offer
from tests.factories.exchange import Class, hand_in, make_class, make_words
from tests.functional.exchange_pages.conftest import People
from tests.pages import words


@pytest.fixture
def made(session: Session, an_hour_ago: datetime) -> Class:
    """Two have handed in and may read each other; each work lacks a second reader. Two have handed in nothing."""
    begun = an_hour_ago - timedelta(days=2)
    due = an_hour_ago
    made = make_class(session, learners=4, reviews=2, now=begun, submit_by=due, review_by=due + timedelta(days=9))
    options = rules.PairingOptions(guests=True)
    operations.choose_pairing(session, made.exchange, options, by=made.teacher.person_id, now=begun)
    for person in made.people[:2]:
        hand_in(made, person, now=begun)
    session.commit()
    return made


def test_a_guest_is_offered_a_work_takes_it_and_gives_feedback(visit: People, made: Class, session: Session) -> None:
    guest, here = visit(made.learners[2]), f"/exchanges/{made.exchange.id}"
    assert "You can help, though you have handed in nothing" in words(guest.get(here).text)

    assert guest.post(f"{here}/reviews").status_code == 303
    offer = session.scalars(select(Offer)).one()
    page = words(guest.get(here).text)
    assert "You help as a guest" in page
    assert "Write your own work" in page

    operations.give_feedback(
        session,
        made.exchange,
        reviewer=made.people[2],
        offer_id=offer.id,
        words=make_words(made.exchange),
        now=datetime.now(UTC),
    )
    session.commit()
    author = visit(made.learners[made.people.index(offer.submission.author_id or 0)])
    assert "Look at the second paragraph." in author.get(here).text
    assert session.scalars(select(Feedback)).one().offer_id == offer.id
    assert "1 as a guest" in words(visit(made.teacher).get(here).text)


def test_an_author_learns_nothing_of_who_the_guest_is(visit: People, made: Class, session: Session) -> None:
    made.learners[2].person.name = "Zoe Quirin"
    session.commit()
    here = f"/exchanges/{made.exchange.id}"
    visit(made.learners[2]).post(f"{here}/reviews")
    offer = session.scalars(select(Offer)).one()
    operations.give_feedback(
        session,
        made.exchange,
        reviewer=made.people[2],
        offer_id=offer.id,
        words=make_words(made.exchange),
        now=datetime.now(UTC),
    )
    session.commit()

    page = visit(made.learners[made.people.index(offer.submission.author_id or 0)]).get(here).text

    assert "Look at the second paragraph." in page
    assert "Zoe" not in page
    assert "guest" not in page


def test_without_the_setting_nothing_is_offered_and_nothing_is_taken(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    none = rules.PairingOptions()
    operations.choose_pairing(session, made.exchange, none, by=made.teacher.person_id, now=an_hour_ago)
    session.commit()
    guest, here = visit(made.learners[2]), f"/exchanges/{made.exchange.id}"

    assert "You can help" not in words(guest.get(here).text)
    assert guest.post(f"{here}/reviews").status_code == 409
    assert session.scalars(select(Offer)).all() == []


def test_who_has_helped_enough_is_thanked(visit: People, made: Class, session: Session) -> None:
    guest, here = visit(made.learners[2]), f"/exchanges/{made.exchange.id}"
    for _ in range(2):
        guest.post(f"{here}/reviews")
        offer = session.scalars(select(Offer).where(Offer.state != "submitted")).one()
        operations.give_feedback(
            session,
            made.exchange,
            reviewer=made.people[2],
            offer_id=offer.id,
            words=make_words(made.exchange),
            now=datetime.now(UTC),
        )
        session.commit()

    guest.post(f"{here}/reviews")

    assert "You have helped as much as anybody is asked to" in words(guest.get(here).text)


def test_a_teacher_lets_guests_in_and_the_settings_say_so(visit: People, made: Class, session: Session) -> None:
    teacher, here = visit(made.teacher), f"/exchanges/{made.exchange.id}/settings"

    assert "Guests may help." in words(teacher.get(here).text)
    teacher.post(f"{here}/pairing", start="rolling", groups="any")
    assert "Guests may help." not in words(teacher.get(here).text)
    teacher.post(f"{here}/pairing", start="rolling", groups="any", guests="1")

    session.refresh(made.exchange)
    assert made.exchange.takes_guests


def test_the_card_in_the_home_of_the_course_says_what_the_page_says(
    visit: People, made: Class, session: Session, an_hour_ago: datetime
) -> None:
    late = rules.LateOptions(work=rules.REFUSED)
    operations.set_options(session, made.exchange, late, by=made.teacher.person_id, now=an_hour_ago)
    session.commit()
    guest, here = visit(made.learners[2]), f"/exchanges/{made.exchange.id}"
    assert "you can help all the same" in words(guest.get(here).text)
    home = words(guest.get("/").text)
    assert "A work lacks a reader. You can help as a guest" in home
    assert "Review a work" in home

    guest.post(f"{here}/reviews")

    assert "You help as a guest" in words(guest.get(here).text)
    home = words(guest.get("/").text)
    assert "A work that you took as a guest waits for your feedback" in home
    assert "the date has passed" not in home
