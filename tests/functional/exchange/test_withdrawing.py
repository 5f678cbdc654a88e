"""Taking work back: for its author, for those who were reading it, and for the plan around it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import Exchange, Offer, PlannedPair, Withdrawal
from lti_tool.exchange.rules import OfferState
from lti_tool.files.storage import DatabaseStorage
from lti_tool.journal.models import Entry
from lti_tool.notices.models import Notice
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, make_words, take, work_of
from tests.functional.exchange.test_concurrency import at_once

LATER = BEGUN + timedelta(hours=1)
STORAGE = DatabaseStorage()


def withdraw(made: Class, person: int) -> None:
    operations.withdraw_work(made.session, made.exchange, author=person, now=LATER)
    made.session.expire_all()


def reader_of(made: Class, author: int) -> Offer:
    """An offer of *author*'s work, taken by whoever of the others comes to it first."""
    for person in made.people:
        if person != author:
            offer = take(made, person)
            if offer.submission.author_id == author:
                return offer
    raise AssertionError("nobody reads it")


def write(made: Class, offer: Offer, comment: str = "Half a thought.") -> None:
    assert offer.reviewer_id is not None
    words = rules.Words(comment=comment)
    operations.save_feedback_draft(
        made.session,
        made.exchange,
        reviewer=offer.reviewer_id,
        offer_id=offer.id,
        words=words,
        base_revision=0,
        now=BEGUN,
    )


def pairs(made: Class) -> list[tuple[int, int]]:
    rows = made.session.execute(
        select(PlannedPair.reviewer_id, PlannedPair.author_id).where(PlannedPair.exchange_id == made.exchange.id)
    )
    return [(one, other) for one, other in rows]


def page_of(made: Class, person: int) -> queries.StudentPage:
    return queries.student_page(made.session, made.exchange, person, now=LATER)


def test_work_that_nobody_reads_becomes_a_draft_again(session: Session) -> None:
    made = make_class(session)
    all_hand_in(made)
    author = made.people[0]

    withdraw(made, author)

    work = work_of(made, author)
    assert (work.state, work.draft, work.submitted_at) == ("draft", f"The work of {author}.", None)
    assert work.withdrawal is not None
    assert all(author not in pair for pair in pairs(made))
    assert page_of(made, author).step == "submit"
    acts = session.scalars(select(Entry.act).where(Entry.act == "work.withdrawn")).all()
    assert len(acts) == 1


def test_taking_back_twice_takes_back_once_and_what_was_never_handed_in_stays_a_draft(session: Session) -> None:
    made = make_class(session)
    all_hand_in(made)
    newcomer = make_member(session, made.course).person_id

    withdraw(made, made.people[0])
    withdraw(made, made.people[0])
    withdraw(made, newcomer)

    assert len(session.scalars(select(Withdrawal)).all()) == 1


def test_the_plan_closes_around_whoever_withdraws(session: Session) -> None:
    made = make_class(session, learners=8)
    all_hand_in(made)

    withdraw(made, made.people[3])

    others = [person for person in made.people if person != made.people[3]]
    assert Counter(one for one, _ in pairs(made)) == dict.fromkeys(others, 2)
    assert Counter(other for _, other in pairs(made)) == dict.fromkeys(others, 2)


def test_a_reader_keeps_their_words_is_told_and_gets_another_work_at_once(session: Session) -> None:
    made = make_class(session, learners=6)
    all_hand_in(made)
    author = made.people[0]
    offer = reader_of(made, author)
    reader = offer.reviewer_id
    assert reader is not None
    write(made, offer)

    withdraw(made, author)

    page = page_of(made, reader)
    assert page.open_review is not None
    assert page.open_review.submission.author_id != author
    assert [each.words.comment for each in page.taken_back] == ["Half a thought."]
    told = session.scalars(select(Notice).where(Notice.person_id == reader, Notice.kind == "work_taken_back")).one()
    assert told.facts["offer_id"] == page.open_review.offer.id
    assert queries.why_gone(session, made.exchange, reader, offer.id)


def test_what_tells_the_reader_does_not_tell_who_the_author_is(session: Session) -> None:
    made = make_class(session, learners=6)
    all_hand_in(made)
    offer = reader_of(made, made.people[0])

    withdraw(made, made.people[0])

    told = session.scalars(select(Notice).where(Notice.kind == "work_taken_back")).one()
    assert set(told.facts) <= {"offer_id"}
    entry = session.scalars(select(Entry).where(Entry.act == "work.withdrawn")).one()
    assert str(offer.id) not in str(sorted(set(entry.particulars) - {"submission_id"}))
    assert set(entry.particulars) == {"submission_id"}


def test_a_reader_in_a_class_with_no_other_work_waits_and_reads_the_new_version_when_it_comes(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    author, reader = made.people
    offer = take(made, reader)
    write(made, offer)

    withdraw(made, author)
    assert page_of(made, reader).open_review is None

    hand_in(made, author, body="Second thoughts.", now=LATER)
    again = take(made, reader, now=LATER)
    assert (again.id, again.version, again.reason) == (offer.id, 2, "")
    assert page_of(made, reader).taken_back == ()
    assert page_of(made, reader).reviews[0].words.comment == "Half a thought."


def test_feedback_that_was_given_stays_with_both_and_counts_when_the_work_is_back(session: Session) -> None:
    made = make_class(session, learners=5)
    all_hand_in(made)
    author = made.people[0]
    offer = reader_of(made, author)
    given = give(made, offer)

    withdraw(made, author)

    assert offer.reviewer_id is not None
    assert [each.feedback.id for each in page_of(made, author).received] == [given.id]
    assert [each.feedback for each in page_of(made, offer.reviewer_id).reviews if each.feedback] == [given]
    hand_in(made, author, body="Better.", now=LATER)
    received = [one for one, other in pairs(made) if other == author]
    assert len(received) == 2
    assert offer.reviewer_id in received


def test_the_version_that_was_reviewed_keeps_its_files_when_the_draft_changes(session: Session) -> None:
    made = make_class(session, learners=4)
    author = made.people[0]
    file = operations.attach_file(
        session, made.exchange, author=author, data=b"Notes.", now=BEGUN, storage=STORAGE, max_bytes=100
    )
    all_hand_in(made)
    offer = reader_of(made, author)
    give(made, offer)
    withdraw(made, author)

    operations.remove_file(session, made.exchange, author=author, file_id=file.id, now=LATER, storage=STORAGE)

    assert offer.reviewer_id is not None
    (review,) = (each for each in page_of(made, offer.reviewer_id).reviews if each.offer.id == offer.id)
    assert [each.id for each in review.files] == [file.id]
    assert work_of(made, author).files == []


def test_whoever_withdraws_goes_on_with_what_they_are_reading_and_takes_nothing_new(session: Session) -> None:
    made = make_class(session, learners=5)
    all_hand_in(made)
    me = made.people[0]
    mine = take(made, me)

    withdraw(made, me)

    assert mine.is_open
    give(made, mine, now=LATER)
    with pytest.raises(errors.WorkFirst):
        operations.next_offer(session, made.exchange, reviewer=me, now=LATER)
    hand_in(made, me, body="Back again.", now=LATER)
    assert len([one for one, _ in pairs(made) if one == me]) == 2


def test_the_same_words_can_be_handed_in_again_and_no_copy_of_them_is_left_over(session: Session) -> None:
    made = make_class(session)
    all_hand_in(made)
    author = made.people[0]
    withdraw(made, author)

    hand_in(made, author, now=LATER)

    work = work_of(made, author)
    assert (work.state, work.version, work.withdrawal) == ("submitted", 2, None)
    assert page_of(made, author).work is not None
    assert page_of(made, author).work.copies == ()  # type: ignore[union-attr]


def test_work_that_was_in_time_is_late_when_it_comes_back_late(session: Session) -> None:
    made = make_class(session, submit_by=BEGUN + timedelta(minutes=1))
    all_hand_in(made)
    author = made.people[0]
    withdraw(made, author)
    hand_in(made, author, now=LATER)

    mine = queries.my_work(session, made.exchange, author, now=LATER)
    assert mine is not None
    assert mine.is_late


def test_work_on_which_a_grade_rests_is_not_taken_back(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    for person in made.people:
        give(made, take(made, person))

    with pytest.raises(errors.GradeIsOut):
        withdraw(made, made.people[0])


def test_nothing_is_taken_back_once_the_exchange_is_closed(session: Session) -> None:
    made = make_class(session)
    all_hand_in(made)
    operations.close(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    with pytest.raises(errors.NotOpen):
        withdraw(made, made.people[0])


def test_staff_see_that_a_work_was_taken_back(session: Session) -> None:
    made = make_class(session)
    all_hand_in(made)
    withdraw(made, made.people[0])

    rows = {row.person_id: row for row in queries.overview(session, made.exchange, now=LATER).rows}

    assert rows[made.people[0]].withdrawn_at == LATER
    assert rows[made.people[0]].submitted_at is None
    assert rows[made.people[1]].withdrawn_at is None


def test_a_person_gets_to_know_when_they_took_work_back_and_it_is_forgotten_with_them(session: Session) -> None:
    made = make_class(session)
    all_hand_in(made)
    me = made.people[0]
    withdraw(made, me)

    assert privacy.export_person(session, me)["work"][0]["withdrawn_at"] == LATER.isoformat()
    privacy.forget_person(session, me, now=LATER, storage=STORAGE)
    assert session.scalars(select(Withdrawal)).all() == []


def test_the_works_of_whoever_left_and_came_back_are_counted_right(session: Session) -> None:
    made = make_class(session, learners=5)
    all_hand_in(made)
    author = made.people[0]
    give(made, reader_of(made, author))
    withdraw(made, author)
    hand_in(made, author, body="Again.", now=LATER)

    begun, lacks = session.execute(
        text("select begun, lacks from exchange_seat where exchange_id = :exchange and person_id = :person"),
        {"exchange": made.exchange.id, "person": author},
    ).one()
    assert (begun, lacks) == (1, 0)


def test_taking_back_while_somebody_takes_the_work_leaves_no_offer_open(session: Session, engine: Engine) -> None:
    made = make_class(session, learners=4)
    all_hand_in(made)
    author = made.people[0]

    def taking(person: int) -> Callable[[Session, Exchange], None]:
        def act(session: Session, exchange: Exchange) -> None:
            operations.next_offer(session, exchange, reviewer=person, now=BEGUN)

        return act

    def withdrawing(session: Session, exchange: Exchange) -> None:
        operations.withdraw_work(session, exchange, author=author, now=LATER)

    at_once(engine, made, [withdrawing, *(taking(person) for person in made.people[1:])])

    work = work_of(made, author)
    states = session.scalars(select(Offer.state).where(Offer.submission_id == work.id)).all()
    assert work.submitted_at is None
    assert not set(states) & {OfferState.OFFERED, OfferState.STARTED}


def test_feedback_for_a_work_that_is_gone_is_refused_and_says_why(session: Session) -> None:
    made = make_class(session, learners=5)
    all_hand_in(made)
    offer = reader_of(made, made.people[0])
    withdraw(made, made.people[0])

    assert offer.reviewer_id is not None
    with pytest.raises(errors.OfferIsOver) as refused:
        operations.give_feedback(
            session,
            made.exchange,
            reviewer=offer.reviewer_id,
            offer_id=offer.id,
            words=make_words(made.exchange),
            now=LATER,
        )
    assert refused.value.reason == rules.WITHDRAWN
