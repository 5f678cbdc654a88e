"""Staff review a work themselves: named, beside the plan, and in somebody's place only where nobody was found."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, operations, queries, rules
from lti_tool.exchange.models import Release, Seat, StaffReview
from lti_tool.notices.models import Notice
from tests.factories.exchange import BEGUN, Class, all_hand_in, hand_in, make_class, make_words, review

LATER = BEGUN + timedelta(days=3)


@pytest.fixture
def made(session: Session) -> Class:
    """Two people, two reviews each: each work lacks a reader that no classmate can be."""
    made = make_class(session, learners=2)
    all_hand_in(made)
    return made


def say(made: Class, *, person: int = 0, is_rescue: bool = False, level: int = -1) -> StaffReview:
    return operations.review_as_staff(
        made.session,
        made.exchange,
        author=made.people[person],
        by=made.teacher.person_id,
        words=make_words(made.exchange, level=level),
        is_rescue=is_rescue,
        now=LATER,
    )


def lacks(made: Class, person: int = 0) -> int:
    seat = made.session.get_one(Seat, (made.exchange.id, made.people[person]), populate_existing=True)
    return seat.lacks


def test_the_author_reads_it_with_a_name_and_is_told(made: Class) -> None:
    """Pain 31: staff cannot comment."""
    say(made)

    (found,) = queries.staff_reviews_of(made.session, made.exchange, made.people[0])
    assert found.name == "Vera Nowak"
    assert [each.comment for each in found.answers] == ["Look at the second paragraph."] * 2
    told = made.session.scalars(select(Notice.kind).where(Notice.person_id == made.people[0])).all()
    assert "staff_feedback" in told
    assert queries.student_page(made.session, made.exchange, made.people[0], now=LATER).by_staff == 1


def test_beside_the_plan_it_takes_nobodys_place(made: Class) -> None:
    before = queries.student_page(made.session, made.exchange, made.people[0], now=LATER).waiting_for

    say(made)

    assert lacks(made) == 1
    assert queries.student_page(made.session, made.exchange, made.people[0], now=LATER).waiting_for == before
    assert queries.replay(made.session, made.exchange) == ()


def test_as_a_rescue_the_work_lacks_one_reader_less_and_taking_it_back_frees_the_place(made: Class) -> None:
    """Pains 4 and 6: nobody ends with too few in a small class."""
    say(made, is_rescue=True)

    assert lacks(made) == 0
    assert queries.student_page(made.session, made.exchange, made.people[0], now=LATER).waiting_for == 1
    row = next(
        each
        for each in queries.overview(made.session, made.exchange, now=LATER).rows
        if each.person_id == made.people[0]
    )
    assert row.received == 1
    assert queries.replay(made.session, made.exchange) == ()
    assert queries.cockpit(made.session, made.exchange, now=LATER).unmet == 1

    operations.take_staff_review_back(
        made.session, made.exchange, author=made.people[0], by=made.teacher.person_id, now=LATER
    )
    assert lacks(made) == 1
    assert queries.staff_reviews_of(made.session, made.exchange, made.people[0]) == ()
    assert queries.replay(made.session, made.exchange) == ()


def test_where_nobody_is_lacking_it_is_no_rescue(session: Session) -> None:
    made = make_class(session, learners=4)
    all_hand_in(made)

    assert not say(made, is_rescue=True).is_rescue
    assert lacks(made) == 0


def test_an_author_who_leaves_gives_staff_no_other_work(made: Class) -> None:
    say(made, is_rescue=True)
    made.learners[0].left_at = LATER
    made.session.flush()

    operations.tend(made.session, made.exchange, now=LATER)

    assert queries.replay(made.session, made.exchange) == ()


def test_it_counts_for_the_grade_only_where_the_teacher_says_so(made: Class) -> None:
    """Pain 38: what counted is clear."""
    review(made, made.people[1], level=-1, now=LATER)
    say(made, level=0)
    author = made.people[0]

    def score() -> float | None:
        return queries.grades_of(made.session, made.exchange)[author].score

    assert score() == 10.0
    options = rules.GradingOptions(staff=True)
    operations.set_options(made.session, made.exchange, options, by=made.teacher.person_id, now=LATER)
    assert score() == 5.0
    found = queries.graded(made.session, made.exchange, with_estimates=True)
    assert len(found.shares[author]) == 2


def test_a_rescue_lets_the_grade_of_the_reviews_go_out(made: Class, session: Session) -> None:
    review(made, made.people[1], now=LATER)
    assert session.get(Release, (made.exchange.id, made.people[0])) is None

    say(made, is_rescue=True)

    assert session.get_one(Release, (made.exchange.id, made.people[0])).score == 10.0


def test_giving_it_again_puts_the_new_words_in_its_place(made: Class, session: Session) -> None:
    first = say(made)
    second = say(made, level=0, is_rescue=True)

    assert first.id == second.id
    assert second.edited_at == LATER
    assert second.is_rescue
    assert len(session.scalars(select(StaffReview)).all()) == 1


def test_nothing_is_said_about_what_is_not_there_or_with_gaps(made: Class, session: Session) -> None:
    with pytest.raises(errors.IncompleteFeedback):
        operations.review_as_staff(
            session,
            made.exchange,
            author=made.people[0],
            by=made.teacher.person_id,
            words=rules.Words(),
            is_rescue=False,
            now=LATER,
        )
    other = make_class(session)
    with pytest.raises(errors.NoSuchPerson):
        say(other)
    with pytest.raises(errors.NoSuchFeedback):
        operations.take_staff_review_back(
            session, made.exchange, author=made.people[0], by=made.teacher.person_id, now=LATER
        )


def test_what_waits_for_feedback_is_on_the_card_less_what_staff_rescued(made: Class, session: Session) -> None:
    hand_in(made, made.people[0], now=BEGUN)
    say(made, is_rescue=True)

    (standing,) = queries.standings(
        session, {made.exchange.id: made.exchange}, person_id=made.people[0], course_id=made.course.id, now=LATER
    ).values()
    assert (standing.received, standing.rescued) == (0, 1)
