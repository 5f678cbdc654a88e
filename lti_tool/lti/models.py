"""
What LTI on the wire has to remember: login attempts, refusals, our keys, the platforms' tokens, invitations.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Attempt(Base):
    """
    One OIDC login on its way through the platform (LTI security framework 5.1.1); spent once.
    """

    __tablename__ = "lti_attempt"

    state: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[str]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"))
    target_link_uri: Mapped[str]
    login_hint: Mapped[str]
    message_hint: Mapped[str | None]
    """``lti_message_hint`` verbatim, for starting the same login again in a window of its own."""
    browser_hash: Mapped[str]
    """SHA-256 of the secret in the browser's cookie: who comes back must bring it."""
    storage_target: Mapped[str | None]
    """``lti_storage_target``: the frame that keeps our state when cookies do not (lti-cs-pm)."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class LaunchRefusal(Base):
    """
    How often launches of a platform were refused on one day, and why. Whose they were is not kept.
    """

    __tablename__ = "lti_launch_refusal"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    """The ``code`` of an error, see :mod:`lti_tool.lti.errors`."""
    count: Mapped[int] = mapped_column(server_default=text("0"))
    last_at: Mapped[datetime]


class SigningKey(Base):
    """
    One of our RSA keys. Published from the first day, signs from ``signs_from``, until retired.
    """

    __tablename__ = "lti_signing_key"

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_pem: Mapped[str]
    """Encrypted with a key derived from ``SECRET_KEY``."""
    public_pem: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    signs_from: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class AccessToken(Base):
    """
    A platform's service token, one for each set of scopes, shared by all our processes.
    """

    __tablename__ = "lti_access_token"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id", ondelete="CASCADE"), primary_key=True)
    scopes: Mapped[str] = mapped_column(primary_key=True)
    """Sorted, separated by spaces."""
    token: Mapped[str]
    """Encrypted with a key derived from ``SECRET_KEY``."""
    granted: Mapped[str]
    """What the platform gave; may be less than was asked."""
    expires_at: Mapped[datetime]


class NoticeService(Base):
    """
    Where the platform of a deployment sends its notices from (LTI-PNS 1.0), and whether it has promised to.
    """

    __tablename__ = "lti_notice_service"
    __table_args__ = (
        CheckConstraint("state in ('wanted', 'listening', 'refused')", name="state"),
        Index("ix_lti_notice_service_due", "next_attempt_at", postgresql_where=text("state = 'wanted'")),
    )

    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str]
    types: Mapped[list[str]]
    """Those that it has and we listen to."""
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime]
    listens_since: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(default="", server_default=text("''"))


class Invitation(Base):
    """
    A single-use, expiring right to register a platform at ``/lti/register/<token>``.
    """

    __tablename__ = "lti_invitation"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_lti_invitation_open", "expires_at", postgresql_where=text("used_at is null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id", ondelete="SET NULL"))
