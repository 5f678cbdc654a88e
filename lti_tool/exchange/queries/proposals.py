"""
What students propose for the rules of their class.
"""

from dataclasses import dataclass

from sqlalchemy import func, literal, or_, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange, Hiding, Proposal, ProposalSupport


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A proposal as one person reads it."""

    id: int
    rule: str
    support: int
    """How many would like it too, whoever proposed it not counted."""
    is_own: bool
    is_supported: bool
    """By whom reads it."""
    answer: str | None
    words: str
    by_id: int | None
    """For staff who see names; else None."""
    by_name: str
    hidden: str | None = None
    """Why staff hide it, for staff and for whoever proposed it; None where they do not."""


def proposals(session: Session, exchange: Exchange, person_id: int, *, is_staff: bool = False) -> tuple[Proposed, ...]:
    """
    All proposals of an exchange for one reader: open ones first, in no order of time. What staff hide only they
    and whoever proposed it see. One query.
    """
    support = (
        select(
            ProposalSupport.proposal_id,
            func.count().label("many"),
            func.bool_or(ProposalSupport.person_id == person_id).label("mine"),
        )
        .group_by(ProposalSupport.proposal_id)
        .subquery()
    )
    rows = session.execute(
        select(Proposal, func.coalesce(support.c.many, 0), func.coalesce(support.c.mine, False), Hiding.note)
        .outerjoin(support, support.c.proposal_id == Proposal.id)
        .outerjoin(Hiding, Hiding.proposal_id == Proposal.id)
        .where(
            Proposal.exchange_id == exchange.id,
            Proposal.taken_back_at.is_(None),
            or_(literal(is_staff), Hiding.id.is_(None), Proposal.by_id == person_id),
        )
        .options(joinedload(Proposal.by))
        .execution_options(populate_existing=True)
    ).all()
    # Who proposes a rule speaks as a reviewer to be: staff see them as they see reviewers.
    sees = is_staff and exchange.may_see(rules.STAFF, rules.REVIEWER)
    found = {
        each.id: Proposed(
            id=each.id,
            rule=each.rule,
            support=many,
            is_own=each.by_id == person_id,
            is_supported=mine,
            answer=each.answer,
            words=each.words,
            by_id=each.by_id if sees else None,
            by_name=each.by.name if sees and each.by is not None else "",
            hidden=hidden,
        )
        for each, many, mine, hidden in rows
    }
    order = rules.by_support(
        exchange.seed, [rules.Proposed(id=each.id, support=each.support) for each in found.values()]
    )
    return tuple(sorted((found[id] for id in order), key=lambda each: each.answer is not None))
