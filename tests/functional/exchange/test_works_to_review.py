"""What there is to review: only what was handed in and can be opened, for late comers too, and as much for all."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, rules
from lti_tool.exchange.models import Offer, PlannedPair
from lti_tool.files.errors import BrokenFile
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, review, take, work_of

LATER = BEGUN + timedelta(days=1)


def pairs(made: Class) -> list[tuple[int, int]]:
    rows = select(PlannedPair.reviewer_id, PlannedPair.author_id).where(PlannedPair.exchange_id == made.exchange.id)
    return [(one, other) for one, other in made.session.execute(rows)]


def test_who_hands_in_late_gets_work_to_review_and_is_reviewed(session: Session) -> None:
    """Pain 1."""
    made = make_class(session, learners=6, submit_by=BEGUN + timedelta(hours=1))
    all_hand_in(made)
    late = make_member(session, made.course)
    made.learners.append(late)

    hand_in(made, late.person_id, now=LATER)
    for _round in range(2):
        for person in made.people:
            review(made, person, now=LATER)

    given = session.scalars(select(Offer.reviewer_id).where(Offer.state == "submitted")).all()
    received = [other for _one, other in pairs(made)]
    assert Counter(given) == dict.fromkeys(made.people, 2)
    assert Counter(received)[late.person_id] == 2


def test_whoever_hands_nothing_in_is_given_to_nobody_so_all_others_have_the_same_number(session: Session) -> None:
    """Pain 3."""
    made = make_class(session, learners=7)
    *there, _never, away = made.people
    operations.save_draft(session, made.exchange, author=away, body="Only a draft", base_revision=0, now=BEGUN)
    for person in there:
        hand_in(made, person)

    assert Counter(one for one, _ in pairs(made)) == dict.fromkeys(there, 2)
    assert Counter(other for _, other in pairs(made)) == dict.fromkeys(there, 2)


def test_a_blank_work_or_a_file_that_nobody_can_open_is_never_handed_in(session: Session) -> None:
    """Pain 10."""
    made = make_class(session)
    author = made.people[0]

    with pytest.raises(errors.EmptyWork):
        hand_in(made, author, body=" \n\t ")
    with pytest.raises(BrokenFile):
        operations.attach_file(
            session,
            made.exchange,
            author=author,
            data=b"%PDF-1.7 and nothing more",
            now=BEGUN,
            storage=DatabaseStorage(),
            max_bytes=1000,
        )


def test_whoever_cannot_open_a_work_gets_another_at_once_and_the_work_keeps_its_readers(session: Session) -> None:
    """Pain 10."""
    made = make_class(session, learners=7)
    all_hand_in(made)
    reader = made.people[0]
    offer = take(made, reader)
    author = offer.submission.author_id

    found = operations.decline_offer(
        session, made.exchange, reviewer=reader, offer_id=offer.id, reason="cannot_open", now=BEGUN
    )

    assert found.offer is not None
    assert found.offer.submission.author_id not in (author, reader)
    assert Counter(other for _, other in pairs(made)) == dict.fromkeys(made.people, 2)
    assert author is not None
    assert work_of(made, author).submitted_at is not None


@pytest.mark.parametrize("start", [rules.ROLLING, rules.TOGETHER])
def test_work_finds_its_reviewers_without_anybody_switching_a_phase(session: Session, start: str) -> None:
    """Pain 9: no act of staff lies between the first work and the last review."""
    due = BEGUN + timedelta(hours=1)
    made = make_class(session, learners=3, submit_by=due, now=BEGUN - timedelta(days=2))
    options = rules.PairingOptions(start=start)
    operations.choose_pairing(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN - timedelta(days=1))
    all_hand_in(made)
    moment = due + timedelta(minutes=1) if start == rules.TOGETHER else BEGUN
    if start == rules.TOGETHER:
        before = operations.next_offer(session, made.exchange, reviewer=made.people[0], now=BEGUN)
        assert (before.offer, before.none_because) == (None, "not_begun")

    for _round in range(2):
        for person in made.people:
            review(made, person, now=moment)

    acts = set(session.scalars(select(Entry.act).where(Entry.person_id == made.teacher.person_id, Entry.at >= BEGUN)))
    assert acts == set()
    assert Counter(other for _one, other in pairs(made)) == dict.fromkeys(made.people, 2)
