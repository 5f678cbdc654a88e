"""
An exchange through its viewer: what they may not see looks like missing.
"""

from sqlalchemy import ColumnElement, any_, exists, literal, or_, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.courses.models import Activity
from lti_tool.exchange.models import (
    Criterion,
    Exchange,
    Offer,
    SideBySide,
    Submission,
    SubmissionFile,
    WorkVersion,
    authored_by,
)
from lti_tool.exchange.rules import ComparingOptions, CriterionPlan, LevelPlan, OfferState, Plan
from lti_tool.web.viewer import Viewer

MOST_OTHERS = 100
"""To begin from: more than anybody looks through."""


def exchange_for(session: Session, viewer: Viewer, activity_id: int) -> Exchange | None:
    """The exchange, if it is of the viewer's course, and published or the viewer is staff."""
    found = session.scalars(
        select(Exchange)
        .join(Exchange.activity)
        .where(Exchange.activity_id == activity_id, Activity.course_id == viewer.course_id)
        .options(joinedload(Exchange.criteria).joinedload(Criterion.levels))
    )
    exchange = found.unique().one_or_none()
    if exchange is None or not (exchange.is_published or viewer.is_staff):
        return None
    return exchange


def file_for(session: Session, viewer: Viewer, exchange: Exchange, file_id: int) -> SubmissionFile | None:
    """A file of a work, for its author, its reviewers and staff. *exchange* was loaded for the same viewer."""
    file = (
        select(SubmissionFile)
        .join(Submission)
        .where(SubmissionFile.id == file_id, Submission.exchange_id == exchange.id)
    )
    if not viewer.is_staff:
        is_reviewer = exists().where(
            Offer.submission_id == Submission.id,
            Offer.reviewer_id == viewer.person_id,
            Offer.state.not_in((OfferState.DECLINED, OfferState.EXPIRED)),
            # Neither what is still a draft nor what was replaced before they had the work.
            WorkVersion.submission_id == Submission.id,
            WorkVersion.number >= Offer.version,
            literal(file_id) == any_(WorkVersion.file_ids),
        )
        may_read = [authored_by(exchange, viewer.person_id), is_reviewer]
        if exchange.option(ComparingOptions).is_on:
            may_read.append(_compares(viewer.person_id, file_id))
        file = file.where(or_(*may_read))
    return session.scalars(file).one_or_none()


def _compares(person_id: int, file_id: int) -> ColumnElement[bool]:
    """The condition that somebody compares the work with another, in a version that has the file."""
    is_left = (SideBySide.left_id == Submission.id) & (WorkVersion.number == SideBySide.left_version)
    is_right = (SideBySide.right_id == Submission.id) & (WorkVersion.number == SideBySide.right_version)
    return exists().where(
        SideBySide.reviewer_id == person_id,
        WorkVersion.submission_id == Submission.id,
        is_left | is_right,
        literal(file_id) == any_(WorkVersion.file_ids),
        or_(Submission.submitted_at.is_not(None), SideBySide.given_at.is_not(None)),
    )


def others_of(session: Session, course_id: int) -> list[tuple[int, str]]:
    """The exchanges of a course by id and title, newest first; for its staff."""
    rows = session.execute(
        select(Exchange.activity_id, Activity.title)
        .join(Activity, Activity.id == Exchange.activity_id)
        .where(Activity.course_id == course_id)
        .order_by(Exchange.created_at.desc(), Exchange.activity_id.desc())
        .limit(MOST_OTHERS)
    )
    return [(id, title) for id, title in rows]


def plan_of(exchange: Exchange) -> Plan:
    """The settings of an exchange as its form says them."""
    return Plan(
        title=exchange.title,
        instructions=exchange.instructions,
        reviews=exchange.reviews,
        points=exchange.points,
        opens_at=exchange.opens_at,
        submit_by=exchange.submit_by,
        review_by=exchange.review_by,
        anonymity=exchange.anonymity,
        criteria=tuple(_plan_of_criterion(each) for each in exchange.criteria),
    )


def _plan_of_criterion(criterion: Criterion) -> CriterionPlan:
    levels = tuple(
        LevelPlan(id=each.id, title=each.title, points=each.points, description=each.description)
        for each in criterion.levels
    )
    return CriterionPlan(
        id=criterion.id,
        title=criterion.title,
        description=criterion.description,
        prompt=criterion.prompt,
        levels=levels,
        kind=criterion.kind,
        scale=criterion.scale,
        weight=criterion.weight,
        comment=criterion.comment,
        guide=criterion.guidance,
    )
