"""
G3 and G4: plan a class at once; then single steps in a large class, see :mod:`tests.benchmarks.acts`.
"""

from collections.abc import Callable, Iterator
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
from tests.benchmarks import acts
from tests.benchmarks.acts import NOW
from tests.benchmarks.ground import Ground
from tests.benchmarks.table import Result, at_most, told, within
from tests.factories.exchange import make_class

REVIEWS = 5

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


def measure(ground: Ground, *, people: int, large: int, rounds: int, steps: int = 60) -> Iterator[Result]:
    """Plans of *people* and *large*, then single steps in the large class beside those in a class of 200."""
    url = ground.hearth("planning", 8000).database_url or ""
    engine = db.make_engine(url, pool=acts.READERS + 4)
    ours, reference = [], []
    for number in range(rounds):
        exchange = _class(engine, people, f"{people}-{number}-")
        ours.append(_seconds(lambda exchange=exchange: _plan(engine, exchange)))  # type: ignore[misc]
        reference.append(_seconds(lambda: _copy(url, people)))
    yield within(f"{people:,} × {REVIEWS} planned and saved", round(median(ours), 3), 0.5, " s")
    yield at_most("beside a plan copied into a bare table", median(ours), median(reference), 3, " s")
    small, big = _class(engine, 200, "small-"), _class(engine, large, "large-")
    _plan(engine, small)
    seconds = _seconds(lambda: _plan(engine, big))
    yield within(f"{large:,} × {REVIEWS} planned and saved", round(seconds, 2), 5.0, " s")
    yield at_most("a person of it", seconds / large * 1e6, median(ours) / people * 1e6, 2, " µs")
    watch = acts.Stopwatch(engine)
    acts.take_most(engine, small)
    acts.take_most(engine, big)
    few, many = (acts.lived(watch, exchange, steps=steps, reads=5 * steps) for exchange in (small, big))
    for name, waited in many.items():
        if name != acts.REFERENCE:
            yield within(f"{name}, of {large:,}", _ms(waited), 5.0, " ms", note=f"95 of 100: {_ms(waited, 0.95):g} ms")
            yield at_most("  beside a class of 200", _ms(waited), _ms(few[name]), 3, " ms")
            # On a busy machine this says more than milliseconds.
            yield told("  so many INSERTs with their commits", f"{_ms(waited) / _ms(many[acts.REFERENCE]):.1f}")
    yield told(acts.REFERENCE, f"{_ms(many[acts.REFERENCE]):g} ms", "in between")
    yield told("32 reviewers who never pause", f"{acts.at_once(watch, big, 10 * steps):.0f} works a second")
    engine.dispose()


def _class(engine: Engine, people: int, prefix: str) -> int:
    with Session(engine, expire_on_commit=False) as session:
        made = make_class(session, learners=0, reviews=REVIEWS, submit_by=NOW)
        options = rules.PairingOptions(start=rules.TOGETHER)
        operations.choose_pairing(session, made.exchange, options, by=made.teacher.person_id, now=NOW)
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


def _seconds(act: Callable[[], None]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun


def _ms(waited: list[float], share: float = 0.5) -> float:
    return round(sorted(waited)[int(len(waited) * share)] * 1000, 2)
