"""
Students propose rules of feedback and support those of others; staff adopt or answer them.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, notices, rules
from lti_tool.exchange.models import Exchange, Flag, Hiding, Proposal, ProposalSupport
from lti_tool.exchange.operations import acts
from lti_tool.exchange.operations.options import set_options


def propose_rule(session: Session, exchange: Exchange, *, by: int, rule: str, now: datetime) -> Proposal:
    """Propose a rule. One that is there already is better supported than said again."""
    _hold(session, exchange)
    charter = _require_proposals(exchange)
    rule = " ".join(acts.clean(rule).split())
    if not rule:
        raise errors.EmptyMessage
    if len(rule) > rules.LONGEST_RULE:
        raise errors.TooLong(rules.LONGEST_RULE)
    waiting = session.scalars(
        select(Proposal).where(
            Proposal.exchange_id == exchange.id, Proposal.answer.is_(None), Proposal.taken_back_at.is_(None)
        )
    ).all()
    if rules.is_known(rule, [*charter.rules, *(each.rule for each in waiting)]):
        raise errors.RuleKnown
    if sum(each.by_id == by for each in waiting) >= rules.MOST_OPEN_EACH or len(waiting) >= rules.MOST_OPEN:
        raise errors.TooManyProposals
    proposal = Proposal(exchange_id=exchange.id, by_id=by, rule=rule, at=now)
    session.add(proposal)
    session.flush()
    acts.record(session, exchange, "charter.proposed", by=by, now=now, proposal_id=proposal.id)
    notices.rule_proposed(session, exchange, now=now)
    return proposal


def take_proposal_back(session: Session, exchange: Exchange, *, by: int, proposal_id: int, now: datetime) -> None:
    """
    Take one's own back, as long as nobody has answered it. What somebody told staff about they can still read.
    """
    proposal = _open_proposal(session, exchange, proposal_id)
    if proposal.by_id != by:
        raise errors.NoSuchProposal
    if session.scalar(select(exists().where(Flag.proposal_id == proposal.id))):
        proposal.taken_back_at = now
    else:
        session.delete(proposal)
    session.flush()
    acts.record(session, exchange, "charter.taken_back", by=by, now=now, proposal_id=proposal_id)


def support_rule(session: Session, exchange: Exchange, *, by: int, proposal_id: int, now: datetime) -> None:
    """Say that one would like the rule too. Twice says it once; one's own needs no saying."""
    _require_proposals(exchange)
    proposal = _open_proposal(session, exchange, proposal_id)
    if session.scalar(select(exists().where(Hiding.proposal_id == proposal.id))):
        raise errors.NoSuchProposal
    if proposal.by_id != by:
        session.execute(
            insert(ProposalSupport).values(proposal_id=proposal.id, person_id=by, at=now).on_conflict_do_nothing()
        )


def stop_supporting(session: Session, exchange: Exchange, *, by: int, proposal_id: int) -> None:
    """Say so no more."""
    proposal = _open_proposal(session, exchange, proposal_id)
    session.execute(
        delete(ProposalSupport).where(ProposalSupport.proposal_id == proposal.id, ProposalSupport.person_id == by)
    )


def adopt_rule(
    session: Session,
    exchange: Exchange,
    *,
    proposal_id: int,
    rule: str,
    by: int,
    now: datetime,
    words: str = "",
) -> None:
    """
    Take a proposal, worded as *rule*, into the charter. Who agreed to the rules before is asked again.
    """
    _hold(session, exchange)
    proposal = _open_proposal(session, exchange, proposal_id)
    charter = exchange.option(rules.CharterOptions)
    rule = " ".join(acts.clean(rule).split()) or proposal.rule
    if len(rule) > rules.LONGEST_RULE:
        raise errors.TooLong(rules.LONGEST_RULE)
    if not rules.has_room(charter.rules):
        raise errors.CharterFull
    if rules.is_known(rule, charter.rules):
        raise errors.RuleKnown
    _answer(session, exchange, proposal, rules.ADOPTED, words=words, by=by, now=now)
    set_options(session, exchange, replace(charter, rules=(*charter.rules, rule)), by=by, now=now)


def decline_rule(session: Session, exchange: Exchange, *, proposal_id: int, words: str, by: int, now: datetime) -> None:
    """Leave a proposal out, and say why: everybody reads it."""
    if not words.strip():
        raise errors.WhyMissing
    proposal = _open_proposal(session, exchange, proposal_id)
    _answer(session, exchange, proposal, rules.DECLINED, words=words, by=by, now=now)


def _answer(
    session: Session, exchange: Exchange, proposal: Proposal, answer: str, *, words: str, by: int, now: datetime
) -> None:
    proposal.answer, proposal.words = answer, acts.clean(words).strip()
    proposal.answered_by_id, proposal.answered_at = by, now
    session.flush()
    acts.record(session, exchange, "charter.answered", by=by, now=now, proposal_id=proposal.id, answer=answer)
    if proposal.by_id is not None:
        notices.rule_answered(session, exchange, proposal.by_id, answer, proposal_id=proposal.id, now=now)


def _require_proposals(exchange: Exchange) -> rules.CharterOptions:
    """The charter, if students may propose rules now."""
    charter = exchange.option(rules.CharterOptions)
    if not charter.proposals:
        raise errors.NoSuchProposal
    because = "closed" if exchange.is_closed else None if exchange.is_published else "unpublished"
    if because is not None:
        raise errors.NotOpen(because)
    return charter


def _hold(session: Session, exchange: Exchange) -> None:
    """Two who propose, or adopt, the same at once: the second one finds it there."""
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
    session.refresh(exchange, ["options"])


def _open_proposal(session: Session, exchange: Exchange, proposal_id: int) -> Proposal:
    """A proposal that waits for an answer, held until the end of the transaction."""
    found = session.scalars(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.exchange_id == exchange.id, Proposal.taken_back_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise errors.NoSuchProposal
    if found.answer is not None:
        raise errors.AlreadyAnswered
    return found
