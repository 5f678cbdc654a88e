"""
Requests about people, and the people they can be about.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from lti_tool.admin.models import Request
from lti_tool.courses.models import Person
from lti_tool.web.institution import Finding, Tenant

PAGE = 50
MOST_FOUND = 20
LATELY = timedelta(days=7)
SOON = timedelta(hours=1)
"""A job carries a request out within a minute, where there is a worker."""
UNDECIDED = timedelta(days=1)
"""A day after they are due, deletions of the LMS that are not carried out are for an admin to decide."""


def look(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    """Requests that failed lately, wait for long, or for an admin; nothing where there are none."""
    return [*_not_carried_out(session, tenant, now), *_undecided(session, tenant, now)]


def _not_carried_out(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    mine = Request.deployment_id == tenant.deployment_id
    failed = and_(Request.state == "failed", Request.person_id.is_not(None), Request.done_at > now - LATELY)
    late = and_(Request.state == "waiting", Request.due_at.is_(None), Request.asked_at < now - SOON)
    count = session.scalar(select(func.count()).select_from(Request).where(mine, or_(failed, late))) or 0
    if not count:
        return []
    return [
        Finding(
            name=_("Requests about people"),
            is_good=False,
            sentence=ngettext("One was not carried out.", "%(num)s were not carried out.", count),
            advice=_("Ask again where it failed. If it fails again, tell whoever runs Hearth."),
            endpoint="admin.requests",
        )
    ]


def _undecided(session: Session, tenant: Tenant, now: datetime) -> Sequence[Finding]:
    mine = Request.deployment_id == tenant.deployment_id
    open_ones = and_(Request.state == "waiting", Request.due_at < now - UNDECIDED)
    count = session.scalar(select(func.count()).select_from(Request).where(mine, open_ones)) or 0
    if not count:
        return []
    return [
        Finding(
            name=_("People whom the LMS has deleted"),
            is_good=False,
            sentence=ngettext(
                "Of one person Hearth cannot tell whether they are really gone.",
                "Of %(num)s people Hearth cannot tell whether they are really gone.",
                count,
            ),
            advice=_("Keep them, or have them forgotten."),
            endpoint="admin.requests",
        )
    ]


def requests(session: Session, tenant: Tenant, *, before: int | None = None) -> tuple[Sequence[Request], int | None]:
    """One page of requests, the latest first, and the id to go on *before*; None at the end."""
    rows = (
        select(Request)
        .where(Request.deployment_id == tenant.deployment_id)
        .options(joinedload(Request.person), joinedload(Request.asked_by))
        .order_by(Request.id.desc())
    )
    if before is not None:
        rows = rows.where(Request.id < before)
    found = session.scalars(rows.limit(PAGE + 1)).all()
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def request_of(session: Session, tenant: Tenant, request_id: int) -> Request | None:
    """A request, if it is of this institution."""
    return session.scalars(
        select(Request).where(Request.id == request_id, Request.deployment_id == tenant.deployment_id)
    ).one_or_none()


def people(session: Session, tenant: Tenant, words: str) -> Sequence[Person]:
    """People of this institution whose name has *words* in it, or whom the LMS calls exactly so."""
    rows = select(Person).where(
        Person.deployment_id == tenant.deployment_id,
        or_(Person.name.icontains(words, autoescape=True), Person.sub == words, Person.lms_id == words),
    )
    return session.scalars(rows.order_by(Person.name, Person.id).limit(MOST_FOUND)).all()


def person_of(session: Session, tenant: Tenant, person_id: int) -> Person | None:
    """A person, if they are of this institution."""
    return session.scalars(
        select(Person).where(Person.id == person_id, Person.deployment_id == tenant.deployment_id)
    ).one_or_none()
