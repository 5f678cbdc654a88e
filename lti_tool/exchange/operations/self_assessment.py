"""
An author looks at their own work, by the criteria that everybody looks with.
"""

import logging
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    Offer,
    SelfAssessment,
    Submission,
    authored_by,
)
from lti_tool.exchange.operations import acts, grading, words_drafts, words_given
from lti_tool.exchange.rules import Words

log = logging.getLogger(__name__)

ABOUT = "self-assessment"
"""What the draft of it is about."""


def assess_own_work(
    session: Session, exchange: Exchange, *, author: int, words: Words, now: datetime
) -> SelfAssessment:
    """
    Say how one sees one's own work. The same words twice are said once.

    Made before seeing feedback it stays once that is seen; else the newest counts.
    """
    acts.require(queries.windows_of(session, exchange, author).why_not_assess(now))
    work, row = _own(session, exchange, author)
    criteria = words_given.criteria_as_they_stand(session, exchange)
    asked = {id: rules.asked_of_author(each) for id, each in criteria.items()}
    words = words_given.require_complete(words_given.readable(words), asked)
    if row is None:
        row = SelfAssessment(submission_id=work.id)
        session.add(row)
    elif row.assessed_at is not None:
        if row.said == words:
            return row
        options = exchange.option(rules.SelfAssessmentOptions)
        if not rules.may_assess_again(options, has_seen=_has_seen(session, exchange, work, now=now)):
            raise errors.AssessedAlready
    row.words, row.version, row.assessed_at = words.as_dict(), work.version, now
    session.flush()
    words_drafts.drop_words(session, exchange, person=author, about=ABOUT)
    acts.record(session, exchange, "work.self_assessed", by=author, now=now, version=work.version)
    grading.follow_doing(session, exchange, rules.SELF_ASSESSMENT, work=work.id, now=now)
    log.info("work %s assessed by its author", work.id)
    return row


def pass_over(session: Session, exchange: Exchange, *, author: int, now: datetime) -> None:
    """See the feedback without having looked at one's own work first. That can still be done afterwards."""
    work, row = _own(session, exchange, author)
    if row is not None:
        return
    session.add(SelfAssessment(submission_id=work.id, passed_over_at=now))
    session.flush()
    acts.record(session, exchange, "self_assessment.passed_over", by=author, now=now)


def _own(session: Session, exchange: Exchange, author: int) -> tuple[Submission, SelfAssessment | None]:
    """The author's work, nobody else's to change meanwhile, and what its author said about it."""
    if not exchange.option(rules.SelfAssessmentOptions).is_on:
        raise errors.NoSelfAssessment
    work = session.scalars(
        select(Submission)
        .where(
            Submission.exchange_id == exchange.id,
            authored_by(exchange, author),
            Submission.submitted_at.is_not(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if work is None:
        raise errors.NoSelfAssessment
    return work, session.get(SelfAssessment, work.id, populate_existing=True)


def _has_seen(session: Session, exchange: Exchange, work: Submission, *, now: datetime) -> bool:
    """Whether there is feedback that one of its authors, who have assessed the work, can see."""
    received = session.scalar(
        select(func.count(Feedback.id)).join(Offer, Offer.id == Feedback.offer_id).where(Offer.submission_id == work.id)
    )
    return bool(received) and queries.is_let_out(session, exchange, work.id, now=now)
