"""Many people in the same moment: nothing is promised twice, nothing breaks."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations
from lti_tool.exchange.models import DraftCopy, Exchange, Feedback, Mark, Message, Offer, Submission
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, make_words, review

T = TypeVar("T")


def at_once(engine: Engine, made: Class, acts: Sequence[Callable[[Session, Exchange], T]]) -> list[T]:
    """Let all *acts* happen in the same moment, each in a transaction of its own."""
    made.session.commit()
    exchange_id, start = made.exchange.id, Barrier(len(acts))

    def run(act: Callable[[Session, Exchange], T]) -> T:
        with Session(engine, expire_on_commit=False) as session:
            exchange = session.get_one(Exchange, exchange_id)
            session.rollback()
            start.wait(timeout=30)
            result = act(session, exchange)
            session.commit()
            return result

    with ThreadPoolExecutor(len(acts)) as threads:
        results = list(threads.map(run, acts))
    made.session.expire_all()
    return results


def asking(person: int) -> Callable[[Session, Exchange], int | None]:
    def act(session: Session, exchange: Exchange) -> int | None:
        offer = operations.next_offer(session, exchange, reviewer=person, now=BEGUN).offer
        return offer.submission_id if offer is not None else None

    return act


def test_parallel_reviewers_share_the_works_evenly(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=8, reviews=1)
    all_hand_in(made)

    taken = at_once(engine, made, [asking(person) for person in made.people])

    assert None not in taken
    assert max(Counter(taken).values()) == 1


def test_one_work_in_need_goes_to_one_of_those_who_run_for_it(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=7, reviews=1)
    *early, late = made.people
    for person in early:
        hand_in(made, person)
    for person in early:
        review(made, person)
    in_need = hand_in(made, late).id

    taken = at_once(engine, made, [asking(person) for person in early])

    assert Counter(taken) == {in_need: 1, None: 5}


def test_the_same_reviewer_in_many_tabs_gets_one_work(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=5)
    all_hand_in(made)

    taken = at_once(engine, made, [asking(made.people[0])] * 6)

    assert len(set(taken)) == 1
    assert session.scalar(select(func.count()).select_from(Offer)) == 1


def test_two_alone_with_each_other_both_get_the_other(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)

    for _ in range(3):
        taken = at_once(engine, made, [asking(person) for person in made.people])

        assert None not in taken


def test_a_whole_class_reviewing_at_once_keeps_every_promise(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=12, reviews=3)
    all_hand_in(made)
    words = make_words(made.exchange)

    def reviewing(person: int) -> Callable[[Session, Exchange], int]:
        def act(own: Session, exchange: Exchange) -> int:
            whims = random.Random(person)  # noqa: S311 - whims of learners, no secrets
            given = 0
            while given < 3:
                offer = operations.next_offer(own, exchange, reviewer=person, now=BEGUN).offer
                own.commit()
                if offer is None:
                    break
                if whims.random() < 0.1:
                    operations.decline_offer(
                        own, exchange, reviewer=person, offer_id=offer.id, reason="other", now=BEGUN
                    )
                else:
                    operations.give_feedback(own, exchange, reviewer=person, offer_id=offer.id, words=words, now=BEGUN)
                    given += 1
                own.commit()
            return given

        return act

    at_once(engine, made, [reviewing(person) for person in made.people])

    pairs = session.execute(select(Offer.reviewer_id, Offer.submission_id)).all()
    received = session.execute(
        select(Submission.id, func.count(Feedback.id))
        .outerjoin(Offer, Offer.submission_id == Submission.id)
        .outerjoin(Feedback, Feedback.offer_id == Offer.id)
        .group_by(Submission.id)
    ).all()
    assert len(pairs) == len(set(pairs))
    assert max(count for _, count in received) <= 3
    assert min(count for _, count in received) >= 2


def test_a_double_click_hands_in_once(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=1)
    person = made.people[0]

    def act(own: Session, exchange: Exchange) -> int:
        return operations.submit_work(own, exchange, author=person, body="My work.", base_revision=0, now=BEGUN).version

    assert at_once(engine, made, [act] * 4) == [1, 1, 1, 1]


def test_feedback_sent_twice_at_once_is_given_once(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    person = made.people[0]
    offer = operations.next_offer(session, made.exchange, reviewer=person, now=BEGUN).offer
    assert offer is not None
    offer_id, words = offer.id, make_words(made.exchange)

    def act(own: Session, exchange: Exchange) -> int:
        return operations.give_feedback(own, exchange, reviewer=person, offer_id=offer_id, words=words, now=BEGUN).id

    assert len(set(at_once(engine, made, [act] * 4))) == 1


def test_work_is_not_replaced_under_the_eyes_of_a_reviewer(session: Session, engine: Engine) -> None:
    for _ in range(4):
        made = make_class(session, learners=2, reviews=1)
        all_hand_in(made)
        author, reviewer = made.people

        def replacing(own: Session, exchange: Exchange, author: int = author) -> int | None:
            try:
                return operations.submit_work(
                    own, exchange, author=author, body="Better.", base_revision=None, now=BEGUN
                ).version
            except errors.WorkIsBeingReviewed:
                return None

        version, offered = at_once(engine, made, [replacing, asking(reviewer)])
        body = session.scalars(select(Submission.body).where(Submission.author_id == author)).one()

        assert offered is not None
        assert body == ("Better." if version == 2 else f"The work of {author}.")


def test_a_message_sent_twice_at_once_is_one(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    feedback_id, author = review(made, made.people[0]).id, made.people[1]

    def sending(own: Session, exchange: Exchange) -> int:
        return operations.say(own, exchange, writer=author, feedback_id=feedback_id, body="Thank you.", now=BEGUN).id

    said = at_once(engine, made, [sending, sending])

    assert len(set(said)) == 1
    assert session.scalars(select(Message.body)).all() == ["Thank you."]


def test_two_decisions_about_one_comment_at_once_leave_one(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    feedback_id, author = review(made, made.people[0]).id, made.people[1]

    def deciding(mark: str) -> Callable[[Session, Exchange], int]:
        def act(own: Session, exchange: Exchange) -> int:
            return operations.mark_comment(
                own, exchange, author=author, feedback_id=feedback_id, part=None, mark=mark, now=BEGUN
            ).id

        return act

    made_ids = at_once(engine, made, [deciding("use"), deciding("later")])

    assert len(set(made_ids)) == 1
    assert session.scalars(select(Mark.mark)).one() in ("use", "later")


def test_closing_and_publishing_twice_at_once_happens_once(session: Session, engine: Engine) -> None:
    made = make_class(session, publish=False)
    by = made.teacher.person_id

    def publishing(own: Session, exchange: Exchange) -> None:
        operations.publish(own, exchange, by=by, now=BEGUN)

    def closing(own: Session, exchange: Exchange) -> None:
        operations.close(own, exchange, by=by, now=BEGUN)

    def reopening(own: Session, exchange: Exchange) -> None:
        operations.reopen(own, exchange, by=by, now=BEGUN)

    at_once(engine, made, [publishing] * 3)
    at_once(engine, made, [closing] * 3)
    at_once(engine, made, [reopening] * 3)

    acts = Counter(session.scalars(select(Entry.act).where(Entry.activity_id == made.exchange.id)))
    assert (acts["exchange.published"], acts["exchange.closed"], acts["exchange.reopened"]) == (1, 1, 1)


def test_an_exchange_deleted_twice_at_once_is_missing_the_second_time(session: Session, engine: Engine) -> None:
    made = make_class(session)
    by = made.teacher.person_id

    def deleting(own: Session, exchange: Exchange) -> bool:
        try:
            operations.delete_exchange(own, exchange, by=by, now=BEGUN, storage=DatabaseStorage())
        except errors.NoSuchExchange:
            return False
        return True

    assert sorted(at_once(engine, made, [deleting] * 3)) == [False, False, True]


def test_a_copy_is_taken_back_once(session: Session, engine: Engine) -> None:
    made = make_class(session)
    author = made.people[0]
    for body in ("One tab.", "Another tab."):
        operations.save_draft(session, made.exchange, author=author, body=body, base_revision=0, now=BEGUN)
    copy_id = session.scalars(select(DraftCopy.id)).one()

    def restoring(own: Session, exchange: Exchange) -> bool:
        try:
            operations.restore_copy(own, exchange, person=author, copy_id=copy_id, now=BEGUN)
        except errors.NoSuchCopy:
            return False
        return True

    assert sorted(at_once(engine, made, [restoring] * 3)) == [False, False, True]
