"""What pages read: through the viewer, with the right names, in a number of queries that stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from lti_tool.courses.models import Membership, Role
from lti_tool.exchange import operations, queries, rules
from lti_tool.exchange.room import ExchangeRoom
from lti_tool.files.storage import DatabaseStorage
from lti_tool.web import viewer as viewers
from lti_tool.web.rooms import Card
from lti_tool.web.viewer import Viewer
from tests.factories.courses import make_activity, make_course, make_member, sign_in
from tests.factories.exchange import BEGUN, Class, all_hand_in, give, hand_in, make_class, review, take

LATER = BEGUN + timedelta(days=3)


@pytest.fixture
def made(session: Session) -> Class:
    made = make_class(session, learners=3)
    all_hand_in(made)
    return made


def viewer_of(session: Session, member: Membership, **values: object) -> Viewer:
    signed_in = sign_in(session, member, **values)
    found = viewers.find(session, signed_in.handle, now=datetime.now(UTC))
    assert found is not None
    return found


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def page_of(made: Class, person: int, now: datetime = BEGUN) -> queries.StudentPage:
    return queries.student_page(made.session, made.exchange, person, now=now)


# Access


def test_an_exchange_of_another_course_looks_like_missing(made: Class, session: Session) -> None:
    member = make_member(session, make_course(session), Role.TEACHER)

    assert queries.exchange_for(session, viewer_of(session, member), made.exchange.id) is None


def test_learners_do_not_see_what_is_not_published(session: Session) -> None:
    made = make_class(session, publish=False)

    assert queries.exchange_for(session, viewer_of(session, made.learners[0]), made.exchange.id) is None
    assert queries.exchange_for(session, viewer_of(session, made.teacher), made.exchange.id) is not None


def test_a_file_is_for_its_author_its_reviewers_and_staff(made: Class, session: Session) -> None:
    a, b, c = made.learners
    file = operations.attach_file(
        session,
        made.exchange,
        author=b.person_id,
        data=b"Notes",
        now=BEGUN,
        storage=DatabaseStorage(),
        max_bytes=100,
    )
    offer = take(made, a.person_id)
    assert offer.submission.author_id == b.person_id

    def sees(member: Membership) -> bool:
        return queries.file_for(session, viewer_of(session, member), made.exchange, file.id) is not None

    assert [sees(each) for each in (a, b, c, made.teacher)] == [True, True, False, True]
    operations.decline_offer(session, made.exchange, reviewer=a.person_id, offer_id=offer.id, reason="other", now=BEGUN)
    assert not sees(a)


def test_a_file_of_one_exchange_is_not_found_in_another(made: Class, session: Session) -> None:
    other = make_class(session)
    file = operations.attach_file(
        session,
        other.exchange,
        author=other.people[0],
        data=b"Notes",
        now=BEGUN,
        storage=DatabaseStorage(),
        max_bytes=100,
    )

    assert queries.file_for(session, viewer_of(session, made.teacher), made.exchange, file.id) is None


# The learner's page


def test_a_learner_is_led_from_step_to_step(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    a, b = made.people
    steps = [page_of(made, a).step]
    hand_in(made, a)
    steps.append(page_of(made, a).step)
    hand_in(made, b)
    steps.append(page_of(made, a).step)
    review(made, a)
    steps.append(page_of(made, a).step)
    review(made, b)
    steps.append(page_of(made, a).step)
    operations.mark_read(session, made.exchange, author=a, now=BEGUN)
    steps.append(page_of(made, a).step)

    assert steps == ["submit", "wait", "review", "wait", "reply", "done"]


def test_the_page_says_why_there_is_nothing_to_review(session: Session) -> None:
    made = make_class(session, learners=2)
    hand_in(made, made.people[0])

    page = page_of(made, made.people[0])

    assert (page.available, page.none_because, page.owed, page.waiting_for) == (None, "no_work_yet", 2, 2)


def test_early_finishers_are_told_that_they_may_help(session: Session) -> None:
    made = make_class(session, learners=3, reviews=1)
    a, b, c = made.people
    hand_in(made, a)
    hand_in(made, b)
    review(made, a)
    review(made, b)
    assert page_of(made, a).available is None
    hand_in(made, c)

    assert page_of(made, a).available == "extra"


def test_masked_means_no_names_for_learners_and_names_for_staff(made: Class) -> None:
    a = made.people[0]
    author = review(made, a).offer.submission.author_id or 0
    reviewing, author_page = page_of(made, a), page_of(made, author)
    staff = queries.person_page(made.session, made.exchange, author, now=BEGUN)

    assert [each.author_name for each in reviewing.reviews] == [None]
    assert author_page.work is not None
    letters = rules.pseudonyms(made.exchange.seed, author_page.work.submission.id, 1)
    assert [(each.letter, each.reviewer_name) for each in author_page.received] == [(letters[0], None)]
    assert staff is not None
    assert [each.reviewer_name for each in staff.received] == [made.learners[0].person.name]


def test_named_means_names(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1, anonymity=rules.NAMED)
    all_hand_in(made)
    review(made, made.people[0])

    assert page_of(made, made.people[0]).reviews[0].author_name == made.learners[1].person.name
    assert page_of(made, made.people[1]).received[0].reviewer_name == made.learners[0].person.name


def test_received_answers_follow_the_criteria(made: Class) -> None:
    author = review(made, made.people[0], level=1).offer.submission.author_id or 0

    (received,) = page_of(made, author).received

    clarity, advice = received.answers
    assert (clarity.criterion.title, clarity.level and clarity.level.title) == ("Clarity", "Mostly clear")
    assert (advice.criterion.title, advice.level) == ("Advice", None)
    assert advice.comment == "Look at the second paragraph."


def test_a_review_is_its_reviewers_own_and_gone_when_declined(made: Class) -> None:
    a, b, _ = made.people
    offer = take(made, a)

    assert queries.my_review(made.session, made.exchange, a, offer.id, now=BEGUN) is not None
    assert queries.my_review(made.session, made.exchange, b, offer.id, now=BEGUN) is None
    operations.decline_offer(made.session, made.exchange, reviewer=a, offer_id=offer.id, reason="other", now=BEGUN)
    assert queries.my_review(made.session, made.exchange, a, offer.id, now=BEGUN) is None


def test_a_learner_sees_the_grade_that_went_out(session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    all_hand_in(made)
    review(made, made.people[0], level=1)

    page = page_of(made, made.people[1])

    assert page.grade is not None
    assert page.passback is not None
    assert (page.grade.score, page.passback.state) == (6.0, "waiting")
    assert page_of(made, made.people[0]).grade is None


# Staff


def test_the_overview_tells_where_everybody_is(made: Class, session: Session) -> None:
    made.learners.append(make_member(session, made.course))
    make_member(session, made.course, left_at=BEGUN)
    make_member(session, made.course, is_test_user=True)
    a, b, c, d = made.people
    review(made, a)
    take(made, b)
    operations.save_draft(session, made.exchange, author=d, body="Soon", base_revision=0, now=BEGUN)

    overview = queries.overview(session, made.exchange, now=LATER)

    rows = {row.person_id: row for row in overview.rows}
    assert set(rows) == {a, b, c, d}
    assert (rows[a].given, rows[b].open_offer, rows[d].has_draft) == (1, False, True)
    assert {person: row.trouble for person, row in rows.items()} == {
        a: "no_feedback",
        b: "not_reviewing",
        c: "no_feedback",
        d: None,  # without a date nobody is late
    }
    assert (overview.people, overview.submitted, overview.feedback_given, overview.feedback_owed) == (4, 3, 1, 6)


def test_who_left_after_handing_in_stays_in_the_overview(made: Class) -> None:
    made.learners[0].left_at = BEGUN
    made.session.flush()

    overview = queries.overview(made.session, made.exchange, now=BEGUN)

    assert [row.person_id for row in overview.rows if row.has_left] == [made.people[0]]


def test_somebody_of_another_course_has_no_page(made: Class, session: Session) -> None:
    stranger = make_member(session, make_course(session))

    assert queries.person_page(session, made.exchange, stranger.person_id, now=BEGUN) is None


def test_a_persons_page_tells_how_the_grade_came_about(made: Class) -> None:
    author = review(made, made.people[0], level=1).offer.submission.author_id or 0
    operations.set_grade_override(
        made.session, made.exchange, person=author, score=9, reason="Oral", by=made.teacher.person_id, now=BEGUN
    )

    page = queries.person_page(made.session, made.exchange, author, now=BEGUN)

    assert page is not None
    assert (page.computed.score, page.score) == (6.0, 9.0)
    assert [share.points for share in page.computed.shares] == [0.6]
    assert [each.reason for each in page.overrides] == ["Oral"]


# Costs


@pytest.mark.parametrize("learners", [3, 24])
def test_pages_cost_at_most_twelve_queries_whatever_the_class(session: Session, engine: Engine, learners: int) -> None:
    made = make_class(session, learners=learners)
    all_hand_in(made)
    for person in made.people:
        review(made, person)
    a = made.people[0]
    take(made, a)
    member, teacher = viewer_of(session, made.learners[0]), viewer_of(session, made.teacher)
    session.commit()
    session.expunge_all()
    costs = {}

    with counted(engine) as statements:
        exchange = queries.exchange_for(session, member, made.exchange.id)
        assert exchange is not None
        queries.student_page(session, exchange, a, now=BEGUN)
        costs["student"] = len(statements)
    session.expunge_all()
    with counted(engine) as statements:
        exchange = queries.exchange_for(session, teacher, made.exchange.id)
        assert exchange is not None
        queries.overview(session, exchange, now=BEGUN)
        costs["overview"] = len(statements)
    session.expunge_all()
    with counted(engine) as statements:
        exchange = queries.exchange_for(session, teacher, made.exchange.id)
        assert exchange is not None
        queries.person_page(session, exchange, a, now=BEGUN)
        costs["person"] = len(statements)

    # Every page pays one more to find its viewer.
    assert max(costs.values()) <= 12, costs


# The room


def card_of(made: Class, member: Membership) -> Card:
    viewer = viewer_of(made.session, member)
    return ExchangeRoom().cards(made.session, viewer, [made.exchange.activity], now=BEGUN)[made.exchange.id]


def test_cards_say_what_waits(app: Flask, session: Session) -> None:
    made = make_class(session, learners=2, reviews=1)
    a, b = made.learners
    with app.test_request_context():
        first = card_of(made, a)
        all_hand_in(made)
        second = card_of(made, a)
        give(made, take(made, a.person_id))
        third = card_of(made, a)
        fourth = card_of(made, b)
        staff = card_of(made, made.teacher)

    assert [str(each.todo) for each in (first, second, third, fourth)] == [
        "Hand in your work",
        "Give feedback",
        "",
        "Give feedback",
    ]
    assert (third.done, third.total) == (2, 2)
    assert str(staff.status) == "2 handed in, 1 review given"


def test_the_card_for_staff_says_what_its_date_is(app: Flask, session: Session) -> None:
    made = make_class(session, submit_by=LATER)
    with app.test_request_context():
        card = card_of(made, made.teacher)

    assert (str(card.status), card.due) == ("0 handed in, 0 reviews given; work due", LATER)


def test_a_draft_has_a_card_for_staff_only(app: Flask, session: Session) -> None:
    made = make_class(session, publish=False)
    with app.test_request_context():
        assert card_of(made, made.teacher).is_draft
        with pytest.raises(KeyError):
            card_of(made, made.learners[0])


def test_a_copy_has_settings_but_no_people_and_no_past_dates(session: Session) -> None:
    made = make_class(session, submit_by=BEGUN, review_by=LATER)
    all_hand_in(made)
    course = make_course(session, made.course.deployment)
    copy = make_activity(session, course, title=made.exchange.title)

    ExchangeRoom().clone(session, made.exchange.activity, copy, now=BEGUN + timedelta(hours=1))

    viewer = viewer_of(session, make_member(session, course, Role.TEACHER))
    cloned = queries.exchange_for(session, viewer, copy.id)
    assert cloned is not None
    plan, origin = queries.plan_of(cloned), queries.plan_of(made.exchange)
    assert (plan.submit_by, plan.review_by) == (None, LATER)
    assert [each.title for each in plan.criteria] == [each.title for each in origin.criteria]
    assert {each.id for each in plan.criteria}.isdisjoint(each.id for each in origin.criteria)
    assert cloned.is_published
    assert queries.overview(session, cloned, now=BEGUN).submitted == 0


def test_the_lms_is_told_title_points_and_dates(made: Class) -> None:
    placement = ExchangeRoom().placement(made.session, made.exchange.activity)

    assert (placement.title, placement.score_maximum, placement.due_at) == ("First drafts", 10.0, None)
