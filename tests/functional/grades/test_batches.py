"""Many grades at once: taken together, delivered side by side, settled together; each gets what became of it."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from flask import Flask
from requests import PreparedRequest
from sqlalchemy import Engine, delete, event, select, text
from sqlalchemy.orm import Session

from lti_tool import db, jobs, worker
from lti_tool.clock import now as clock_now
from lti_tool.config import Settings
from lti_tool.courses.models import Person, Platform
from lti_tool.grades import operations, sending
from lti_tool.grades.jobs import SIDE_BY_SIDE, send, sweep
from lti_tool.grades.models import Passback, State
from lti_tool.grades.rules import MOST_ATTEMPTS, Problem
from lti_tool.lti.services import open_client
from tests.factories.courses import make_member
from tests.factories.grades import GRADED, LINE_ITEM, Answer, Gradebook, Graded, due_again, make_graded
from tests.factories.jobs import run_apart, run_jobs, waiting_jobs

SCORES = LINE_ITEM.partition("?")[0] + "/scores"
ELSEWHERE = "https://elsewhere.example/course/1/lineitems/7"


@pytest.fixture
def commits(engine: Engine) -> Iterator[list[None]]:
    """One for each transaction that was committed."""
    seen: list[None] = []

    def note(_connection: object) -> None:
        seen.append(None)

    event.listen(engine, "commit", note)
    yield seen
    event.remove(engine, "commit", note)


def make_class(session: Session, learners: int) -> tuple[Graded, list[int]]:
    """A course and the ids of its learners, who all have a grade to be sent."""
    graded = make_graded(session)
    people = [graded.learner.person_id, *(make_member(session, graded.course).person_id for _ in range(learners - 1))]
    set_grades(graded, people, 5)
    return graded, people


def set_grades(graded: Graded, people: Sequence[int], score: float, *, commit: bool = True) -> None:
    operations.set_grades(
        graded.session,
        [operations.NewGrade(person_id=person, score_given=score, score_maximum=10) for person in people],
        course_id=graded.course.id,
        activity_id=graded.activity.id,
        resource_link_id=graded.link.id,
        now=GRADED,
    )
    if commit:
        graded.session.commit()


def subject(session: Session, person_id: int) -> str:
    return session.get_one(Person, person_id).sub


def rows(session: Session) -> dict[int, Passback]:
    """By person."""
    session.expire_all()
    return {each.person_id: each for each in session.scalars(select(Passback).order_by(Passback.id))}


def test_a_class_is_sent_by_one_job_with_one_token_and_few_transactions(
    session: Session, app: Flask, commits: list[None]
) -> None:
    make_class(session, 60)
    gradebook = Gradebook()

    with gradebook.open():
        commits.clear()
        assert run_jobs(session, app) == 1

    assert (len(gradebook.scores), gradebook.tokens) == (60, 1)
    assert {each.state for each in rows(session).values()} == {State.SENT}
    assert len(commits) < 30


def test_of_many_that_are_sent_together_each_gets_what_became_of_it(session: Session, app: Flask) -> None:
    graded, people = make_class(session, 8)
    refused, changed, left, *others = people
    gradebook = Gradebook(students={subject(session, each) for each in people if each != refused})

    def meanwhile() -> None:
        set_grades(graded, [changed], 9)
        session.execute(delete(Person).where(Person.id == left))
        session.commit()

    gradebook.meanwhile = meanwhile
    with gradebook.open():
        run_jobs(session, app)

    found = rows(session)
    assert left not in found
    assert (found[refused].state, found[refused].problem) == (State.FAILED, Problem.REFUSED)
    assert "not a student" in (found[refused].detail or "")
    assert {found[each].state for each in (changed, *others)} == {State.SENT}
    assert {found[each].attempts for each in (changed, *others)} == {0}
    shown = gradebook.of(subject(session, changed))
    assert shown is not None
    assert shown["scoreGiven"] == 9


def test_when_one_is_throttled_the_others_on_the_wire_count_and_the_rest_waits_untried(
    session: Session, app: Flask
) -> None:
    graded, _ = make_class(session, 30)
    gradebook = Gradebook(next_answers=[(429, {"Retry-After": "600"}, "")])

    with gradebook.open():
        run_jobs(session, app)

    found = rows(session).values()
    sent = [each for each in found if each.state == State.SENT]
    throttled = [each for each in found if each.problem == Problem.THROTTLED]
    untried = [each for each in found if each.state == State.WAITING and each.problem is None]
    assert (len(sent), len(throttled)) == (len(gradebook.scores), 1)
    assert len(gradebook.asked) <= SIDE_BY_SIDE + 1
    assert {each.attempts for each in untried} == {0}
    assert min(each.next_attempt_at for each in [*throttled, *untried]) > clock_now() + timedelta(minutes=9)

    due_again(graded)
    with gradebook.open():
        sweep(0)
        run_jobs(session, app)
    assert {each.state for each in rows(session).values()} == {State.SENT}
    assert len(gradebook.scores) == 30, "each once"


def test_a_platform_that_does_not_answer_is_not_asked_for_each_grade_and_all_are_given_up_together(
    session: Session, app: Flask
) -> None:
    graded, _ = make_class(session, 30)
    gradebook = Gradebook()

    with gradebook.open() as network:
        network.remove("POST", SCORES)
        network.add("POST", SCORES, body=requests.ConnectionError())
        run_jobs(session, app)
        asked = len(network.calls) - gradebook.tokens
        first = [(each.state, each.problem, each.attempts) for each in rows(session).values()]
        soonest = min(each.next_attempt_at for each in rows(session).values())
        for _ in range(MOST_ATTEMPTS + 1):
            due_again(graded)
            sweep(0)
            run_jobs(session, app)

    assert asked <= 2 * SIDE_BY_SIDE
    assert first == [(State.WAITING, Problem.UNAVAILABLE, 1)] * 30
    assert soonest > clock_now()
    assert {(each.state, each.problem) for each in rows(session).values()} == {(State.FAILED, Problem.GAVE_UP)}


def test_one_score_that_nobody_answers_holds_up_no_other(session: Session, app: Flask) -> None:
    make_class(session, 30)
    gradebook = Gradebook()

    def break_once() -> None:
        raise requests.ConnectionError

    gradebook.meanwhile = break_once
    with gradebook.open():
        run_jobs(session, app)

    found = [(each.state, each.problem) for each in rows(session).values()]
    assert found.count((State.SENT, None)) == 29
    assert found.count((State.WAITING, Problem.UNAVAILABLE)) == 1


def test_a_failure_that_nobody_thought_of_holds_up_no_other_and_is_tried_again(session: Session, app: Flask) -> None:
    make_class(session, 10)
    gradebook = Gradebook()

    def stumble() -> None:
        raise RuntimeError("nobody thought of this")

    gradebook.meanwhile = stumble

    with gradebook.open():
        run_jobs(session, app)

    found = [(each.state, each.problem) for each in rows(session).values()]
    assert found.count((State.SENT, None)) == 9
    assert found.count((State.WAITING, Problem.UNAVAILABLE)) == 1


def test_a_worker_that_is_to_stop_begins_no_further_score_and_rings_for_the_next(session: Session, app: Flask) -> None:
    make_class(session, 30)
    gradebook = Gradebook(meanwhile=jobs.stopping.set)

    try:
        with gradebook.open(), app.app_context():
            session.execute(text("delete from procrastinate_jobs"))
            session.commit()
            send(session.scalars(select(Platform.id)).one())
    finally:
        jobs.stopping.clear()

    found = rows(session).values()
    assert len(gradebook.asked) <= SIDE_BY_SIDE + 1
    assert {each.state for each in found} == {State.SENT, State.WAITING}
    assert {(each.attempts, each.problem) for each in found} == {(0, None)}
    assert waiting_jobs(session, "grades.send") == 1
    with gradebook.open():
        run_jobs(session, app)
    assert {each.state for each in rows(session).values()} == {State.SENT}
    assert len(gradebook.scores) == 30, "each once"


def test_a_job_that_stays_for_long_makes_room_and_comes_again(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_class(session, 30)
    monkeypatch.setattr("lti_tool.grades.jobs.LONGEST_STAY", 0.0)
    gradebook = Gradebook()

    with gradebook.open():
        ran = run_jobs(session, app)

    assert ran > 1
    assert len(gradebook.scores) == 30


def test_a_platform_that_hangs_holds_up_no_other(session: Session, app: Flask, settings: Settings) -> None:
    """Its scores end only when the other platform has got all of its own."""
    worker.import_tasks()
    make_class(session, 10)
    quick, _ = make_class(session, 5)
    quick.link.line_item_url = ELSEWHERE
    session.commit()
    arrived = threading.Event()
    came: list[str] = []

    def hang(_request: PreparedRequest) -> Answer:
        assert arrived.wait(60)
        came.append("slow")
        return 200, {}, ""

    def arrive(_request: PreparedRequest) -> Answer:
        came.append("quick")
        if came.count("quick") == 5:
            arrived.set()
        return 200, {}, ""

    with Gradebook().open() as network:
        network.remove("POST", SCORES)
        network.add_callback("POST", SCORES, callback=hang)
        network.add_callback("POST", f"{ELSEWHERE}/scores", callback=arrive)
        alone = replace(settings, worker_concurrency=1)
        run_apart(worker.run(app, alone, wait=False, stop_on_signals=False))

    assert came == ["quick"] * 5 + ["slow"] * 10


def test_no_transaction_waits_for_the_bell_of_another_and_none_is_stranded(session: Session, app: Flask) -> None:
    graded, people = make_class(session, 2)
    gradebook = Gradebook()
    with gradebook.open():
        run_jobs(session, app)
        with Session(session.get_bind()) as first, Session(session.get_bind()) as second:
            second.execute(text("set local lock_timeout = '5s'"))
            for each, person, score in ((first, people[0], 8), (second, people[1], 9)):
                set_grades(replace(graded, session=each), [person], score, commit=False)
            second.commit()
            # A worker looks now: it takes the bells that are there, and what they rang for.
            run_jobs(session, app)
            sent = [score["scoreGiven"] for score in gradebook.scores[2:]]
            first.commit()
        run_jobs(session, app)

    assert sent == [9]
    assert [score["scoreGiven"] for score in gradebook.scores[2:]] == [9, 8]


def test_settling_and_setting_the_same_grades_at_once_wait_for_each_other_and_do_not_lock_up(
    session: Session, app: Flask
) -> None:
    graded, people = make_class(session, 1)
    later, earlier = make_member(session, graded.course).person_id, people[0]
    session.execute(delete(Passback))
    # The row of the one who is first by number comes second.
    set_grades(graded, [later], 5)
    set_grades(graded, [earlier], 5)
    taken = sending.take(session, graded.platform.id, limit=5, now=clock_now())
    with app.app_context():
        visit = sending.Visit(open_client(session, graded.platform.id))
    session.commit()

    def settle() -> None:
        with db.transaction() as own:
            sending.settle(own, visit, [(turn, sending.Outcome()) for turn in taken.turns], now=clock_now())

    with ThreadPoolExecutor(1) as threads, Session(session.get_bind()) as teacher:
        set_grades(replace(graded, session=teacher), [earlier], 8, commit=False)
        settled = threads.submit(settle)
        waiting = text(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock' and query like '%for update%'"
        )
        while not settled.done() and not session.execute(waiting).scalar():
            session.rollback()
        set_grades(replace(graded, session=teacher), [later], 8)
        settled.result(60)

    assert {(each.state, each.score_given) for each in rows(session).values()} == {(State.WAITING, 8)}
