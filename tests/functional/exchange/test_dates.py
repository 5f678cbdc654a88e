"""Time that is one person's own: what it moves, whom it spares, and that it can be taken back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, reminding
from lti_tool.exchange.models import Extended, Extension, PlannedPair
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.exchange.rules import OwnDates, lease_at
from lti_tool.files.storage import DatabaseStorage
from lti_tool.grades.models import Passback
from lti_tool.journal.models import Entry
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, review, take
from tests.functional.exchange.test_queries import viewer_of

DAY = timedelta(days=1)
WORK_DUE, REVIEWS_DUE = BEGUN + DAY, BEGUN + 5 * DAY
LATER = BEGUN + 12 * DAY


@pytest.fixture
def made(session: Session) -> Class:
    """Four learners, work due after a day and reviews four days later."""
    return make_class(session, submit_by=WORK_DUE, review_by=REVIEWS_DUE)


def extend(
    made: Class, *people: int, submit_by: datetime | None = None, review_by: datetime | None = None
) -> Extension:
    return operations.extend(
        made.session,
        made.exchange,
        people=people,
        submit_by=submit_by,
        review_by=review_by,
        reason="A broken arm.",
        by=made.teacher.person_id,
        now=BEGUN,
    )


def take_back(made: Class, extension: Extension, person: int | None = None) -> None:
    operations.take_back_extension(
        made.session,
        made.exchange,
        extension_id=extension.id,
        person=person,
        by=made.teacher.person_id,
        now=BEGUN,
    )


def page_of(made: Class, person: int, now: datetime = BEGUN) -> queries.StudentPage:
    return queries.student_page(made.session, made.exchange, person, now=now)


def test_an_extension_is_for_one_student_and_for_nobody_else(made: Class) -> None:
    """Pain 13."""
    mine, other = made.people[:2]
    extend(made, mine, submit_by=WORK_DUE + 2 * DAY)
    for person in (mine, other):
        hand_in(made, person, now=WORK_DUE + DAY)

    rows = {row.person_id: row for row in queries.overview(made.session, made.exchange, now=LATER).rows}

    assert (rows[mine].is_late, rows[other].is_late) == (False, True)
    assert page_of(made, mine).windows.review_by == REVIEWS_DUE + 2 * DAY
    assert page_of(made, other).windows.submit_by == WORK_DUE
    journal = made.session.scalars(select(Entry).where(Entry.act == "work.submitted").order_by(Entry.id))
    assert [each.particulars["is_late"] for each in journal] == [False, True]


def test_everybody_who_has_not_handed_in_gets_more_time_at_once(made: Class) -> None:
    """Pain 14."""
    hand_in(made, made.people[0])
    (missing,) = [each for each in queries.whom(made.session, made.exchange) if each.key == "not_handed_in"]

    extend(made, *missing.people, submit_by=WORK_DUE + DAY)

    calendar = queries.calendar_of(made.session, made.exchange)
    moved = [calendar.of(person).submit_by != WORK_DUE for person in made.people]
    assert moved == [False, True, True, True]


def test_groups_and_sections_can_have_dates_of_their_own(made: Class) -> None:
    """Pain 15."""
    made.learners[1].groups = ["blue"]
    made.learners[2].sections = ["Monday"]
    made.session.flush()

    found = {each.key: each.people for each in queries.whom(made.session, made.exchange)}

    assert found["group:blue"] == (made.people[1],)
    assert found["section:Monday"] == (made.people[2],)
    dates = {"group:blue": WORK_DUE + DAY, "section:Monday": WORK_DUE + 2 * DAY}
    for key, submit_by in dates.items():
        extend(made, *found[key], submit_by=submit_by)
    calendar = queries.calendar_of(made.session, made.exchange)
    due = [calendar.of(person).submit_by for person in made.people]
    assert due == [WORK_DUE, WORK_DUE + DAY, WORK_DUE + 2 * DAY, WORK_DUE][: len(due)]
    late = [hand_in(made, person, now=WORK_DUE + timedelta(hours=3)) for person in made.people]
    assert [calendar.of(each.author_id).is_late(each.submitted_at or LATER) for each in late] == [
        person not in made.people[1:3] for person in made.people
    ]


def test_what_it_moves_is_known_before_it_is_given_and_comes_true(made: Class) -> None:
    all_hand_in(made)
    reviewer = made.people[0]
    offer = take(made, reviewer)
    kept = made.session.scalars(
        select(PlannedPair).where(PlannedPair.reviewer_id == reviewer, PlannedPair.begun_at.is_(None))
    ).all()
    own = OwnDates(review_by=REVIEWS_DUE + 3 * DAY)

    (effect,) = queries.effect_of(made.session, made.exchange, [reviewer], own)
    extend(made, reviewer, review_by=own.review_by)

    assert effect.before.review_by == REVIEWS_DUE
    assert effect.after == queries.windows_of(made.session, made.exchange, reviewer)
    (lease,) = effect.leases
    assert (lease.offer_id, lease.after) == (offer.id, own.review_by)
    assert len(effect.kept) == len(kept) == 1
    assert len(effect.waiting) == 2
    made.session.refresh(offer)
    assert offer.lease_until == own.review_by


def test_looking_at_what_it_moves_changes_nothing(made: Class) -> None:
    all_hand_in(made)
    offer = take(made, made.people[0])
    until = offer.lease_until

    queries.effect_of(made.session, made.exchange, made.people, OwnDates(review_by=LATER))

    made.session.refresh(offer)
    assert offer.lease_until == until
    assert made.session.scalars(select(Extension)).all() == []


def test_taken_back_everything_is_as_it_was(made: Class) -> None:
    all_hand_in(made)
    offer = take(made, made.people[0])
    until = offer.lease_until
    extension = extend(made, *made.people, review_by=LATER)

    take_back(made, extension, made.people[0])
    take_back(made, extension, made.people[0])

    made.session.refresh(offer)
    assert offer.lease_until == until
    calendar = queries.calendar_of(made.session, made.exchange)
    assert calendar.of(made.people[0]) == made.exchange.windows
    assert calendar.of(made.people[1]).review_by == LATER
    take_back(made, extension)
    assert queries.calendar_of(made.session, made.exchange).own == {}
    acts = made.session.scalars(select(Entry.act).where(Entry.act.startswith("extension."))).all()
    assert sorted(acts) == ["extension.given", "extension.taken_back", "extension.taken_back"]


def test_what_was_written_meanwhile_keeps_the_work_when_time_is_taken_back(made: Class) -> None:
    all_hand_in(made)
    reviewer = made.people[0]
    offer = take(made, reviewer)
    extension = extend(made, reviewer, review_by=LATER)
    words = queries.my_review(made.session, made.exchange, reviewer, offer.id, now=BEGUN)
    assert words is not None
    operations.save_feedback_draft(
        made.session,
        made.exchange,
        reviewer=reviewer,
        offer_id=offer.id,
        words=words.words,
        base_revision=0,
        now=BEGUN + DAY,
    )
    assert offer.lease_until == LATER

    take_back(made, extension)

    made.session.refresh(offer)
    assert offer.lease_until == BEGUN + DAY + lease_at(BEGUN + DAY, review_by=REVIEWS_DUE)


def test_of_two_extensions_the_newer_counts_and_the_older_holds_again_without_it(made: Class) -> None:
    mine = made.people[0]
    extend(made, mine, submit_by=WORK_DUE + 3 * DAY)
    newer = extend(made, mine, submit_by=WORK_DUE + DAY)

    def due() -> datetime | None:
        return queries.windows_of(made.session, made.exchange, mine).submit_by

    assert due() == WORK_DUE + DAY
    take_back(made, newer)
    assert due() == WORK_DUE + 3 * DAY


def test_works_are_kept_for_a_reviewer_with_more_time_and_freed_for_those_without(made: Class) -> None:
    all_hand_in(made)
    spared = made.people[0]
    extend(made, spared, review_by=LATER)

    operations.pairing.release_late(made.session, made.exchange, now=REVIEWS_DUE + DAY)

    waiting = made.session.scalars(select(PlannedPair.reviewer_id).where(PlannedPair.begun_at.is_(None))).all()
    assert set(waiting) == {spared}


def test_reminders_come_by_ones_own_date(made: Class) -> None:
    all_hand_in(made)
    mine = made.people[0]
    extend(made, mine, review_by=LATER)

    def told(now: datetime) -> set[int]:
        reminding.tell_of_exchange(made.session, made.exchange, now=now)
        rows = select(Notice.person_id).where(Notice.kind.in_(("review_due", "review_overdue")))
        return set(made.session.scalars(rows))

    assert told(REVIEWS_DUE - DAY / 2) == set(made.people[1:])
    assert told(LATER - DAY / 2) == set(made.people)


def test_the_card_on_the_course_home_shows_ones_own_date(made: Class) -> None:
    extend(made, made.people[0], submit_by=WORK_DUE + DAY)
    activities = [made.exchange.activity]

    due = [
        ExchangeRoom().cards(made.session, viewer_of(made.session, each), activities, now=BEGUN)[made.exchange.id].due
        for each in made.learners[:2]
    ]

    assert due == [WORK_DUE + DAY, WORK_DUE]


def test_a_grade_waits_for_whoever_has_more_time(made: Class) -> None:
    """Whose work comes later has feedback coming later, so it is not graded on a single review at everybody's date."""
    all_hand_in(made)
    mine = made.people[0]
    extend(made, mine, submit_by=WORK_DUE + 3 * DAY)
    for person in made.people[1:]:
        review(made, person)

    operations.release_if_ready(made.session, made.exchange, now=REVIEWS_DUE + DAY)
    first = {row.person_id for row in queries.overview(made.session, made.exchange, now=LATER).rows if row.release}
    operations.release_if_ready(made.session, made.exchange, now=REVIEWS_DUE + 4 * DAY)
    later = {row.person_id for row in queries.overview(made.session, made.exchange, now=LATER).rows if row.release}

    assert mine not in first
    assert later >= first


def test_a_grade_that_is_sent_late_says_when_the_work_came(made: Class) -> None:
    """Pain 44."""
    mine = made.people[0]
    extend(made, mine, submit_by=WORK_DUE + 2 * DAY)
    for person in made.people:
        hand_in(made, person, now=WORK_DUE + DAY if person == mine else BEGUN)
    for person in made.people[1:]:
        review(made, person, now=WORK_DUE + DAY)

    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=LATER)

    sent = dict(made.session.execute(select(Passback.person_id, Passback.submitted_at)).all())
    assert len(sent) > 1
    assert sent == {person: WORK_DUE + DAY if person == mine else BEGUN for person in sent}


@pytest.mark.parametrize(
    "submit_by, review_by, field",
    [(None, None, "submit_by"), (WORK_DUE, None, "submit_by"), (None, BEGUN, "review_by")],
)
def test_a_date_that_is_no_later_one_is_refused(
    made: Class, submit_by: datetime | None, review_by: datetime | None, field: str
) -> None:
    with pytest.raises(errors.DatesRefused) as refused:
        extend(made, made.people[0], submit_by=submit_by, review_by=review_by)

    assert refused.value.field == field


def test_more_time_is_for_people_of_the_course_and_for_somebody(made: Class) -> None:
    with pytest.raises(errors.NoSuchPerson):
        extend(made, made.teacher.person_id, submit_by=LATER)
    with pytest.raises(errors.NobodyChosen):
        extend(made, submit_by=LATER)
    with pytest.raises(errors.NoSuchExtension):
        operations.take_back_extension(
            made.session, made.exchange, extension_id=4711, by=made.teacher.person_id, now=BEGUN
        )


def test_why_somebody_needed_more_time_is_theirs_and_is_forgotten_with_them(made: Class) -> None:
    mine, other = made.people[:2]
    extend(made, mine, submit_by=LATER)
    extend(made, mine, other, submit_by=LATER + DAY)

    export = privacy.export_person(made.session, mine)
    privacy.forget_person(made.session, mine, now=BEGUN, storage=DatabaseStorage())

    assert [each["reason"] for each in export["more_time"]] == ["A broken arm.", "A broken arm."]
    assert made.session.scalars(select(Extended.person_id)).all() == [other]
    assert len(made.session.scalars(select(Extension)).all()) == 1
