"""
G3 and G4: plan a class at once; and one newcomer, one reviewer, one leaver in a large class, with their commits.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations import pairing
from lti_tool.exchange.rules.pairs import regular_plan
from tests.benchmarks.ground import Ground
from tests.benchmarks.table import Result, at_most, told, within
from tests.factories.exchange import make_class

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
REVIEWS = 5
STEPS = 60

FILL = """
with people as (
    insert into person (deployment_id, sub, name)
    select :deployment, :prefix || number, 'Person ' || number from generate_series(1, :people) number
    returning id
), members as (
    insert into membership (course_id, person_id, role) select :course, id, 'learner' from people
), works as (
    insert into exchange_submission (exchange_id, author_id, draft, revision, body, version, submitted_at)
    select :exchange, id, '', 1, 'Words.', 1, :at from people returning id, author_id
)
insert into exchange_seat (exchange_id, person_id, submission_id, joined_at)
select :exchange, author_id, id, :at from works
"""

REFERENCE = """
create schema if not exists reference;
drop table if exists reference.pair;
create table reference.pair (work int not null, reviewer int not null, exchange int not null, begun timestamptz,
                             draw int not null, primary key (work, reviewer));
create index on reference.pair (reviewer, exchange);
create index on reference.pair (exchange, draw) where begun is null;
"""


def measure(ground: Ground, *, people: int, large: int, rounds: int) -> Iterator[Result]:
    """Plans of *people* and *large*, then single steps in the large one beside those in a class of 200."""
    url = ground.hearth("planning", 8000).database_url or ""
    engine = db.make_engine(url, pool=2)
    ours, reference = [], []
    for number in range(rounds):
        exchange = _class(engine, people, f"{people}-{number}-")
        ours.append(_seconds(lambda exchange=exchange: _plan(engine, exchange)))  # type: ignore[misc]
        reference.append(_seconds(lambda: _copy(url, people)))
    yield within(f"{people:,} × {REVIEWS} planned and saved", round(median(ours), 3), 0.5, " s")
    yield at_most("beside a plan copied into a bare table", median(ours), median(reference), 3, " s")
    small, big = _class(engine, 200, "small-"), _class(engine, large, "large-")
    _plan(engine, small)
    yield within(f"{large:,} × {REVIEWS} planned and saved", round(_seconds(lambda: _plan(engine, big)), 2), 5.0, " s")
    for name, step in (("a newcomer joins", _join), ("the next work", _next), ("somebody leaves", _leave)):
        few = median(step(engine, small))
        many = median(step(engine, big))
        yield within(f"{name}, of {large:,}", round(many * 1000, 2), 5.0, " ms")
        yield told(f"{name}, of 200", f"{few * 1000:.2f} ms", f"{many / few:.1f} × in the large class")
    engine.dispose()


def _class(engine: Engine, people: int, prefix: str) -> int:
    with Session(engine, expire_on_commit=False) as session:
        made = make_class(session, learners=0, reviews=REVIEWS, submit_by=NOW)
        options = rules.PairingOptions(start=rules.TOGETHER, avoid_last=False)
        operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=NOW)
        facts = {"deployment": made.course.deployment_id, "course": made.course.id, "exchange": made.exchange.id}
        session.execute(text(FILL), facts | {"people": people, "prefix": prefix, "at": NOW})
        session.commit()
        session.execute(text("analyze"))
        session.commit()
        return made.exchange.id


def _plan(engine: Engine, exchange: int) -> None:
    with Session(engine) as session:
        pairing.begin_together(session, session.get_one(Exchange, exchange), now=NOW)
        session.commit()


def _copy(url: str, people: int) -> None:
    """The least that a saved plan takes: the same shuffles, and one COPY."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(REFERENCE)
        plan = regular_plan(range(people), REVIEWS, seed=7)
        with cursor.copy("copy reference.pair (work, reviewer, exchange, draw) from stdin") as copy:
            copy.write("".join(f"{author}\t{reviewer}\t1\t{author}\n" for reviewer, author in plan))


def _join(engine: Engine, exchange: int) -> list[float]:
    with Session(engine) as session:
        course = session.get_one(Exchange, exchange).course_id
        newcomers = session.execute(
            text(
                """
                with people as (
                    insert into person (deployment_id, sub, name)
                    select c.deployment_id, 'late-' || :exchange || '-' || number, 'Late ' || number
                      from course c, generate_series(1, :many) number where c.id = :course returning id
                ), members as (
                    insert into membership (course_id, person_id, role) select :course, id, 'learner' from people
                )
                insert into exchange_submission
                            (exchange_id, author_id, draft, revision, body, version, submitted_at)
                select :exchange, id, '', 1, 'Words.', 1, :at from people returning author_id, id
                """
            ),
            {"exchange": exchange, "course": course, "many": STEPS, "at": NOW},
        ).all()
        session.commit()

    def join(person: int, work: int) -> None:
        with Session(engine) as session:
            found = session.get_one(Exchange, exchange)
            pairing.hold(session, found)
            pairing.take_seat(session, found, person=person, work=work, now=NOW)
            session.commit()

    return [_seconds(lambda row=row: join(row[0], row[1])) for row in newcomers]  # type: ignore[misc]


def _next(engine: Engine, exchange: int) -> list[float]:
    def take(person: int) -> None:
        with Session(engine) as session:
            found = session.get_one(Exchange, exchange)
            pairing.next_work(session, found, reviewer=person, owes=REVIEWS, now=NOW)
            session.commit()

    return [_seconds(lambda person=person: take(person)) for person in _some(engine, exchange)]  # type: ignore[misc]


def _leave(engine: Engine, exchange: int) -> list[float]:
    def leave(person: int) -> None:
        with Session(engine) as session:
            pairing.leave_seat(session, session.get_one(Exchange, exchange), person=person, now=NOW)
            session.commit()

    return [_seconds(lambda person=person: leave(person)) for person in _some(engine, exchange)]  # type: ignore[misc]


def _some(engine: Engine, exchange: int) -> list[int]:
    with Session(engine) as session:
        people = list(
            session.scalars(
                text(
                    "select person_id from exchange_seat where exchange_id = :exchange and left_at is null"
                    " order by person_id"
                ),
                {"exchange": exchange},
            )
        )
    return random.Random(7).sample(people, min(STEPS, len(people)))  # noqa: S311 - any few of them


def _seconds(act: Callable[[], None]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun
