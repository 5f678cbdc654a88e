"""A class that comes, reads, declines, gives, leaves and returns, all at once: at its end every promise holds."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership
from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Seat, Submission
from lti_tool.exchange.operations import pairing
from lti_tool.exchange.rules import OPEN_STATES
from tests.factories.exchange import BEGUN, Class, hand_in, make_class, make_words
from tests.factories.pairing import assert_plan_is_sound

PEOPLE, THREADS, ACTS, REVIEWS = 60, 8, 45, 3
REFUSED = (errors.WorkFirst, errors.OfferIsOver, errors.NoSuchOffer, errors.WorkIsBeingReviewed)
"""What a hasty click may be answered with."""


class Life:
    """What people do in one exchange, each act in a transaction of its own, an hour after the one before."""

    def __init__(self, made: Class, engine: Engine) -> None:
        self.exchange_id, self.course_id, self.engine = made.exchange.id, made.course.id, engine
        self.people, self.teacher = made.people, made.teacher.person_id
        self.words = make_words(made.exchange)
        self.hours = count(1)

    def now(self) -> datetime:
        return BEGUN + timedelta(hours=next(self.hours))

    def do(self, act: Callable[[Session, Exchange, int, datetime], None], person: int) -> None:
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                act(session, session.get_one(Exchange, self.exchange_id), person, self.now())
            except REFUSED:
                session.rollback()
            session.commit()

    def hand_in(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        operations.submit_work(
            session, exchange, author=person, body=f"The work of {person}.", base_revision=None, now=now
        )

    def take(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        if queries.reviewer_of(session, exchange, person).given < REVIEWS:
            operations.next_offer(session, exchange, reviewer=person, now=now)

    def help_out(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        operations.next_offer(session, exchange, reviewer=person, now=now)

    def draft(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        for offer_id in self._open_offers(session, person):
            operations.save_feedback_draft(
                session, exchange, reviewer=person, offer_id=offer_id, words=self.words, base_revision=0, now=now
            )

    def give(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        for offer_id in self._open_offers(session, person):
            operations.give_feedback(session, exchange, reviewer=person, offer_id=offer_id, words=self.words, now=now)

    def decline(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        for offer_id in self._open_offers(session, person):
            operations.decline_offer(session, exchange, reviewer=person, offer_id=offer_id, reason="other", now=now)

    def leave(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        self._member(session, person).left_at = now
        session.commit()
        pairing.follow_the_course(session, exchange, now=now)

    def leave_unnoticed(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        self._member(session, person).left_at = now

    def return_(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        self._member(session, person).left_at = None
        session.commit()
        pairing.follow_the_course(session, exchange, now=now)

    def tend(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        operations.tend(session, exchange, now=now)

    def mix(self, session: Session, exchange: Exchange, person: int, now: datetime) -> None:
        operations.mix_again(session, exchange, now=now)

    def _open_offers(self, session: Session, person: int) -> list[int]:
        return list(
            session.scalars(
                select(Offer.id).where(
                    Offer.exchange_id == self.exchange_id, Offer.reviewer_id == person, Offer.state.in_(OPEN_STATES)
                )
            )
        )

    def _member(self, session: Session, person: int) -> Membership:
        return session.scalars(
            select(Membership).where(Membership.course_id == self.course_id, Membership.person_id == person)
        ).one()


def test_whatever_a_class_does_at_once_every_promise_holds(session: Session, engine: Engine) -> None:
    """Late, absent, leaving, returning and declining people, in parallel."""
    made = make_class(session, learners=PEOPLE, reviews=REVIEWS)
    for place, member in enumerate(made.learners):
        member.groups = [f"team {place % 12}"]
    operations.choose_pairing(
        session,
        made.exchange,
        rules.PairingOptions(groups=rules.OTHER_GROUPS),
        by=made.teacher.person_id,
        now=BEGUN,
    )
    for person in made.people[:40]:
        hand_in(made, person)
    session.commit()
    life, start = Life(made, engine), Barrier(THREADS)

    def live(number: int) -> None:
        whims = random.Random(number)  # noqa: S311 - whims of learners, no secrets
        acts = [life.take] * 12 + [life.give] * 12 + [life.draft] * 3 + [life.decline] * 4 + [life.hand_in] * 4
        acts += [life.leave, life.leave_unnoticed, life.return_, life.return_, life.tend, life.mix]
        start.wait(timeout=60)
        for _ in range(ACTS):
            life.do(whims.choice(acts), whims.choice(life.people))

    with ThreadPoolExecutor(THREADS) as threads:
        for each in [threads.submit(live, number) for number in range(THREADS)]:
            each.result()
    assert_plan_is_sound(session, made.exchange)

    _let_all_who_stay_finish(life)

    assert_plan_is_sound(session, made.exchange)
    _assert_promises_are_kept(made)


def _let_all_who_stay_finish(life: Life) -> None:
    """Everybody in the course hands in and reviews until there is nothing left to do."""
    with Session(life.engine) as session:
        members = select(Membership.person_id).where(
            Membership.course_id == life.course_id, Membership.left_at.is_(None), Membership.person_id != life.teacher
        )
        staying = list(session.scalars(members.order_by(Membership.person_id)))
    for person in staying:
        life.do(life.hand_in, person)
    for _ in range(REVIEWS + 1):
        for person in staying:
            life.do(life.take, person)
            life.do(life.give, person)
        life.do(life.tend, staying[0])
    # Where somebody left with what they had to give, early finishers are asked, each once.
    for person in staying:
        life.do(life.help_out, person)
        life.do(life.give, person)


def _assert_promises_are_kept(made: Class) -> None:
    session, exchange = made.session, made.exchange
    team = {each.person_id: each.groups for each in made.learners}
    rows = session.execute(
        select(Offer.reviewer_id, Submission.author_id)
        .join(Submission, Submission.id == Offer.submission_id)
        .join(Feedback, Feedback.offer_id == Offer.id)
        .where(Offer.exchange_id == exchange.id)
    )
    done = [(reviewer or 0, author or 0) for reviewer, author in rows]
    staying = set(session.scalars(select(Seat.person_id).where(Seat.left_at.is_(None))))
    given, received = Counter(row[0] for row in done), Counter(row[1] for row in done)
    assert len(set(done)) == len(done)
    assert all(reviewer != author and team[reviewer] != team[author] for reviewer, author in done)
    assert {person: given[person] for person in staying if given[person] < REVIEWS} == {}
    assert {person: received[person] for person in staying if received[person] < REVIEWS} == {}
    apart = {person: (given[person], received[person]) for person in staying}
    assert {person: each for person, each in apart.items() if abs(each[0] - each[1]) > 1} == {}
    assert session.scalar(select(func.count()).where(Offer.state.in_(OPEN_STATES), Offer.reviewer_id.in_(staying))) == 0
    assert queries.in_need_of_a_reader(session, exchange) == []
