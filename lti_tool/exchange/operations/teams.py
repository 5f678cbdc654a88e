"""
Making groups and moving people between them, before and after they have begun.

Whoever moves takes their reviews along; the work stays with the group. Only the plan around those
who move is mended, and no other group notices.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Offer, Submission, Team, TeamMember
from lti_tool.exchange.operations import acts, pairing
from lti_tool.exchange.rules import OfferState

log = logging.getLogger(__name__)


def require_teams_kept(session: Session, exchange: Exchange, options: rules.TeamOptions) -> None:
    """Whether groups hand in changes only while nobody has begun to write."""
    if options.on == exchange.has_teams:
        return
    if session.scalar(select(exists().where(Submission.exchange_id == exchange.id))):
        raise errors.HasWork


def add_team(
    session: Session, exchange: Exchange, *, by: int | None, now: datetime, name: str = "", lms_group: str | None = None
) -> Team:
    """A new group without members; without a *name* it is numbered."""
    known = set(session.scalars(select(Team.name).where(Team.exchange_id == exchange.id)))
    name = acts.clean(name).strip()[: rules.LONGEST_TEAM_NAME]
    number = len(known) + 1
    while not name or name in known:
        name, number = f"Group {number}", number + 1
    team = Team(exchange_id=exchange.id, name=name, lms_group=lms_group, made_at=now)
    session.add(team)
    session.flush()
    acts.record(session, exchange, "team.made", by=by, now=now, team_id=team.id)
    return team


def put_in(
    session: Session, exchange: Exchange, *, person: int, team: int | None, by: int | None, now: datetime
) -> None:
    """Put somebody into a group, or into none. Doing it twice does it once."""
    pairing.hold(session, exchange)
    mine = _membership(session, exchange, person)
    before = mine.team_id if mine is not None else None
    if before == team:
        return
    target = None
    if team is not None:
        target = session.scalars(
            select(Team).where(Team.id == team, Team.exchange_id == exchange.id).with_for_update()
        ).one_or_none()
        if target is None:
            raise errors.NoSuchTeam
    if before is not None:
        _take_out(session, exchange, person=person, team=before, now=now)
    if target is not None:
        session.add(TeamMember(exchange_id=exchange.id, person_id=person, team_id=target.id, joined_at=now))
        session.flush()
        if target.submission_id is not None:
            _take_a_seat(session, exchange, target.submission_id, now=now)
    acts.record(session, exchange, "team.joined", by=by, now=now, team_id=team, before=before)


def join(session: Session, exchange: Exchange, *, person: int, team: int, now: datetime) -> None:
    """Students choose, where they may, a group that has room, as long as their own has not handed in."""
    options = exchange.option(rules.TeamOptions)
    if not (options.on and options.choose):
        raise errors.NoSuchTeam
    acts.require_open(exchange, now)
    pairing.hold(session, exchange)
    count = session.scalar(select(func.count()).where(TeamMember.team_id == team, TeamMember.person_id != person))
    if (count or 0) >= options.size:
        raise errors.TeamFull
    mine = queries.team_of(session, exchange, person)
    if mine is not None and mine.submission_id is not None:
        work = session.get_one(Submission, mine.submission_id, populate_existing=True)
        if work.submitted_at is not None:
            raise errors.TeamHasWork(mine.name)
    put_in(session, exchange, person=person, team=team, by=person, now=now)


def deal(session: Session, exchange: Exchange, *, size: int, by: int, now: datetime) -> int:
    """Deal everybody who is in no group into new ones of about *size*, at random. Returns how many groups."""
    grouped = set(session.scalars(select(TeamMember.person_id).where(TeamMember.exchange_id == exchange.id)))
    alone = [id for id, _name, _groups in queries.to_be_grouped(session, exchange) if id not in grouped]
    # Another seed each time: groups that are made anew shall be others.
    made = session.scalar(select(func.count()).where(Team.exchange_id == exchange.id)) or 0
    dealt = rules.dealt(alone, size, seed=exchange.seed + made)
    for members in dealt:
        team = add_team(session, exchange, by=by, now=now)
        for person in members:
            put_in(session, exchange, person=person, team=team.id, by=by, now=now)
    return len(dealt)


@dataclass(frozen=True, kw_only=True)
class Stayed:
    """Somebody who stays in their group, though the LMS has them in another: its work would be nobody's."""

    person_id: int
    name: str
    team: str


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What came of following the LMS."""

    moved: int
    stayed: tuple[Stayed, ...] = ()
    """By name."""


def follow_lms(
    session: Session, exchange: Exchange, *, by: int | None, now: datetime, people: Collection[int] | None = None
) -> Followed:
    """
    Put everybody into the group they have in the LMS, but for who would leave work that nobody else is there for.

    Again: whoever is in another group there by now moves, and nobody else. With *people*, only those whom the LMS
    has just moved: whom staff put elsewhere by hand stays there.
    """
    moved, stayed = _follow(session, exchange, by=by, now=now, people=people)
    while stayed:
        # Somebody may have come into their group since.
        again, left = _follow(session, exchange, by=by, now=now, people=[each.person_id for each in stayed])
        if not again:
            break
        moved, stayed = moved + again, left
    for each in stayed:
        log.info(
            "person %s stays: the work of their group in exchange %s would be nobody's", each.person_id, exchange.id
        )
    return Followed(moved=moved, stayed=tuple(stayed))


def _follow(
    session: Session, exchange: Exchange, *, by: int | None, now: datetime, people: Collection[int] | None
) -> tuple[int, list[Stayed]]:
    """One look at everybody, or at *people*: how many moved, and who stays."""
    teams = {team.lms_group: team.id for team in queries.teams(session, exchange) if team.lms_group is not None}
    moved, stayed = 0, []
    for person, name, groups in queries.to_be_grouped(session, exchange):
        if not groups or (people is not None and person not in people):
            continue
        mine = _membership(session, exchange, person)
        known = {teams[group] for group in groups if group in teams}
        if mine is not None and mine.team_id in known:
            continue
        group = min(groups, key=lambda each: (len(each), each))
        if group not in teams:
            teams[group] = add_team(session, exchange, by=by, now=now, lms_group=group).id
        try:
            with session.begin_nested():
                put_in(session, exchange, person=person, team=teams[group], by=by, now=now)
        except errors.TeamHasWork as err:
            stayed.append(Stayed(person_id=person, name=name, team=err.team))
            continue
        moved += 1
    return moved, stayed


def remove_empty(session: Session, exchange: Exchange) -> None:
    """Groups without members and without work go."""
    has_members = exists().where(TeamMember.team_id == Team.id)
    session.execute(
        delete(Team)
        .where(Team.exchange_id == exchange.id, Team.submission_id.is_(None), ~has_members)
        .execution_options(synchronize_session=False)
    )


def leave_all(session: Session, person: int, *, now: datetime) -> None:
    """Somebody is forgotten: their groups keep the work, if anybody else is in them."""
    for mine in session.scalars(select(TeamMember).where(TeamMember.person_id == person)).all():
        exchange = session.get_one(Exchange, mine.exchange_id)
        pairing.hold(session, exchange)
        team = mine.team_id
        session.delete(mine)
        session.flush()
        pairing.leave_seat(session, exchange, person=person, now=now)
        others = _others(session, team, person)
        if others:
            _hand_over(session, team, person, others)


def _take_out(session: Session, exchange: Exchange, *, person: int, team: int, now: datetime) -> None:
    found = session.scalars(select(Team).where(Team.id == team).with_for_update()).one()
    others = _others(session, team, person)
    if found.submission_id is not None and not others:
        raise errors.TeamHasWork(found.name)
    if found.submission_id is not None:
        _keep_away(session, exchange, person=person, work=found.submission_id, now=now)
    # First out of the group: what keeps them apart from somebody is nothing to its work any more.
    session.execute(
        delete(TeamMember)
        .where(TeamMember.exchange_id == exchange.id, TeamMember.person_id == person)
        .execution_options(synchronize_session="fetch")
    )
    pairing.leave_seat(session, exchange, person=person, now=now, moves=True)
    if others:
        _hand_over(session, team, person, others)


def _keep_away(session: Session, exchange: Exchange, *, person: int, work: int, now: datetime) -> None:
    """Nobody is asked to review what they made with a group that they have left since; who came later did not."""
    joined_at = session.get_one(TeamMember, (exchange.id, person)).joined_at
    submitted_at = session.get_one(Submission, work, populate_existing=True).submitted_at
    if submitted_at is not None and submitted_at < joined_at:
        return
    row = {"state": OfferState.DECLINED, "reason": rules.MADE_IT, "lease_until": now, "ended_at": now}
    session.execute(
        insert(Offer)
        .values(exchange_id=exchange.id, submission_id=work, reviewer_id=person, offered_at=now, **row)
        .on_conflict_do_update(
            index_elements=[Offer.submission_id, Offer.reviewer_id],
            set_=row,
            where=Offer.state == OfferState.EXPIRED,
        )
    )


def _others(session: Session, team: int, person: int) -> Collection[int]:
    return session.scalars(
        select(TeamMember.person_id)
        .where(TeamMember.team_id == team, TeamMember.person_id != person)
        .order_by(TeamMember.joined_at, TeamMember.person_id)
    ).all()


def _hand_over(session: Session, team: int, person: int, others: Collection[int]) -> None:
    """The work goes by somebody else where it went by *person*, and nobody has a place in the plan for it yet."""
    session.execute(
        update(Submission)
        .where(
            Submission.id == select(Team.submission_id).where(Team.id == team).scalar_subquery(),
            Submission.author_id == person,
        )
        .values(author_id=next(iter(others)))
    )


def _take_a_seat(session: Session, exchange: Exchange, work: int, *, now: datetime) -> None:
    found = session.get_one(Submission, work, populate_existing=True)
    if found.submitted_at is not None and found.author_id is not None:
        pairing.take_seat(session, exchange, person=found.author_id, work=work, now=now)


def _membership(session: Session, exchange: Exchange, person: int) -> TeamMember | None:
    return session.get(TeamMember, (exchange.id, person), populate_existing=True)
