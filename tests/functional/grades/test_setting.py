"""Setting grades: the latest wins, and nothing is sent twice."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.grades import operations, queries
from lti_tool.grades.models import State
from tests.factories.grades import GRADED, make_graded
from tests.factories.jobs import waiting_jobs


def test_a_grade_is_written_and_its_job_deferred_together(session: Session) -> None:
    graded = make_graded(session)

    passback = graded.set_grade(7.5)

    assert passback is not None
    assert (passback.score_given, passback.state, passback.version) == (7.5, State.WAITING, 1)
    assert waiting_jobs(session, "grades.send") == 1


def test_a_grade_rolled_back_leaves_no_job(session: Session) -> None:
    graded = make_graded(session)
    operations.set_grade(
        session,
        course_id=graded.course.id,
        activity_id=graded.activity.id,
        resource_link_id=graded.link.id,
        person_id=graded.learner.person_id,
        score_given=5,
        score_maximum=10,
        comment="",
        submitted_at=None,
        now=GRADED,
    )

    session.rollback()

    assert graded.passback is None
    assert waiting_jobs(session, "grades.send") == 0


def test_many_changes_are_one_row_with_the_latest_of_them(session: Session) -> None:
    graded = make_graded(session)

    for score in (1, 2, 3, 4):
        graded.set_grade(score)

    assert graded.passback is not None
    assert (graded.passback.score_given, graded.passback.version) == (4, 4)
    assert session.execute(text("select count(*) from grade_passback")).scalar_one() == 1


def test_an_unchanged_grade_writes_and_sends_nothing(session: Session) -> None:
    graded = make_graded(session)
    passback = graded.set_grade(6, comment="Well argued")
    assert passback is not None
    session.execute(text("delete from procrastinate_jobs"))
    session.commit()
    version = session.execute(text("select xmin::text, xmax::text from grade_passback")).one()

    graded.set_grade(6, comment="Well argued", now=GRADED + timedelta(hours=1))

    assert session.execute(text("select xmin::text, xmax::text from grade_passback")).one() == version
    assert waiting_jobs(session, "grades.send") == 0


def test_taking_back_a_grade_that_never_was_does_nothing(session: Session) -> None:
    graded = make_graded(session)

    assert graded.set_grade(None) is None


def test_two_columns_of_one_link_are_two_grades(session: Session) -> None:
    graded = make_graded(session)

    graded.set_grade(6)
    graded.set_grade(2, column="reviewing")

    own, other = queries.passbacks_of_person(session, graded.activity.id, graded.learner.person_id)
    assert (own.score_given, other.score_given) == (6, 2)


def test_tallies_say_how_far_the_grades_of_an_activity_have_come(session: Session) -> None:
    graded = make_graded(session)
    graded.set_grade(6)

    assert queries.tallies(session, [graded.activity.id]) == {graded.activity.id: queries.Tally(waiting=1)}
