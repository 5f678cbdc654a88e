"""Works that lack readers: who has done their part is asked, in time to be able to help; and staff hear of the rest."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.exchange import operations, queries, reminding, rules
from lti_tool.exchange.notices import tell_begun
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.exchange.rules import LateOptions, PairingOptions
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, make_words, review, take
from tests.factories.pairing import assert_plan_is_sound
from tests.functional.exchange.test_queries import viewer_of

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DUE = BEGUN + 7 * DAY
OVER = BEGUN + 14 * DAY


def choose(made: Class, options: rules.Options) -> None:
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)


def told(made: Class, kind: str) -> list[int]:
    rows = select(Notice.person_id).where(Notice.kind == kind, Notice.activity_id == made.exchange.id)
    return sorted(made.session.scalars(rows))


def card_of(made: Class, place: int, now: datetime) -> tuple[str, str]:
    viewer = viewer_of(made.session, made.learners[place])
    card = ExchangeRoom().cards(made.session, viewer, [made.exchange.activity], now=now)[made.exchange.id]
    return card.status, card.todo


def received(made: Class) -> list[int]:
    rows = made.session.execute(
        text(
            "select w.author_id, count(o.id) from exchange_submission w left join exchange_offer o"
            " on o.submission_id = w.id and o.state = 'submitted' where w.exchange_id = :id group by w.author_id"
        ),
        {"id": made.exchange.id},
    )
    found = {author: count for author, count in rows}  # noqa: C416 - a dict of rows would not be typed
    return [found.get(person, 0) for person in made.people]


@pytest.fixture
def late_one(session: Session) -> Class:
    """Four have given and got all; the last one hands in."""
    made = make_class(session, learners=5, reviews=2, anonymity=rules.NAMED)
    *early, last = made.people
    for person in early:
        hand_in(made, person)
    for person in early * 2:
        review(made, person)
    hand_in(made, last, now=BEGUN + DAY)
    return made


def test_finishers_are_asked_on_card_page_and_by_a_notice(late_one: Class) -> None:
    now = BEGUN + DAY + HOUR
    for person in late_one.people:
        operations.mark_read(late_one.session, late_one.exchange, author=person, now=now)

    reminding.tell_of_exchange(late_one.session, late_one.exchange, now=now)

    asked = told(late_one, "help_wanted")
    assert len(asked) == len(set(asked)) == 2
    assert late_one.people[-1] not in asked
    assert card_of(late_one, 0, now) == (
        "A classmate’s work still lacks feedback, and you could help",
        "Review one more",
    )
    page = queries.student_page(late_one.session, late_one.exchange, late_one.people[0], now=now)
    assert (page.step, page.available) == ("help", "extra")


def test_others_are_asked_when_those_do_not_come_and_nobody_twice(late_one: Class) -> None:
    for days in (1, 2, 3, 4, 5, 6):
        reminding.tell_of_exchange(late_one.session, late_one.exchange, now=BEGUN + days * DAY + HOUR)

    assert told(late_one, "help_wanted") == late_one.people[:4]


def test_nobody_is_asked_once_the_work_has_its_readers(late_one: Class) -> None:
    for person in late_one.people[:2]:
        review(late_one, person, now=BEGUN + DAY)

    reminding.tell_of_exchange(late_one.session, late_one.exchange, now=BEGUN + DAY + HOUR)

    assert told(late_one, "help_wanted") == []
    assert card_of(late_one, 2, BEGUN + DAY + HOUR)[1] != "Review one more"


def test_who_may_not_read_the_work_is_not_asked(late_one: Class) -> None:
    last = late_one.people[-1]
    for reader in late_one.people[:2]:
        operations.rule_pair(
            late_one.session,
            late_one.exchange,
            reviewer=reader,
            author=last,
            kind="never",
            by=late_one.teacher.person_id,
            now=BEGUN + DAY,
        )

    reminding.tell_of_exchange(late_one.session, late_one.exchange, now=BEGUN + DAY + HOUR)

    assert told(late_one, "help_wanted") == late_one.people[2:4]
    assert card_of(late_one, 0, BEGUN + DAY + HOUR)[1] != "Review one more"


def test_staff_hear_of_works_that_lack_readers_and_not_of_those_they_read_themselves(late_one: Class) -> None:
    later = BEGUN + 4 * DAY
    assert queries.unread_works(late_one.session, late_one.exchange, now=BEGUN + DAY + HOUR) == 0
    # It has one reader of two.
    review(late_one, late_one.people[0], now=BEGUN + DAY)

    reminding.tell_of_exchange(late_one.session, late_one.exchange, now=later)

    assert queries.unread_works(late_one.session, late_one.exchange, now=later) == 1
    assert told(late_one, "no_readers") == [late_one.teacher.person_id]
    operations.review_as_staff(
        late_one.session,
        late_one.exchange,
        author=late_one.people[-1],
        by=late_one.teacher.person_id,
        words=make_words(late_one.exchange),
        is_rescue=True,
        now=later,
    )
    assert queries.unread_works(late_one.session, late_one.exchange, now=later) == 0


def test_in_a_class_too_small_nobody_is_told_of_readers_that_cannot_be_found(session: Session) -> None:
    made = make_class(session, learners=3, reviews=3)
    all_hand_in(made)
    for person in made.people * 2:
        review(made, person)

    assert queries.unread_works(session, made.exchange, now=BEGUN + 9 * DAY) == 0


@pytest.fixture
def strict(session: Session) -> Class:
    """Six people, two reviews each, none taken after the date; the last one never reviews."""
    made = make_class(session, learners=6, reviews=2, submit_by=DUE, review_by=OVER, anonymity=rules.NAMED)
    choose(made, LateOptions(reviews=rules.REFUSED))
    all_hand_in(made)
    for person in made.people[:5] * 2:
        review(made, person)
    return made


def test_where_late_reviews_are_refused_helpers_are_asked_while_they_can_still_give(strict: Class) -> None:
    assert sum(received(strict)) == 10
    in_time = OVER - rules.PATIENCE + HOUR

    operations.tend(strict.session, strict.exchange, now=OVER - rules.PATIENCE - HOUR)
    reminding.tell_of_exchange(strict.session, strict.exchange, now=OVER - rules.PATIENCE - HOUR)
    assert told(strict, "help_wanted") == []

    operations.tend(strict.session, strict.exchange, now=in_time)
    reminding.tell_of_exchange(strict.session, strict.exchange, now=in_time)
    for person in told(strict, "help_wanted"):
        offer = operations.next_offer(strict.session, strict.exchange, reviewer=person, now=in_time).offer
        if offer is not None:
            give(strict, offer, now=in_time)

    assert received(strict) == [2] * 6
    assert_plan_is_sound(strict.session, strict.exchange)


def test_who_comes_at_the_last_moment_after_all_still_finds_a_work(strict: Class) -> None:
    in_time = OVER - HOUR
    operations.tend(strict.session, strict.exchange, now=in_time)

    for _ in range(2):
        review(strict, strict.people[-1], now=in_time)

    assert received(strict) == [2] * 6


def test_nobody_is_reminded_of_reviews_that_are_not_taken_any_more(strict: Class) -> None:
    late = OVER + HOUR

    reminding.tell_of_exchange(strict.session, strict.exchange, now=late)
    count = operations.remind(strict.session, strict.exchange, by=strict.teacher.person_id, now=late)

    assert count == 0
    assert told(strict, "reminder") == told(strict, "review_overdue") == []


@pytest.fixture
def together(session: Session) -> Class:
    """All are to begin at the same time, and no date says when."""
    made = make_class(session, learners=4, reviews=2, anonymity=rules.NAMED)
    operations.choose_pairing(
        session, made.exchange, PairingOptions(start=rules.TOGETHER), by=made.teacher.person_id, now=BEGUN
    )
    return made


def test_without_a_date_the_teacher_begins_for_all(together: Class) -> None:
    all_hand_in(together)
    operations.tend(together.session, together.exchange, now=BEGUN + 9 * DAY)
    waiting = queries.cockpit(together.session, together.exchange, now=BEGUN + 9 * DAY)
    assert waiting.counts == {"not_begun": 4}

    count = operations.begin_reviewing(
        together.session, together.exchange, by=together.teacher.person_id, now=BEGUN + 9 * DAY
    )

    assert count == 4
    assert [take(together, person, now=BEGUN + 9 * DAY) is not None for person in together.people] == [True] * 4
    assert queries.cockpit(together.session, together.exchange, now=BEGUN + 9 * DAY).counts == {}
    assert_plan_is_sound(together.session, together.exchange)


def test_beginning_needs_two_works_and_happens_once(together: Class) -> None:
    facts = {"by": together.teacher.person_id, "now": BEGUN}
    hand_in(together, together.people[0])
    assert operations.begin_reviewing(together.session, together.exchange, **facts) == 0  # type: ignore[arg-type]
    hand_in(together, together.people[1])
    assert operations.begin_reviewing(together.session, together.exchange, **facts) == 2  # type: ignore[arg-type]
    assert operations.begin_reviewing(together.session, together.exchange, **facts) == 0  # type: ignore[arg-type]


def test_a_date_that_is_taken_away_leaves_nobody_waiting_unseen(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1, submit_by=DUE)
    operations.choose_pairing(
        session, made.exchange, PairingOptions(start=rules.TOGETHER), by=made.teacher.person_id, now=BEGUN
    )
    all_hand_in(made)
    assert queries.cockpit(session, made.exchange, now=BEGUN).counts == {}

    made.exchange.submit_by = None
    session.flush()

    assert queries.cockpit(session, made.exchange, now=BEGUN).counts == {"not_begun": 3}


def test_all_hear_when_reviewing_begins(together: Class) -> None:
    all_hand_in(together)
    operations.begin_reviewing(together.session, together.exchange, by=together.teacher.person_id, now=BEGUN)
    together.session.commit()

    tell_begun(together.exchange.id)

    assert told(together, "work_waits") == together.people


@pytest.mark.parametrize(
    "left, lease",
    [
        (HOUR, timedelta(minutes=20)),
        (timedelta(minutes=12), rules.SHORTEST_LEASE),
        (DAY, 8 * HOUR),
        (14 * DAY, rules.LEASE),
    ],
)
def test_a_work_is_kept_as_long_as_the_time_for_reviews_allows(
    session: Session, left: timedelta, lease: timedelta
) -> None:
    made = make_class(session, learners=3, reviews=1, review_by=BEGUN + left)
    all_hand_in(made)

    assert take(made, made.people[0]).lease_until == BEGUN + lease


def test_in_a_round_of_an_hour_what_lies_goes_to_others_within_it(session: Session) -> None:
    """In class: half an hour to write, an hour to review; one takes a work and goes home."""
    due = BEGUN + HOUR / 2
    made = make_class(session, learners=4, reviews=1, submit_by=due, review_by=due + HOUR, anonymity=rules.NAMED)
    all_hand_in(made)
    idle, *others = made.people
    take(made, idle, now=due)
    for person in others:
        review(made, person, now=due + timedelta(minutes=10))
    assert sum(received(made)) == 3

    soon = due + timedelta(minutes=30)
    operations.tend(session, made.exchange, now=soon)
    reminding.tell_of_exchange(session, made.exchange, now=soon)
    for person in told(made, "help_wanted"):
        review(made, person, now=soon)

    assert received(made) == [1] * 4
