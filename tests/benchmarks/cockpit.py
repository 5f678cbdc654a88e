"""
Who is stuck in a class of a thousand: statements, and the time of the page beside one plain query and render.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from flask import Flask, render_template_string
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.app import create_app
from lti_tool.exchange import operations, rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.operations import pairing
from tests.benchmarks.ground import Ground
from tests.benchmarks.pages import counting
from tests.benchmarks.planning import FILL
from tests.benchmarks.table import Result, at_most, told, within
from tests.factories.courses import SignedIn, sign_in
from tests.factories.exchange import make_class

REVIEWS = 3
MOST_STATEMENTS = 15
MOST_TIMES = 12
"""Of a plain list: the page finds out about each of a thousand people why they are stuck."""
GIVE = """
with done as (
    update exchange_pair set begun_at = :at
     where exchange_id = :exchange and reviewer_id % 2 = 0 returning submission_id, reviewer_id, author_id
), counted as (
    update exchange_seat s set begun = s.begun + each.many
      from (select author_id, count(*) as many from done group by author_id) each
     where s.exchange_id = :exchange and s.person_id = each.author_id
)
insert into exchange_offer (exchange_id, submission_id, reviewer_id, state, offered_at, lease_until, ended_at, reason,
                            note, version)
select :exchange, submission_id, reviewer_id, 'submitted', :at, :at, :at, '', '', 1 from done
"""
PLAIN = """
select p.id, p.name, m.left_at, w.submitted_at,
       (select count(*) from exchange_offer o where o.exchange_id = :exchange and o.reviewer_id = p.id
           and o.state = 'submitted') as given
  from membership m join person p on p.id = m.person_id
  left join exchange_submission w on w.exchange_id = :exchange and w.author_id = p.id
 where m.course_id = :course order by lower(p.name), p.id
"""
LIST = "<ul>{% for row in rows[:50] %}<li>{{ row.name }} {{ row.given }}</li>{% endfor %}</ul>"


def measure(ground: Ground, *, people: int, rounds: int) -> Iterator[Result]:
    """The pages of the cockpit in a class of *people*, each beside the plain list, one after the other."""
    app = create_app(ground.settings(ground.hearth("cockpit", 8000).database_url or ""))
    app.logger.disabled = True
    engine = db.engine()
    exchange, visit = _class(engine, people)
    client = app.test_client()
    for name, rest in (("who is stuck", "/stuck"), ("who reviews whom", "/plan"), ("at a glance", "/at-a-glance")):
        path = visit.path(f"/exchanges/{exchange}{rest}")
        with counting(engine) as seen:
            assert client.get(path).status_code == 200
        ours, plain = [], []
        for _ in range(rounds):
            ours.append(_seconds(lambda path=path: client.get(path)))  # type: ignore[misc]
            plain.append(_seconds(lambda: _plain(app, engine, exchange)))
        yield within(f"statements: {name}, {people:,} people", len(seen), MOST_STATEMENTS)
        if rest == "/stuck":
            yield at_most(f"{name}, beside a plain list", median(ours) * 1000, median(plain) * 1000, MOST_TIMES, " ms")
        else:
            yield told(name, f"{median(ours) * 1000:.0f} ms", f"{median(plain) * 1000:.0f} ms for a plain list")


def _class(engine: Engine, people: int) -> tuple[int, SignedIn]:
    at = datetime.now(UTC) - timedelta(days=5)
    with Session(engine, expire_on_commit=False) as session:
        made = make_class(session, learners=0, reviews=REVIEWS, now=at)
        options = rules.PairingOptions(start=rules.TOGETHER)
        operations.set_options(session, made.exchange, options, by=made.teacher.person_id, now=at)
        facts = {"deployment": made.course.deployment_id, "course": made.course.id, "exchange": made.exchange.id}
        session.execute(text(FILL), facts | {"people": people, "prefix": "cockpit-", "at": at})
        pairing.begin_together(session, session.get_one(Exchange, made.exchange.id), now=at)
        session.execute(text(GIVE), {"exchange": made.exchange.id, "at": at})
        session.commit()
        session.execute(text("analyze"))
        session.commit()
        return made.exchange.id, sign_in(session, made.teacher)


def _plain(app: Flask, engine: Engine, exchange: int) -> None:
    with app.app_context(), Session(engine) as session:
        course = session.get_one(Exchange, exchange).course_id
        rows = session.execute(text(PLAIN), {"exchange": exchange, "course": course}).all()
        render_template_string(LIST, rows=rows)


def _seconds(act: Callable[[], object]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun
