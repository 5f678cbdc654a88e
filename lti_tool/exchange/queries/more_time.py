"""
What more time for somebody would move, and who has some.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session, joinedload

from lti_tool.courses.models import Membership, Person, Role
from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Extended,
    Extension,
    Offer,
    Reopening,
    Submission,
    authored_by,
)
from lti_tool.exchange.queries.dates import Calendar, calendar_of
from lti_tool.exchange.queries.reach import who_owes
from lti_tool.exchange.queries.teams import names_of_authors
from lti_tool.exchange.rules import OwnDates, Windows

KEPT = text(
    """
    select p.reviewer_id, coalesce(team.name, a.name)
      from exchange_pair p
      left join exchange_team team on team.submission_id = p.submission_id
      join exchange_seat s on s.exchange_id = p.exchange_id and s.person_id = p.author_id and s.left_at is null
      join person a on a.id = p.author_id
     where p.exchange_id = :exchange and p.begun_at is null and p.reviewer_id = any(:people)
     order by p.reviewer_id, lower(coalesce(team.name, a.name)), a.id
    """
)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A work in the hands of somebody who gets more time."""

    offer_id: int
    author_name: str
    before: datetime
    after: datetime


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What more time means for one person and those around them."""

    person_id: int
    name: str
    before: Windows
    after: Windows
    submitted_at: datetime | None
    leases: tuple[Lease, ...]
    """The works that stay with them for longer."""
    kept: tuple[str, ...]
    """Whose further works are kept for them to review: authors, or groups."""

    @property
    def moves_work(self) -> bool:
        return self.before.submit_by != self.after.submit_by

    @property
    def moves_reviews(self) -> bool:
        return self.before.review_by != self.after.review_by

    @property
    def waiting(self) -> tuple[str, ...]:
        """Whose feedback may come later than it would."""
        if not self.moves_reviews:
            return tuple(each.author_name for each in self.leases)
        return (*(each.author_name for each in self.leases), *self.kept)


@dataclass(frozen=True, kw_only=True)
class Whom:
    """A choice of people to give more time to."""

    key: str
    people: tuple[int, ...]


def effect_of(session: Session, exchange: Exchange, people: Collection[int], own: OwnDates) -> tuple[Effect, ...]:
    """
    What happens if *people* get these later dates, by name. Writes nothing.

    Where staff do not see who reviews whom, neither works in hand nor who waits for them are told.
    """
    calendar = calendar_of(session, exchange)
    offers: dict[int, list[Offer]] = {}
    is_seen = exchange.may_see(rules.STAFF, rules.REVIEWER)
    for offer in open_offers_of(session, exchange, people) if is_seen else ():
        offers.setdefault(offer.reviewer_id or 0, []).append(offer)
    kept: dict[int, list[str]] = {}
    facts = {"exchange": exchange.id, "people": list(people)}
    for reviewer, author in session.execute(KEPT, facts).all() if is_seen else ():
        kept.setdefault(reviewer, []).append(author)
    rows = session.execute(
        select(Person.id, Person.name, Submission.submitted_at)
        .outerjoin(Submission, authored_by(exchange, Person.id) & (Submission.exchange_id == exchange.id))
        .where(Person.id.in_(people))
    )
    found = []
    for id, name, submitted_at in rows:
        before, after = calendar.of(id), _with(calendar, id, own)
        found.append(
            Effect(
                person_id=id,
                name=name,
                before=before,
                after=after,
                submitted_at=submitted_at,
                leases=tuple(
                    Lease(
                        offer_id=offer.id,
                        author_name=names_of_authors(exchange, offer.submission),
                        before=offer.lease_until,
                        after=longer,
                    )
                    for offer in offers.get(id, ())
                    if (longer := rules.lease_with(offer.lease_until, before, after)) != offer.lease_until
                ),
                kept=tuple(kept.get(id, ())),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.person_id)))


def open_offers_of(
    session: Session, exchange: Exchange, people: Collection[int], *, lock: bool = False
) -> Sequence[Offer]:
    """What these people have in hand to review."""
    rows = (
        select(Offer)
        .where(Offer.exchange_id == exchange.id, Offer.reviewer_id.in_(people), Offer.state.in_(rules.OPEN_STATES))
        .options(
            joinedload(Offer.submission, innerjoin=True).joinedload(
                Submission.team if exchange.has_teams else Submission.author
            )
        )
        .order_by(Offer.id)
        .execution_options(populate_existing=True)
    )
    return session.scalars(rows.with_for_update(of=Offer) if lock else rows).all()


def _with(calendar: Calendar, person_id: int, own: OwnDates) -> Windows:
    """The windows of somebody once they have these dates as well."""
    had = calendar.own.get(person_id, OwnDates())
    return calendar.base.for_person(
        OwnDates(
            submit_by=own.submit_by or had.submit_by,
            review_by=own.review_by or had.review_by,
            reopened_until=had.reopened_until,
        )
    )


def learners(session: Session, exchange: Exchange) -> Sequence[Person]:
    """Who takes part, by name."""
    return session.scalars(
        select(Person).join(Membership, Membership.person_id == Person.id).where(*_takes_part(exchange))
    ).all()


def whom(session: Session, exchange: Exchange) -> tuple[Whom, ...]:
    """Whom staff may choose at once: who has not handed in, who owes reviews, each group and section."""
    rows = session.execute(
        select(Membership.person_id, Membership.groups, Membership.sections, Submission.submitted_at)
        .outerjoin(
            Submission,
            authored_by(exchange, Membership.person_id) & (Submission.exchange_id == exchange.id),
        )
        .where(*_takes_part(exchange))
        .order_by(Membership.person_id)
    ).all()
    found: dict[str, list[int]] = {
        "not_handed_in": [row.person_id for row in rows if row.submitted_at is None],
        "owes": sorted(who_owes(session, exchange)),
    }
    for row in rows:
        for kind, ids in (("group", row.groups), ("section", row.sections)):
            for id in ids:
                found.setdefault(f"{kind}:{id}", []).append(row.person_id)
    ordered = sorted(found, key=lambda key: (":" in key, key if ":" in key else ""))
    return tuple(Whom(key=key, people=tuple(found[key])) for key in ordered)


def extensions(session: Session, exchange: Exchange) -> Sequence[Extension]:
    """Every extension that was given, newest first, with its people."""
    return (
        session.scalars(
            select(Extension)
            .where(Extension.exchange_id == exchange.id)
            .options(joinedload(Extension.by), joinedload(Extension.people).joinedload(Extended.person))
            .order_by(Extension.id.desc())
        )
        .unique()
        .all()
    )


def reopenings(session: Session, exchange: Exchange, *, person_id: int | None = None) -> Sequence[Reopening]:
    """What was opened once more, newest first."""
    rows = select(Reopening).where(Reopening.exchange_id == exchange.id).options(joinedload(Reopening.by))
    if person_id is not None:
        rows = rows.where(Reopening.person_id == person_id)
    return session.scalars(rows.order_by(Reopening.id.desc())).all()


def reopened_reviews(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> Mapping[int, Reopening]:
    """By feedback: what a reviewer may revise now, because staff opened it. Mostly costs nothing."""
    if not exchange.has_own_dates:
        return {}
    rows = select(Reopening).where(
        Reopening.exchange_id == exchange.id,
        Reopening.person_id == person_id,
        Reopening.feedback_id.is_not(None),
        Reopening.ended_at.is_(None),
        Reopening.until >= now,
    )
    return {each.feedback_id: each for each in session.scalars(rows) if each.feedback_id is not None}


def _takes_part(exchange: Exchange) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.course_id == exchange.course_id,
        Membership.role == Role.LEARNER,
        Membership.staff_since.is_(None),
        ~Membership.is_test_user,
        Membership.left_at.is_(None),
    )
