"""
Sections and groups of a whole course at once.

A launch tells those of one person. The roster tells them for everybody where it is asked for a link of ours (``rlid``,
NRPS 2.0 section 2.4.4) and the LMS fills in the messages; such a roster may leave people out, so nobody leaves by it.
Where there is another way to all groups at once, such as a plugin of ours in the LMS, that is taken.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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


class Teller(Protocol):
    """Another way to everybody's groups in one course."""

    def fetch(self) -> list[Member]:
        """Members with all their groups, also those who are in none. Raises :class:`ServiceError`."""
        ...


class Tellers:
    """What finds another way to the groups of a course. The application fills it in, where parts meet."""

    def __init__(self) -> None:
        self._find: Callable[[Session, int], Teller | None] = lambda session, course_id: None

    def install(self, find: Callable[[Session, int], Teller | None]) -> None:
        """From now on, *find* is asked first."""
        self._find = find

    def find(self, session: Session, course_id: int) -> Teller | None:
        """The other way; None where there is the roster only."""
        return self._find(session, course_id)


tellers = Tellers()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A course's roster, and a link of ours there to ask for."""

    roster: roster.Source
    link: str

    def fetch(self) -> list[Member]:
        """Those members whose sections or groups the LMS tells. Raises :class:`ServiceError` unless every page came."""
        lms = for_family(self.roster.family)
        with db.transaction() as session:
            client = open_client(session, self.roster.platform_id)
        url = with_query(lms.roster_page_url(self.roster.url), {"rlid": self.link})
        members = (lms.read_member(each) for page in client.roster_pages(url) for each in page)
        return [each for each in members if each.sections is not None or each.groups is not None]


def source_of(session: Session, course_id: int) -> Teller | None:
    """Where the groups of a course can be read; None where no roster is given, or nothing of ours is placed there."""
    teller = tellers.find(session, course_id)
    if teller is not None:
        return teller
    found = roster.source_of(session, course_id)
    link = session.scalars(
        select(ResourceLink.lti_id)
        .where(ResourceLink.course_id == course_id, ResourceLink.gone_at.is_(None))
        .order_by(ResourceLink.id.desc())
        .limit(1)
    ).one_or_none()
    return Source(roster=found, link=link) if found is not None and link is not None else None


def merge(session: Session, course_id: int, members: list[Member], *, started: datetime, now: datetime) -> int:
    """
    Take over what a roster told, and let those hear who follow groups. Returns how many people changed place.

    Who launched since it was asked for knows better, and so does who was moved by an event meanwhile.
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


def source_worth_asking(session: Session, course_id: int) -> Teller | None:
    """
    Where the groups of a course can be read, if that is worth a question: most rosters tell none.

    Where nobody is known to be in a section or group, only another way than the roster is asked.
    """
    source = source_of(session, course_id)
    if isinstance(source, Source) and not session.scalar(HAS_GROUPS, {"course": course_id}):
        return None
    return source


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
       and not exists (select from jsonb_each_text(m.groups_told) t
                        where cast(t.value as timestamptz) >= date_trunc('second', cast(:started as timestamptz)))
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
