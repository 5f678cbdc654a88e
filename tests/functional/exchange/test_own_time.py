"""Practice, comparing and looking at one's own work go by one's own time, and are owed where owed is shown."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import SideBySide
from lti_tool.exchange.operations import ExampleWords
from lti_tool.exchange.rules import AnswerWords, ComparingOptions, LateOptions, Options, PracticeOptions, Words
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, make_words

DAY = timedelta(days=1)
WORK_DUE, REVIEWS_DUE = BEGUN + DAY, BEGUN + 5 * DAY
LATE = REVIEWS_DUE + timedelta(hours=1)


@pytest.fixture
def made(session: Session) -> Class:
    """Five people with works; reviews that come after their date are not taken. The first has a day more."""
    made = make_class(session, learners=5, reviews=1, anonymity=rules.NAMED, submit_by=WORK_DUE, review_by=REVIEWS_DUE)
    all_hand_in(made)
    choose(made, LateOptions(reviews=rules.REFUSED))
    operations.extend(
        made.session,
        made.exchange,
        people=made.people[:1],
        submit_by=None,
        review_by=REVIEWS_DUE + DAY,
        reason="A broken arm.",
        by=made.teacher.person_id,
        now=BEGUN,
    )
    return made


def choose(made: Class, options: Options) -> None:
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=BEGUN)


def step_of(made: Class, person: int, now: datetime) -> str:
    return queries.student_page(made.session, made.exchange, person, now=now).step


def add_example(made: Class) -> int:
    choose(made, PracticeOptions(when=rules.DEMANDED))
    said = ExampleWords(title="Rain", body="An essay.", beside=rules.Beside(), words=make_words(made.exchange))
    return operations.add_example(made.session, made.exchange, said, by=made.teacher.person_id, now=BEGUN).id


def attempt(made: Class, person: int, example_id: int, now: datetime) -> None:
    words = make_words(made.exchange)
    operations.try_example(made.session, made.exchange, person=person, example_id=example_id, words=words, now=now)


def begin(made: Class, now: datetime = BEGUN) -> None:
    choose(made, ComparingOptions(pairs=1))
    operations.begin_comparing(made.session, made.exchange, by=made.teacher.person_id, now=now)


def compare(made: Class, person: int, now: datetime) -> SideBySide:
    pair = made.session.scalars(select(SideBySide).where(SideBySide.reviewer_id == person)).one()
    words = Words(answers={each.id: AnswerWords(comment="Why.") for each in made.exchange.criteria})
    return operations.give_comparison(
        made.session,
        made.exchange,
        reviewer=person,
        pair_id=pair.id,
        picks={each.id: rules.LEFT for each in made.exchange.criteria},
        left=words,
        right=words,
        now=now,
    )


def test_who_has_more_time_practises_when_everybody_elses_is_over(made: Class) -> None:
    example = add_example(made)
    longer, other = made.people[:2]

    assert (step_of(made, longer, LATE), step_of(made, other, LATE)) == ("practise", "wait")
    attempt(made, longer, example, LATE)
    with pytest.raises(errors.NotOpen):
        attempt(made, other, example, LATE)


def test_who_has_more_time_compares_when_everybody_elses_is_over(made: Class) -> None:
    begin(made)
    longer, other = made.people[:2]

    assert step_of(made, other, LATE) == "wait"
    assert compare(made, longer, LATE).given_at == LATE
    with pytest.raises(errors.NotOpen):
        compare(made, other, LATE)
    assert compare(made, other, REVIEWS_DUE).given_at == REVIEWS_DUE


def test_within_the_grace_both_are_still_taken(made: Class) -> None:
    choose(made, LateOptions(reviews=rules.REFUSED, reviews_grace=90))
    example = add_example(made)
    begin(made)
    other = made.people[1]

    attempt(made, other, example, LATE)

    assert compare(made, other, LATE).given_at == LATE


def test_a_round_that_begins_after_the_reviews_asks_everybody(made: Class) -> None:
    begin(made, LATE)

    assert step_of(made, made.people[1], LATE) == "compare"
    assert compare(made, made.people[1], LATE).given_at == LATE


def test_who_may_hand_in_once_more_may_look_at_their_own_work_though_it_is_closed(made: Class) -> None:
    choose(made, rules.SelfAssessmentOptions(when=rules.BEFORE))
    again, other = made.people[:2]
    operations.close(made.session, made.exchange, by=made.teacher.person_id, now=LATE)
    operations.reopen_work(
        made.session,
        made.exchange,
        person=again,
        until=LATE + DAY,
        reason="A file was broken.",
        by=made.teacher.person_id,
        now=LATE,
    )
    made.session.refresh(made.exchange)
    words = make_words(made.exchange)

    operations.assess_own_work(made.session, made.exchange, author=again, words=words, now=LATE)

    page = queries.student_page(made.session, made.exchange, again, now=LATE)
    assert page.own is not None
    assert page.own.said == words
    with pytest.raises(errors.NotOpen):
        operations.assess_own_work(made.session, made.exchange, author=other, words=words, now=LATE)
