"""Taking work, giving feedback, answering it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import DraftCopy, Feedback, Offer
from lti_tool.journal.models import Entry
from tests.factories.exchange import (
    BEGUN,
    Class,
    all_hand_in,
    give,
    hand_in,
    make_class,
    make_words,
    review,
    take,
    work_of,
)

LAPSED = BEGUN + rules.LEASE + timedelta(minutes=1)


@pytest.fixture
def made(session: Session) -> Class:
    made = make_class(session)
    all_hand_in(made)
    return made


def ask(made: Class, person: int, **values: object) -> operations.NextOffer:
    return operations.next_offer(made.session, made.exchange, reviewer=person, **({"now": BEGUN} | values))  # type: ignore[arg-type]


def decline(made: Class, offer: Offer) -> operations.NextOffer:
    return operations.decline_offer(
        made.session,
        made.exchange,
        reviewer=offer.reviewer_id or 0,
        offer_id=offer.id,
        reason="cannot_open",
        now=BEGUN,
    )


def draft(made: Class, offer: Offer, comment: str, *, base: int = 0, now: object = BEGUN) -> operations.Saved:
    return operations.save_feedback_draft(
        made.session,
        made.exchange,
        reviewer=offer.reviewer_id or 0,
        offer_id=offer.id,
        words=rules.Words(comment=comment),
        base_revision=base,
        now=now,  # type: ignore[arg-type]
    )


def received(made: Class, author: int) -> int:
    return (
        made.session.scalar(
            select(func.count())
            .select_from(Feedback)
            .join(Offer)
            .where(Offer.submission_id == work_of(made, author).id)
        )
        or 0
    )


def test_a_reviewer_gets_one_work_at_a_time_and_never_their_own(made: Class) -> None:
    first = take(made, made.people[0])
    again = take(made, made.people[0])

    assert first.id == again.id
    assert first.submission.author_id != made.people[0]


def test_own_work_comes_first(session: Session) -> None:
    made = make_class(session)
    hand_in(made, made.people[1])

    with pytest.raises(errors.WorkFirst):
        ask(made, made.people[0])


def test_a_draft_is_not_yet_work_of_ones_own(made: Class, session: Session) -> None:
    other = make_class(session)
    operations.save_draft(session, other.exchange, author=other.people[0], body="x", base_revision=0, now=BEGUN)

    with pytest.raises(errors.WorkFirst):
        ask(other, other.people[0])


def test_everybody_gives_and_gets_what_was_promised(made: Class) -> None:
    for _ in range(made.exchange.reviews):
        for person in made.people:
            review(made, person)

    assert [received(made, person) for person in made.people] == [2, 2, 2, 2]
    pairs = made.session.execute(select(Offer.reviewer_id, Offer.submission_id)).all()
    assert len(set(pairs)) == len(pairs) == 8


def test_the_work_in_most_need_comes_first(made: Class) -> None:
    taken = [take(made, person).submission.author_id for person in made.people]

    # By their own pairs, or by a trade; only the last may find nothing but their own left over.
    assert len(set(taken)) >= 3


def test_a_lease_that_lapsed_frees_its_place(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1, submit_by=BEGUN + timedelta(days=30))
    a, b, c = made.people
    hand_in(made, a)
    hand_in(made, b)
    assert take(made, a).submission.author_id == b
    hand_in(made, c)
    review(made, b)

    assert ask(made, c).offer is not None
    operations.decline_offer(session, made.exchange, reviewer=c, offer_id=take(made, c).id, reason="other", now=BEGUN)
    assert ask(made, c, now=LAPSED).offer is not None


def test_who_comes_back_after_the_lease_still_has_the_work_nobody_else_took(made: Class) -> None:
    offer = take(made, made.people[0])

    again = take(made, made.people[0], now=LAPSED)

    assert again.id == offer.id
    assert again.is_live_at(LAPSED)


def test_who_comes_back_after_others_served_the_work_gets_another(session: Session) -> None:
    made = make_class(session, learners=4, reviews=1)
    all_hand_in(made)
    slow = made.people[0]
    offer = take(made, slow)
    author = offer.submission.author_id or 0
    for person in (each for each in made.people if each not in (slow, author)):
        while received(made, author) == 0 and (next_one := ask(made, person, now=LAPSED).offer) is not None:
            give(made, next_one, now=LAPSED)
    assert received(made, author) == 1

    fresh = ask(made, slow, now=LAPSED).offer

    assert fresh is None or fresh.submission.author_id != author
    assert session.get_one(Offer, offer.id, populate_existing=True).state == rules.OfferState.EXPIRED


def test_saving_a_draft_begins_the_lease_anew(made: Class) -> None:
    offer = take(made, made.people[0])

    draft(made, offer, "Hm", now=BEGUN + timedelta(hours=47))

    assert offer.state == rules.OfferState.STARTED
    assert offer.is_live_at(LAPSED)


def test_what_was_written_may_be_given_even_after_the_lease(made: Class) -> None:
    offer = take(made, made.people[0])
    draft(made, offer, "Hm")

    feedback = give(made, offer, now=LAPSED + timedelta(days=3))

    assert feedback.id is not None


def test_declining_brings_another_work_at_once_and_never_the_same_again(made: Class) -> None:
    """Pain 10: the work is missing, blank or cannot be opened."""
    first = take(made, made.people[0])

    second = decline(made, first).offer
    assert second is not None
    third = decline(made, second).offer
    assert third is not None
    nothing = decline(made, third)

    assert len({first.submission_id, second.submission_id, third.submission_id}) == 3
    assert nothing.none_because == "reviewed_all"


def test_declining_twice_declines_once(made: Class) -> None:
    first = take(made, made.people[0])

    one, two = decline(made, first).offer, decline(made, first).offer

    assert one is not None
    assert two is not None
    assert one.id == two.id


def test_given_feedback_is_not_declined(made: Class) -> None:
    offer = take(made, made.people[0])
    give(made, offer)

    with pytest.raises(errors.OfferIsOver):
        decline(made, offer)


def test_a_declined_offer_takes_no_words(made: Class) -> None:
    offer = take(made, made.people[0])
    decline(made, offer)

    with pytest.raises(errors.OfferIsOver):
        draft(made, offer, "Hm")
    with pytest.raises(errors.OfferIsOver):
        give(made, offer)


def test_where_nothing_is_handed_in_yet_there_is_nothing_to_review(session: Session) -> None:
    made = make_class(session)
    hand_in(made, made.people[0])

    assert ask(made, made.people[0]).none_because == "no_work_yet"


def test_who_finds_all_work_served_waits_while_more_may_come(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1, submit_by=BEGUN + timedelta(days=3))
    a, b, c = made.people
    hand_in(made, a)
    hand_in(made, b)
    review(made, a)
    review(made, b)
    hand_in(made, c)

    assert ask(made, c).none_because == "all_served"
    assert ask(made, c, now=BEGUN + timedelta(days=4)).offer is not None


def test_early_finishers_may_help_where_feedback_is_missing(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1)
    a, b, c = made.people
    hand_in(made, a)
    hand_in(made, b)
    review(made, a)
    review(made, b)
    hand_in(made, c)

    assert take(made, a).submission.author_id == c


def test_work_of_those_who_left_is_not_handed_out(made: Class) -> None:
    made.learners[1].left_at = BEGUN
    made.session.flush()

    for _ in range(2):
        assert review(made, made.people[0]).offer.submission.author_id != made.people[1]
    assert ask(made, made.people[0]).none_because == "reviewed_all"


def test_feedback_needs_an_answer_to_each_criterion(made: Class) -> None:
    offer = take(made, made.people[0])

    with pytest.raises(errors.IncompleteFeedback) as refused:
        operations.give_feedback(
            made.session,
            made.exchange,
            reviewer=made.people[0],
            offer_id=offer.id,
            words=rules.Words(comment="Nice."),
            now=BEGUN,
        )

    assert refused.value.criteria == tuple(each.id for each in made.exchange.criteria)


def test_a_level_of_another_exchange_is_refused(made: Class, session: Session) -> None:
    other = make_class(session)
    offer = take(made, made.people[0])

    with pytest.raises(errors.UnknownAnswer):
        operations.give_feedback(
            session,
            made.exchange,
            reviewer=made.people[0],
            offer_id=offer.id,
            words=make_words(other.exchange),
            now=BEGUN,
        )


def test_nobody_gives_feedback_on_the_offer_of_another(made: Class) -> None:
    offer = take(made, made.people[0])

    with pytest.raises(errors.NoSuchOffer):
        operations.give_feedback(
            made.session,
            made.exchange,
            reviewer=made.people[1],
            offer_id=offer.id,
            words=make_words(made.exchange),
            now=BEGUN,
        )


def test_giving_twice_gives_once(made: Class) -> None:
    offer = take(made, made.people[0])

    assert give(made, offer).id == give(made, offer).id
    acts = made.session.scalars(select(Entry.act).where(Entry.act == "feedback.given")).all()
    assert len(acts) == 1


def test_other_words_for_feedback_already_given_are_kept_as_a_copy(made: Class) -> None:
    offer = take(made, made.people[0])
    first = give(made, offer, level=0)

    second = give(made, offer, level=1)

    assert second.id == first.id
    assert made.session.scalars(select(DraftCopy.offer_id)).all() == [offer.id]


def test_two_tabs_writing_feedback_lose_nothing(made: Class) -> None:
    offer = take(made, made.people[0])
    draft(made, offer, "Tab one")
    saved = draft(made, offer, "Tab two")

    mine = queries.my_review(made.session, made.exchange, made.people[0], offer.id, now=BEGUN)

    assert saved.conflict
    assert mine is not None
    assert mine.words.comment == "Tab two"
    assert [each.content["comment"] for each in mine.copies] == ["Tab one"]


def test_nothing_is_given_once_the_exchange_is_closed(made: Class) -> None:
    offer = take(made, made.people[0])
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    with pytest.raises(errors.NotOpen):
        give(made, offer)
    with pytest.raises(errors.NotOpen):
        ask(made, made.people[1])
    assert draft(made, offer, "Almost done").revision == 1


def test_the_journal_does_not_tell_who_reviewed_whom(made: Class) -> None:
    review(made, made.people[0])

    entry = made.session.scalars(select(Entry).where(Entry.act == "feedback.given")).one()
    assert set(entry.particulars) == {"feedback_id", "is_late"}


def test_reading_is_noted_once(made: Class) -> None:
    feedback = review(made, made.people[0])
    author = feedback.offer.submission.author_id or 0

    operations.mark_read(made.session, made.exchange, author=author, now=BEGUN)
    operations.mark_read(made.session, made.exchange, author=author, now=LAPSED)
    (received_now,) = queries.student_page(made.session, made.exchange, author, now=LAPSED).received

    assert not received_now.is_new
    assert received_now.feedback.read_at == BEGUN
