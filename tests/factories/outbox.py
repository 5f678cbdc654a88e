"""Endpoints, and acts that are told to them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool import journal
from lti_tool.config import Settings
from lti_tool.courses.models import Course, Platform
from tests.factories.courses import make_course, make_deployment, make_member, make_platform
from webhooks.outbox import endpoints, sending
from webhooks.outbox.catalogue import catalogue
from webhooks.outbox.models import Delivery, Endpoint


@dataclass
class School:
    """A platform with a course and somebody in it, and an endpoint that is told what happens there."""

    session: Session
    settings: Settings
    platform: Platform
    course: Course
    person_id: int
    sub: str
    endpoint: Endpoint
    secret: str
    now: datetime

    def act(self, act: str = "course.opened", **values: Any) -> None:
        """Something happens."""
        usual: dict[str, Any] = {"course_id": self.course.id, "person_id": self.person_id, "now": self.now}
        journal.record(self.session, act, **usual | values)
        self.session.commit()

    def send(self) -> int:
        """What the job does. Returns how many attempts were made."""
        self.session.commit()
        count = sending.send_all(self.settings)
        self.session.expire_all()
        return count

    def send_again(self) -> int:
        """As if every wait were over."""
        self.session.commit()
        self.session.execute(text("update webhook_delivery set next_attempt_at = '2026-01-01' where state = 'waiting'"))
        self.session.execute(
            text("update webhook_endpoint set rests_until = '2026-01-01' where rests_until is not null")
        )
        return self.send()

    def deliveries(self) -> list[Delivery]:
        self.session.expire_all()
        return list(self.session.scalars(select(Delivery).order_by(Delivery.id)))

    def delivery(self) -> Delivery:
        (only,) = self.deliveries()
        return only


def make_school(
    session: Session,
    settings: Settings,
    url: str,
    *,
    now: datetime,
    kinds: Collection[str] = ("course.opened",),
    format: endpoints.Format = "standard",
    course: Course | None = None,
) -> School:
    """With an endpoint at *url*; loopback is allowed."""
    settings = replace(settings, allow_loopback_platforms=True)
    if course is None:
        course = make_course(session, make_deployment(session, make_platform(session)))
    platform = course.deployment.platform
    person = make_member(session, course).person
    wanted = endpoints.Wanted(url=url, kinds=kinds, format=format)
    made = endpoints.make(session, platform, wanted, settings=settings, now=now)
    session.commit()
    return School(
        session=session,
        settings=settings,
        platform=platform,
        course=course,
        person_id=person.id,
        sub=person.sub,
        endpoint=session.get_one(Endpoint, made.id),
        secret=made.secret,
        now=now,
    )


def every_kind(format: str = "standard") -> list[str]:
    return [each.act for each in catalogue.offered(format)]
