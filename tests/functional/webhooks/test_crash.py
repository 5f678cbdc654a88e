"""The worker killed in the middle: nothing is lost, nothing comes under a second id."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool import worker
from lti_tool.config import Settings
from lti_tool.grades.models import State
from tests.factories.grades import Gradebook, make_graded, the
from tests.factories.jobs import run_apart
from tests.factories.outbox import School, make_school
from tests.factories.receivers import Answer, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def school(session: Session, settings: Settings, receiver: Receiver, now: datetime) -> School:
    return make_school(session, settings, receiver.url, now=now)


@contextmanager
def working(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own; killed at the end, if not before."""
    environment = {
        **os.environ,
        "SECRET_KEY": settings.secret_key,
        "PUBLIC_URL": settings.public_url,
        "DATABASE_URL": settings.database_url or "",
        "ALLOW_LOOPBACK_PLATFORMS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "lti_tool.worker"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(30)


def wait_until(what: Any, *, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.1)
    assert what()


def test_a_worker_killed_while_it_delivers_loses_nothing_and_doubles_no_id(school: School, receiver: Receiver) -> None:
    receiver.hang.clear()
    for _ in range(6):
        school.act()
    with working(school.settings) as process:
        receiver.wait_for(6)
        process.kill()
        process.wait(30)
    first = {each.headers["webhook-id"]: each.body for each in receiver.came}
    assert {each.state for each in school.deliveries()} == {"waiting"}
    receiver.hang.set()

    # Its lease is over. The next worker finds the rows by itself, for the bells were spent.
    school.session.execute(text("update webhook_delivery set next_attempt_at = now() - interval '1 second'"))
    school.session.commit()
    assert school.send() == 6

    again = {each.headers["webhook-id"]: each.body for each in receiver.came[6:]}
    assert again == first, "the same ids, with the same words"
    assert {(each.state, each.attempts) for each in school.deliveries()} == {("delivered", 2)}
    assert [len(each.tries) for each in school.deliveries()] == [1] * 6, "marked once"
    assert school.send_again() == 0


def test_a_running_worker_delivers_as_soon_as_it_is_rung_for(school: School, receiver: Receiver) -> None:
    with working(school.settings):
        parts = text("select count(*) from procrastinate_workers")
        wait_until(lambda: school.session.execute(parts).scalar() == len(worker.APART) + 1)
        for _ in range(3):
            school.act()
        receiver.wait_for(3)
        wait_until(lambda: {each.state for each in school.deliveries()} == {"delivered"})


def test_grades_flow_while_every_delivery_hangs(
    session: Session, settings: Settings, app: Flask, school: School, receiver: Receiver
) -> None:
    """A worker that does one job at a time delivers beside it, not instead of it."""
    worker.import_tasks()
    app.extensions["hearth.settings"] = school.settings
    receiver.always = Answer(204, after=3.0)
    school.act()
    graded = make_graded(session)
    graded.set_grade(7)
    gradebook = Gradebook()
    try:
        with gradebook.open() as network:
            network.add_passthru("http://localhost")
            alone = replace(school.settings, worker_concurrency=1)
            run_apart(worker.run(app, alone, wait=False, stop_on_signals=False))
    finally:
        app.extensions["hearth.settings"] = settings
    assert the(graded.passback).state == State.SENT
    delivery = school.delivery()
    assert delivery.state == "delivered"
    sent_at, delivered_at = the(graded.passback).sent_at, delivery.delivered_at
    assert sent_at is not None
    assert delivered_at is not None
    assert sent_at < delivered_at
