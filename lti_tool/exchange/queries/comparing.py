"""
Works compared two at a time: what somebody compares, what authors read of it, what staff see as advice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from lti_tool.courses.models import Person
from lti_tool.exchange import rules
from lti_tool.exchange.models import ComparingRound, Exchange, SideBySide, Submission, Team, TeamMember
from lti_tool.exchange.queries.teams import names_of_authors
from lti_tool.exchange.queries.work import Version, versions_of
from lti_tool.exchange.rules.pairs import draw


@dataclass(frozen=True, kw_only=True)
class ToCompare:
    """Two works in the hands of their reviewer."""

    pair: SideBySide
    number: int
    names: tuple[str | None, str | None]
    """Of the authors; None where the reviewer must not know."""
    tells: bool
    """Whether authors learn how often their work was seen to do better."""

    def why_not(self, windows: rules.Windows, now: datetime) -> str | None:
        """Why it is not taken from whom these *windows* are for; None while it is."""
        return windows.why_not_compare(now, begun_at=self.pair.round.begun_at)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What somebody who compared a work with another wrote to its author."""

    pair_id: int
    work_id: int
    """The author's."""
    words: rules.Words
    reviewer_name: str | None
    """None where the author must not know."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """How often a work was seen to do one criterion better."""

    criterion_id: int
    better: int
    alike: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """One person in an exchange whose works are compared."""

    mine: tuple[ToCompare, ...]
    reasons: tuple[Reason, ...]
    """Written to them; nothing while it is held back."""
    waiting: int
    """So many are held back, until there are more or the exchange is closed."""
    told: tuple[Told, ...]
    """Where the teacher chose that authors learn it."""
    tells: bool
    """Whether they chose so."""

    def next_at(self, windows: rules.Windows, now: datetime) -> ToCompare | None:
        """The first that is not given and is taken now from whom these *windows* are for."""
        return next((each for each in self.mine if each.pair.given_at is None and not each.why_not(windows, now)), None)

    @property
    def given(self) -> int:
        return sum(each.pair.given_at is not None for each in self.mine)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A work in the order that comparisons advise, with its author's name; for staff alone."""

    strength: rules.Strength
    person_id: int | None
    name: str


@dataclass(frozen=True, kw_only=True)
class ComparingAdvice:
    """What all comparisons together say, for staff alone."""

    placed: tuple[Placed, ...]
    rounds: int
    planned: int
    given: int
    pairs: tuple[SideBySide, ...]
    """Those that were given, newest first."""
    names: Mapping[int, str]
    """By work whose it is: a person's name, or that of a group."""
    works: int
    """Handed in now: those who would take part in a new round."""


def comparing_of(session: Session, exchange: Exchange, person_id: int, *, is_waiting: bool = False) -> Comparing | None:
    """
    What somebody compares, and what was written to them; None where nobody compares. At most two queries.

    Where their feedback *is_waiting* to be shown, so is this.
    """
    options = exchange.option(rules.ComparingOptions)
    if not options.is_on:
        return None
    left, right = aliased(Submission), aliased(Submission)
    wrote = _wrote(exchange, person_id)
    rows = session.execute(
        _pairs(exchange)
        .add_columns(left, right, wrote(left).label("is_left_mine"))
        .join(left, left.id == SideBySide.left_id)
        .join(right, right.id == SideBySide.right_id)
        .where(
            or_(
                SideBySide.reviewer_id == person_id,
                SideBySide.given_at.is_not(None) & SideBySide.hidden_at.is_(None) & or_(wrote(left), wrote(right)),
            )
        )
        .options(joinedload(SideBySide.reviewer), joinedload(SideBySide.round))
        .order_by(SideBySide.id)
        .execution_options(populate_existing=True)
    )
    mine, received = [], []
    for pair, one, other, is_left_mine in rows:
        if pair.reviewer_id == person_id:
            if pair.given_at is not None or (one.submitted_at is not None and other.submitted_at is not None):
                mine.append((pair, one, other))
        else:
            received.append((pair, one if is_left_mine else other))
    is_waiting |= exchange.holds_back(len(received))
    seen = [] if is_waiting else received
    names = _names(session, exchange, [work for _pair, *works in mine for work in works])
    return Comparing(
        mine=tuple(
            ToCompare(
                pair=pair,
                number=number,
                names=(names.get(one.id), names.get(other.id)),
                tells=options.tells,
            )
            for number, (pair, one, other) in enumerate(mine, start=1)
        ),
        reasons=tuple(_reason(exchange, pair, work) for pair, work in _shuffled(exchange, seen)),
        waiting=len(received) if is_waiting else 0,
        told=_told(exchange, seen) if options.tells else (),
        tells=options.tells,
    )


def works_compared(session: Session, pair: SideBySide) -> tuple[Version, Version] | None:
    """The two works as they were when the round began; None where one of them was taken back or forgotten."""
    versions = versions_of(session, [pair.left, pair.right])
    found = tuple(
        next((each for each in versions[work.id] if each.number == number), None)
        for work, number in ((pair.left, pair.left_version), (pair.right, pair.right_version))
        if pair.given_at is not None or work.submitted_at is not None
    )
    return (found[0], found[1]) if len(found) == 2 and found[0] and found[1] else None


def comparing_advice(session: Session, exchange: Exchange) -> ComparingAdvice:
    """The order of works that comparisons advise, and the comparisons themselves."""
    whose = Submission.team if exchange.has_teams else Submission.author
    pairs = session.scalars(
        _pairs(exchange)
        .where(SideBySide.given_at.is_not(None))
        .options(
            joinedload(SideBySide.reviewer),
            joinedload(SideBySide.left).joinedload(whose),
            joinedload(SideBySide.right).joinedload(whose),
        )
        .order_by(SideBySide.given_at.desc(), SideBySide.id.desc())
    ).all()
    if not exchange.may_see(rules.STAFF, rules.REVIEWER):
        # What came last was written by whoever was there last.
        pairs = sorted(pairs, key=lambda pair: draw(exchange.seed, pair.left_id, pair.right_id))
    works = {work.id: work for pair in pairs for work in (pair.left, pair.right)}
    names = {id: names_of_authors(exchange, work) for id, work in works.items()}
    criteria = {str(each.id) for each in exchange.criteria}
    results = [
        (
            pair.left_id,
            pair.right_id,
            rules.share_of_left(int(pick) for id, pick in pair.picks.items() if id in criteria),
        )
        for pair in pairs
    ]
    planned = session.scalar(select(func.count()).select_from(_pairs(exchange).subquery())) or 0
    rounds = select(func.count()).select_from(ComparingRound).where(ComparingRound.exchange_id == exchange.id)
    handed_in = select(func.count()).where(Submission.exchange_id == exchange.id, Submission.submitted_at.is_not(None))
    placed = [
        Placed(strength=each, person_id=works[each.work_id].author_id, name=names[each.work_id])
        for each in rules.strengths(results)
    ]
    return ComparingAdvice(
        placed=tuple(placed),
        rounds=session.scalar(rounds) or 0,
        planned=planned,
        given=len(pairs),
        pairs=tuple(pairs),
        works=session.scalar(handed_in) or 0,
        names=names,
    )


def _pairs(exchange: Exchange) -> Select[SideBySide]:
    rounds = select(ComparingRound.id).where(ComparingRound.exchange_id == exchange.id)
    return select(SideBySide).where(SideBySide.round_id.in_(rounds))


def _names(session: Session, exchange: Exchange, works: Sequence[Submission]) -> dict[int, str]:
    """By work whose it is, of those that somebody compares and whose authors they may know."""
    if not works or not exchange.may_see(rules.REVIEWER, rules.AUTHOR):
        return {}
    ids = {work.id for work in works}
    if exchange.has_teams:
        rows = select(Submission.id, Team.name).join(Team, Team.submission_id == Submission.id)
    else:
        rows = select(Submission.id, Person.name).join(Person, Person.id == Submission.author_id)
    return dict(session.execute(rows.where(Submission.id.in_(ids))).all())


def _wrote(exchange: Exchange, person: int) -> Callable[[type[Submission]], ColumnElement[bool]]:
    """The condition that *person* made a work, alone or with their group, for each of two works in one statement."""
    if not exchange.has_teams:
        return lambda work: work.author_id == person
    mine = (
        select(Team.submission_id)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(Team.exchange_id == exchange.id, TeamMember.person_id == person, Team.submission_id.is_not(None))
    )
    return lambda work: work.id.in_(mine)


def _shuffled(
    exchange: Exchange, seen: Sequence[tuple[SideBySide, Submission]]
) -> Sequence[tuple[SideBySide, Submission]]:
    """In an order that tells nothing of who came first."""
    return sorted(seen, key=lambda each: draw(exchange.seed, each[0].id, each[1].id))


def _reason(exchange: Exchange, pair: SideBySide, work: Submission) -> Reason:
    may_know = exchange.may_see(rules.AUTHOR, rules.REVIEWER)
    return Reason(
        pair_id=pair.id,
        work_id=work.id,
        words=pair.words_to(work.id),
        reviewer_name=(pair.reviewer.name if pair.reviewer is not None else "") if may_know else None,
    )


def _told(exchange: Exchange, seen: Sequence[tuple[SideBySide, Submission]]) -> tuple[Told, ...]:
    found = []
    for criterion in exchange.criteria:
        said = [pick for pair, work in seen if (pick := pair.pick_for(work.id, criterion.id)) is not None]
        if said:
            found.append(Told(criterion_id=criterion.id, better=said.count(1), alike=said.count(0), total=len(said)))
    return tuple(found)
