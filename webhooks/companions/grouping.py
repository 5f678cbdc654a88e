"""
Everybody's groups in a course, asked of the companion: LTI tells each person's own only, and only when they launch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool import config, vault
from lti_tool.courses.models import Course, Deployment, Membership, Person
from lti_tool.lms.companion import Companion
from lti_tool.lms.port import Member
from webhooks.companions import pairing as pairings
from webhooks.companions.models import Pairing


@dataclass(frozen=True, kw_only=True)
class Groups:
    """See :class:`lti_tool.courses.groups.Teller`."""

    companion: Companion
    client_id: str
    course: str
    people: Sequence[str]
    """Of those who are in the course as far as we know, ``sub``."""

    def fetch(self) -> list[Member]:
        """Everybody we know, with the groups they are in; whoever the companion does not name is in none."""
        found = self.companion.groups(self.client_id, self.course)
        return [Member(subject=sub, role="learner", groups=found.get(sub, ())) for sub in self.people]


def teller_of(session: Session, course_id: int) -> Groups | None:
    """What tells the groups of a course; None where its LMS has no companion that is paired and spoken to."""
    row = session.execute(
        select(Pairing, Course.context_id)
        .join(Deployment, Deployment.platform_id == Pairing.platform_id)
        .join(Course, Course.deployment_id == Deployment.id)
        .where(Course.id == course_id, Pairing.state == "active", Pairing.problem == "")
    ).one_or_none()
    if row is None:
        return None
    try:
        companion = pairings.companion_of(row.Pairing, settings=config.running())
    except vault.VaultError:
        # Said on the companion's own page; the roster is left.
        return None
    subs = session.scalars(
        select(Person.sub)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course_id, Membership.left_at.is_(None))
        .order_by(Person.id)
    ).all()
    return Groups(companion=companion, client_id=row.Pairing.platform.client_id, course=row.context_id, people=subs)
