"""
Who is where, in which role: the people and places the LMS told us of.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lti_tool.db import Base


class Role(StrEnum):
    """What somebody is in one course. Decided by the roles in that context, never by the institution's."""

    TEACHER = "teacher"
    ASSISTANT = "assistant"
    LEARNER = "learner"
    OBSERVER = "observer"

    @property
    def is_staff(self) -> bool:
        return self in (Role.TEACHER, Role.ASSISTANT)


class Platform(Base):
    """
    One registration of Hearth at an LMS: the pair (issuer, client_id) and where its services are.
    """

    __tablename__ = "platform"
    __table_args__ = (
        UniqueConstraint("issuer", "client_id"),
        CheckConstraint("state in ('pending', 'active', 'disabled')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str]
    client_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    family: Mapped[str] = mapped_column(default="")
    """``product_family_code`` of the LMS, lower case; chooses the ``Lms`` that speaks to it."""
    auth_url: Mapped[str]
    token_url: Mapped[str]
    token_audience: Mapped[str | None]
    """The ``aud`` of our client assertions where it is not ``token_url``."""
    jwks_url: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    disabled_at: Mapped[datetime | None]

    deployments: Mapped[list["Deployment"]] = relationship(back_populates="platform", order_by="Deployment.id")


class Deployment(Base):
    """
    Our tenant: the triple (issuer, client_id, deployment_id).
    """

    __tablename__ = "deployment"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    deployment_id: Mapped[str]
    sites: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'"))
    """The schools that launches came from, as the LMS's events call them: those of others are not believed."""
    is_joined: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The operator says that it belongs to one institution with the others of the registration that are joined."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    platform: Mapped[Platform] = relationship(back_populates="deployments")


class Course(Base):
    """
    An LTI context we were launched in.
    """

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("deployment_id", "context_id"),
        Index("ix_course_lms_id", "lms_id", postgresql_where=text("lms_id <> ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    context_id: Mapped[str]
    lms_id: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """By which the LMS's own events call it; "" where no launch told."""
    told_at: Mapped[datetime | None]
    """When the event occurred that told the title last."""
    over_at: Mapped[datetime | None]
    """Since when the LMS calls the course concluded or deleted; None while it runs."""
    over_told_at: Mapped[datetime | None]
    """When the event occurred that told last whether the course is over."""
    title: Mapped[str] = mapped_column(default="")
    label: Mapped[str] = mapped_column(default="")
    roster_url: Mapped[str | None]
    """``context_memberships_url`` (NRPS 2.0); absent where the platform gives no roster."""
    line_items_url: Mapped[str | None]
    """``lineitems`` of the AGS claim."""
    scopes: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    """The AGS scopes granted in the latest launch."""
    roster_synced_at: Mapped[datetime | None]
    roster_problem: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    deployment: Mapped[Deployment] = relationship()


class Person(Base):
    """
    Somebody the LMS told us of: its opaque ``sub`` and the name to show; where mail is on, its address.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("deployment_id", "sub"),
        Index("ix_person_lms_id", "lms_id", postgresql_where=text("lms_id <> ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"))
    sub: Mapped[str]
    lms_id: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """By which the LMS's own events call them; "" where no launch told."""
    told_at: Mapped[datetime | None]
    """When the event occurred that told the name last."""
    name: Mapped[str] = mapped_column(default="")
    """May be empty: platforms may withhold names. Pages then say "Participant 12"."""
    email: Mapped[str | None]
    """Only where the operator turned mail on, for digests of notices."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Membership(Base):
    """
    One person in one course.
    """

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("course_id", "person_id"),
        CheckConstraint("role in ('teacher', 'assistant', 'learner', 'observer')", name="role"),
        Index("ix_membership_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[str]
    """The role of the latest launch, or of the roster where they never launched; see :class:`Role`."""
    staff_since: Mapped[datetime | None]
    """
    First launch with staff rights, or as a learner of somebody whom the roster calls staff. Set by
    launches only: rosters misreport teaching assistants.
    """
    is_test_user: Mapped[bool] = mapped_column(server_default=text("false"))
    """The LMS's "student view" persona: may look and try, never counts."""
    sections: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    groups: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Section and group ids of the LMS, from custom parameters."""
    groups_told: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """By group: when the event occurred that told last whether this person is in it."""
    in_roster: Mapped[bool] = mapped_column(server_default=text("false"))
    joined_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    launched_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    """Absent from a complete roster, or inactive there. A new launch clears it."""

    person: Mapped[Person] = relationship()
    course: Mapped[Course] = relationship()


class Enrolment(Base):
    """
    An enrolment as the LMS's events call it, and its course: some events name nothing else. It tells not whose it is.
    """

    __tablename__ = "course_enrolment"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), primary_key=True)
    lms_id: Mapped[str] = mapped_column(primary_key=True, index=True)


class Activity(Base):
    """
    Something to do in a course. The room named by ``kind`` keeps the rest under the same id.
    """

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("public_id"),
        Index("ix_activity_course_id", "course_id"),
        # A copied course gets one clone of each template, whichever of its links is opened first.
        Index(
            "uq_activity_copied_with_course",
            "course_id",
            "origin_id",
            unique=True,
            postgresql_where=text("copied_with_course"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    """What deep links carry as ``custom.hearth_activity`` and ``resourceId``; survives course copies."""
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    kind: Mapped[str]
    title: Mapped[str]
    position: Mapped[int] = mapped_column(server_default=text("0"))
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"))
    """Of a copy: the first ancestor, whose ``public_id`` the LMS's copied links still carry."""
    copied_with_course: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ResourceLink(Base):
    """
    A place in the LMS that opens Hearth (LTI 1.3 ``resource_link``), and the activity it opens.
    """

    __tablename__ = "resource_link"
    __table_args__ = (UniqueConstraint("course_id", "lti_id"), Index("ix_resource_link_activity_id", "activity_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    lti_id: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"))
    """None: opens the course home."""
    line_item_url: Mapped[str | None]
    """``lineitem`` of the AGS claim, or the one we made."""
    placement: Mapped[str] = mapped_column(default="")
    """``custom.hearth_placement``: new in each answer of the picker, so a duplicated link is known for one."""
    changed_at: Mapped[datetime | None]
    """When the LMS last told that it was changed there."""
    gone_at: Mapped[datetime | None]
    """When the LMS told that it is no more there. A launch clears it."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
