"""
Staff hide or send back what nobody flagged: as a flag of their own, decided at once, so that it leaves the same trail.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Exchange, Flag, FlagAct
from lti_tool.exchange.operations import acts, flags


def moderate(  # noqa: PLR0913 - all that one form says
    session: Session,
    exchange: Exchange,
    *,
    feedback_id: int,
    by: int,
    reason: str,
    decision: str,
    note: str,
    now: datetime,
    message_id: int | None = None,
    counts: bool = False,
) -> FlagAct:
    """
    Hide a feedback or a message about it, or ask the reviewer to rewrite the feedback, for one of
    :data:`rules.FLAG_REASONS`; those concerned read *note*.

    Nobody learns by it who wrote what. Where somebody flagged it already, it is decided about that flag.
    """
    part = queries.part_in(session, exchange, by, feedback_id, now=now, is_staff=True, lock=True)
    if part is None or part.side != rules.STAFF:
        raise errors.NoSuchFeedback
    kind = "feedback" if message_id is None else "message"
    if message_id is not None and not queries.is_about(session, message_id, feedback_id=feedback_id):
        raise errors.NoSuchFeedback
    if decision == "keep" or decision not in flags.decisions_for(kind, is_sealed=exchange.sealing is not None):
        raise errors.NoSuchFlag
    thing = {"feedback_id": feedback_id} if message_id is None else {"message_id": message_id}
    found = queries.latest_flag(session, exchange, **thing)
    if found is None:
        found = Flag(exchange_id=exchange.id, by_id=by, reason=reason, at=now, **thing)
        session.add(found)
        session.flush()
        acts.record(
            session, exchange, "flag.raised", by=by, now=now, flag_id=found.id, kind=kind, reason=reason, is_staff=True
        )
    _look(session, found, by=by, now=now)
    return flags.decide(
        session, exchange, flag_id=found.id, by=by, decision=decision, note=note, counts=counts, now=now
    )


def _look(session: Session, flag: Flag, *, by: int, now: datetime) -> None:
    """Whoever moderates has read it where it stood."""
    looked = select(FlagAct.id).where(FlagAct.flag_id == flag.id, FlagAct.by_id == by, FlagAct.act == "looked")
    if session.scalars(looked.limit(1)).first() is None:
        session.add(FlagAct(flag_id=flag.id, act="looked", by_id=by, at=now))
        session.flush()
        session.expire(flag, ["acts"])
