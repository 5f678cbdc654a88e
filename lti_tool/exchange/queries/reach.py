"""
How many works are there that somebody may read, and how many people who may read theirs: what they owe rests on that.

A work that comes while there is time for reviews is owed one by whoever gave too few. One that comes later raises
what nobody owes who was there before: grades are out by then, and its author finds helpers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Label, Row, column, text
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange
from lti_tool.exchange.queries.dates import NEWEST

GRACE = "make_interval(mins => coalesce((ours.options -> 'late' ->> 'work_grace')::int, 0))"
LAST_DATE = f"""
    (select greatest(ours.submit_by,
                     (select max(d.submit_by) from ({NEWEST.format(exchange="ours.activity_id", whose="true")}) d
                       where not exists (select from exchange_seat taken
                                          where taken.exchange_id = ours.activity_id and taken.person_id = d.person_id
                                            and taken.left_at is null))) + {GRACE}
       from exchange ours where ours.activity_id = {{exchange}} and ours.submit_by is not null)
"""  # noqa: S608 - made of constants
"""When the last of those who have not handed in is due in ``{exchange}``."""
COUNTS_UNTIL = """
    (select ours.review_by + make_interval(mins => coalesce((ours.options -> 'late' ->> 'reviews_grace')::int, 0))
       from exchange ours where ours.activity_id = {exchange})
"""
"""Works that come later raise what nobody owes who was there before: then grades are out."""
NEWEST_AT = """
    (select max(taken.joined_at) from exchange_seat taken
      where taken.exchange_id = {exchange} and taken.left_at is null having count(*) > 1)
"""
IS_EVERYBODY_IN = """
    (exists (select from course c where c.id = {course} and c.roster_synced_at is not null)
     and (select count(*) > 1 from (select from exchange_seat taken
                                     where taken.exchange_id = {exchange} and taken.left_at is null limit 2) two)
     and not exists (select from membership m
                      where m.course_id = {course} and m.left_at is null and m.role = 'learner'
                        and m.staff_since is null and not m.is_test_user
                        and not exists (select from exchange_seat taken
                                         where taken.exchange_id = {exchange} and taken.person_id = m.person_id
                                           and taken.left_at is null)))
"""
OVERLAP = "exists (select from jsonb_array_elements_text({one}) shared (id) where {other} ? shared.id)"
PAIRING = "(ours.options -> 'pairing' ->> '{name}')"
GROUPS = PAIRING.format(name="groups")
ALLOWED = f"""
    not exists (select from exchange_pair_rule rule
                 where rule.exchange_id = ours.activity_id and rule.kind = 'never'
                   and rule.reviewer_id = {{reviewer}}.person_id and rule.author_id = {{author}}.person_id)
    and (({GROUPS} is null or {GROUPS} = 'any'
          or ({GROUPS} = 'other' and not {OVERLAP.format(one="{reviewer}.groups", other="{author}.groups")})
          or ({GROUPS} = 'own' and ({{reviewer}}.groups = '[]' or {{author}}.groups = '[]'
                                    or {OVERLAP.format(one="{reviewer}.groups", other="{author}.groups")})))
         and ({PAIRING.format(name="within_sections")} is distinct from 'true'
              or {{reviewer}}.sections = '[]' or {{author}}.sections = '[]'
              or {OVERLAP.format(one="{reviewer}.sections", other="{author}.sections")})
         or exists (select from exchange_pair_rule rule
                     where rule.exchange_id = ours.activity_id and rule.kind = 'must'
                       and rule.reviewer_id = {{reviewer}}.person_id and rule.author_id = {{author}}.person_id))
"""  # noqa: S608 - made of constants
"""Whether rules of the teacher let one membership review the work of another: :func:`rules.may_meet`, in SQL."""
MOST = "(select most.reviews from exchange most where most.activity_id = {exchange})"
"""More need not be counted: nobody owes more, and nobody may hope for more."""
UNREAD = f"""
    (select count(*) from (
       select from exchange ours
         join membership me on me.course_id = {{course}} and me.person_id = {{person}}
         join exchange_seat s on s.exchange_id = ours.activity_id and s.left_at is null
         join exchange_submission w on w.id = s.submission_id and w.author_id = s.person_id
         join membership author on author.course_id = me.course_id and author.person_id = s.person_id
                               and author.left_at is null
         left join exchange_seat mine on mine.exchange_id = ours.activity_id and mine.person_id = me.person_id
        where ours.activity_id = {{exchange}} and s.person_id <> me.person_id
          and s.submission_id is distinct from mine.submission_id
          and s.joined_at <= greatest(coalesce({COUNTS_UNTIL.format(exchange="{exchange}")}, 'infinity'),
                                      mine.joined_at)
          and (ours.anonymity = 'sealed'
               or not exists (select from exchange_offer o where o.submission_id = w.id
                                 and o.reviewer_id = me.person_id and o.state in ('submitted', 'declined')))
          and not exists (select from exchange_seat mate
                            join membership author on author.course_id = me.course_id
                             and author.person_id = mate.person_id
                           where mate.submission_id = w.id and mate.left_at is null
                             and not ({ALLOWED.format(reviewer="me", author="author")}))
        limit {MOST.format(exchange="{exchange}")}) as unread)
"""  # noqa: S608 - made of constants
"""
How many works of others ``{{person}}`` may read in ``{{exchange}}``, and has neither reviewed nor declined.

In a sealed exchange: and may have reviewed or declined, since some day nothing says that any more.
"""
READERS = f"""
    (select count(*) from (
       select from exchange ours
         join exchange_seat mine on mine.exchange_id = ours.activity_id and mine.person_id = {{person}}
         join exchange_submission w on w.id = mine.submission_id
         join exchange_seat s on s.exchange_id = ours.activity_id and s.left_at is null
                             and s.submission_id <> mine.submission_id
         join membership reader on reader.course_id = {{course}} and reader.person_id = s.person_id
                               and reader.left_at is null
        where ours.activity_id = {{exchange}}
          and (ours.anonymity = 'sealed'
               or not exists (select from exchange_offer o where o.submission_id = w.id
                                 and o.reviewer_id = s.person_id and o.state = 'declined'))
          and not exists (select from exchange_seat mate
                            join membership author on author.course_id = reader.course_id
                             and author.person_id = mate.person_id
                           where mate.submission_id = w.id and mate.left_at is null
                             and not ({ALLOWED.format(reviewer="reader", author="author")}))
        limit {MOST.format(exchange="{exchange}")}) as readers)
"""  # noqa: S608 - made of constants
"""How many people may read the work of ``{{person}}``."""


OF_AN_EXCHANGE = {"last_date": LAST_DATE, "newest_at": NEWEST_AT, "is_everybody_in": IS_EVERYBODY_IN}
OF_A_PERSON = {"unread": UNREAD, "readers": READERS}


def coming_sql(*, exchange: str, course: str) -> str:
    """Columns that :func:`is_expected` reads."""
    return ", ".join(
        f"{sql.format(exchange=exchange, course=course)} as {name}" for name, sql in OF_AN_EXCHANGE.items()
    )


def reach_sql(*, exchange: str, course: str, person: str) -> str:
    """Columns ``unread`` and ``readers``."""
    return ", ".join(
        f"{sql.format(exchange=exchange, course=course, person=person)} as {name}" for name, sql in OF_A_PERSON.items()
    )


def reach_columns(exchange: Exchange, person_id: int) -> list[Label[Any]]:
    """The same for a statement of the mapper, with what :func:`reach_in` reads."""
    facts = _facts(exchange, person=person_id)
    columns = []
    for name, sql in (OF_AN_EXCHANGE | OF_A_PERSON).items():
        asked = sql.format(exchange=":exchange", course=":course", person=":person")
        used = {key: value for key, value in facts.items() if f":{key}" in asked}
        columns.append(text(f"select {asked}").bindparams(**used).columns(column(name)).scalar_subquery().label(name))
    return columns


COMING = text(f"select {coming_sql(exchange=':exchange', course=':course')}")
OF_ONE = text(
    f"select {coming_sql(exchange=':exchange', course=':course')},"
    f" {reach_sql(exchange=':exchange', course=':course', person=':person')}"
)
BEHIND = text(
    f"""
    with coming as materialized (select {coming_sql(exchange=":exchange", course=":course")})
    select few.person_id, few.usual, few.given, few.takes_part, coming.*,
           case when few.given < few.usual and (not :is_early or coming.is_everybody_in)
                then {UNREAD.format(exchange=":exchange", course=":course", person="few.person_id")} end as unread
      from coming,
           (select who.person_id, e.reviews, least(x.owes, e.reviews) as usual,
                   coalesce(o.given, 0) + coalesce(g.given, 0) as given,
                   s.person_id is not null and m.person_id is not null as takes_part
              from exchange e
              join (select person_id from exchange_seat where exchange_id = :exchange and left_at is null
                     union select person_id from exchange_excusal where exchange_id = :exchange) who on true
              left join exchange_seat s on s.exchange_id = e.activity_id and s.person_id = who.person_id
                                       and s.left_at is null
              left join membership m on m.course_id = :course and m.person_id = who.person_id and m.left_at is null
                                    and m.role = 'learner' and m.staff_since is null and not m.is_test_user
              left join exchange_excusal x on x.exchange_id = e.activity_id and x.person_id = who.person_id
              left join exchange_sealed_giving g on g.exchange_id = e.activity_id and g.person_id = who.person_id
              left join (select reviewer_id, count(*) as given from exchange_offer
                          where exchange_id = :exchange and state = 'submitted' group by reviewer_id) o
                     on o.reviewer_id = who.person_id
             where e.activity_id = :exchange
               and (cast(:persons as int[]) is null or who.person_id = any(cast(:persons as int[])))) as few
     where few.given < few.usual or few.usual < few.reviews
     order by few.person_id
    """  # noqa: S608 - made of constants
)
"""Who gave fewer reviews than everybody is asked for, or is excused; of all others nothing need be found out."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What is there for one person."""

    unread: int
    readers: int
    is_more_expected: bool

    def owed(self, exchange: Exchange, usual: int, *, given: int) -> int:
        """How many reviews they owe in all."""
        return rules.reviews_owed(
            usual,
            given=given,
            unread=self.unread,
            is_more_expected=self.is_more_expected,
            forgets=exchange.is_sealed,
        )

    def hoped_for(self, exchange: Exchange, *, received: int, rescued: int) -> int:
        """How many reviews they may hope for in all, those by staff in the place of a reader among them."""
        return rules.hoped_for(
            exchange.reviews,
            received=received + rescued,
            readers=self.readers + rescued,
            is_more_expected=self.is_more_expected,
        )


def reach_of(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> Reach:
    """What is there for one person."""
    return reach_in(session.execute(OF_ONE, _facts(exchange, person=person_id)).one(), exchange, now=now)


def reach_in(row: Row[Any], exchange: Exchange, *, now: datetime) -> Reach:
    """The same from a row that has the columns."""
    return Reach(unread=row.unread, readers=row.readers, is_more_expected=is_expected(row, exchange, now=now))


def owed_counts(
    session: Session, exchange: Exchange, *, now: datetime | None = None, persons: Collection[int] | None = None
) -> Mapping[int, int]:
    """
    By person: how many reviews they owe in all, where that is not what everybody owes.

    Without *now*: as it is if no further work comes. In one statement.
    """
    rows = _behind(session, exchange, now=now, persons=persons)
    return {row.person_id: owes for row, owes in rows if owes != exchange.reviews}


def who_owes(session: Session, exchange: Exchange) -> dict[int, int]:
    """
    By person: how many reviews are missing, of those who handed in and are still in the course.

    Of the works that are there: nobody is reminded of what they cannot do.
    """
    return _missing(_behind(session, exchange, now=None))


def owed_and_missing(
    session: Session, exchange: Exchange, *, now: datetime
) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """What :func:`owed_counts` and :func:`who_owes` say, in one statement for both."""
    rows = _behind(session, exchange, now=None)
    if not rows:
        return {}, {}
    is_expected_now = is_expected(rows[0][0], exchange, now=now)
    owed = {row.person_id: row.usual if is_expected_now else owes for row, owes in rows}
    return {id: owes for id, owes in owed.items() if owes != exchange.reviews}, _missing(rows)


def is_more_expected(session: Session, exchange: Exchange, *, now: datetime) -> bool:
    """Whether further works are to be expected."""
    return is_expected(session.execute(COMING, _facts(exchange)).one(), exchange, now=now)


def is_expected(row: Row[Any], exchange: Exchange, *, now: datetime) -> bool:
    """The same from a row with the columns of :func:`coming_sql`."""
    coming = rules.Coming(last_date=row.last_date, newest_at=row.newest_at, is_everybody_in=row.is_everybody_in)
    return coming.is_expected(exchange.windows, now)


def _missing(rows: list[tuple[Row[Any], int]]) -> dict[int, int]:
    return {row.person_id: owes - row.given for row, owes in rows if row.takes_part and owes > row.given}


def _behind(
    session: Session, exchange: Exchange, *, now: datetime | None, persons: Collection[int] | None = None
) -> list[tuple[Row[Any], int]]:
    """Who is behind or excused, and what they owe in all."""
    facts = _facts(
        exchange,
        persons=list(persons) if persons is not None else None,
        # Then works are expected, unless everybody is there: what may be read need not be counted.
        is_early=now is not None and exchange.submit_by is not None and now <= exchange.submit_by,
    )
    return [
        (
            row,
            rules.reviews_owed(
                row.usual,
                given=row.given,
                unread=row.unread or 0,
                is_more_expected=now is not None and is_expected(row, exchange, now=now),
                forgets=exchange.is_sealed,
            ),
        )
        for row in session.execute(BEHIND, facts)
    ]


def _facts(exchange: Exchange, **facts: object) -> dict[str, object]:
    return {"exchange": exchange.id, "course": exchange.course_id, **facts}
