"""
G5: a class of thousands closed, graded and queued for the gradebook, against the same in bare SQL.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

import psycopg
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.exchange import operations
from lti_tool.exchange.models import Closure, Exchange, Release
from lti_tool.grades.models import Passback
from tests.benchmarks.ground import Ground
from tests.benchmarks.table import Result, at_most, told, within
from tests.factories.exchange import make_class

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
REVIEWS = 3
GOAL = 0.5
"""Seconds for 3,000."""

FILL = """
with people as (
    insert into person (deployment_id, sub, name)
    select :deployment, 'bench-' || number, 'Person ' || number from generate_series(1, :people) number
    returning id
), members as (
    insert into membership (course_id, person_id, role) select :course, id, 'learner' from people
), works as (
    insert into exchange_submission (exchange_id, author_id, draft, revision, body, version, submitted_at)
    select :exchange, id, '', 1, 'Words.', 1, :at from people returning id, author_id
), ranked as (
    select id, author_id, row_number() over (order by id) - 1 as place, count(*) over () as total from works
), offers as (
    insert into exchange_offer (exchange_id, submission_id, reviewer_id, state, offered_at, lease_until, reason, note)
    select :exchange, work.id, reviewer.author_id, 'submitted', :at, :at, '', ''
      from ranked work
      join generate_series(1, :reviews) step on true
      join ranked reviewer on reviewer.place = (work.place + step) % work.total
    returning id
), given as (
    insert into exchange_feedback (offer_id, comment, given_at) select id, 'Good.', :at from offers returning id
)
insert into exchange_answer (feedback_id, criterion_id, level_id, comment)
select given.id, criterion.id, chosen.id, 'See.'
  from given
  join exchange_criterion criterion on criterion.exchange_id = :exchange
  left join lateral (
      select level.id from exchange_level level where level.criterion_id = criterion.id
       order by (level.position + given.id) % 3 limit 1
  ) chosen on true
"""

SCHEMA = """
create schema reference;
create table reference.release (exchange_id int, person_id int, score float8 not null, at timestamptz not null,
                                primary key (exchange_id, person_id));
create table reference.passback (person_id int primary key, score float8 not null, maximum float8 not null,
                                 submitted_at timestamptz, at timestamptz not null);
create table reference.job (id bigint generated always as identity primary key, activity_id int not null);
"""

SAVE = """
with most as (
    select l.criterion_id, max(l.points) as points from exchange_level l group by l.criterion_id
), said as (
    select s.author_id, s.submitted_at, f.id, sum(l.points) / sum(m.points) as share
      from exchange_submission s
      join exchange_offer o on o.submission_id = s.id and o.state = 'submitted'
      join exchange_feedback f on f.offer_id = o.id
      join exchange_answer a on a.feedback_id = f.id
      join exchange_level l on l.id = a.level_id
      join most m on m.criterion_id = l.criterion_id
     where s.exchange_id = %(exchange)s
     group by s.author_id, s.submitted_at, f.id
), graded as (
    select author_id, submitted_at, round((avg(share) * 10)::numeric, 2)::float8 as score
      from said group by author_id, submitted_at
), released as (
    insert into reference.release select %(exchange)s, author_id, score, now() from graded
)
insert into reference.passback select author_id, score, 10, submitted_at, now() from graded
"""


def measure(ground: Ground, *, people: int, rounds: int) -> Iterator[Result]:
    """Ours and the reference one after the other, as often as *rounds* says."""
    url = ground.hearth("closing", 8000).database_url or ""
    engine = db.make_engine(url, pool=2)
    with Session(engine, expire_on_commit=False) as session:
        made = make_class(session, learners=0, reviews=REVIEWS)
        exchange, teacher = made.exchange.id, made.teacher.person_id
        session.execute(
            text(FILL),
            {
                "deployment": made.course.deployment_id,
                "course": made.course.id,
                "exchange": exchange,
                "people": people,
                "reviews": REVIEWS,
                "at": NOW,
            },
        )
        session.commit()
        session.execute(text("analyze"))
        session.commit()
    with psycopg.connect(url) as connection:
        connection.execute(SCHEMA)
    ours, reference = [], []
    for _ in range(rounds):
        _clear(Session(engine), exchange)
        ours.append(_seconds(lambda: _close(Session(engine), exchange, teacher)))
        reference.append(_seconds(lambda: _save(url, exchange)))
    with Session(engine) as session:
        queued = session.execute(text("select count(*) from grade_passback where state = 'waiting'")).scalar_one()
    engine.dispose()
    yield within(f"{people:,} closed, graded and queued", round(median(ours), 3), GOAL, " s")
    yield at_most("beside one statement for all of it", median(ours), median(reference), 15, " s")
    yield told("grades in the outbox", f"{queued:,}", f"of {people:,}")


def _seconds(act: Callable[[], None]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun


def _close(session: Session, exchange: int, teacher: int) -> None:
    """What the button does, with its commit."""
    with session:
        operations.close(session, session.get_one(Exchange, exchange), by=teacher, now=NOW)
        session.commit()


def _save(url: str, exchange: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("truncate reference.release, reference.passback")
        connection.execute(SAVE, {"exchange": exchange})
        connection.execute("insert into reference.job (activity_id) values (%s)", (exchange,))


def _clear(session: Session, exchange: int) -> None:
    """As it was before closing."""
    with session:
        for table in (Closure, Release, Passback):
            session.execute(delete(table))
        session.execute(text("delete from procrastinate_jobs"))
        session.commit()
