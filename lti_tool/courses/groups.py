"""
Sections and groups of a whole course at once.

A launch tells those of one person. The roster tells them for everybody where it is asked for a link of ours (``rlid``,
NRPS 2.0 section 2.4.4) and the LMS fills in the messages; such a roster may leave people out, so nobody leaves by it.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool import db
from lti_tool.courses import roster
from lti_tool.courses.listening import groups_moved
from lti_tool.courses.models import ResourceLink
from lti_tool.lms import for_family
from lti_tool.lms.port import Member
from lti_tool.lti.services import open_client, with_query

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A course's roster, and a link of ours there to ask for."""

    roster: roster.Source
    link: str


def source_of(session: Session, course_id: int) -> Source | None:
    """Where the groups of a course can be read; None where no roster is given, or nothing of ours is placed there."""
    found = roster.source_of(session, course_id)
    link = session.scalars(
        select(ResourceLink.lti_id).where(ResourceLink.course_id == course_id).order_by(ResourceLink.id.desc()).limit(1)
    ).one_or_none()
    return Source(roster=found, link=link) if found is not None and link is not None else None


def fetch(source: Source) -> list[Member]:
    """Those members whose sections or groups the LMS tells. Raises :class:`ServiceError` unless every page came."""
    lms = for_family(source.roster.family)
    with db.transaction() as session:
        client = open_client(session, source.roster.platform_id)
    url = with_query(lms.roster_page_url(source.roster.url), {"rlid": source.link})
    members = (lms.read_member(each) for page in client.roster_pages(url) for each in page)
    return [each for each in members if each.sections is not None or each.groups is not None]


def merge(session: Session, course_id: int, members: list[Member], *, started: datetime, now: datetime) -> int:
    """
    Take over what a roster told, and let those hear who follow groups. Returns how many people changed place.

    Who launched since it was asked for knows better.
    """
    if not members:
        return 0
    moved = list(
        session.scalars(
            MOVE,
            {
                "course": course_id,
                "started": started,
                "subs": [each.subject for each in members],
                "sections": [_ids(each.sections) for each in members],
                "groups": [_ids(each.groups) for each in members],
            },
        )
    )
    if moved:
        log.info("course %s: %s people are in other sections or groups", course_id, len(moved))
        groups_moved.tell(session, course_id, moved, now=now)
    return len(moved)


def has_groups(session: Session, course_id: int) -> bool:
    """Whether anybody of the course is known to be in a section or group."""
    return bool(session.scalar(HAS_GROUPS, {"course": course_id}))


def _ids(told: tuple[str, ...] | None) -> str | None:
    return None if told is None else json.dumps(list(told))


# Sets, though kept as lists: in which order an LMS tells them means nothing.
MOVE = text(
    """
    update membership m
       set sections = coalesce(cast(e.sections as jsonb), m.sections),
           groups = coalesce(cast(e.groups as jsonb), m.groups)
      from unnest(cast(:subs as text[]), cast(:sections as text[]), cast(:groups as text[]))
               as e (sub, sections, groups),
           course c, person p
     where c.id = :course and p.deployment_id = c.deployment_id and p.sub = e.sub
       and m.course_id = c.id and m.person_id = p.id and (m.launched_at is null or m.launched_at < :started)
       and not (coalesce(cast(e.sections as jsonb), m.sections) @> m.sections
                and coalesce(cast(e.sections as jsonb), m.sections) <@ m.sections
                and coalesce(cast(e.groups as jsonb), m.groups) @> m.groups
                and coalesce(cast(e.groups as jsonb), m.groups) <@ m.groups)
    returning m.person_id
    """
)
HAS_GROUPS = text(
    """
    select exists (select from membership
                    where course_id = :course and left_at is null and (groups <> '[]' or sections <> '[]'))
    """
)
