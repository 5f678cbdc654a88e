"""Feedback that waits: not on pages, in notices, on cards or in grades; and what ends the waiting."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, reminding, rules
from lti_tool.exchange.models import Release
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.exchange.rules import Options, ReleaseOptions
from lti_tool.journal.models import Entry
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, review
from tests.functional.exchange.test_queries import viewer_of

DAY = timedelta(days=1)
SHOWN_ON = BEGUN + 3 * DAY


@pytest.fixture
def made(session: Session) -> Class:
    """Three learners who handed in, two reviews each, named, so that nothing waits for anonymity."""
    made = make_class(session, learners=3, anonymity=rules.NAMED)
    all_hand_in(made)
    return made


def choose(made: Class, options: Options, now: datetime = BEGUN) -> None:
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=now)


def release(made: Class, person: int | None = None, now: datetime = BEGUN) -> None:
    operations.release_feedback(made.session, made.exchange, by=made.teacher.person_id, person=person, now=now)


def take_back(made: Class, person: int | None = None, now: datetime = BEGUN) -> None:
    operations.take_release_back(made.session, made.exchange, by=made.teacher.person_id, person=person, now=now)


def page_of(made: Class, person: int, now: datetime = BEGUN) -> queries.StudentPage:
    return queries.student_page(made.session, made.exchange, person, now=now)


def seen(made: Class, now: datetime = BEGUN) -> list[int]:
    """How much feedback each sees."""
    return [len(page_of(made, person, now).received) for person in made.people]


def got(made: Class) -> list[int]:
    """How much feedback each got."""
    found = {each.person_id: each.received for each in queries.authors(made.session, made.exchange, now=BEGUN)}
    return [found[person] for person in made.people]


def told(made: Class) -> dict[int, int]:
    """By person: how many notices of new feedback they have."""
    found = dict.fromkeys(made.people, 0)
    for person in made.session.scalars(select(Notice.person_id).where(Notice.kind == "feedback_received")):
        found[person] += 1
    return found


def graded(made: Class) -> set[int]:
    return set(made.session.scalars(select(Release.person_id)))


def everybody_reviews(made: Class, now: datetime = BEGUN) -> None:
    for _ in range(made.exchange.reviews):
        for person in made.people:
            review(made, person, now=now)


def test_nothing_tells_of_feedback_before_it_is_released(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    everybody_reviews(made)
    card = ExchangeRoom().cards(
        made.session, viewer_of(made.session, made.learners[0]), [made.exchange.activity], now=BEGUN
    )

    assert seen(made) == [0, 0, 0]
    assert page_of(made, made.people[0]).waiting == rules.Waiting(why="hand")
    assert set(told(made).values()) == {0}
    assert graded(made) == set()
    assert card[made.exchange.id].status == "Waiting for feedback from 2 classmates"


def test_released_to_all_it_is_shown_told_and_graded(made: Class) -> None:
    """Pain 16: what comes later is shown as well, and nobody releases again for each late reviewer."""
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    for person in made.people:
        review(made, person)

    release(made)
    release(made)
    first = seen(made), list(told(made).values()), got(made)
    for person in made.people:
        review(made, person)

    assert first[0] == first[1] == first[2]
    assert sum(first[0]) == 3
    assert seen(made) == [2, 2, 2]
    assert told(made) == dict.fromkeys(made.people, 2)
    assert graded(made) == set(made.people)


def test_released_to_one_nobody_else_sees_theirs(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    everybody_reviews(made)

    release(made, made.people[1])

    assert seen(made) == [0, 2, 0]
    assert graded(made) == {made.people[1]}
    (entry,) = made.session.scalars(select(Entry).where(Entry.act == "feedback.released"))
    assert entry.particulars["learner_id"] == made.people[1]


def test_it_can_wait_again_while_nobody_has_read_it(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    everybody_reviews(made)
    release(made)

    take_back(made)

    assert seen(made) == [0, 0, 0]
    assert set(told(made).values()) == {0}
    release(made)
    operations.mark_read(made.session, made.exchange, author=made.people[0], now=BEGUN + DAY)
    with pytest.raises(errors.FeedbackRead):
        take_back(made)


def test_what_another_has_read_does_not_keep_one_from_waiting_again(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    everybody_reviews(made)
    for person in made.people[:2]:
        release(made, person)
    operations.mark_read(made.session, made.exchange, author=made.people[0], now=BEGUN + DAY)

    take_back(made, made.people[1])

    assert seen(made) == [2, 0, 0]


def test_reading_is_not_noted_while_there_is_nothing_to_read(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    everybody_reviews(made)

    operations.mark_read(made.session, made.exchange, author=made.people[0], now=BEGUN)
    release(made)

    assert all(each.is_new for each in page_of(made, made.people[0]).received)


def test_whoever_gives_enough_sees_what_they_got_and_is_told_then(made: Class) -> None:
    """Pain 19: nobody waits for the end of an activity."""
    choose(made, ReleaseOptions(when=rules.AFTER_GIVING, after=2))
    one, two, three = made.people
    for person in (two, three, two, three):
        review(made, person)
    before = seen(made), told(made)[one], page_of(made, one).waiting
    review(made, one)
    review(made, one)

    assert before == ([0, 1, 1], 0, rules.Waiting(why="giving", more=2))
    assert seen(made) == [2, 2, 2]
    assert told(made)[one] == 2
    assert one in graded(made)


def test_closing_shows_what_waited_for_giving_and_tells_of_it(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.AFTER_GIVING, after=2))
    for person in made.people:
        review(made, person)

    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)

    assert seen(made) == got(made)
    assert {person for person, count in told(made).items() if count} == graded(made)
    assert graded(made) == {person for person, count in zip(made.people, got(made), strict=True) if count}


def test_on_its_date_it_is_shown_told_and_graded_even_after_closing(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.ON_DATE, on=SHOWN_ON))
    everybody_reviews(made)
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=BEGUN)
    before = seen(made), set(told(made).values()), graded(made)

    later = SHOWN_ON + timedelta(minutes=5)
    reminding.tell_of_shown_feedback(made.session, now=later)
    reminding.tell_of_shown_feedback(made.session, now=later)
    due = queries.due_exchanges(made.session, now=later)
    operations.release_if_ready(made.session, made.exchange, now=later)

    assert before == ([0, 0, 0], {0}, set())
    assert seen(made, later) == [2, 2, 2]
    assert told(made) == dict.fromkeys(made.people, 2)
    assert due == [made.exchange.id]
    assert graded(made) == set(made.people)


def test_releasing_does_not_uncover_a_single_hidden_reviewer(session: Session) -> None:
    made = make_class(session, learners=3)
    all_hand_in(made)
    choose(made, rules.AnonymityOptions(minimum=2))
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    author = review(made, made.people[0]).offer.submission.author_id
    assert author is not None

    release(made)

    assert seen(made) == [0, 0, 0]
    assert page_of(made, author).waiting == rules.Waiting(why="few")
    assert set(told(made).values()) == {0}


def test_a_hidden_feedback_cannot_be_answered_thanked_or_flagged(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    feedback = review(made, made.people[0])
    author = feedback.offer.submission.author_id
    assert author is not None

    with pytest.raises(errors.NoSuchFeedback):
        operations.say(made.session, made.exchange, writer=author, feedback_id=feedback.id, body="Oh", now=BEGUN)
    with pytest.raises(errors.NoSuchFeedback):
        operations.flag(
            made.session,
            made.exchange,
            by=author,
            kind="feedback",
            thing_id=feedback.id,
            reason="rude",
            words="",
            now=BEGUN,
        )


def test_another_rule_shows_and_tells_what_it_no_longer_holds_back(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    everybody_reviews(made)

    operations.set_release_rule(made.session, made.exchange, ReleaseOptions(), by=made.teacher.person_id, now=BEGUN)

    assert seen(made) == [2, 2, 2]
    assert told(made) == dict.fromkeys(made.people, 2)
    assert graded(made) == set(made.people)


def test_where_it_is_shown_at_once_there_is_nothing_to_release(made: Class) -> None:
    with pytest.raises(errors.NothingWaits):
        release(made)


def test_staff_see_everything_at_once(made: Class) -> None:
    choose(made, ReleaseOptions(when=rules.BY_HAND))
    everybody_reviews(made)

    page = queries.person_page(made.session, made.exchange, made.people[0], now=BEGUN)

    assert page is not None
    assert len(page.received) == 2
    assert page.waiting == rules.Waiting(why="hand")
