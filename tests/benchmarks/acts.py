"""
G4: one newcomer, one reviewer, one leaver in a class of which 95 of 100 works to read are taken, beside 32 reviewers.
"""

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from lti_tool.exchange import operations
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations import pairing

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
READERS = 32
PAUSE = 1.5
"""Seconds between two acts of a reader; real ones take minutes to read."""

REFERENCE = "an INSERT and its commit"

TAKE_95_OF_100 = """
with each as (
    select submission_id, reviewer_id, author_id,
           draw % 100 < 95 as is_taken, bool_and(draw % 100 < 95) over mine as all,
           row_number() over (partition by reviewer_id order by draw) as place
      from exchange_pair where exchange_id = :exchange window mine as (partition by reviewer_id)
), taken as (
    update exchange_pair p set begun_at = :at from each
     where p.submission_id = each.submission_id and p.reviewer_id = each.reviewer_id and each.is_taken
    returning p.author_id
), counted as (
    update exchange_seat s set begun = many.begun
      from (select author_id, count(*) as begun from each where is_taken group by author_id) many
     where s.exchange_id = :exchange and s.person_id = many.author_id
)
insert into exchange_offer (exchange_id, submission_id, reviewer_id, state, offered_at, lease_until, reason, note)
select :exchange, submission_id, reviewer_id, case when each.all and place = 1 then 'offered' else 'submitted' end,
       :at, :at + interval '2 days', '', ''
  from each where is_taken
"""
MAY_READ = """
select distinct p.reviewer_id from exchange_pair p
 where p.exchange_id = :exchange and p.begun_at is null
   and not exists (select from exchange_offer o where o.reviewer_id = p.reviewer_id and o.state = 'offered')
 order by p.reviewer_id
"""
IN_THE_PLAN = """
select person_id from exchange_seat where exchange_id = :exchange and left_at is null order by person_id
"""
NEWCOMERS = """
with people as (
    insert into person (deployment_id, sub, name)
    select c.deployment_id, 'late-' || :exchange || '-' || number, 'Late ' || number
      from course c, generate_series(1, :many) number where c.id = :course returning id
), members as (
    insert into membership (course_id, person_id, role) select :course, id, 'learner' from people
)
insert into exchange_submission (exchange_id, author_id, draft, revision, body, version, submitted_at)
select :exchange, id, '', 1, 'Words.', 1, :at from people returning author_id, id
"""


class Stopwatch:
    """Adds up what threads wait for the database: every statement, and the commit."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.mine = engine, threading.local()
        event.listen(engine, "before_cursor_execute", self._start)
        event.listen(engine, "after_cursor_execute", self._stop)

    def seconds(self, exchange: int, act: Callable[[Session, Exchange], object]) -> float:
        """How long *act* waits, in a transaction of its own, for an exchange that is at hand."""
        with Session(self.engine) as session:
            found = session.get_one(Exchange, exchange)
            self.mine.waited = 0.0
            act(session, found)
            session.flush()
            begun = perf_counter()
            session.commit()
            return float(self.mine.waited) + perf_counter() - begun

    def _start(self, *_about: Any) -> None:
        self.mine.begun = perf_counter()

    def _stop(self, *_about: Any) -> None:
        self.mine.waited = getattr(self.mine, "waited", 0.0) + perf_counter() - self.mine.begun


def take_most(engine: Engine, exchange: int) -> None:
    """Let 95 of 100 pairs be begun: whoever has begun all of theirs holds one, all others are given."""
    with Session(engine) as session:
        session.execute(text(TAKE_95_OF_100), {"exchange": exchange, "at": NOW})
        session.execute(text("create table if not exists act (at timestamptz)"))
        session.commit()
    # What takes a class days is done in a second here: PostgreSQL's own cleaning, once a minute, has had no turn yet.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def lived(watch: Stopwatch, exchange: int, *, steps: int, reads: int) -> dict[str, list[float]]:
    """Seconds of each act: *steps* newcomers and leavers, one by one, while 32 reviewers read *reads* works."""
    found = defaultdict(list)
    with _reading(watch, exchange, reads) as seconds:
        newcomers, leavers = (
            _newcomers(watch.engine, exchange, steps),
            _some(watch.engine, IN_THE_PLAN, exchange, steps),
        )
        for (newcomer, work), leaver in zip(newcomers, leavers, strict=False):
            found["a newcomer joins"].append(watch.seconds(exchange, _joining(newcomer, work)))
            found[REFERENCE].append(watch.seconds(exchange, _note))
            found["somebody leaves"].append(watch.seconds(exchange, _leaving(leaver)))
            sleep(PAUSE / 8)
    found["the next work"] = seconds
    return dict(found)


def at_once(watch: Stopwatch, exchange: int, reads: int) -> float:
    """Works a second that 32 reviewers take who never pause."""
    begun = perf_counter()
    with _reading(watch, exchange, reads, pause=0) as seconds:
        pass
    return len(seconds) / (perf_counter() - begun)


@contextmanager
def _reading(watch: Stopwatch, exchange: int, reads: int, *, pause: float = PAUSE) -> Iterator[list[float]]:
    waiting: SimpleQueue[int] = SimpleQueue()
    for person in _some(watch.engine, MAY_READ, exchange, reads):
        waiting.put(person)
    seconds: list[float] = []

    def read(number: int) -> None:
        whims = random.Random(number)  # noqa: S311 - when somebody clicks
        while True:
            sleep(pause * whims.uniform(0.5, 1.5))
            try:
                person = waiting.get_nowait()
            except Empty:
                return
            seconds.append(watch.seconds(exchange, _taking(person)))

    with ThreadPoolExecutor(READERS) as threads:
        readers = [threads.submit(read, number) for number in range(READERS)]
        yield seconds
        for reader in readers:
            reader.result()


def _taking(person: int) -> Callable[[Session, Exchange], object]:
    return lambda session, exchange: operations.next_offer(session, exchange, reviewer=person, now=NOW)


def _joining(person: int, work: int) -> Callable[[Session, Exchange], object]:
    def join(session: Session, exchange: Exchange) -> None:
        pairing.hold(session, exchange)
        pairing.take_seat(session, exchange, person=person, work=work, now=NOW)

    return join


def _leaving(person: int) -> Callable[[Session, Exchange], object]:
    return lambda session, exchange: pairing.leave_seat(session, exchange, person=person, now=NOW)


def _note(session: Session, _exchange: Exchange) -> None:
    session.execute(text("insert into act values (now())"))


def _newcomers(engine: Engine, exchange: int, many: int) -> Sequence[tuple[int, int]]:
    with Session(engine) as session:
        course = session.get_one(Exchange, exchange).course_id
        rows = session.execute(text(NEWCOMERS), {"exchange": exchange, "course": course, "many": many, "at": NOW})
        found = [(row[0], row[1]) for row in rows]
        session.commit()
        return found


def _some(engine: Engine, people: str, exchange: int, many: int) -> list[int]:
    with Session(engine) as session:
        found = list(session.scalars(text(people), {"exchange": exchange}))
    return random.Random(7).sample(found, min(many, len(found)))  # noqa: S311 - any few of them
