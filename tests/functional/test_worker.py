"""The worker: knows every task, runs what waits, tends what was left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from lti_tool import db, housekeeping, jobs, worker
from lti_tool.config import Settings
from lti_tool.grades.jobs import find_column
from lti_tool.grades.models import State
from lti_tool.lti.models import AccessToken, Attempt
from lti_tool.web.models import WebSession
from tests.factories.courses import make_course, make_member, make_platform, sign_in
from tests.factories.grades import Gradebook, make_graded, the
from tests.factories.jobs import run_apart, run_jobs


def statuses(session: Session) -> dict[str, str]:
    """Jobs by task."""
    session.rollback()
    rows = session.execute(text("select task_name, status::text from procrastinate_jobs order by id"))
    return {row.task_name: row.status for row in rows}


async def tend(url: str) -> None:
    """Tend the jobs once, as the worker does each minute."""
    async with jobs.opened(url) as queue:
        await housekeeping.tend(queue.job_manager)


def defer_a_named_one(session: Session) -> None:
    jobs.defer(session, find_column, once_as="column:1:", resource_link_id=1, column="")
    session.commit()


def test_every_task_of_the_house_is_known() -> None:
    worker.import_tasks()

    assert {
        "grades.send",
        "grades.sweep",
        "courses.sync_roster",
        "courses.sync_due_rosters",
        "house.clear_away",
        "house.tend_jobs",
        "exchange.release_due_grades",
    } <= set(jobs.queue.tasks)


def test_a_worker_runs_what_waits(session: Session, app: Flask, settings: Settings) -> None:
    worker.import_tasks()
    graded = make_graded(session)
    graded.set_grade(7)
    gradebook = Gradebook()

    with gradebook.open():
        run_apart(worker.run(app, settings, wait=False, stop_on_signals=False))

    assert statuses(session)["grades.send"] == "succeeded"
    assert gradebook.scores[0]["scoreGiven"] == 7
    assert the(graded.passback).state == State.SENT


def test_a_worker_does_as_many_jobs_at_once_as_it_was_told_on_however_few_processors(
    session: Session, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the others: where one had no thread, none would ever end."""
    worker.import_tasks()
    together = threading.Barrier(20, timeout=60)
    monkeypatch.setattr(jobs.queue.tasks["courses.sync_roster"], "func", lambda course_id: together.wait())
    for _ in range(20):
        session.execute(
            text(
                "insert into procrastinate_jobs (queue_name, task_name, args)"
                """ values ('rosters', 'courses.sync_roster', '{"course_id": 1}')"""
            )
        )
    session.commit()

    run_apart(worker.run(app, replace(settings, worker_concurrency=20), wait=False, stop_on_signals=False))

    assert statuses(session)["courses.sync_roster"] == "succeeded"


def test_a_job_in_a_worker_defers_others_in_its_own_transaction(
    session: Session, app: Flask, settings: Settings
) -> None:
    worker.import_tasks()
    graded = make_graded(session)
    graded.link.line_item_url = None
    gradebook = Gradebook(meanwhile=lambda: graded.set_grade(9))

    with gradebook.open():
        graded.set_grade(7)
        # Told not to wait, a worker leaves what its last jobs have deferred to the next.
        for _ in range(4):
            run_apart(worker.run(app, settings, wait=False, stop_on_signals=False))

    assert [score["scoreGiven"] for score in gradebook.scores] == [7, 9]
    done = statuses(session)  # Where a minute begins meanwhile, what is done each minute waits for the next worker.
    assert (done["grades.find_column"], done["grades.send"]) == ("succeeded", "succeeded")


def test_a_job_whose_worker_died_starts_again(session: Session, settings: Settings, app: Flask) -> None:
    graded = make_graded(session)
    graded.set_grade(7)
    session.execute(text("update procrastinate_jobs set status = 'doing'"))
    session.commit()

    assert settings.database_url
    run_apart(tend(settings.database_url))

    assert statuses(session) == {"grades.send": "todo"}


def test_a_dead_job_gives_way_to_a_younger_one_of_the_same_name(
    session: Session, settings: Settings, app: Flask
) -> None:
    defer_a_named_one(session)
    session.execute(text("update procrastinate_jobs set status = 'doing'"))
    defer_a_named_one(session)

    assert settings.database_url
    run_apart(tend(settings.database_url))

    waiting = session.execute(text("select count(*) from procrastinate_jobs")).scalar_one()
    assert (waiting, statuses(session)) == (1, {"grades.find_column": "todo"})


def test_what_ended_yesterday_is_cleared_away(session: Session, app: Flask, now: datetime) -> None:
    platform = make_platform(session)
    member = make_member(session, make_course(session))
    for hours in (1, -25):
        ends = now + timedelta(hours=hours)
        sign_in(session, member, expires_at=ends)
        session.add(
            Attempt(
                state=f"state {hours}",
                nonce="n",
                platform_id=platform.id,
                target_link_uri="https://hearth.example/lti/launch",
                login_hint="h",
                browser_hash="b",
                expires_at=ends,
            )
        )
        session.add(
            AccessToken(platform_id=platform.id, scopes=f"scope {hours}", token="t", granted="", expires_at=ends)
        )
    session.commit()

    assert housekeeping.delete_expired(session, now=now) == 3

    for model in (WebSession, Attempt, AccessToken):
        assert session.scalar(select(func.count()).select_from(model)) == 1


def test_clearing_away_is_a_job_like_any_other(session: Session, app: Flask) -> None:
    session.execute(
        text(
            "insert into procrastinate_jobs (queue_name, task_name, args)"
            """ values ('house', 'house.clear_away', '{"timestamp": 0}')"""
        )
    )

    assert run_jobs(session, app, "house") == 1


@pytest.mark.parametrize("ask", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_stops_when_it_is_asked_to(settings: Settings, session: Session, ask: signal.Signals) -> None:
    environment = {
        **os.environ,
        "SECRET_KEY": settings.secret_key,
        "PUBLIC_URL": settings.public_url,
        "DATABASE_URL": settings.database_url or "",
    }
    process = subprocess.Popen([sys.executable, "-m", "lti_tool.worker"], env=environment, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            with db.transaction() as current:
                parts = current.execute(text("select count(*) from procrastinate_workers")).scalar_one()
                if parts == len(worker.APART) + 1:
                    break
            time.sleep(0.2)
        process.send_signal(ask)
        _, written = process.communicate(timeout=40)
    finally:
        process.kill()

    assert process.returncode == 0, written.decode()
    assert b"worker stopped" in written
    assert session.execute(text("select count(*) from procrastinate_workers")).scalar_one() == 0


def test_a_worker_without_settings_says_what_is_missing() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "lti_tool.worker"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert "SECRET_KEY is missing" in answer.stderr
