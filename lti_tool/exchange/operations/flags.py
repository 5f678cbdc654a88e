"""
Asking staff to look at something, and what staff do about it. Every look and every decision is a row.
"""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    Flag,
    FlagAct,
    Hiding,
    Message,
    Offer,
    Proposal,
    RewriteRequest,
    Submission,
)
from lti_tool.exchange.operations import acts, grading
from lti_tool.exchange.operations.comparing import hide_comparison
from lti_tool.exchange.queries import Flagged
from lti_tool.exchange.rules import OfferState

COMPARED_SIDES = ("compared_left", "compared_right")


def flag(
    session: Session,
    exchange: Exchange,
    *,
    by: int,
    kind: str,
    thing_id: int,
    reason: str,
    now: datetime,
    words: str = "",
) -> Flag:
    """
    Ask staff to look at something of :data:`rules.FLAGGABLE`.

    *thing_id* of a work is the offer it came with; of what was compared, or written in comparing, the pair; of a rule
    the proposal.

    Twice while nobody has decided is once.
    """
    words = acts.clean(words).strip()
    if len(words) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    thing = thing_of(session, exchange, by=by, kind=kind, thing_id=thing_id, now=now, lock=True)
    # A work is another thing than what was written to its author.
    thing = {"side_by_side_id": None, **thing}
    mine = select(Flag).where(Flag.exchange_id == exchange.id, Flag.by_id == by).filter_by(**thing)
    for each in session.scalars(mine):
        if each.decision is None:
            return each
    made = Flag(exchange_id=exchange.id, by_id=by, reason=reason, words=words, at=now, **thing)
    session.add(made)
    session.flush()
    acts.record(session, exchange, "flag.raised", by=by, now=now, flag_id=made.id, kind=kind, reason=reason)
    return made


def thing_of(
    session: Session, exchange: Exchange, *, by: int, kind: str, thing_id: int, now: datetime, lock: bool = False
) -> dict[str, int | None]:
    """The thing that *by* means, if they may see it and it is not their own; as the flag's columns name it."""
    if kind == "comparison":
        return _words_compared(session, exchange, by, thing_id, now=now)
    if kind in COMPARED_SIDES:
        return {"submission_id": _compared_work(session, exchange, by, thing_id, kind=kind)}
    if kind == "rule":
        return {"proposal_id": _proposed_rule(session, exchange, by, thing_id, lock=lock)}
    if kind == "work":
        return {"submission_id": _reviewed_work(session, exchange, by, thing_id, lock=lock)}
    feedback_id, message = thing_id, None
    if kind == "message":
        message = session.get(Message, thing_id)
        # What is said to staff about their feedback they read anyway.
        if message is None or message.writer_id == by or message.feedback_id is None:
            raise errors.NoSuchFeedback
        feedback_id = message.feedback_id
    part = queries.part_in(session, exchange, by, feedback_id, now=now, lock=lock)
    if part is None or (message is None and part.side != rules.AUTHOR):
        raise errors.NoSuchFeedback
    return {"message_id": message.id} if message is not None else {"feedback_id": feedback_id}


def note_look(session: Session, exchange: Exchange, *, flag_id: int, by: int, now: datetime) -> None:
    """Write down that a member of staff looked at what was flagged, for the first time."""
    if session.scalar(select(Flag.id).where(Flag.id == flag_id, Flag.exchange_id == exchange.id)) is None:
        raise errors.NoSuchFlag
    looked = select(FlagAct.id).where(FlagAct.flag_id == flag_id, FlagAct.by_id == by, FlagAct.act == "looked")
    if session.scalars(looked.limit(1)).first() is None:
        session.add(FlagAct(flag_id=flag_id, act="looked", by_id=by, at=now))
        session.flush()
        acts.record(session, exchange, "flag.looked_at", by=by, now=now, flag_id=flag_id)


def decide(  # noqa: PLR0913 - all that one form says
    session: Session,
    exchange: Exchange,
    *,
    flag_id: int,
    by: int,
    decision: str,
    now: datetime,
    note: str = "",
    told: str = "",
    counts: bool = False,
) -> FlagAct:
    """
    Decide about a flag: keep the thing (shown again if it was hidden), hide it, or ask its reviewer to rewrite it.

    A later decision about the same flag replaces an earlier one, also a rewrite that is asked for; the trail keeps
    both. A feedback that is hidden no longer counts for its author's grade unless *counts*; grades that are out follow.
    """
    _hold(session, exchange, flag_id)
    found = queries.flag_with(session, exchange, flag_id)
    if found is None:
        raise errors.NoSuchFlag
    if decision not in decisions_for(found.kind, is_sealed=exchange.sealing is not None):
        raise errors.NoSuchFlag
    note, told = _reasons(decision, note=note, told=told)
    last = found.flag.decision
    is_repeat = last is not None and (last.act, last.note, last.told, last.by_id) == (decision, note, told, by)
    if last is not None and is_repeat and counts == found.counts:
        return last
    changes = _take_request_back(session, found) or found.is_hidden
    _carry_out(session, exchange, found, decision, note=note, counts=counts, by=by, now=now)
    made = FlagAct(flag_id=flag_id, act=decision, note=note, told=told, by_id=by, at=now)
    session.add(made)
    session.flush()
    session.expire(found.flag, ["acts"])
    facts = {"flag_id": flag_id, "decision": decision, "changes": changes}
    acts.record(session, exchange, "flag.decided", by=by, now=now, **facts)
    return made


def decisions_for(kind: str, *, is_sealed: bool = False) -> tuple[str, ...]:
    """
    What can be decided: a feedback is hidden or rewritten, a message or a proposed rule hidden; a work is its author's
    own.

    Once an exchange is sealed nobody is known who could rewrite.
    """
    if kind == "feedback" and is_sealed:
        return ("keep", "hide")
    if kind == "feedback":
        return rules.DECISIONS
    return ("keep",) if kind == "work" else ("keep", "hide")


def _hold(session: Session, exchange: Exchange, flag_id: int) -> None:
    """Lock the feedback that was flagged, if it is one: as its reviewer does who changes it, before anything else."""
    session.execute(
        select(Feedback.id)
        .join(Flag, Flag.feedback_id == Feedback.id)
        .where(Flag.id == flag_id, Flag.exchange_id == exchange.id)
        .with_for_update(of=Feedback)
    )


def _take_request_back(session: Session, found: Flagged) -> bool:
    """Ask for a rewrite no longer that nobody has made yet; whether there was such a request."""
    if found.kind != "feedback":
        return False
    is_waiting = (RewriteRequest.feedback_id == found.flag.feedback_id, RewriteRequest.answered_at.is_(None))
    gone = session.execute(delete(RewriteRequest).where(*is_waiting).returning(RewriteRequest.feedback_id))
    return gone.one_or_none() is not None


def _carry_out(
    session: Session,
    exchange: Exchange,
    found: Flagged,
    decision: str,
    *,
    note: str,
    counts: bool,
    by: int,
    now: datetime,
) -> None:
    if found.pair is not None:
        hide_comparison(session, exchange, pair_id=found.pair.id, is_hidden=decision == "hide", by=by, now=now)
        return
    hidden_by = {"message": Hiding.message_id, "feedback": Hiding.feedback_id, "rule": Hiding.proposal_id}
    if found.kind not in hidden_by:
        return
    column = hidden_by[found.kind]
    thing_id = getattr(found.flag, column.key)
    if decision == "keep":
        session.execute(delete(Hiding).where(column == thing_id))
        _follow(session, exchange, found, now=now)
    elif decision == "hide":
        row = {"note": note, "counts": counts, "by_id": by, "at": now}
        session.execute(
            insert(Hiding)
            .values(**{column.key: thing_id}, **row)
            .on_conflict_do_update(index_elements=[column], set_=row)
        )
        _follow(session, exchange, found, now=now)
    else:
        row = {"note": note, "by_id": by, "at": now, "answered_at": None}
        session.execute(
            insert(RewriteRequest)
            .values(feedback_id=thing_id, **row)
            .on_conflict_do_update(index_elements=[RewriteRequest.feedback_id], set_=row)
        )


def _reasons(decision: str, *, note: str, told: str) -> tuple[str, str]:
    """What those concerned are told, and whoever flagged it, fit to be kept."""
    note, told = acts.clean(note).strip(), acts.clean(told).strip()
    if max(len(note), len(told)) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    if decision != "keep" and not note:
        raise errors.WhyMissing
    return note, told


def _follow(session: Session, exchange: Exchange, found: Flagged, *, now: datetime) -> None:
    """The grades of the authors of the work whose feedback is hidden, or shown again."""
    if found.kind == "feedback" and found.submission is not None and exchange.points is not None:
        authors = queries.authors_of(session, exchange, found.submission.id)
        grading.follow(session, exchange, authors, now=now)


def _words_compared(
    session: Session, exchange: Exchange, author: int, pair_id: int, *, now: datetime
) -> dict[str, int | None]:
    """What was written to *author* in a comparison, where they can read it."""
    is_waiting = bool(queries.held_back(session, exchange, persons=(author,), now=now))
    comparing = queries.comparing_of(session, exchange, author, is_waiting=is_waiting)
    for each in comparing.reasons if comparing is not None else ():
        if each.pair_id == pair_id:
            return {"submission_id": each.work_id, "side_by_side_id": pair_id}
    raise errors.NoSuchComparison


def _compared_work(session: Session, exchange: Exchange, reviewer: int, pair_id: int, *, kind: str) -> int:
    """One of two works that *reviewer* compares."""
    comparing = queries.comparing_of(session, exchange, reviewer)
    for each in comparing.mine if comparing is not None else ():
        if each.pair.id == pair_id:
            return each.pair.left_id if kind == "compared_left" else each.pair.right_id
    raise errors.NoSuchComparison


def _proposed_rule(session: Session, exchange: Exchange, by: int, proposal_id: int, *, lock: bool) -> int:
    """A rule that somebody else proposes, where *by* can read it."""
    if not exchange.option(rules.CharterOptions).proposals:
        raise errors.NoSuchProposal
    rows = select(Proposal.id).where(
        Proposal.id == proposal_id,
        Proposal.exchange_id == exchange.id,
        Proposal.by_id.is_distinct_from(by),
        Proposal.taken_back_at.is_(None),
        ~exists().where(Hiding.proposal_id == Proposal.id),
    )
    found = session.scalar(rows.with_for_update() if lock else rows)
    if found is None:
        raise errors.NoSuchProposal
    return found


def _reviewed_work(session: Session, exchange: Exchange, reviewer: int, offer_id: int, *, lock: bool) -> int:
    row = (
        select(Submission.id)
        .join(Offer, Offer.submission_id == Submission.id)
        .where(
            Offer.id == offer_id,
            Offer.exchange_id == exchange.id,
            Offer.reviewer_id == reviewer,
            Offer.state.not_in((OfferState.DECLINED, OfferState.EXPIRED)),
        )
    )
    if lock:
        row = row.with_for_update(of=Offer)
    found = session.scalar(row)
    if found is None:
        raise errors.NoSuchFeedback
    return found
