"""
G12: webhooks to a slow receiver, and grades meanwhile, by a worker as the Procfile starts it.

Grades alone, then webhooks and grades at once: neither may hold up the other.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import psutil
import requests
from sqlalchemy import text

from lti_tool import db, journal
from lti_tool.app import create_app
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.grades.jobs import hint
from lti_tool.lti import vocabulary as lti
from lti_tool.worker import APART
from tests.benchmarks.ground import ROOT, Ground, make_signing_key
from tests.benchmarks.table import Result, told, within
from webhooks.outbox import endpoints

HOOK_MS, SCORE_MS = 200, 200
"""How long each of somebody else's servers takes to answer."""
CONCURRENCY = 4
"""Jobs at once: what a worker does unless told otherwise."""
LONGEST = 240
IDLE_SECONDS = 8


@dataclass(frozen=True, kw_only=True)
class School:
    """A course whose grades and events go to the slow server."""

    server: str
    settings: Settings
    course_id: int
    activity_id: int
    people: list[int]


def measure(here: Ground, *, hooks: int, scores: int) -> Iterator[Result]:
    """Scores alone, then with the webhooks at the same time."""
    with _slow() as server:
        school = _school(here, server, scores)
        bare = _bare(server, scores)
        with _worker(here, school.settings) as worker:
            idle = _idle(worker)
            alone = _scores_took(school, worker)
            began = time.time()
            _act(school, hooks)
            together = _scores_took(school, worker)
            hooks_took = _wait_for(server, "hook", hooks) - began
        with db.transaction() as session:
            doubled, left = session.execute(
                text(
                    "select count(*) filter (where attempts > 1), count(*) filter (where state <> 'delivered')"
                    " from webhook_delivery"
                )
            ).one()
    db.close()
    yield within(f"{hooks:,} webhooks to who takes {HOOK_MS} ms", round(hooks_took, 2), 15, " s")
    yield within("of them tried twice, or left", doubled + left, 0)
    for name, took in (("alone", alone), ("with the webhooks", together)):
        yield within(
            f"{scores} scores {name}",
            round(took.wall / bare.wall, 2),
            1.2,
            " ×",
            note=f"{took.wall:.1f} s, bare {bare.wall:.1f} s",
        )
        yield told("  from the commit to the first of them", f"{took.woke * 1000:.0f} ms")
    worker_ms, idle_ms, bare_ms = (seconds * 1000 / scores for seconds in (alone.cpu, idle * alone.wall, bare.cpu))
    yield within(
        "CPU for a score beyond the bare client's",
        round(worker_ms - idle_ms - bare_ms, 1),
        1,
        " ms",
        note=f"worker {worker_ms:.1f}, {idle_ms:.1f} with nothing to do; bare {bare_ms:.1f} ms",
    )


@dataclass(frozen=True, kw_only=True)
class _Took:
    wall: float
    cpu: float
    woke: float = 0.0
    """From the commit of the grades to the first score."""


def _scores_took(school: School, worker: psutil.Process) -> _Took:
    before = _told(school.server)["score"][0]
    cpu, began = _cpu(worker), time.time()
    with db.transaction() as session:
        session.execute(GRADE, {"activity": school.activity_id, "course": school.course_id, "people": school.people})
        hint(session, school.course_id)
    committed = time.time()
    ended = _wait_for(school.server, "score", before + len(school.people))
    woke = _told(school.server, since=began)["score"][1] - committed
    return _Took(wall=ended - began, woke=woke, cpu=_cpu(worker) - cpu)


def _idle(worker: psutil.Process) -> float:
    """The share of a processor that a worker takes which only waits."""
    time.sleep(IDLE_SECONDS / 2)  # It has just begun.
    cpu, began = _cpu(worker), time.time()
    time.sleep(IDLE_SECONDS)
    return (_cpu(worker) - cpu) / (time.time() - began)


def _bare(server: str, scores: int) -> _Took:
    """What a client needs that does nothing but post, as many side by side as we."""
    before, began, cpu = _told(server)["score"][0], time.time(), time.process_time()
    with requests.Session() as session:
        with ThreadPoolExecutor(CONCURRENCY) as threads:
            for _ in range(scores):
                threads.submit(session.post, f"{server}/items/1/scores", json={"scoreGiven": 7}, timeout=60)
        cpu = time.process_time() - cpu
    return _Took(wall=_wait_for(server, "score", before + scores) - began, cpu=cpu)


def _act(school: School, count: int) -> None:
    with db.transaction() as session:
        for number in range(count):
            person = school.people[number % len(school.people)]
            journal.record(session, "course.opened", course_id=school.course_id, person_id=person, now=now())


def _wait_for(server: str, kind: str, count: int) -> float:
    """When the last of *count* was answered."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        found = _told(server)[kind]
        if found[0] >= count:
            # Marks follow answers; a moment, so that they are there when somebody looks.
            time.sleep(0.5)
            return float(found[2])
        time.sleep(0.05)
    raise RuntimeError(f"only {_told(server)[kind][0]} of {count} came")


def _told(server: str, *, since: float = 0.0) -> dict[str, Any]:
    shown: dict[str, Any] = requests.get(f"{server}/told/{since}", timeout=10).json()
    return shown


def _school(here: Ground, server: str, scores: int) -> School:
    settings = replace(here.hearth("hearth_outgoing", 8000), worker_concurrency=CONCURRENCY)
    create_app(settings)
    make_signing_key(settings)
    with db.transaction() as session:
        ids = session.execute(
            SCHOOL,
            {
                "token": f"{server}/token",
                "items": f"{server}/items",
                "item": f"{server}/items/1",
                "scopes": f'["{lti.SCOPE_SCORE}", "{lti.SCOPE_LINE_ITEM}"]',
                "people": scores,
            },
        ).one()
        wanted = endpoints.Wanted(url=f"{server}/hook", kinds=["course.opened"])
        endpoints.make(session, session.get_one(Platform, 1), wanted, settings=settings, now=now())
        people = list(session.scalars(text("select id from person order by id")))
    return School(server=server, settings=settings, course_id=ids.course_id, activity_id=ids.activity_id, people=people)


@contextlib.contextmanager
def _slow() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.slow", str(HOOK_MS), str(SCORE_MS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield f"http://localhost:{int(process.stdout.readline())}"
    finally:
        process.communicate()


@contextlib.contextmanager
def _worker(here: Ground, settings: Settings) -> Iterator[psutil.Process]:
    environment = {**os.environ, **here.environment(settings), "WORKER_CONCURRENCY": str(CONCURRENCY)}
    process = subprocess.Popen(
        [sys.executable, "-m", "lti_tool.worker"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with db.transaction() as session:
                if session.execute(text("select count(*) from procrastinate_workers")).scalar_one() == len(APART) + 1:
                    break
            time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def _cpu(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


SCHOOL = text(
    """
    with told as (
        update platform set token_url = :token where id = 1
    ), course as (
        insert into course (deployment_id, context_id, title, label, line_items_url, scopes)
        values (1, 'course', 'Designing for People', 'DES 101', :items, cast(:scopes as jsonb)) returning id
    ), activity as (
        insert into activity (public_id, course_id, kind, title)
        select gen_random_uuid(), id, 'exchange', 'First drafts' from course returning id, course_id
    ), link as (
        insert into resource_link (course_id, lti_id, title, activity_id, line_item_url, placement)
        select course_id, 'link', 'First drafts', id, :item, '{}' from activity
    ), people as (
        insert into person (deployment_id, sub, name)
        select 1, 'student-' || n, 'Student ' || n from generate_series(1, cast(:people as int)) n
    )
    select course_id, id as activity_id from activity
    """
)
GRADE = text(
    """
    insert into grade_passback (course_id, activity_id, resource_link_id, "column", person_id, score_given,
                                score_maximum)
    select :course, :activity, l.id, '', p.id, 7, 10
      from resource_link l, unnest(cast(:people as int[])) p (id) where l.activity_id = :activity
    on conflict (resource_link_id, "column", person_id)
    do update set score_given = grade_passback.score_given + 1, state = 'waiting', attempts = 0,
                  next_attempt_at = now(), version = grade_passback.version + 1
    """
)
