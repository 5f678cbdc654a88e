"""Columns of the gradebook: found before they are made, and made once."""

from typing import Any

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.clock import now as clock_now
from lti_tool.courses.models import ResourceLink
from lti_tool.grades import columns, operations
from lti_tool.grades.jobs import find_column, sweep
from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import Problem
from lti_tool.lti import vocabulary as lti
from tests.factories.courses import make_member
from tests.factories.grades import HOST, LINE_ITEM, Gradebook, Graded, due_again, make_graded, the
from tests.factories.jobs import run_jobs

MADE = f"{HOST}/course/1/lineitems/8/lineitem?type_id=3"


def without_column(session: Session, **course: Any) -> Graded:
    graded = make_graded(session, **course)
    graded.link.line_item_url = None
    session.commit()
    return graded


def column_of(session: Session, graded: Graded) -> str | None:
    return session.scalars(select(ResourceLink.line_item_url).where(ResourceLink.id == graded.link.id)).one()


def test_a_missing_column_is_made_and_then_used(session: Session, app: Flask) -> None:
    graded = without_column(session)
    gradebook = Gradebook()

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)

    made = gradebook.columns[0]
    assert (made["label"], made["scoreMaximum"]) == (graded.activity.title, 10)
    assert (made["resourceLinkId"], made["resourceId"]) == (graded.link.lti_id, str(graded.activity.public_id))
    assert column_of(session, graded) == MADE
    assert the(graded.passback).state == State.SENT


def test_a_class_of_grades_makes_one_column(session: Session, app: Flask) -> None:
    graded = without_column(session)
    for member in [make_member(session, graded.course) for _ in range(5)]:
        graded.set_grade(5, person_id=member.person_id)
    gradebook = Gradebook()

    with gradebook.open():
        run_jobs(session, app)

    assert len(gradebook.columns) == 1
    assert len(gradebook.scores) == 5


def test_a_column_of_this_link_is_found_and_not_made_again(session: Session, app: Flask) -> None:
    graded = without_column(session)
    gradebook = Gradebook(columns=[{"id": MADE, "resourceLinkId": graded.link.lti_id, "scoreMaximum": 10}])

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)

    assert len(gradebook.columns) == 1
    assert the(graded.passback).state == State.SENT


def test_the_column_of_a_duplicated_link_is_not_taken_for_ours(session: Session, app: Flask) -> None:
    graded = without_column(session)
    resource_id = str(graded.activity.public_id)
    other = {"id": f"{HOST}/course/1/lineitems/6", "resourceLinkId": "another", "resourceId": resource_id}
    gradebook = Gradebook(columns=[other])

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)

    assert column_of(session, graded) == MADE


def test_where_columns_may_only_be_read_none_is_made(session: Session, app: Flask) -> None:
    graded = without_column(session, scopes=[lti.SCOPE_SCORE, lti.SCOPE_LINE_ITEM_READ])
    gradebook = Gradebook()

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)

    assert gradebook.columns == []
    assert (the(graded.passback).state, the(graded.passback).problem) == (State.FAILED, Problem.NO_COLUMN)


def test_a_gradebook_in_trouble_is_asked_again_for_the_column(session: Session, app: Flask) -> None:
    graded = without_column(session)
    gradebook = Gradebook(next_answers=[(503, {}, "")])

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)
        waiting = the(graded.passback).state, the(graded.passback).problem
        due_again(graded)
        sweep(0)
        run_jobs(session, app)

    assert waiting == (State.WAITING, Problem.UNAVAILABLE)
    assert the(graded.passback).state == State.SENT


def test_a_second_column_of_a_link_carries_its_tag(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    gradebook = Gradebook()

    with gradebook.open():
        graded.set_grade(2, column="reviewing")
        run_jobs(session, app)

    assert gradebook.columns[0]["tag"] == "reviewing"
    assert (the(graded.passback).state, the(graded.passback).line_item_url) == (State.SENT, MADE)


def test_a_deleted_column_is_replaced_when_somebody_sends_again(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    gradebook = Gradebook(next_answers=[(404, {}, "")])

    with gradebook.open():
        graded.set_grade(8)
        run_jobs(session, app)
        gone = the(graded.passback).problem
        operations.send_again(session, the(graded.passback), now=clock_now())
        session.commit()
        run_jobs(session, app)

    assert gone == Problem.COLUMN_GONE
    assert column_of(session, graded) == MADE
    assert the(graded.passback).state == State.SENT


def test_a_deleted_further_column_is_replaced_although_other_grades_knew_it(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    other = make_member(session, graded.course).person_id
    gradebook = Gradebook(columns=[{"id": LINE_ITEM, "tag": "reviewing", "resourceId": str(graded.activity.public_id)}])
    with gradebook.open():
        for person in (graded.learner.person_id, other):
            graded.set_grade(2, person_id=person, column="reviewing")
        run_jobs(session, app)
        gradebook.columns.clear()
        gradebook.next_answers = [(404, {}, "")]
        graded.set_grade(3, column="reviewing")
        run_jobs(session, app)
        assert the(graded.passback).problem == Problem.COLUMN_GONE

        operations.send_again(session, the(graded.passback), now=clock_now())
        session.commit()
        run_jobs(session, app)

    kept = session.scalars(select(Passback).where(Passback.column == "reviewing")).all()
    assert {(each.state, each.line_item_url) for each in kept} == {(State.SENT, MADE)}


def test_jobs_for_one_column_take_turns(session: Session, app: Flask) -> None:
    graded = without_column(session)
    gradebook = Gradebook()
    with gradebook.open(), app.app_context():
        graded.set_grade(8)
        run_jobs(session, app)

        find_column(graded.link.id, "")

    locks = session.execute(
        text("select distinct lock from procrastinate_jobs where task_name = 'grades.find_column'")
    ).scalars()
    assert list(locks) == [f"column:{graded.link.id}:"]
    assert len(gradebook.columns) == 1


def test_whatever_a_platform_says_about_its_columns_can_be_written_down(session: Session) -> None:
    graded = without_column(session)
    graded.set_grade(8)
    wanted = columns.look_up(session, graded.link.id, "")
    assert wanted is not None
    found = columns.Found(problem=Problem.REFUSED, detail="invalid\x00client" * 100)

    columns.settle(session, wanted, found, now=clock_now())
    session.commit()

    assert (the(graded.passback).detail or "").startswith("invalidclientinvalid")


def test_grades_that_were_in_a_deleted_column_follow_into_the_new_one(session: Session, app: Flask) -> None:
    graded = make_graded(session)
    classmate = make_member(session, graded.course)
    gradebook = Gradebook()

    with gradebook.open():
        graded.set_grade(7, person_id=classmate.person_id)
        run_jobs(session, app)
        gradebook.next_answers = [(404, {}, "")]
        graded.set_grade(8)
        run_jobs(session, app)
        operations.send_again(session, the(graded.passback), now=clock_now())
        session.commit()
        run_jobs(session, app)

    assert [score["scoreGiven"] for score in gradebook.scores[1:]] in ([7, 8], [8, 7])
    assert the(graded.passback).state == State.SENT
