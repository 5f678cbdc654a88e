"""What staff do for those who are stuck: each repair moves the plan, can be undone, and can be replayed."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import Exchange, Excusal, Offer, PairRule, PlannedPair, Seat
from lti_tool.exchange.operations import pairing
from lti_tool.exchange.rules.standing import Standing, replayed
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, review, take

LATER = BEGUN + timedelta(days=3)
AFTERWARDS = LATER + timedelta(minutes=5)


@pytest.fixture
def made(session: Session) -> Class:
    """Eight, two reviews each; the first three have given theirs, the others give no sign for three days."""
    made = make_class(session, learners=8)
    all_hand_in(made)
    for person in made.people[:3]:
        for _ in range(2):
            review(made, person, now=BEGUN)
    return made


def pairs_of(made: Class) -> dict[tuple[int, int], bool]:
    rows = made.session.scalars(
        select(PlannedPair).where(PlannedPair.exchange_id == made.exchange.id).execution_options(populate_existing=True)
    )
    return {(each.reviewer_id, each.author_id): each.begun_at is not None for each in rows}


def seats_of(made: Class) -> dict[int, Seat]:
    rows = select(Seat).where(Seat.exchange_id == made.exchange.id).execution_options(populate_existing=True)
    return {each.person_id: each for each in made.session.scalars(rows)}


def assert_tallies_are_right(made: Class) -> None:
    """What a seat lacks is what its work has too few readers of, and it can be replayed."""
    pairs, seats = pairs_of(made), seats_of(made)
    for person, seat in seats.items():
        assert seat.lacks == made.exchange.reviews - sum(author == person for _, author in pairs)
        assert seat.begun == sum(is_begun for (_, author), is_begun in pairs.items() if author == person)
    plan = Standing(seed=made.exchange.seed, reviews=made.exchange.reviews)
    assert replayed(queries.pairing_events(made.session, made.exchange), plan).pairs == pairs


def reasons_of(made: Class, person: int, *, now: object = LATER) -> list[str]:
    found = queries.cockpit(made.session, made.exchange, now=now)  # type: ignore[arg-type]
    return [each.why for row in found.rows if row.person_id == person for each in row.why]


def idle_one(made: Class) -> int:
    """Somebody who keeps works from others."""
    return made.people[5]


# Who is stuck


def test_who_keeps_works_and_gives_no_sign_is_idle_and_so_are_the_readers_of_those_works(made: Class) -> None:
    idle = idle_one(made)
    author = next(author for (reviewer, author), begun in pairs_of(made).items() if reviewer == idle and not begun)

    assert "idle" in reasons_of(made, idle)
    assert "reader_idle" in reasons_of(made, author)
    assert reasons_of(made, idle, now=BEGUN + timedelta(hours=1)) == []


def test_who_has_read_all_that_the_rules_allow_is_told_apart_from_who_only_waits(session: Session) -> None:
    """Pain 20: waiting with no reason shown, and a staff list that is wrong or incomplete."""
    made = make_class(session, learners=3, reviews=2)
    a, b, c = made.people
    for person in (a, b):
        hand_in(made, person)
    review(made, a)

    assert "no_pair" in reasons_of(made, a, now=BEGUN + timedelta(hours=1))
    # Days later no work is expected any more, and nobody owes what cannot be had.
    assert "no_pair" not in reasons_of(made, a)
    hand_in(made, c, now=LATER)
    assert "no_pair" not in reasons_of(made, a)


def test_work_that_no_classmate_can_read_is_for_staff_at_once(session: Session) -> None:
    """Pain 4: in a small course people wait for peers for ever."""
    made = make_class(session, learners=2, reviews=2)
    all_hand_in(made)

    assert "for_staff" in reasons_of(made, made.people[0], now=BEGUN)


def test_work_that_early_finishers_leave_is_for_staff_after_two_days(session: Session) -> None:
    """Pain 6: the last one in, after all have finished, gets no reviews."""
    made = make_class(session, learners=4, reviews=1)
    for person in made.people[:3]:
        hand_in(made, person)
    for person in made.people[:3]:
        review(made, person)
    last = made.people[3]
    hand_in(made, last)

    assert "wants_reader" in reasons_of(made, last, now=BEGUN + timedelta(hours=1))
    assert "for_staff" in reasons_of(made, last)
    assert queries.cockpit(session, made.exchange, now=LATER).unmet == 1


def test_who_handed_in_nothing_is_stuck_once_it_is_due_and_nobody_is_stuck_in_a_draft(session: Session) -> None:
    made = make_class(session, submit_by=BEGUN + timedelta(days=1))
    draft = make_class(session, submit_by=BEGUN + timedelta(days=1), publish=False)

    assert reasons_of(made, made.people[0]) == ["no_work"]
    assert reasons_of(made, made.people[0], now=BEGUN) == []
    assert reasons_of(draft, draft.people[0]) == []


def test_who_left_is_not_stuck(made: Class) -> None:
    made.learners[5].left_at = LATER
    made.session.flush()

    assert reasons_of(made, idle_one(made)) == []


# Works of an idle reader


def test_works_of_an_idle_reader_go_to_others_and_come_back(made: Class) -> None:
    """Pains 5 and 11: reviewers stranded with no-shows, authors whose reviewer does not deliver."""
    idle, teacher = idle_one(made), made.teacher.person_id
    kept = [pair for pair, begun in pairs_of(made).items() if pair[0] == idle]

    repair = operations.free_works(made.session, made.exchange, person=idle, by=teacher, now=LATER)

    assert not [pair for pair in pairs_of(made) if pair[0] == idle]
    assert {author for _, author in kept} <= {id for id, seat in seats_of(made).items() if seat.lacks == 1}
    assert_tallies_are_right(made)
    assert all(queries.readers_for(made.session, made.exchange, author, now=LATER) for _, author in kept)

    back = operations.undo(made.session, made.exchange, repair_id=repair.id, by=teacher, now=AFTERWARDS)

    assert back == len(kept)
    assert {pair for pair in pairs_of(made) if pair[0] == idle} == set(kept)
    assert_tallies_are_right(made)
    assert operations.undo(made.session, made.exchange, repair_id=repair.id, by=teacher, now=AFTERWARDS) == 0


def test_freed_works_are_not_kept_for_the_same_reader_by_the_next_look_after_the_plan(made: Class) -> None:
    idle = idle_one(made)
    operations.free_works(made.session, made.exchange, person=idle, by=made.teacher.person_id, now=LATER)

    pairing.mend(made.session, made.exchange, now=AFTERWARDS)

    assert not [pair for pair in pairs_of(made) if pair[0] == idle]


def test_works_of_who_is_late_are_offered_to_early_finishers_and_not_kept_for_the_late_again(session: Session) -> None:
    """Pains 5 and 11: looking after the plan used to give freed works right back to who does not come."""
    made = make_class(session, learners=6, review_by=BEGUN + timedelta(days=1))
    all_hand_in(made)
    early = made.people[0]
    for _ in range(2):
        review(made, early)

    operations.tend(session, made.exchange, now=LATER)

    assert set(pairs_of(made).values()) == {True}
    assert queries.available(session, made.exchange, early, owes=0, now=LATER)[0] == "extra"
    assert_tallies_are_right(made)


def test_who_was_freed_of_works_may_still_come(made: Class) -> None:
    idle = idle_one(made)
    operations.free_works(made.session, made.exchange, person=idle, by=made.teacher.person_id, now=LATER)

    give(made, take(made, idle, now=AFTERWARDS), now=AFTERWARDS)
    assert_tallies_are_right(made)


def test_what_somebody_writes_about_stays_theirs(made: Class) -> None:
    writer = made.people[4]
    offer = take(made, writer, now=LATER)
    words = rules.Words(comment="I begin")
    operations.save_feedback_draft(
        made.session, made.exchange, reviewer=writer, offer_id=offer.id, words=words, base_revision=0, now=LATER
    )

    operations.free_works(made.session, made.exchange, person=writer, by=made.teacher.person_id, now=LATER)

    assert [begun for (reviewer, _), begun in pairs_of(made).items() if reviewer == writer] == [True]
    with pytest.raises(errors.NothingToFree):
        operations.free_works(made.session, made.exchange, person=writer, by=made.teacher.person_id, now=LATER)
    give(made, offer, now=LATER)
    assert_tallies_are_right(made)


def test_a_work_taken_and_let_lie_is_freed_too_and_its_place_is_not_lost(made: Class) -> None:
    """Pain 7: handed a work and blocked by it; only the professor could reset."""
    idle = idle_one(made)
    offer = take(made, idle, now=BEGUN)

    repair = operations.free_works(made.session, made.exchange, person=idle, by=made.teacher.person_id, now=LATER)

    made.session.refresh(offer)
    assert offer.state == "expired"
    assert_tallies_are_right(made)
    operations.undo(made.session, made.exchange, repair_id=repair.id, by=made.teacher.person_id, now=AFTERWARDS)
    assert_tallies_are_right(made)
    take(made, idle, now=AFTERWARDS)


# A reader for a work


def freed(made: Class) -> int:
    """An author whose work lacks a reader."""
    idle = idle_one(made)
    author = next(author for reviewer, author in pairs_of(made) if reviewer == idle)
    operations.free_works(made.session, made.exchange, person=idle, by=made.teacher.person_id, now=LATER)
    return author


def test_the_best_reader_is_somebody_who_is_there_and_does_not_read_it_yet(made: Class) -> None:
    author = freed(made)
    readers = queries.readers_for(made.session, made.exchange, author, now=LATER)

    repair = operations.give_to_reader(made.session, made.exchange, author=author, by=made.teacher.person_id, now=LATER)

    assert repair.person_id == readers[0].person_id
    assert not readers[0].is_idle
    assert author not in [each.person_id for each in readers]
    assert pairs_of(made)[repair.person_id, author] is False
    assert_tallies_are_right(made)


def test_a_named_reader_gets_the_work_next_and_is_told(made: Class) -> None:
    """Pain 8: willing volunteers are starved by a strict queue."""
    author = freed(made)
    reader = next(
        each.person_id
        for each in queries.readers_for(made.session, made.exchange, author, now=LATER)
        if each.person_id in made.people[:3]
    )

    operations.give_to_reader(
        made.session, made.exchange, author=author, reader=reader, by=made.teacher.person_id, now=LATER
    )

    told = made.session.scalars(select(Notice.kind).where(Notice.person_id == reader)).all()
    assert "asked_to_read" in told
    offer = take(made, reader, now=AFTERWARDS)
    assert offer.submission.author_id == author
    give(made, offer, now=AFTERWARDS)
    assert_tallies_are_right(made)


def test_what_staff_gave_stays_with_its_reader_when_all_is_mixed_again_and_past_the_date(session: Session) -> None:
    made = make_class(session, learners=6, review_by=BEGUN + timedelta(days=1))
    all_hand_in(made)
    operations.tend(session, made.exchange, now=LATER)
    author = made.people[0]
    repair = operations.give_to_reader(session, made.exchange, author=author, by=made.teacher.person_id, now=LATER)
    pair = (repair.person_id, author)

    operations.tend(session, made.exchange, now=LATER + timedelta(hours=1))
    assert pair in pairs_of(made)
    operations.mix_again(session, made.exchange, now=LATER + timedelta(hours=1))
    assert pair in pairs_of(made)

    operations.tend(session, made.exchange, now=LATER + timedelta(days=3))
    assert pair not in pairs_of(made)
    assert_tallies_are_right(made)


def test_giving_a_work_is_undone_until_its_reader_begins(made: Class) -> None:
    author, teacher = freed(made), made.teacher.person_id
    one = operations.give_to_reader(made.session, made.exchange, author=author, by=teacher, now=LATER)
    operations.undo(made.session, made.exchange, repair_id=one.id, by=teacher, now=LATER)

    assert (one.person_id, author) not in pairs_of(made)
    assert made.session.scalars(select(PairRule)).all() == []
    assert_tallies_are_right(made)
    other = operations.give_to_reader(
        made.session, made.exchange, author=author, reader=one.person_id, by=teacher, now=LATER
    )
    take(made, other.person_id, now=AFTERWARDS)
    with pytest.raises(errors.BegunAlready):
        operations.undo(made.session, made.exchange, repair_id=other.id, by=teacher, now=AFTERWARDS)


def test_nobody_gets_their_own_work_a_work_they_read_or_one_the_teacher_keeps_from_them(made: Class) -> None:
    author, teacher = freed(made), made.teacher.person_id
    reader = next(reviewer for reviewer, other in pairs_of(made) if other == author)
    kept_apart = queries.readers_for(made.session, made.exchange, author, now=LATER)[0].person_id
    row = PairRule(exchange_id=made.exchange.id, reviewer_id=kept_apart, author_id=author, kind="never", at=BEGUN)
    made.session.add(row)
    made.session.flush()

    for wrong in (author, reader, kept_apart):
        with pytest.raises(errors.CannotRead), made.session.begin_nested():
            operations.give_to_reader(made.session, made.exchange, author=author, reader=wrong, by=teacher, now=LATER)
    assert kept_apart not in [
        each.person_id for each in queries.readers_for(made.session, made.exchange, author, now=LATER)
    ]


def test_where_nobody_may_read_a_work_staff_are_told_so(session: Session) -> None:
    made = make_class(session, learners=2)
    all_hand_in(made)

    with pytest.raises(errors.NobodyToRead):
        operations.give_to_reader(session, made.exchange, author=made.people[0], by=made.teacher.person_id, now=BEGUN)


# Excused


def test_who_is_excused_owes_less_everywhere(made: Class) -> None:
    idle, teacher = idle_one(made), made.teacher.person_id

    operations.excuse(made.session, made.exchange, person=idle, owes=0, why="Ill.", by=teacher, now=LATER)

    page = queries.student_page(made.session, made.exchange, idle, now=LATER)
    assert page.owed == 0
    assert page.available != "own"
    assert idle not in queries.who_owes(made.session, made.exchange)
    assert "idle" not in reasons_of(made, idle)
    row = next(each for each in queries.overview(made.session, made.exchange, now=LATER).rows if each.person_id == idle)
    assert (row.owes, row.trouble) == (0, "no_feedback" if not row.received else None)
    assert not [pair for pair in pairs_of(made) if pair[0] == idle]
    assert_tallies_are_right(made)


def test_who_is_excused_from_one_keeps_the_other(made: Class) -> None:
    idle, teacher = idle_one(made), made.teacher.person_id

    operations.excuse(made.session, made.exchange, person=idle, owes=1, why="Ill.", by=teacher, now=LATER)

    assert len([pair for pair in pairs_of(made) if pair[0] == idle]) == 1
    assert queries.who_owes(made.session, made.exchange)[idle] == 1
    assert_tallies_are_right(made)


def test_an_excuse_is_undone_with_its_works(made: Class) -> None:
    idle, teacher = idle_one(made), made.teacher.person_id
    kept = {pair for pair in pairs_of(made) if pair[0] == idle}
    first = operations.excuse(made.session, made.exchange, person=idle, owes=1, why="Ill.", by=teacher, now=LATER)
    second = operations.excuse(made.session, made.exchange, person=idle, owes=0, why="Worse.", by=teacher, now=LATER)

    operations.undo(made.session, made.exchange, repair_id=second.id, by=teacher, now=AFTERWARDS)
    assert queries.owed_by(made.session, made.exchange, idle) == 1
    operations.undo(made.session, made.exchange, repair_id=first.id, by=teacher, now=AFTERWARDS)

    assert queries.owed_by(made.session, made.exchange, idle) == 2
    assert {pair for pair in pairs_of(made) if pair[0] == idle} == kept
    assert made.session.scalars(select(Excusal)).all() == []
    assert_tallies_are_right(made)


def test_mixing_again_gives_the_excused_no_more_than_they_owe(made: Class) -> None:
    idle = idle_one(made)
    operations.excuse(
        made.session, made.exchange, person=idle, owes=1, why="Ill.", by=made.teacher.person_id, now=LATER
    )

    operations.mix_again(made.session, made.exchange, now=AFTERWARDS)

    assert len([pair for pair in pairs_of(made) if pair[0] == idle]) <= 1
    assert_tallies_are_right(made)


def test_who_is_excused_before_handing_in_is_given_no_work_to_review(session: Session) -> None:
    """Pain 1: who comes late and excused still gets their feedback."""
    made = make_class(session, learners=6)
    late = made.people[5]
    for person in made.people[:5]:
        hand_in(made, person)
    operations.excuse(
        session, made.exchange, person=late, owes=0, why="Joined late.", by=made.teacher.person_id, now=LATER
    )

    hand_in(made, late, now=LATER)

    assert not [pair for pair in pairs_of(made) if pair[0] == late]
    assert_tallies_are_right(made)


@pytest.mark.parametrize("owes", [-1, 2, 7])
def test_an_excuse_says_how_many_and_why(made: Class, owes: int) -> None:
    with pytest.raises(errors.OwesOutOfRange):
        operations.excuse(
            made.session, made.exchange, person=made.people[0], owes=owes, why="x", by=made.teacher.person_id, now=LATER
        )
    with pytest.raises(errors.ReasonMissing):
        operations.excuse(
            made.session, made.exchange, person=made.people[0], owes=0, why=" ", by=made.teacher.person_id, now=LATER
        )


def test_giving_feedback_counts_for_what_the_excused_owe(session: Session) -> None:
    """Pain 37 from the other side: no credit without work, and no loss for who was excused from it."""
    made = make_class(session, learners=4)
    options = rules.GradingOptions(work=50, giving=50)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    all_hand_in(made)
    one, two = made.people[:2]
    review(made, one, now=BEGUN)
    for person, owes in ((one, 1), (two, 0)):
        operations.excuse(
            session, made.exchange, person=person, owes=owes, why="Ill.", by=made.teacher.person_id, now=LATER
        )

    grades = queries.grades_of(session, made.exchange)

    giving = {id: next(part.value for part in grade.parts if part.name == "giving") for id, grade in grades.items()}
    assert giving[one] == 1.0
    assert giving[two] is None


def test_repairs_are_listed_newest_first_and_only_of_this_exchange(made: Class, session: Session) -> None:
    author = freed(made)
    operations.give_to_reader(session, made.exchange, author=author, by=made.teacher.person_id, now=AFTERWARDS)
    other = session.get_one(Exchange, make_class(session).exchange.id)

    assert [each.kind for each in queries.repairs(session, made.exchange)] == ["assigned", "freed"]
    assert queries.repairs(session, other) == []
    with pytest.raises(errors.NoSuchRepair):
        operations.undo(
            session,
            other,
            repair_id=queries.repairs(session, made.exchange)[0].id,
            by=made.teacher.person_id,
            now=LATER,
        )


def test_offers_and_seats_agree_after_many_repairs(made: Class) -> None:
    teacher = made.teacher.person_id
    for person in made.people[3:]:
        repair = operations.free_works(made.session, made.exchange, person=person, by=teacher, now=LATER)
        if person % 2:
            operations.undo(made.session, made.exchange, repair_id=repair.id, by=teacher, now=LATER)
        assert_tallies_are_right(made)
    operations.tend(made.session, made.exchange, now=AFTERWARDS)
    assert_tallies_are_right(made)
    assert made.session.scalars(select(Offer).where(Offer.state == "offered")).all() == []
