"""
An exchange at a glance: how it went over time, how long feedback is, what is done with it, and how the criteria work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Criterion, Exchange
from lti_tool.exchange.rules.doctor import Diagnosis, cumulated, diagnose

LENGTHS = (20, 50, 100, 200)
"""Words: up to so many, and then more."""
MOST_DAYS = 366

DAYS = text(
    """
    select 'handed_in' as what, cast(submitted_at at time zone 'UTC' as date) as day, count(*) as many
      from exchange_submission where exchange_id = :exchange and submitted_at is not null group by 2
    union all
    select 'given', cast(f.given_at at time zone 'UTC' as date), count(*)
      from exchange_feedback f join exchange_offer o on o.id = f.offer_id where o.exchange_id = :exchange group by 2
    union all
    select 'read', cast(f.read_at at time zone 'UTC' as date), count(*)
      from exchange_feedback f join exchange_offer o on o.id = f.offer_id
     where o.exchange_id = :exchange and f.read_at is not null group by 2
    """
)
WORDS = text(
    """
    select width_bucket(w.words, cast(:bounds as int[])) as bucket, count(*) as many
      from (select f.id, count(m) as words
              from exchange_feedback f
              join exchange_offer o on o.id = f.offer_id and o.exchange_id = :exchange
              left join lateral (
                   select regexp_matches(f.comment || ' ' || coalesce(
                          (select string_agg(a.comment, ' ') from exchange_answer a where a.feedback_id = f.id), ''),
                          '\\S+', 'g') as m
                   ) t on true
             group by f.id) w
     group by 1
    """
)
USED = text(
    """
    select m.mark, count(*) as many from exchange_mark m
      join exchange_feedback f on f.id = m.feedback_id
      join exchange_offer o on o.id = f.offer_id
     where o.exchange_id = :exchange group by m.mark
    """
)
SMALL_THINGS = text(
    """
    select (select count(*) from exchange_flag f where f.exchange_id = :exchange) as flags,
           (select count(*) from exchange_thanks t join exchange_feedback f on f.id = t.feedback_id
              join exchange_offer o on o.id = f.offer_id where o.exchange_id = :exchange) as thanks,
           (select count(distinct g.feedback_id) from exchange_message g
              join exchange_feedback f on f.id = g.feedback_id
              join exchange_offer o on o.id = f.offer_id where o.exchange_id = :exchange) as answered
    """
)
ANSWERS = text(
    """
    with most as (select l.criterion_id, max(l.points) as points from exchange_level l
                    join exchange_criterion c on c.id = l.criterion_id where c.exchange_id = :exchange
                   group by l.criterion_id)
    select a.criterion_id, array_agg(case when c.kind = 'number' then (a.number - c.lowest) / (c.highest - c.lowest)
                                          when c.kind = 'yes_no' then a.number
                                          else l.points / nullif(m.points, 0) end) as said
      from exchange_answer a
      join exchange_criterion c on c.id = a.criterion_id and c.exchange_id = :exchange
      join exchange_feedback f on f.id = a.feedback_id
      join exchange_offer o on o.id = f.offer_id
      left join exchange_level l on l.id = a.level_id
      left join most m on m.criterion_id = a.criterion_id
     where a.level_id is not null or a.number is not null
     group by a.criterion_id, o.submission_id
    """
)


@dataclass(frozen=True, kw_only=True)
class Course:
    """Day by day, how much there was until then."""

    days: tuple[date, ...]
    handed_in: tuple[int, ...]
    given: tuple[int, ...]
    read: tuple[int, ...]

    @property
    def most(self) -> int:
        return max((*self.handed_in, *self.given, *self.read, 1))


@dataclass(frozen=True, kw_only=True)
class Glance:
    """The whole page."""

    course: Course
    lengths: tuple[int, ...]
    """Reviews by their length: one more than :data:`LENGTHS`."""
    marks: Mapping[str, int]
    """Comments that authors decided about."""
    flags: int
    thanks: int
    answered: int
    reviews: int
    diagnoses: tuple[tuple[Criterion, Diagnosis], ...]
    """Of criteria that can be told in numbers, in their order."""


def glance(session: Session, exchange: Exchange, *, now: datetime) -> Glance:
    """All of it, in five statements whatever the class."""
    facts = {"exchange": exchange.id}
    lengths = {row.bucket: row.many for row in session.execute(WORDS, facts | {"bounds": [n + 1 for n in LENGTHS]})}
    small = session.execute(SMALL_THINGS, facts).one()
    works: dict[int, list[Sequence[float]]] = {}
    for row in session.execute(ANSWERS, facts):
        works.setdefault(row.criterion_id, []).append([each for each in row.said if each is not None])
    return Glance(
        course=_course(session, exchange, now),
        lengths=tuple(lengths.get(bucket, 0) for bucket in range(len(LENGTHS) + 1)),
        marks={row.mark: row.many for row in session.execute(USED, facts)},
        flags=small.flags,
        thanks=small.thanks,
        answered=small.answered,
        reviews=sum(lengths.values()),
        diagnoses=tuple(
            (criterion, diagnose(criterion.id, works.get(criterion.id, ())))
            for criterion in exchange.criteria
            if criterion.kind != rules.WORDS
        ),
    )


def _course(session: Session, exchange: Exchange, now: datetime) -> Course:
    found: dict[str, dict[date, int]] = {"handed_in": {}, "given": {}, "read": {}}
    for row in session.execute(DAYS, {"exchange": exchange.id}):
        found[row.what][row.day] = row.many
    days = [day for each in found.values() for day in each]
    if not days:
        return Course(days=(), handed_in=(), given=(), read=())
    first, last = min(days), max(days)
    if (last - first).days > MOST_DAYS:
        first = date.fromordinal(last.toordinal() - MOST_DAYS)
    if not exchange.is_closed and (now.astimezone(UTC).date() - last).days < MOST_DAYS:
        last = max(last, min(now.astimezone(UTC).date(), date.fromordinal(first.toordinal() + MOST_DAYS)))
    span = (last - first).days

    def until(what: str) -> tuple[int, ...]:
        counts: dict[int, int] = {}
        for day, many in found[what].items():
            place = max((day - first).days, 0)
            counts[place] = counts.get(place, 0) + many
        return tuple(cumulated(counts, span))

    return Course(
        days=tuple(date.fromordinal(first.toordinal() + each) for each in range(span + 1)),
        handed_in=until("handed_in"),
        given=until("given"),
        read=until("read"),
    )
