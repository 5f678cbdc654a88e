"""People and places."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, Course, Deployment, Membership, Person, Platform, ResourceLink, Role
from lti_tool.web.models import WebSession

LAUNCHED = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def make_platform(session: Session, **values: Any) -> Platform:
    number = secrets.token_hex(4)
    row = Platform(
        **{
            "issuer": f"https://lms-{number}.example",
            "client_id": f"client-{number}",
            "name": "Northfield College",
            "auth_url": f"https://lms-{number}.example/auth",
            "token_url": f"https://lms-{number}.example/token",
            "jwks_url": f"https://lms-{number}.example/jwks",
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


def make_deployment(session: Session, platform: Platform | None = None, **values: Any) -> Deployment:
    platform = platform or make_platform(session)
    row = Deployment(**{"platform_id": platform.id, "deployment_id": "1"} | values)
    session.add(row)
    session.flush()
    return row


def make_course(session: Session, deployment: Deployment | None = None, **values: Any) -> Course:
    deployment = deployment or make_deployment(session)
    row = Course(
        **{
            "deployment_id": deployment.id,
            "context_id": secrets.token_hex(4),
            "title": "Designing for People",
            "label": "DES 101",
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


def make_member(
    session: Session, course: Course, role: Role = Role.LEARNER, *, name: str | None = None, **values: Any
) -> Membership:
    number = secrets.token_hex(3)
    person = Person(
        deployment_id=course.deployment_id, sub=f"sub-{number}", name=f"Person {number}" if name is None else name
    )
    session.add(person)
    session.flush()
    row = Membership(
        **{
            "course_id": course.id,
            "person_id": person.id,
            "role": role,
            "launched_at": LAUNCHED,
            "staff_since": LAUNCHED if role.is_staff else None,
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


def make_activity(session: Session, course: Course, **values: Any) -> Activity:
    row = Activity(**{"course_id": course.id, "kind": "exchange", "title": "First drafts"} | values)
    session.add(row)
    session.flush()
    return row


def make_resource_link(
    session: Session, course: Course, activity: Activity | None = None, **values: Any
) -> ResourceLink:
    row = ResourceLink(
        **{
            "course_id": course.id,
            "lti_id": secrets.token_hex(4),
            "title": "First drafts",
            "activity_id": activity.id if activity else None,
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True)
class SignedIn:
    """A signed-in member: the prefix of their addresses and their csrf-bearing session."""

    handle: str
    membership: Membership

    def path(self, rest: str = "/") -> str:
        return f"/s/{self.handle}{rest}"


def sign_in(session: Session, membership: Membership, **values: Any) -> SignedIn:
    """A session as a launch would make it. Its handle alone is enough: it is bound to no browser."""
    row = WebSession(
        **{
            "handle": secrets.token_urlsafe(24),
            "browser_hash": None,
            "membership_id": membership.id,
            "role": membership.role,
            "expires_at": datetime.now(UTC) + timedelta(hours=1),
        }
        | values
    )
    session.add(row)
    session.commit()
    return SignedIn(handle=row.handle, membership=membership)
