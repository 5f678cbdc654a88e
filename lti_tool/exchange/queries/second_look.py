"""
Who sees a work how: strong disagreement between reviewers, how one marks beside others, and the standing of a person.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.exchange import rules
from lti_tool.exchange.models import Answer, Criterion, Exchange, Feedback, Hiding, Offer, SecondLook, Submission
from lti_tool.exchange.queries.teams import names_of_authors
from lti_tool.exchange.rules import OfferState, Opinion

STANDING = text(
    """
    select (select count(*) from exchange_thanks t
              join exchange_feedback f on f.id = t.feedback_id
              join exchange_offer o on o.id = f.offer_id
             where o.exchange_id = :exchange) as thanks,
           (select coalesce(json_agg(json_build_object(
                     'kind', case when g.proposal_id is not null then 'rule'
                                  when g.side_by_side_id is not null then 'comparison'
                                  when g.submission_id is not null then 'work'
                                  when g.message_id is not null then 'message' else 'feedback' end,
                     'reason', g.reason, 'at', g.at, 'decision', d.act, 'told', d.told) order by g.id), '[]')
              from exchange_flag g
              left join lateral (select a.act, a.told from exchange_flag_act a
                                  where a.flag_id = g.id and a.act <> 'looked' order by a.id desc limit 1) d on true
             where g.exchange_id = :exchange and g.by_id = :person) as flags,
           (select coalesce(json_agg(json_build_array(o.submission_id, f.id, o.reviewer_id, a.criterion_id, a.level_id,
                                                      a.number)
                                     order by f.id, a.criterion_id), '[]')
              from exchange_offer mine
              join exchange_offer o on o.submission_id = mine.submission_id
              join exchange_feedback f on f.offer_id = o.id
              join exchange_answer a on a.feedback_id = f.id and (a.level_id is not null or a.number is not null)
             where mine.exchange_id = :exchange and mine.reviewer_id = :person and mine.state = 'submitted'
               and not exists (select from exchange_hiding h where h.feedback_id = f.id)) as opinions
    """
)

SAID_BESIDE = text(
    """
    select o.exchange_id, o.submission_id, f.id, o.reviewer_id, a.criterion_id, a.level_id, a.number
      from exchange_offer mine
      join exchange_feedback own on own.offer_id = mine.id
      join exchange_offer o on o.submission_id = mine.submission_id
      join exchange_feedback f on f.offer_id = o.id
      join exchange_answer a on a.feedback_id = f.id and (a.level_id is not null or a.number is not null)
     where mine.exchange_id = any(:ids) and mine.reviewer_id = :person and mine.state = 'submitted'
       and not exists (select from exchange_second_look l where l.feedback_id = own.id)
       and not exists (select from exchange_hiding h where h.feedback_id = f.id)
       and exists (select from exchange_offer other
                    where other.submission_id = mine.submission_id and other.id <> mine.id
                      and other.state = 'submitted')
     order by f.id, a.criterion_id
    """
)
"""What was said of the works of ``:person`` that others have reviewed too, as long as they have not looked again."""


@dataclass(frozen=True, kw_only=True)
class Mine:
    """What belongs to nobody's feedback in particular: the class's thanks, my flags, how I mark beside others."""

    thanks: int
    """In the whole exchange, whoever got them."""
    flags: tuple[Mapping[str, Any], ...]
    invited: frozenset[int]
    """My feedback, by id, that others on the same work see very differently."""
    leanings: tuple[rules.Leaning, ...]
    """Empty until the exchange has settled."""


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """A work that two reviewers see very differently."""

    submission_id: int
    author_id: int | None
    author_name: str
    """Or that of their group. For staff alone."""
    one: Feedback
    other: Feedback
    shares: tuple[float | None, float | None]
    looked_again: int
    """How many of the two have looked again."""
    needs_human: bool
    """Both have looked again, or there is nothing more to wait for, and they are still far apart."""


def standing(session: Session, exchange: Exchange, person_id: int, *, now: datetime) -> Mine:
    """What one person's page says beyond the feedback itself, in one query."""
    row = session.execute(STANDING, {"exchange": exchange.id, "person": person_id}).one()
    opinions = _opinions(exchange, row.opinions)
    return Mine(
        thanks=row.thanks,
        flags=tuple(row.flags),
        invited=frozenset(
            each.feedback_id
            for pair in _far_apart(exchange, opinions)
            for each in pair
            if each.reviewer_id == person_id
        ),
        leanings=rules.leanings(opinions, reviewer=person_id) if exchange.windows.is_settled_at(now) else (),
    )


def differing(session: Session, exchange: Exchange, feedback: Feedback) -> tuple[Feedback, ...]:
    """The feedback of others on the same work that *feedback* lies far apart from, with its answers; mostly none."""
    if not has_second_looks(exchange):
        return ()
    offer = session.get_one(Offer, feedback.offer_id)
    pairs = _far_apart(exchange, opinions_of(session, exchange, works=[offer.submission_id]))
    others = {
        each.feedback_id
        for pair in pairs
        if feedback.id in (pair[0].feedback_id, pair[1].feedback_id)
        for each in pair
        if each.feedback_id != feedback.id
    }
    if not others:
        return ()
    rows = select(Feedback).where(Feedback.id.in_(others)).options(selectinload(Feedback.answers))
    return tuple(session.scalars(rows.order_by(Feedback.id)))


def to_look_again(session: Session, exchanges: Mapping[int, Exchange], person_id: int) -> set[int]:
    """
    Those of *exchanges* in which another sees a work very differently from *person_id*, who has not looked again yet.

    One query however many they are, and two more for the criteria of those in which somebody has read the same works.
    """
    ids = [id for id, each in exchanges.items() if each.option(rules.DialogueOptions).second_look]
    said: dict[int, list[Any]] = defaultdict(list)
    for exchange_id, *row in session.execute(SAID_BESIDE, {"ids": ids, "person": person_id}) if ids else ():
        said[exchange_id].append(row)
    if not said:
        return set()
    asked = select(Exchange).where(Exchange.activity_id.in_(said))
    asked = asked.options(selectinload(Exchange.criteria).selectinload(Criterion.levels))
    return {
        each.id
        for each in session.scalars(asked)
        for pair in _far_apart(each, _opinions(each, said[each.id]))
        if person_id in (pair[0].reviewer_id, pair[1].reviewer_id)
    }


def disagreements(session: Session, exchange: Exchange, *, now: datetime) -> tuple[Disagreement, ...]:
    """Every pair of reviewers who still see a work very differently, those that need a human first."""
    if not has_second_looks(exchange):
        return ()
    pairs = _far_apart(exchange, opinions_of(session, exchange))
    ids = {each.feedback_id for pair in pairs for each in pair}
    if not ids:
        return ()
    rows = session.execute(
        select(Feedback, Submission.author_id, SecondLook.feedback_id)
        .join(Feedback.offer)
        .join(Offer.submission)
        .outerjoin(SecondLook, SecondLook.feedback_id == Feedback.id)
        .where(Feedback.id.in_(ids))
        .options(
            joinedload(Feedback.offer).joinedload(Offer.reviewer),
            joinedload(Feedback.offer)
            .joinedload(Offer.submission)
            .joinedload(Submission.team if exchange.has_teams else Submission.author),
        )
    )
    found = {feedback.id: (feedback, author_id, looked is not None) for feedback, author_id, looked in rows}
    is_settled = exchange.windows.is_settled_at(now)
    made = []
    # The lower result first: their ids tell nothing that a teacher could go by.
    for one, other in (sorted(pair, key=lambda each: each.share or 0.0) for pair in pairs):
        first, second = found[one.feedback_id], found[other.feedback_id]
        looked = sum((first[2], second[2]))
        made.append(
            Disagreement(
                submission_id=one.work_id,
                author_id=first[1],
                author_name=names_of_authors(exchange, first[0].offer.submission),
                one=first[0],
                other=second[0],
                shares=(one.share, other.share),
                looked_again=looked,
                needs_human=looked == 2 or is_settled,
            )
        )
    return tuple(sorted(made, key=lambda each: (not each.needs_human, each.one.id, each.other.id)))


def has_second_looks(exchange: Exchange) -> bool:
    """Whether this exchange asks reviewers to look again: where they do more than write, unless its teacher says no."""
    return exchange.option(rules.DialogueOptions).second_look and any(
        each.kind != rules.WORDS for each in exchange.criteria
    )


def opinions_of(session: Session, exchange: Exchange, *, works: Collection[int] | None = None) -> tuple[Opinion, ...]:
    """What each feedback says besides its words, of all works or of *works*; not what staff hide."""
    rows = (
        select(Offer.submission_id, Feedback.id, Offer.reviewer_id, Answer.criterion_id, Answer.level_id, Answer.number)
        .join(Feedback, Feedback.offer_id == Offer.id)
        .join(Answer, Answer.feedback_id == Feedback.id)
        .where(
            Offer.exchange_id == exchange.id,
            Offer.state == OfferState.SUBMITTED,
            or_(Answer.level_id.is_not(None), Answer.number.is_not(None)),
            ~exists().where(Hiding.feedback_id == Feedback.id),
        )
        .order_by(Feedback.id, Answer.criterion_id)
    )
    if works is not None:
        rows = rows.where(Offer.submission_id.in_(works))
    return _opinions(exchange, session.execute(rows).all())


def _far_apart(exchange: Exchange, opinions: tuple[Opinion, ...]) -> tuple[tuple[Opinion, Opinion], ...]:
    if not has_second_looks(exchange):
        return ()
    options = exchange.option(rules.DialogueOptions)
    return rules.disagreements(opinions, gap=options.gap, steps=options.steps)


def _opinions(exchange: Exchange, rows: Collection[Any]) -> tuple[Opinion, ...]:
    criteria = {each.id: each for each in exchange.criteria}
    found: dict[int, tuple[int, int | None, dict[int, rules.Said]]] = {}
    for work, feedback_id, reviewer, criterion_id, level_id, number in rows:
        _work, _reviewer, answers = found.setdefault(feedback_id, (work, reviewer, {}))
        said = _said(criteria[criterion_id], level_id, number) if criterion_id in criteria else None
        if said is not None:
            answers[criterion_id] = said
    return tuple(
        Opinion(feedback_id=id, work_id=work, reviewer_id=reviewer, said=said)
        for id, (work, reviewer, said) in found.items()
    )


def _said(criterion: Criterion, level_id: int | None, number: float | None) -> rules.Said | None:
    part = rules.worth(criterion.asked, level_id=level_id, number=number)
    for place, level in enumerate(criterion.levels):
        if level.id == level_id:
            return rules.Said(value=level.points, part=part, weight=criterion.weight, place=place)
    if number is None:
        return None
    return rules.Said(value=number, part=part, weight=criterion.weight, is_measured=criterion.kind == rules.NUMBER)
