"""Where nothing is handed in: signing up, saying when, and reviewing what was shown."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, privacy, queries, rules
from lti_tool.exchange.models import PlannedPair, Presentation
from lti_tool.files.storage import DatabaseStorage
from tests.factories.exchange import BEGUN, Class, give, hand_in, make_class, take, work_of

LATER = BEGUN + timedelta(days=2)


def live_class(session: Session, **values: object) -> Class:
    made = make_class(session, **values)  # type: ignore[arg-type]
    options = rules.WorkOptions(live=True)
    operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)
    return made


def sign_up(made: Class, person: int, *, days: int | None = None, about: str = "") -> None:
    held_at = BEGUN + timedelta(days=days) if days is not None else None
    operations.sign_up(
        made.session, made.exchange, person=person, about=about, held_at=held_at, place="Room 4", now=BEGUN
    )


def pairs(made: Class) -> list[tuple[int, int]]:
    rows = made.session.execute(
        select(PlannedPair.reviewer_id, PlannedPair.author_id).where(PlannedPair.exchange_id == made.exchange.id)
    )
    return [(one, other) for one, other in rows]


def test_signing_up_takes_a_place_in_the_plan_with_nothing_handed_in(session: Session) -> None:
    made = live_class(session, learners=5)
    for person in made.people:
        sign_up(made, person)

    assert work_of(made, made.people[0]).state == "submitted"
    assert Counter(one for one, _ in pairs(made)) == dict.fromkeys(made.people, 2)
    assert Counter(other for _, other in pairs(made)) == dict.fromkeys(made.people, 2)


def test_nobody_is_reminded_of_reviewing_what_is_still_to_be_shown(session: Session) -> None:
    made = live_class(session, learners=3)
    for days, person in enumerate(made.people, start=1):
        sign_up(made, person, days=days)
    first, second, third = made.people

    def owed(days: int) -> dict[int, int]:
        at = BEGUN + timedelta(days=days, hours=1)
        found = queries.to_remind(session, made.exchange, now=at)
        return {person: each.reviews for person, each in found.items()}

    assert owed(0) == {}
    assert owed(1) == {second: 1, third: 1}
    assert owed(3) == {first: 2, second: 2, third: 2}
    give(made, take(made, third, now=LATER + timedelta(days=2)), now=LATER + timedelta(days=2))
    assert owed(4) == {first: 2, second: 2, third: 1}


def test_everybody_can_be_signed_up_at_once_and_nobody_twice(session: Session) -> None:
    made = live_class(session, learners=5)
    sign_up(made, made.people[0], about="Bees")

    count = operations.sign_everybody_up(session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    again = operations.sign_everybody_up(session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    assert (count, again) == (4, 0)
    assert [each.person_id for each in queries.schedule(session, made.exchange)].count(made.people[0]) == 1
    assert work_of(made, made.people[0]).body == "Bees"


def test_what_is_shown_later_is_offered_once_it_was_shown_and_in_the_order_of_time(session: Session) -> None:
    made = live_class(session, learners=3)
    for days, person in enumerate(made.people):
        sign_up(made, person, days=days * 3 + 1)
    reviewer = made.people[0]

    early = operations.next_offer(session, made.exchange, reviewer=reviewer, now=BEGUN)
    page = queries.student_page(session, made.exchange, reviewer, now=BEGUN)
    offer = take(made, reviewer, now=BEGUN + timedelta(days=8))

    assert early.offer is None
    assert (page.available, page.none_because) == (None, "not_held")
    assert [each.person_id for each in page.to_watch] == made.people[1:]
    assert offer.submission.author_id == made.people[1]


def test_a_talk_that_was_put_off_is_not_reviewed_before_it_was_held(session: Session) -> None:
    made = live_class(session, learners=2, reviews=1)
    for person in made.people:
        sign_up(made, person)
    offer = take(made, made.people[0])
    work = work_of(made, made.people[1]).id
    operations.set_slot(
        session, made.exchange, work=work, held_at=LATER, place="", by=made.teacher.person_id, now=BEGUN
    )

    with pytest.raises(errors.NotHeldYet):
        give(made, offer, now=BEGUN)
    assert give(made, offer, now=LATER) is not None


def test_who_reviews_a_talk_sees_whose_it_is_and_the_author_still_does_not_see_who_reviewed(session: Session) -> None:
    made = live_class(session, learners=2, reviews=1)
    for person in made.people:
        sign_up(made, person)
    give(made, take(made, made.people[0]))

    (mine,) = queries.student_page(session, made.exchange, made.people[0], now=LATER).reviews
    (received,) = queries.student_page(session, made.exchange, made.people[1], now=LATER).received
    assert mine.author_name == made.learners[1].person.name
    assert received.reviewer_name is None
    assert not made.exchange.hides_author
    assert made.exchange.hides_reviewer


def test_whether_it_is_shown_or_handed_in_stays_once_somebody_has_begun(session: Session) -> None:
    made = make_class(session)
    operations.require_way_kept(session, made.exchange, rules.WorkOptions(live=True))
    hand_in(made, made.people[0])

    with pytest.raises(errors.HasWork):
        operations.require_way_kept(session, made.exchange, rules.WorkOptions(live=True))
    operations.require_way_kept(session, made.exchange, rules.WorkOptions(links="allowed"))


def test_when_and_where_are_exported_and_forgotten(session: Session) -> None:
    made = live_class(session)
    me = made.people[0]
    sign_up(made, me, days=1)

    (told,) = privacy.export_person(session, me)["presentations"]
    assert told == {
        "exchange": made.exchange.id,
        "held_at": (BEGUN + timedelta(days=1)).isoformat(),
        "place": "Room 4",
    }
    privacy.forget_person(session, me, now=LATER, storage=DatabaseStorage())
    assert session.scalars(select(Presentation)).all() == []
