"""
What author and reviewer do once feedback is given: talk about it, plan with it, thank for it, judge it.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import (
    Answer,
    Appraisal,
    CharterConsent,
    Exchange,
    Feedback,
    Mark,
    Message,
    Offer,
    Submission,
    Thanks,
    authored_by,
)
from lti_tool.exchange.operations import acts, grading, staff_talk, talking
from lti_tool.exchange.operations.talking import MarkedPart
from lti_tool.exchange.queries import Part


def say(
    session: Session,
    exchange: Exchange,
    *,
    writer: int,
    feedback_id: int,
    body: str,
    now: datetime,
    is_staff: bool = False,
) -> Message:
    """
    Write into the thread of one feedback. The same words twice in a row are one message; it works after closing too.
    """
    body = talking.readable(body)
    if exchange.sealing is not None:
        raise errors.SealedStays
    part = _part(session, exchange, writer, feedback_id, is_staff=is_staff, now=now)
    message, is_new = talking.add_message(session, part, writer=writer, body=body, now=now)
    if is_new:
        _note_heard(part, now)
        session.flush()
        said = {"feedback_id": feedback_id, "message_id": message.id, "side": part.side}
        acts.record(session, exchange, "feedback.replied", by=writer, now=now, **said)
    return message


def edit_message(
    session: Session,
    exchange: Exchange,
    *,
    writer: int,
    feedback_id: int,
    message_id: int,
    body: str,
    now: datetime,
    is_staff: bool = False,
) -> Message:
    """Change one's own message, within some minutes."""
    body = talking.readable(body)
    part = _part(session, exchange, writer, feedback_id, is_staff=is_staff, now=now)
    message, is_changed = talking.change_message(
        session, part, writer=writer, message_id=message_id, body=body, now=now
    )
    if is_changed:
        acts.record(session, exchange, "message.edited", by=writer, now=now, message_id=message.id)
    return message


def note_heard(session: Session, exchange: Exchange, *, person: int, now: datetime) -> None:
    """Note that somebody has read the messages about feedback on their work, as far as it goes now."""
    staff_talk.note_author_heard(session, exchange, person=person, now=now)
    if queries.is_held_back(session, exchange, person, now=now):
        return
    mine = (
        select(Feedback.id)
        .join(Offer, Offer.id == Feedback.offer_id)
        .join(Submission, Submission.id == Offer.submission_id)
        .where(Submission.exchange_id == exchange.id, authored_by(exchange, person))
    )
    unheard = exists().where(
        Message.feedback_id == Feedback.id,
        Message.sent_at > func.coalesce(Feedback.author_heard_at, Feedback.given_at),
    )
    session.execute(
        update(Feedback)
        .where(Feedback.id.in_(mine), unheard)
        .values(author_heard_at=now)
        .execution_options(synchronize_session=False)
    )


def note_reply_heard(session: Session, exchange: Exchange, *, reviewer: int, feedback_id: int, now: datetime) -> None:
    """Note that the reviewer has read what is said about their feedback."""
    part = _part(session, exchange, reviewer, feedback_id, now=now)
    if part.side == rules.REVIEWER:
        part.feedback.reviewer_heard_at = now
        session.flush()


def mark_comment(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    feedback_id: int,
    part: MarkedPart,
    mark: str,
    now: datetime,
    reason: str = "",
) -> Mark:
    """
    Decide what becomes of one comment: use it, later, or disagree because.

    *part* is a criterion, a note, or None: the overall word.
    """
    found = _as_author(session, exchange, author, feedback_id, now=now)
    _require_comment(session, found.feedback, part)
    row, is_news = talking.set_mark(session, found, comment=part, mark=mark, reason=reason, now=now)
    if not is_news:
        return row
    _note_read(found, now)
    session.flush()
    acts.record(session, exchange, "comment.marked", by=author, now=now, feedback_id=feedback_id, mark=mark)
    grading.follow_doing(session, exchange, rules.USING, work=found.submission_id, now=now)
    return row


def tick_off(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    feedback_id: int,
    part: MarkedPart,
    is_done: bool,
    now: datetime,
) -> Mark:
    """Say that a suggestion is taken up in the next version, or take that back. What was for later is used then."""
    found = _as_author(session, exchange, author, feedback_id, now=now)
    row, is_news = talking.set_done(session, found, comment=part, is_done=is_done, now=now)
    if not is_news:
        return row
    if is_done:
        acts.record(
            session, exchange, "suggestion.used", by=author, now=now, feedback_id=feedback_id, version=row.done_version
        )
    grading.follow_doing(session, exchange, rules.USING, work=found.submission_id, now=now)
    return row


def thank(
    session: Session, exchange: Exchange, *, author: int, feedback_id: int, now: datetime, rule: str = ""
) -> None:
    """Thank for a feedback, naming the rule of the charter that it served or none. Once; again changes the rule."""
    found = _as_author(session, exchange, author, feedback_id, now=now)
    if rule and rule not in exchange.option(rules.CharterOptions).rules:
        raise errors.UnknownRule
    made = session.execute(
        insert(Thanks)
        .values(feedback_id=feedback_id, rule=rule, at=now)
        .on_conflict_do_update(index_elements=[Thanks.feedback_id], set_={"rule": rule}, where=Thanks.rule != rule)
        .returning(Thanks.at)
    ).one_or_none()
    _note_read(found, now)
    if made is not None and made.at == now:
        acts.record(session, exchange, "feedback.thanked", by=author, now=now, feedback_id=feedback_id)


def take_thanks_back(session: Session, exchange: Exchange, *, author: int, feedback_id: int, now: datetime) -> None:
    """A slip of the finger."""
    _as_author(session, exchange, author, feedback_id, now=now)
    session.execute(delete(Thanks).where(Thanks.feedback_id == feedback_id))


def appraise(
    session: Session,
    exchange: Exchange,
    *,
    author: int,
    feedback_id: int,
    verdicts: Mapping[int, str],
    now: datetime,
    note: str = "",
) -> None:
    """
    Say how far a feedback keeps each rule of the class. *verdicts* by the place of the rule; changeable.
    """
    found = _as_author(session, exchange, author, feedback_id, now=now)
    options = exchange.option(rules.CharterOptions)
    if not (options.is_on and options.appraise):
        raise errors.UnknownRule
    if any(place not in range(len(options.rules)) for place in verdicts):
        raise errors.UnknownRule
    note = acts.clean(note).strip()
    if len(note) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    ratings = [
        {"rule": rule, "verdict": verdicts[place]} for place, rule in enumerate(options.rules) if place in verdicts
    ]
    row = {"ratings": ratings, "note": note, "at": now}
    session.execute(
        insert(Appraisal)
        .values(feedback_id=feedback_id, **row)
        .on_conflict_do_update(index_elements=[Appraisal.feedback_id], set_=row)
    )
    _note_read(found, now)
    acts.record(session, exchange, "feedback.appraised", by=author, now=now, feedback_id=feedback_id)


def agree_to_charter(session: Session, exchange: Exchange, *, person: int, now: datetime) -> None:
    """Say "I will give feedback like this", about the rules as they read now."""
    options = exchange.option(rules.CharterOptions)
    if not options.is_on or queries.consent_of(session, exchange, person) is not None:
        return
    row = {"rules": list(options.rules), "at": now}
    session.execute(
        insert(CharterConsent)
        .values(exchange_id=exchange.id, person_id=person, **row)
        .on_conflict_do_update(index_elements=[CharterConsent.exchange_id, CharterConsent.person_id], set_=row)
    )
    acts.record(session, exchange, "charter.agreed", by=person, now=now)


def _part(
    session: Session, exchange: Exchange, person: int, feedback_id: int, *, now: datetime, is_staff: bool = False
) -> Part:
    """The feedback, locked, so that what is done to it is done one after the other."""
    part = queries.part_in(session, exchange, person, feedback_id, now=now, is_staff=is_staff, lock=True)
    if part is None:
        raise errors.NoSuchFeedback
    return part


def _as_author(session: Session, exchange: Exchange, author: int, feedback_id: int, *, now: datetime) -> Part:
    part = _part(session, exchange, author, feedback_id, now=now)
    if part.side != rules.AUTHOR:
        raise errors.NoSuchFeedback
    return part


def _require_comment(session: Session, feedback: Feedback, part: MarkedPart) -> None:
    if isinstance(part, rules.NotePart):
        has_words = any(each.id == part.id for each in feedback.noted)
    elif part is None:
        has_words = bool(feedback.comment.strip())
    else:
        comment = session.scalar(
            select(Answer.comment).where(Answer.feedback_id == feedback.id, Answer.criterion_id == part)
        )
        has_words = bool(comment and comment.strip())
    if not has_words:
        raise errors.NoSuchMark


def _note_read(part: Part, now: datetime) -> None:
    """Who acts on it has read it, also where no script could say so."""
    part.feedback.read_at = part.feedback.read_at or now


def _note_heard(part: Part, now: datetime) -> None:
    if part.side == rules.AUTHOR:
        _note_read(part, now)
        part.feedback.author_heard_at = now
    elif part.side == rules.REVIEWER:
        part.feedback.reviewer_heard_at = now
