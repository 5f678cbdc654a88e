"""
Who reviews whom, as staff see it: every pair with how far it is, and what the teacher wants.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from lti_tool.exchange.models import Exchange, Submission, Team

PAIRS = text(
    """
    select p.reviewer_id, one.name as reviewer, p.author_id, coalesce(team.name, other.name) as author,
           p.begun_at is not null as is_begun, o.state = 'submitted' as is_given,
           coalesce(w.author_id, p.reviewer_id) as stands_for, ours.name as team
      from exchange_pair p
      join person one on one.id = p.reviewer_id
      join person other on other.id = p.author_id
      left join exchange_team team on team.submission_id = p.submission_id
      left join exchange_team_member mate on mate.exchange_id = p.exchange_id and mate.person_id = p.reviewer_id
      left join exchange_team ours on ours.id = mate.team_id and ours.submission_id is not null
      left join exchange_submission w on w.id = ours.submission_id
      left join exchange_offer o on o.submission_id = p.submission_id and o.reviewer_id = p.reviewer_id
     where p.exchange_id = :exchange
     order by lower(one.name), one.id, lower(coalesce(team.name, other.name)), other.id
    """
)
STAFF_GAVE = text(
    "select w.author_id, r.by_id from exchange_staff_review r join exchange_submission w on w.id = r.submission_id"
    " where r.exchange_id = :exchange and r.is_rescue"
)
RULES = text(
    """
    select r.reviewer_id, one.name as reviewer, r.author_id, other.name as author, r.kind, r.at, by.name as by_name
      from exchange_pair_rule r
      join person one on one.id = r.reviewer_id
      join person other on other.id = r.author_id
      left join person by on by.id = r.by_id
     where r.exchange_id = :exchange
     order by r.kind, lower(one.name), one.id, lower(other.name), other.id
    """
)
MEMBERS = text(
    """
    select p.id, p.name from membership m join person p on p.id = m.person_id
     where m.course_id = :course and m.role = 'learner' and m.staff_since is null and not m.is_test_user
       and m.left_at is null
     order by lower(p.name), p.id
    """
)


@dataclass(frozen=True, kw_only=True)
class Reads:
    """One work that somebody is to read."""

    author_id: int
    author: str
    """Where groups hand in, the name of the group; the work goes by one of them."""
    state: str
    """waiting, begun or given."""


@dataclass(frozen=True, kw_only=True)
class ReaderRow:
    """One reader, and what they read."""

    person_id: int
    name: str
    team: str | None = None
    """Their group, where groups hand in."""
    stands_for: int
    """By whom the work of their group goes, or they themselves."""
    reads: list[Reads] = field(default_factory=list)


def reader_rows(session: Session, exchange: Exchange) -> list[ReaderRow]:
    """Everybody who reads somebody, by name."""
    rescues = {(by, author) for author, by in session.execute(STAFF_GAVE, {"exchange": exchange.id})}
    rows: dict[int, ReaderRow] = {}
    for row in session.execute(PAIRS, {"exchange": exchange.id}):
        is_given = row.is_given or (row.reviewer_id, row.author_id) in rescues
        state = "given" if is_given else "begun" if row.is_begun else "waiting"
        reader = rows.setdefault(row.reviewer_id, _reader(row))
        reader.reads.append(Reads(author_id=row.author_id, author=row.author, state=state))
    return list(rows.values())


def works_by_name(session: Session, exchange: Exchange) -> dict[int, str]:
    """By whom works of groups go: the name of the group. Nothing where everybody hands in alone."""
    if not exchange.has_teams:
        return {}
    rows = (
        select(Submission.author_id, Team.name)
        .join(Team, Team.submission_id == Submission.id)
        .where(Submission.exchange_id == exchange.id)
    )
    return {author: name for author, name in session.execute(rows) if author is not None}


def pair_rules(session: Session, exchange: Exchange) -> Sequence[Row[Any]]:
    """Whom the teacher wants together, or apart."""
    return session.execute(RULES, {"exchange": exchange.id}).all()


def learner_names(session: Session, exchange: Exchange) -> list[tuple[int, str]]:
    """Those to choose from, by id and name."""
    return [(row.id, row.name) for row in session.execute(MEMBERS, {"course": exchange.course_id})]


def planned_pairs(session: Session, exchange: Exchange) -> dict[tuple[int, int], bool]:
    """Every pair of the plan; True where the review has begun."""
    rows = text("select reviewer_id, author_id, begun_at is not null from exchange_pair where exchange_id = :exchange")
    return {(row[0], row[1]): row[2] for row in session.execute(rows, {"exchange": exchange.id})}


def _reader(row: Row[Any]) -> ReaderRow:
    return ReaderRow(person_id=row.reviewer_id, name=row.reviewer, team=row.team, stands_for=row.stands_for)
