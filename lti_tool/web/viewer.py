"""
The viewer: who is looking, where, in which role. Loaded once for each request from its handle.

Every query for a thing goes through the viewer: what they may not see looks like missing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Role
from lti_tool.courses.operations import is_course

FIND = text(
    """
    select s.handle, s.browser_hash, s.role, s.is_admin, s.resource_link_id, s.deep_link, s.locale, s.frame_origin,
           s.brand_colour, s.more_contrast,
           m.id as membership_id, m.staff_since, m.is_test_user, m.sections, m.groups,
           p.id as person_id, p.name, p.sub,
           c.id as course_id, c.context_id, c.title as course_title, c.deployment_id, d.platform_id, l.issuer,
           (select count(*) from notice n
             where n.person_id = p.id and n.course_id = c.id and n.read_at is null) as unread
      from web_session s
      join membership m on m.id = s.membership_id
      join person p on p.id = m.person_id
      join course c on c.id = m.course_id
      join deployment d on d.id = c.deployment_id
      join platform l on l.id = d.platform_id
     where s.handle = :handle and s.expires_at > :now and l.state = 'active'
       and (m.left_at is null or s.role <> 'learner' or m.staff_since is not null or m.is_test_user)
    """
)
"""
A learner who has left the course has no session in it any more; a launch, if the LMS lets them, makes another.
Staff may be in no list of the course's people.
"""


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Somebody signed in by one launch into one course."""

    handle: str
    browser_hash: str | None
    membership_id: int
    person_id: int
    course_id: int
    deployment_id: int
    platform_id: int
    issuer: str
    role: Role
    name: str
    course_title: str
    is_in_course: bool
    """False for a launch without a context: what stands for its course then is no place to go back to."""
    sections: tuple[str, ...]
    groups: tuple[str, ...]
    is_admin: bool
    is_preview: bool
    """Staff looking with a learner's eyes, or the LMS's test user: may see, never takes part."""
    resource_link_id: int | None
    deep_link: dict[str, Any] | None
    locale: str | None
    frame_origin: str | None
    """The origin of the LMS's pages around us, where it is not the issuer's."""
    brand_colour: str | None = None
    more_contrast: bool = False
    unread: int = 0
    """Notices of this course that they have not seen; the bell says so on every page."""

    @property
    def is_staff(self) -> bool:
        return self.role.is_staff

    @property
    def is_teacher(self) -> bool:
        return self.role is Role.TEACHER

    @property
    def takes_part(self) -> bool:
        """Whether what they hand in counts: a learner, and not somebody trying the learner's view."""
        return self.role is Role.LEARNER and not self.is_preview


def find(session: Session, handle: str, *, now: datetime) -> Viewer | None:
    """The viewer whose session is *handle*, or None when it ended, they left, or it never was."""
    row = session.execute(FIND, {"handle": handle, "now": now}).one_or_none()
    if row is None:
        return None
    role = Role(row.role)
    return Viewer(
        handle=row.handle,
        browser_hash=row.browser_hash,
        membership_id=row.membership_id,
        person_id=row.person_id,
        course_id=row.course_id,
        deployment_id=row.deployment_id,
        platform_id=row.platform_id,
        issuer=row.issuer,
        role=role,
        name=row.name,
        course_title=row.course_title,
        is_in_course=is_course(row.context_id),
        sections=tuple(row.sections),
        groups=tuple(row.groups),
        is_admin=row.is_admin,
        is_preview=role is Role.LEARNER and (row.staff_since is not None or row.is_test_user),
        resource_link_id=row.resource_link_id,
        deep_link=row.deep_link,
        locale=row.locale,
        frame_origin=row.frame_origin,
        brand_colour=row.brand_colour,
        more_contrast=row.more_contrast,
        unread=row.unread,
    )


def current() -> Viewer:
    """The viewer of this request. Only behind a guard that asks for one."""
    viewer: Viewer = g.viewer
    return viewer
