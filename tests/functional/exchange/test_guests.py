"""Who has handed in nothing helps where a reader is lacking, and takes nobody's place."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership
from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import Offer, PlannedPair, Release
from lti_tool.exchange.operations import pairing
from lti_tool.files.storage import DatabaseStorage
from tests.factories.courses import make_member
from tests.factories.exchange import BEGUN, Class, give, hand_in, make_class, review, take
from tests.factories.pairing import assert_plan_is_sound

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DUE = BEGUN + 7 * DAY
OVER = BEGUN + 14 * DAY
LATE = OVER + HOUR


@pytest.fixture
def made(session: Session) -> Class:
    """Four have handed in and three have given their two; guests may come. The fifth and sixth hand in nothing."""
    made = make_class(session, learners=6, reviews=2, submit_by=DUE, review_by=OVER)
    options = rules.PairingOptions(guests=True)
    operations.choose_pairing(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    for person in made.people[:4]:
        hand_in(made, person)
    return made


@pytest.fixture
def short(made: Class) -> Class:
    """The reviews are due, and one of four gave none: two works lack a reader each."""
    for person in made.people[:3] * 2:
        review(made, person)
    pairing.tend(made.session, made.exchange, now=LATE)
    return made


@pytest.fixture
def changed_mind(made: Class) -> Class:
    """The fifth took their work back, so they have left a seat. Nobody has begun, and the fourth is excused."""
    hand_in(made, made.people[4])
    operations.withdraw_work(made.session, made.exchange, author=made.people[4], now=DUE - HOUR)
    operations.excuse(
        made.session, made.exchange, person=made.people[3], owes=0, why="Ill.", by=made.teacher.person_id, now=DUE
    )
    return made


def ask(made: Class, place: int, now: object = LATE) -> operations.NextOffer:
    return operations.next_offer(made.session, made.exchange, reviewer=made.people[place], now=now)  # type: ignore[arg-type]


def lacking(made: Class) -> int:
    return int(
        made.session.scalar(
            text(
                "select coalesce(sum(greatest(lacks, 0)), 0) from exchange_seat"
                " where exchange_id = :id and left_at is null"
            ),
            {"id": made.exchange.id},
        )
    )


def test_without_the_teachers_word_own_work_comes_first(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1)
    hand_in(made, made.people[0])

    with pytest.raises(errors.WorkFirst):
        ask(made, 2)


def test_nothing_is_given_to_a_guest_while_works_may_come(made: Class) -> None:
    assert ask(made, 4, DUE - HOUR).none_because == "guest_later"


def test_what_the_plan_still_reads_is_none_for_a_guest(made: Class) -> None:
    assert ask(made, 4, DUE + HOUR).none_because == "guest_later"


def test_a_guest_reads_what_a_no_show_left(short: Class) -> None:
    assert lacking(short) == 2

    offer = ask(short, 4).offer

    assert offer is not None
    give(short, offer, now=LATE)
    assert lacking(short) == 1
    assert_plan_is_sound(short.session, short.exchange)


def test_a_guest_reads_nothing_twice_and_no_more_than_others_are_asked_for(short: Class) -> None:
    read = []
    while offer := ask(short, 4).offer:
        read.append(offer.submission_id)
        give(short, offer, now=LATE)

    assert len(set(read)) == len(read) == 2
    assert ask(short, 4).none_because == "guest_done"


def test_two_asks_get_one_work(short: Class) -> None:
    first, second = ask(short, 4).offer, ask(short, 4).offer

    assert first is not None
    assert first is second


def test_a_guest_who_cannot_read_a_work_hands_it_back_and_is_planned_for_nothing(short: Class) -> None:
    offer = ask(short, 4).offer
    assert offer is not None

    found = operations.decline_offer(
        short.session, short.exchange, reviewer=short.people[4], offer_id=offer.id, reason="other", now=LATE
    )

    assert found.offer is not None
    assert found.offer.submission_id != offer.submission_id
    rows = select(func.count()).where(PlannedPair.reviewer_id == short.people[4], PlannedPair.begun_at.is_(None))
    assert short.session.scalar(rows) == 0
    assert_plan_is_sound(short.session, short.exchange)


def test_who_comes_after_all_still_has_something_to_read(short: Class) -> None:
    for place in (4, 5):
        while offer := ask(short, place).offer:
            give(short, offer, now=LATE)

    given = 0
    while offer := ask(short, 3).offer:
        give(short, offer, now=LATE)
        given += 1

    assert given >= 2
    assert_plan_is_sound(short.session, short.exchange)


def test_a_guest_who_hands_in_after_all_is_asked_for_that_much_less(short: Class) -> None:
    offer = ask(short, 4).offer
    assert offer is not None
    give(short, offer, now=LATE)

    hand_in(short, short.people[4], now=LATE)

    assert_plan_is_sound(short.session, short.exchange)
    page = queries.student_page(short.session, short.exchange, short.people[4], now=LATE)
    assert page.given == 1


def test_groups_of_the_lms_keep_guests_apart_too(short: Class) -> None:
    options = rules.PairingOptions(guests=True, groups=rules.OTHER_GROUPS)
    people = short.session.scalars(select(Membership).where(Membership.person_id.in_(short.people[:5]))).all()
    for each in people:
        each.groups = ["reds"]
    short.session.flush()
    operations.choose_pairing(short.session, short.exchange, options, by=short.teacher.person_id, now=LATE)

    assert ask(short, 4).offer is None
    assert ask(short, 5).offer is not None


def test_a_work_that_a_guest_lets_lie_is_free_again(short: Class) -> None:
    assert ask(short, 4).offer is not None
    assert lacking(short) == 1

    pairing.tend(short.session, short.exchange, now=LATE + 3 * DAY)

    assert lacking(short) == 2
    assert_plan_is_sound(short.session, short.exchange)


def test_an_author_who_leaves_takes_the_work_from_a_guest_who_gets_no_other_for_it(short: Class) -> None:
    offer = ask(short, 4).offer
    assert offer is not None
    author = offer.submission.author_id
    assert author is not None

    pairing.leave_seat(short.session, short.exchange, person=author, now=LATE)

    short.session.refresh(offer)
    assert offer.state == rules.OfferState.EXPIRED
    assert short.session.scalars(select(PlannedPair).where(PlannedPair.reviewer_id == short.people[4])).all() == []
    assert_plan_is_sound(short.session, short.exchange)


def test_a_guest_who_is_forgotten_leaves_no_trace_and_the_work_looks_for_another(short: Class) -> None:
    offer = ask(short, 4).offer
    assert offer is not None

    privacy.forget_person(short.session, short.people[4], now=LATE, storage=DatabaseStorage())

    assert lacking(short) == 2
    assert short.session.scalars(select(PlannedPair).where(PlannedPair.reviewer_id == short.people[4])).all() == []
    assert queries.replay(short.session, short.exchange) == ()


def test_nobody_owes_anything_because_of_guests(short: Class) -> None:
    before = queries.who_owes(short.session, short.exchange)
    offer = ask(short, 4).offer
    assert offer is not None
    give(short, offer, now=LATE)

    assert queries.who_owes(short.session, short.exchange) == before
    overview = queries.overview(short.session, short.exchange, now=LATE)
    assert overview.submitted == 4
    assert overview.feedback_owed == 8
    assert queries.replay(short.session, short.exchange) == ()


def test_the_page_offers_it_and_shows_the_work_in_hand(short: Class) -> None:
    page = queries.student_page(short.session, short.exchange, short.people[4], now=LATE)
    assert (page.step, page.available) == ("submit", "guest")

    ask(short, 4)

    page = queries.student_page(short.session, short.exchange, short.people[4], now=LATE)
    assert page.step == "review"
    assert page.open_review is not None


def test_where_nothing_is_taken_any_more_helping_is_what_is_left(short: Class) -> None:
    late = rules.LateOptions(work=rules.REFUSED)
    operations.set_options(short.session, short.exchange, late, by=short.teacher.person_id, now=BEGUN)

    page = queries.student_page(short.session, short.exchange, short.people[4], now=LATE)

    assert (page.step, page.available) == ("help", "guest")


def test_somebody_new_in_the_course_may_help(short: Class) -> None:
    newcomer = make_member(short.session, short.course).person_id

    offer = operations.next_offer(short.session, short.exchange, reviewer=newcomer, now=LATE).offer

    assert offer is not None
    give(short, offer, now=LATE)
    assert short.session.scalar(select(func.count()).where(Offer.reviewer_id == newcomer)) == 1


def test_where_it_is_shown_live_there_are_no_guests(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1)
    operations.set_options(session, made.exchange, rules.WorkOptions(live=True), by=made.teacher.person_id, now=BEGUN)
    operations.set_options(
        session, made.exchange, rules.PairingOptions(guests=True), by=made.teacher.person_id, now=BEGUN
    )

    assert not made.exchange.takes_guests


def test_taking_is_a_step_of_everybody_else(short: Class) -> None:
    offer = take(short, short.people[3], now=LATE)
    assert offer is not None
    while found := ask(short, 4).offer:
        give(short, found, now=LATE)
    assert_plan_is_sound(short.session, short.exchange)


@pytest.mark.parametrize(
    "grading, score",
    [
        (rules.GradingOptions(work=0, giving=100), 5.0),
        (rules.GradingOptions(work=50, giving=50), None),
        (rules.GradingOptions(), None),
    ],
    ids=["giving alone", "giving too", "the work"],
)
def test_a_guest_has_a_grade_where_giving_is_all_that_counts(
    short: Class, grading: rules.GradingOptions, score: float | None
) -> None:
    operations.set_options(short.session, short.exchange, grading, by=short.teacher.person_id, now=BEGUN)
    offer = ask(short, 4).offer
    assert offer is not None
    give(short, offer, now=LATE)

    operations.close(short.session, short.exchange, by=short.teacher.person_id, now=LATE + DAY)

    out = select(Release.score).where(Release.person_id == short.people[4])
    assert short.session.scalar(out) == score
    # Who neither handed in nor gave has none in any case.
    assert short.session.scalar(select(Release.score).where(Release.person_id == short.people[5])) is None
    assert all(each.agrees for each in queries.recomputed(short.session, short.exchange))


def test_who_took_their_work_back_hands_back_what_they_read_and_is_planned_for_nothing(changed_mind: Class) -> None:
    made, guest = changed_mind, changed_mind.people[4]
    offer = ask(made, 4, DUE + HOUR).offer
    assert offer is not None

    operations.decline_offer(
        made.session, made.exchange, reviewer=guest, offer_id=offer.id, reason="other", now=DUE + HOUR
    )

    rows = select(func.count()).where(PlannedPair.reviewer_id == guest, PlannedPair.begun_at.is_(None))
    assert made.session.scalar(rows) == 0
    assert queries.replay(made.session, made.exchange) == ()


def test_who_took_their_work_back_gets_no_other_when_the_author_leaves(changed_mind: Class) -> None:
    made, guest = changed_mind, changed_mind.people[4]
    offer = ask(made, 4, DUE + HOUR).offer
    assert offer is not None
    assert offer.submission.author_id is not None

    pairing.leave_seat(made.session, made.exchange, person=offer.submission.author_id, now=DUE + HOUR)

    assert made.session.scalars(select(PlannedPair).where(PlannedPair.reviewer_id == guest)).all() == []
    assert queries.replay(made.session, made.exchange) == ()


def test_who_took_their_work_back_and_is_forgotten_leaves_the_work_to_another(changed_mind: Class) -> None:
    made, before = changed_mind, lacking(changed_mind)
    assert ask(made, 4, DUE + HOUR).offer is not None
    assert lacking(made) == before - 1

    privacy.forget_person(made.session, made.people[4], now=DUE + HOUR, storage=DatabaseStorage())

    assert lacking(made) == before
    assert queries.replay(made.session, made.exchange) == ()
