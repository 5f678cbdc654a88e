"""The standing plan can be derived again: from its steps, and by the rules in memory, whatever a class does."""

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership
from lti_tool.exchange import operations, privacy, queries, rules
from lti_tool.exchange.models import Offer, PairRule, Seat
from lti_tool.exchange.operations import pairing
from lti_tool.exchange.rules.standing import Standing
from lti_tool.files.storage import DatabaseStorage
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, make_plan, review, take

FAR = BEGUN + timedelta(days=60)
MINUTE = timedelta(minutes=1)


class Together:
    """A class in the database and the rules in memory, walked through the same days."""

    def __init__(self, session: Session, seed: int) -> None:
        self.whims = random.Random(seed)  # noqa: S311 - whims of a class
        self.session = session
        self.made = make_class(session, learners=0, reviews=2, submit_by=FAR, review_by=FAR)
        self.made.exchange.seed = seed
        session.flush()
        self.rules = Standing(seed=seed, reviews=2)
        self.now = BEGUN
        self.held: dict[int, Offer] = {}
        self.done: list[str] = []

    def step(self) -> None:
        self.now += MINUTE
        what = self.whims.choice(["join", "join", "join", "begin", "begin", "begin", "give", "give", *RARE])
        if len(self.rules.seats) < 3:
            what = "join"
        getattr(self, what)()
        self.done.append(what)

    def join(self) -> None:
        person = make_member(self.session, self.made.course).person_id
        hand_in(self.made, person, now=self.now)
        self.rules.join(person)

    def leave(self) -> None:
        person = self.whims.choice(list(self.rules.seats))
        membership = self.session.query(Membership).filter_by(person_id=person).one()
        membership.left_at = self.now
        self.session.flush()
        pairing.follow_the_course(self.session, self.made.exchange, now=self.now)
        self.rules.leave(person)
        self.forget_offers(lambda offer: person in (offer.reviewer_id, offer.submission.author_id))

    def begin(self) -> None:
        free = [each for each in self.rules.seats if each not in self.held and self.waits(each)]
        if free:
            person = self.whims.choice(free)
            offer = take(self.made, person, now=self.now)
            assert (person, offer.submission.author_id) == self.rules.begin(person)
            self.held[person] = offer

    def waits(self, person: int) -> bool:
        return any(not self.rules.pairs[person, author] for author in self.rules.reads(person))

    def give(self) -> None:
        if self.held:
            person, offer = self.held.popitem()
            give(self.made, offer, now=self.now)
            self.rules.give(person, offer.submission.author_id or 0)

    def decline(self) -> None:
        if not self.held:
            return
        person, offer = self.held.popitem()
        author = offer.submission.author_id or 0
        offer.state, offer.ended_at = rules.OfferState.DECLINED, self.now
        self.session.flush()
        pairing.give_back(self.session, self.made.exchange, offer, now=self.now)
        self.rules.decline(person, author)
        # Where nobody would trade, the two find others when the plan is looked after.
        pairing.mend(self.session, self.made.exchange, now=self.now)
        self.rules.mend()

    def no_show(self) -> None:
        """Whoever holds a work lets it lie until its lease is over."""
        self.now += rules.LEASE + MINUTE
        late = [(person, offer.submission.author_id or 0) for person, offer in self.held.items()]
        pairing.tend(self.session, self.made.exchange, now=self.now)
        self.held.clear()
        self.rules.release(late)

    def mix(self) -> None:
        pairing.mix_again(self.session, self.made.exchange, now=self.now)
        self.rules.mix()

    def rescale(self) -> None:
        reviews = self.whims.choice([1, 2, 3])
        exchange = self.made.exchange
        plan = make_plan(reviews=reviews, submit_by=FAR, review_by=FAR, criteria=queries.plan_of(exchange).criteria)
        operations.edit_exchange(self.session, exchange, plan, by=self.made.teacher.person_id, now=self.now)
        if reviews != self.rules.reviews:
            self.rules.rescale(reviews)

    def forget_offers(self, is_over: object) -> None:
        assert callable(is_over)
        self.held = {person: offer for person, offer in self.held.items() if not is_over(offer)}


RARE = ["decline", "leave", "no_show", "mix", "rescale"]


@pytest.mark.parametrize("seed", range(8))
def test_the_database_plans_as_the_rules_do_step_by_step(session: Session, seed: int) -> None:
    """Joins, leaves, declines, no-shows, mixing, another number of reviews: after each, both hold the same plan."""
    walk = Together(session, seed)

    for _ in range(45):
        walk.step()

        pairs, seats = queries.kept_plan(session, walk.made.exchange)
        assert pairs == walk.rules.pairs, walk.done
        assert seats == set(walk.rules.seats), walk.done
        assert queries.replay(session, walk.made.exchange) == (), walk.done


def test_the_tallies_of_seats_are_what_the_plan_says(session: Session) -> None:
    walk = Together(session, 3)

    for _ in range(60):
        walk.step()

    for seat in session.query(Seat).filter_by(exchange_id=walk.made.exchange.id, left_at=None):
        assert seat.lacks == walk.made.exchange.reviews - len(walk.rules.read_by(seat.person_id))


@pytest.mark.parametrize("keeps_apart", [False, True])
def test_a_common_beginning_is_derived_from_seed_or_steps(session: Session, keeps_apart: bool) -> None:
    made = make_class(session, learners=9, submit_by=BEGUN + MINUTE)
    exchange = made.exchange
    exchange.options = {"pairing": {"start": rules.TOGETHER}}
    if keeps_apart:
        one, other = made.people[:2]
        session.add(PairRule(exchange_id=exchange.id, reviewer_id=one, author_id=other, kind="never", at=BEGUN))
    all_hand_in(made)

    pairing.tend(session, exchange, now=BEGUN + timedelta(hours=1))

    planned = queries.pairing_events(session, exchange)[-1]
    assert ("added" in planned) is keeps_apart
    assert len(queries.kept_plan(session, exchange)[0]) == 18
    assert queries.replay(session, exchange) == ()


def test_a_plan_replays_after_somebody_was_forgotten(session: Session) -> None:
    made = begun(session)

    privacy.forget_person(session, made.people[0], now=BEGUN, storage=DatabaseStorage())

    pairs, seats = queries.kept_plan(session, made.exchange)
    assert made.people[0] not in seats
    assert not any(made.people[0] in pair for pair in pairs)
    assert queries.replay(session, made.exchange) == ()


def test_a_lapsed_work_that_comes_back_to_its_reviewer_is_a_step_too(session: Session) -> None:
    made = make_class(session, learners=4)
    all_hand_in(made)
    take(made, made.people[0])
    later = BEGUN + rules.LEASE + MINUTE
    pairing.release_late(session, made.exchange, now=later)

    again = take(made, made.people[0], now=later)

    assert queries.kept_plan(session, made.exchange)[0][made.people[0], again.submission.author_id or 0]
    assert queries.replay(session, made.exchange) == ()


def test_a_pair_that_no_step_made_is_found(session: Session) -> None:
    made = begun(session)
    (reviewer, author), *_ = [
        pair for pair, is_begun in queries.kept_plan(session, made.exchange)[0].items() if not is_begun
    ]
    session.execute(
        text("delete from exchange_pair where reviewer_id = :one and author_id = :other"),
        {"one": reviewer, "other": author},
    )
    session.execute(text("update exchange_seat set left_at = now() where person_id = :one"), {"one": reviewer})

    found = queries.replay(session, made.exchange)

    assert [(each.reviewer, each.author, each.derived, each.kept) for each in found] == [
        (reviewer, author, "waiting", "absent"),
        (None, reviewer, "seated", "absent"),
    ]


def begun(session: Session, *, now: datetime = BEGUN) -> Class:
    """Six people, of whom three have given a review each."""
    made = make_class(session, learners=6)
    all_hand_in(made, now=now)
    for person in made.people[:3]:
        review(made, person, now=now)
    return made
