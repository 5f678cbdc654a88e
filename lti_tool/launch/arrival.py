"""
Where a verified launch leads: people and places are written down, a session begins, a page is chosen.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool import jobs
from lti_tool.courses import operations
from lti_tool.courses.jobs import sync_roster
from lti_tool.courses.models import Activity, Membership, Person, Role
from lti_tool.journal import ENTRY, entry
from lti_tool.lms.port import LaunchFacts
from lti_tool.lti import deep_linking, listening
from lti_tool.lti.launch import Spent
from lti_tool.notices import operations as notices
from lti_tool.web.headers import origin_of
from lti_tool.web.rooms import rooms

# Session and journal in one statement: everybody waits for a launch, and each statement is a way there and back.
BEGIN_SESSION = text(
    f"""
    with written as ({ENTRY})
    insert into web_session (handle, browser_hash, membership_id, role, is_admin, resource_link_id, deep_link,
                             locale, frame_origin, brand_colour, more_contrast, expires_at)
    values (:handle, :browser_hash, :membership_id, :role, :is_admin, :resource_link_id, cast(:deep_link as jsonb),
            :locale, :frame_origin, :brand_colour, :more_contrast, :expires_at)
    """  # noqa: S608 - made of constants
)


@dataclass(frozen=True)
class Destination:
    """A page of ours: its endpoint and what the address needs."""

    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)


def arrive(
    session: Session,
    facts: LaunchFacts,
    attempt: Spent,
    *,
    handle: str,
    browser_hash: str | None,
    now: datetime,
    lifetime: timedelta,
    keeps_addresses: bool = False,
) -> Destination:
    """Check the person of *facts* in, begin their session under *handle*, and say which page to show."""
    deployment_pk = attempt.deployment_pk(session, facts.deployment_id)
    here = operations.check_in(session, facts, deployment_pk=deployment_pk, now=now)
    if facts.notices is not None:
        listening.note(session, deployment_pk, facts.notices, now=now)
    if keeps_addresses:
        notices.keep_address(session, person_id=here.person_id, email=facts.email)
    if here.roster_is_new:
        jobs.defer(session, sync_roster, once_as=f"roster:{here.course_id}", course_id=here.course_id)
    destination = _destination(session, facts, here, now=now)
    choosing = deep_linking.as_dict(facts.deep_linking) if facts.deep_linking else None
    session.execute(
        BEGIN_SESSION,
        {
            "handle": handle,
            "browser_hash": browser_hash,
            "membership_id": here.membership_id,
            "role": Role(facts.role).value,
            "is_admin": facts.is_admin,
            "resource_link_id": here.resource_link_id,
            "deep_link": json.dumps(choosing) if choosing else None,
            "locale": facts.locale or None,
            "frame_origin": origin_of(facts.return_url) if facts.return_url else None,
            "brand_colour": facts.brand_colour or None,
            "more_contrast": facts.more_contrast,
            "expires_at": now + lifetime,
            **entry(
                "course.opened",
                course_id=here.course_id,
                person_id=here.person_id,
                activity_id=destination.values.get("id"),
                now=now,
            ),
        },
    )
    return destination


def _destination(session: Session, facts: LaunchFacts, here: operations.CheckedIn, *, now: datetime) -> Destination:
    if facts.deep_linking is not None:
        return Destination("launch.picker")
    activity_id, kind = here.activity_id, here.kind
    if activity_id is None and here.resource_link_id is not None and (facts.activity or facts.resource_link_history):
        bound = operations.bind_link(
            session,
            here.resource_link_id,
            facts,
            clone=lambda template, copy: rooms()[template.kind].clone(session, template, copy, now=now),
        )
        activity_id, kind = (bound.id, bound.kind) if bound else (None, None)
    if activity_id is None or kind is None:
        # An admin who comes from outside of any course comes for the institution.
        return Destination("admin.show" if facts.is_admin and not facts.context_id else "home.show")
    if facts.message == "submission_review":
        return _reviewed(session, facts, here, activity_id=activity_id, kind=kind)
    return Destination(rooms()[kind].show, {"id": activity_id})


def _reviewed(
    session: Session, facts: LaunchFacts, here: operations.CheckedIn, *, activity_id: int, kind: str
) -> Destination:
    """
    The work of ``for_user``, for staff. For anybody else it is a hint we ignore: a platform lets a
    student name whom they like, so only the roles of the launch decide.
    """
    if Role(facts.role).is_staff and facts.review_of:
        person_id = session.scalars(
            select(Person.id)
            .join(Membership, Membership.person_id == Person.id)
            .join(Activity, Activity.course_id == Membership.course_id)
            .where(Activity.id == activity_id, Membership.course_id == here.course_id, Person.sub == facts.review_of)
        ).one_or_none()
        if person_id is not None:
            return Destination(rooms()[kind].review, {"id": activity_id, "person_id": person_id})
    return Destination(rooms()[kind].show, {"id": activity_id})
