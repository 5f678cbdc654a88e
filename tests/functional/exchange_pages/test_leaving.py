"""Somebody leaves the course in the middle of it: what classmates were writing about their work stays theirs."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.clock import now
from lti_tool.courses.models import Membership
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import FeedbackDraft, Offer
from lti_tool.exchange.operations import pairing
from lti_tool.notices.models import Notice
from tests.factories.exchange import Class, all_hand_in, take
from tests.functional.exchange_pages.conftest import People
from tests.pages import mistakes_in, words

HALF = "The third figure has no axis."


@pytest.fixture
def offer(made: Class, session: Session, an_hour_ago: datetime) -> Offer:
    """The first learner is writing about somebody's work."""
    all_hand_in(made, now=an_hour_ago)
    taken = take(made, made.people[0], now=now())
    operations.save_feedback_draft(
        session,
        made.exchange,
        reviewer=made.people[0],
        offer_id=taken.id,
        words=rules.Words(comment=HALF),
        base_revision=0,
        now=now(),
    )
    session.commit()
    return taken


def leaves(made: Class, person: int | None, *, back: bool = False) -> None:
    member = made.session.scalars(select(Membership).where(Membership.person_id == person)).one()
    member.left_at = None if back else now()
    made.session.commit()
    pairing.follow_the_course(made.session, made.exchange, now=now())
    made.session.commit()


def told(made: Class, person: int) -> list[str]:
    return list(made.session.scalars(select(Notice.kind).where(Notice.person_id == person)))


def test_an_author_who_leaves_takes_no_words_along(made: Class, visit: People, offer: Offer) -> None:
    reviewer = visit(made.learners[0])
    there = f"/exchanges/{made.exchange.id}/reviews/{offer.id}"

    leaves(made, offer.submission.author_id)

    page = reviewer.get(f"/exchanges/{made.exchange.id}")
    assert HALF in page.text
    assert "A work you were reading is not in this exchange any more." in words(page.text)
    # Who left is often known; whose work it was is not.
    assert "left" not in words(page.text).split("Works that you can no longer review")[1].split("What you wrote")[0]
    assert mistakes_in({"student": page.text}) == []
    gone = reviewer.get(there)
    assert gone.status_code == 303
    assert "What you wrote about it is still yours." in words(reviewer.get(f"/exchanges/{made.exchange.id}").text)
    late = reviewer.post(f"{there}/draft", comment="And the fourth.", base_revision="1")
    assert late.status_code == 409
    assert "And the fourth." in late.text
    assert "work_is_gone" in told(made, made.people[0])
    assert "is not in this exchange any more" in words(reviewer.get("/notices").text)


def test_who_had_not_begun_to_write_hears_of_it_too_and_finds_another_work(made: Class, visit: People) -> None:
    all_hand_in(made, now=now())
    offer = take(made, made.people[0], now=now())
    made.session.commit()

    leaves(made, offer.submission.author_id)

    assert told(made, made.people[0]).count("work_is_gone") == 1
    assert take(made, made.people[0], now=now()).submission_id != offer.submission_id


def test_who_comes_back_finds_what_they_wrote(made: Class, visit: People, offer: Offer) -> None:
    leaves(made, made.people[0])
    leaves(made, made.people[0], back=True)

    page = visit(made.learners[0]).get(f"/exchanges/{made.exchange.id}").text

    assert HALF in page
    assert made.session.scalars(select(FeedbackDraft)).one().words["comment"] == HALF
