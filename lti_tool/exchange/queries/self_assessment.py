"""
How authors see their own work, beside what others say about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    SelfAssessment,
    Submission,
    WordsDraft,
    author_of,
    authored_by,
    with_authors,
)


@dataclass(frozen=True, kw_only=True)
class OwnLook:
    """One author, their own work, and what they say about it."""

    assessment: SelfAssessment | None
    """Theirs, or that they wanted to see the feedback first."""
    waiting: int
    """So much feedback waits until they have looked themselves."""
    is_due: bool
    """Whether it is what they should do next."""
    may_assess: bool
    """Whether they can say it now, or say it anew."""
    views: tuple[rules.View, ...]
    """Criterion by criterion, once there is something to compare."""

    @property
    def said(self) -> rules.Words | None:
        """None while they have said nothing."""
        has_said = self.assessment is not None and self.assessment.assessed_at is not None
        return self.assessment.said if self.assessment is not None and has_said else None


def own_look(
    session: Session,
    exchange: Exchange,
    work: Submission | None,
    feedback: Sequence[Feedback],
    *,
    windows: rules.Windows,
    now: datetime,
) -> OwnLook | None:
    """
    How an author stands to their own *work* that got *feedback*; None where nobody asks for it. One query.

    *windows* are the author's own.
    """
    options = exchange.option(rules.SelfAssessmentOptions)
    if not options.is_on or work is None or work.submitted_at is None:
        return None
    row = session.get(SelfAssessment, work.id, populate_existing=True)
    has_said = row is not None and row.assessed_at is not None
    is_taken = windows.why_not_assess(now) is None
    waits = rules.covers(options, has_acted=row is not None, is_closed=exchange.is_closed)
    seen = [] if waits else [each for each in feedback if each.hiding is None]
    has_unread = any(each.read_at is None for each in seen)
    has_acted = has_said or (options.when == rules.BEFORE and row is not None)
    return OwnLook(
        assessment=row,
        waiting=len(feedback) if waits else 0,
        is_due=rules.is_due(options, has_acted=has_acted, received=len(seen), has_unread=has_unread),
        may_assess=is_taken and (not has_said or rules.may_assess_again(options, has_seen=bool(feedback))),
        views=views_of(exchange, row.said, seen) if has_said and row is not None else (),
    )


def views_of(exchange: Exchange, own: rules.Words, feedback: Sequence[Feedback]) -> tuple[rules.View, ...]:
    """The two views of a work, for each criterion; nothing while there is no feedback."""
    criteria = {each.id: each.asked for each in exchange.criteria}
    return rules.compared(criteria, own, [each.words for each in feedback]) if feedback else ()


def is_covered(session: Session, exchange: Exchange, author_id: int) -> bool:
    """Whether feedback waits until *author_id* has looked at their own work. Asks nothing where it never does."""
    options = exchange.option(rules.SelfAssessmentOptions)
    if not rules.covers(options, has_acted=False, is_closed=exchange.is_closed):
        return False
    acted = (
        select(SelfAssessment.submission_id)
        .join(Submission, Submission.id == SelfAssessment.submission_id)
        .where(Submission.exchange_id == exchange.id, authored_by(exchange, author_id))
    )
    return session.scalar(acted) is None


def self_assessments(session: Session, exchange: Exchange) -> Mapping[int, SelfAssessment]:
    """By author: what they say of their own work."""
    author = author_of(exchange)
    rows = session.execute(
        with_authors(select(author, SelfAssessment).select_from(Submission), exchange)
        .join(SelfAssessment, SelfAssessment.submission_id == Submission.id)
        .where(
            Submission.exchange_id == exchange.id,
            author.is_not(None),
            SelfAssessment.assessed_at.is_not(None),
        )
    )
    return {author: row for author, row in rows if author is not None}


def words_draft(session: Session, exchange: Exchange, person_id: int, about: str) -> WordsDraft | None:
    """What somebody is writing about it, if anything."""
    return session.get(WordsDraft, (exchange.id, person_id, about), populate_existing=True)
