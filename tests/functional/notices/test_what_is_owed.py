"""Who owes practice, a comparison or a look at their own work hears of the date, as who owes reviews does."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from lti_tool.exchange import notices as words_of_exchange
from lti_tool.exchange import operations, queries, reminding, rules
from lti_tool.exchange.rules import LateOptions, PracticeOptions, ReleaseOptions, SelfAssessmentOptions
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, make_class, make_words, review, take
from tests.functional.exchange.test_own_time import add_example, attempt, begin, choose, compare
from tests.functional.exchange.test_queries import counted

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DUE = BEGUN + 5 * DAY
NEAR, PAST = DUE - 20 * HOUR, DUE + HOUR


@pytest.fixture
def made(session: Session) -> Class:
    """Four people who handed in and gave their one review, for named authors; the date is days away."""
    made = make_class(session, learners=4, reviews=1, anonymity=rules.NAMED, review_by=DUE)
    all_hand_in(made)
    return made


def all_review(made: Class) -> None:
    for person in made.people:
        review(made, person)


def pass_time(made: Class, *moments: datetime) -> None:
    for moment in moments:
        reminding.tell_of_exchange(made.session, made.exchange, now=moment)


def told(made: Class, person: int) -> list[tuple[str, dict[str, Any]]]:
    """What the clock or a teacher told somebody of what they owe, oldest first."""
    kinds = ("review_due", "review_overdue", "reminder")
    rows = select(Notice).where(Notice.person_id == person, Notice.kind.in_(kinds)).order_by(Notice.id)
    return [(each.kind, dict(each.facts)) for each in made.session.scalars(rows)]


def test_practice_is_told_with_the_reviews_it_comes_before_once_before_the_date_and_once_after(made: Class) -> None:
    example = add_example(made)
    tried, begun, untried, _ = made.people
    choose(made, PracticeOptions(when=rules.OFFERED))
    take(made, begun)
    choose(made, PracticeOptions(when=rules.DEMANDED))
    attempt(made, tried, example, NEAR)

    pass_time(made, BEGUN, NEAR, NEAR + HOUR, PAST, PAST + HOUR)

    assert told(made, untried) == [
        ("review_due", {"count": 1, "practise": True}),
        ("review_overdue", {"count": 1, "practise": True}),
    ]
    assert told(made, tried) == told(made, begun) == [("review_due", {"count": 1}), ("review_overdue", {"count": 1})]


def test_a_pair_to_compare_is_told_to_who_has_not_compared_it(made: Class) -> None:
    all_review(made)
    begin(made)
    done, owing, gone, _ = made.people
    compare(made, done, BEGUN)
    made.learners[2].left_at = BEGUN
    made.session.flush()

    pass_time(made, NEAR, NEAR + HOUR)
    compare(made, owing, NEAR + HOUR)
    pass_time(made, PAST)

    assert told(made, done) == told(made, gone) == []
    assert told(made, owing) == [("review_due", {"pairs": 1})]


def test_a_round_that_begins_after_the_date_has_none(made: Class) -> None:
    all_review(made)
    begin(made, now=PAST)

    pass_time(made, PAST + HOUR)

    assert [told(made, person) for person in made.people] == [[], [], [], []]
    assert {owed.pairs for owed in queries.to_remind(made.session, made.exchange, now=PAST + HOUR).values()} == {1}


def test_looking_at_ones_own_work_is_told_before_feedback_or_once_it_is_read(made: Class) -> None:
    all_review(made)
    said, passed_over, read, unread = made.people
    choose(made, SelfAssessmentOptions(when=rules.BEFORE))
    words = make_words(made.exchange)
    operations.assess_own_work(made.session, made.exchange, author=said, words=words, now=BEGUN)
    operations.pass_over(made.session, made.exchange, author=passed_over, now=BEGUN)
    before = set(queries.all_owed(made.session, made.exchange, now=NEAR))
    choose(made, SelfAssessmentOptions(when=rules.BESIDE))
    for person in (said, passed_over, read):
        operations.mark_read(made.session, made.exchange, author=person, now=BEGUN)

    pass_time(made, NEAR)

    assert before == {read, unread}
    assert told(made, said) == told(made, unread) == []
    assert told(made, passed_over) == told(made, read) == [("review_due", {"assess": True})]


def test_feedback_that_waits_asks_nobody_to_look_beside_it(made: Class) -> None:
    all_review(made)
    for person in made.people:
        operations.mark_read(made.session, made.exchange, author=person, now=BEGUN)
    choose(made, SelfAssessmentOptions(when=rules.BESIDE))
    choose(made, ReleaseOptions(when=rules.BY_HAND))

    pass_time(made, NEAR)

    assert [told(made, person) for person in made.people] == [[], [], [], []]


def test_each_hears_by_their_own_date_and_of_nothing_that_is_no_longer_taken(made: Class) -> None:
    choose(made, LateOptions(reviews=rules.REFUSED))
    choose(made, SelfAssessmentOptions(when=rules.BEFORE))
    longer, other = made.people[:2]
    by = made.teacher.person_id
    operations.extend(
        made.session,
        made.exchange,
        people=[longer],
        submit_by=None,
        review_by=DUE + DAY,
        reason="Ill.",
        by=by,
        now=BEGUN,
    )

    pass_time(made, NEAR, PAST)

    assert told(made, other) == [("review_due", {"count": 1, "assess": True}), ("review_overdue", {"assess": True})]
    assert told(made, longer) == [("review_due", {"count": 1, "assess": True})]


def test_a_teacher_reminds_of_everything_that_is_owed_each_person_once_a_day(made: Class) -> None:
    all_review(made)
    begin(made)
    choose(made, SelfAssessmentOptions(when=rules.BEFORE))
    done, owing = made.people[:2]
    compare(made, done, BEGUN)
    operations.assess_own_work(made.session, made.exchange, author=done, words=make_words(made.exchange), now=BEGUN)
    by = made.teacher.person_id

    counts = [operations.remind(made.session, made.exchange, by=by, now=BEGUN + hours * HOUR) for hours in (0, 1, 25)]

    assert counts == [3, 0, 3]
    assert told(made, done) == []
    assert told(made, owing) == [("reminder", {"pairs": 1, "assess": True})] * 2


def test_a_notice_says_all_that_is_owed(app: Flask) -> None:
    with app.test_request_context():
        everything = words_of_exchange.words(
            "review_due", {"count": 2, "practise": True, "pairs": 3, "assess": True}, activity_id=1
        )
        one_pair = words_of_exchange.words("review_overdue", {"pairs": 1}, activity_id=1)
        own = words_of_exchange.words("reminder", {"assess": True}, activity_id=1)

    assert everything is not None
    assert one_pair is not None
    assert own is not None
    assert everything.sentence == (
        "You still owe 2 reviews. Before your first review you practise. 3 pairs of works are yours to compare."
        " You have not looked at your own work yet. It is due within a day."
    )
    assert one_pair.sentence == (
        "One pair of works is yours to compare. The date has passed; what comes now is still welcome."
    )
    assert own.sentence == (
        "You have not looked at your own work yet. Your teacher asks everybody to finish what they owe."
    )


def test_who_owes_is_found_in_as_many_statements_for_many_as_for_few(session: Session, engine: Engine) -> None:
    counts = []
    for learners in (4, 12):
        made = make_class(session, learners=learners, reviews=1, anonymity=rules.NAMED, review_by=DUE)
        all_hand_in(made)
        add_example(made)
        begin(made)
        choose(made, SelfAssessmentOptions(when=rules.BEFORE))
        with counted(engine) as statements:
            owed = queries.all_owed(session, made.exchange, now=NEAR)
        assert len(owed) == learners
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 9
