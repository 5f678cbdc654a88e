"""
G11: following a roster, first and unchanged, against COPY into a temporary table and merges.

Run in a process of its own (``python -m tests.benchmarks.roster``), whose memory is then its own as well.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg
import requests
from sqlalchemy import text

from lti_tool import db
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.courses import roster
from tests.benchmarks.ground import ROOT, Ground, make_signing_key
from tests.benchmarks.table import Result, at_most, within

SCHEMA = """
create schema reference;
create table reference.person (id int generated always as identity primary key, tenant int not null, sub text not null,
                               name text not null, unique (tenant, sub));
create table reference.membership (id int generated always as identity primary key, course_id int not null,
                                   person_id int not null references reference.person, role text not null,
                                   left_at timestamptz, unique (course_id, person_id));
create index on reference.membership (person_id);
"""

MERGES = (
    """
    insert into reference.person as p (tenant, sub, name) select %(course)s, sub, name from coming
    on conflict (tenant, sub) do update set name = excluded.name where p.name is distinct from excluded.name
    """,
    """
    insert into reference.membership as m (course_id, person_id, role)
    select %(course)s, p.id, c.role from coming c join reference.person p on p.tenant = %(course)s and p.sub = c.sub
    on conflict (course_id, person_id) do update set role = excluded.role, left_at = null
     where m.role is distinct from excluded.role or m.left_at is not null
    """,
    """
    update reference.membership m set left_at = now() from reference.person p
     where m.course_id = %(course)s and p.id = m.person_id and m.left_at is null
       and not exists (select from coming c where c.sub = p.sub)
    """,
)

WRITTEN = """
select md5(coalesce(string_agg(concat(p.ctid, p.xmin, p.xmax, m.ctid, m.xmin, m.xmax), ',' order by p.id, m.id), ''))
  from person p join membership m on m.person_id = p.id where m.course_id = %s
"""

NEXT = re.compile(r'<([^>]+)>; rel="next"')


def measure(ground: Ground, *, people: int, rounds: int) -> Iterator[Result]:
    """Two runs: the roster in pages of a thousand, and in one page."""
    for size, words in ((1_000, "pages of 1,000"), (people, "one page")):
        settings = ground.hearth(f"roster_{size}", 8000)
        answer = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.roster"],
            input=json.dumps(
                {
                    "environment": ground.environment(settings),
                    "url": f"{ground.issuer}/roster?people={people}&size={size}",
                    "small": f"{ground.issuer}/roster?people=10&size=10",
                    "rounds": rounds,
                }
            ),
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        if answer.returncode:
            raise RuntimeError(answer.stderr)
        seen = json.loads(answer.stdout.splitlines()[-1])
        yield at_most(f"first sync, {words}", *_medians(seen, "first"), 3, " s")
        yield at_most(f"unchanged sync, {words}", *_medians(seen, "unchanged"), 3, " s")
        yield within(f"memory over idle, {words}", seen["memory"], 32, " MB")
        yield within(f"people and memberships rewritten, {words}", seen["rewritten"], 0, note="unchanged sync")


def _medians(seen: dict[str, Any], what: str) -> tuple[float, float]:
    return median(seen[f"ours_{what}"]), median(seen[f"reference_{what}"])


def main() -> None:
    """Measure as standard input says; print what was seen as JSON."""
    asked = json.load(sys.stdin)
    os.environ.update(asked["environment"])
    settings = Settings.from_environment()
    assert settings.database_url
    db.bind(db.make_engine(settings.database_url, pool=2))
    make_signing_key(settings)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(SCHEMA)
    seen: dict[str, Any] = {
        name: [] for name in ("ours_first", "ours_unchanged", "reference_first", "reference_unchanged")
    }
    # Both have warmed up on a small roster before memory is called idle.
    _ours(_course(asked["small"]))
    _reference(settings.database_url, asked["small"], 0)
    peaks = []
    for number in range(1, asked["rounds"] + 1):
        course = _course(asked["url"])
        for sync in ("first", "unchanged"):
            before = _written(settings.database_url, course)
            idle = _reset_peak()
            seen[f"ours_{sync}"].append(_seconds(_ours, course))
            peaks.append(_peak() - idle)
            seen[f"reference_{sync}"].append(_seconds(_reference, settings.database_url, asked["url"], number))
            rewritten = before != _written(settings.database_url, course)
            if sync == "unchanged":
                seen["rewritten"] = seen.get("rewritten", 0) + rewritten
    seen["memory"] = round(max(peaks) / 1024, 1)
    print(json.dumps(seen))


def _course(url: str) -> int:
    """A course of a tenant of its own, so that everybody in it is new."""
    with db.transaction() as session:
        deployment = session.execute(
            text("insert into deployment (platform_id, deployment_id) select 1, gen_random_uuid()::text returning id")
        ).scalar_one()
        course: int = session.execute(
            text(
                "insert into course (deployment_id, context_id, title, label, roster_url)"
                " values (:deployment, 'course', 'Course', 'C', :url) returning id"
            ),
            {"deployment": deployment, "url": url},
        ).scalar_one()
        return course


def _ours(course: int) -> None:
    """What the job does."""
    with db.transaction() as session:
        source = roster.source_of(session, course)
    assert source is not None
    with roster.fetched(source, now=now()) as spool, db.transaction() as session:
        roster.merge(session, course, spool, now=now())


def _reference(database_url: str, url: str, course: int) -> None:
    with requests.Session() as http, psycopg.connect(database_url) as connection:
        connection.execute("create temp table coming (sub text, name text, role text) on commit drop")
        following: str | None = url
        with connection.cursor().copy("copy coming from stdin") as copy:
            while following is not None:
                answer = http.get(following, timeout=30)
                for member in json.loads(answer.content)["members"]:
                    is_teacher = any(role.endswith("#Instructor") for role in member["roles"])
                    copy.write_row((member["user_id"], member["name"], "teacher" if is_teacher else "learner"))
                match = NEXT.search(answer.headers.get("Link", ""))
                following = match[1] if match else None
        connection.execute("analyze coming")
        for merge in MERGES:
            connection.execute(merge, {"course": course})


def _written(database_url: str, course: int) -> str:
    """A fingerprint of every row version: the same only when nothing was written, not even a lock."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(WRITTEN, (course,)).fetchone()
        assert row is not None
        return str(row[0])


def _seconds(what: Callable[..., None], *arguments: object) -> float:
    began = perf_counter()
    what(*arguments)
    return perf_counter() - began


def _reset_peak() -> int:
    """Forget the high-water mark of this process's memory (Linux); returns what it holds now, in kB."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def _status(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
