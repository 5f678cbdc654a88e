"""
Sessions: one for each launch, so that two tabs may be two people without ever being mixed up.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class WebSession(Base):
    """
    What one launch proved: who, where, in which role, in which browser. Its handle is part of each address.
    """

    __tablename__ = "web_session"

    handle: Mapped[str] = mapped_column(primary_key=True)
    browser_hash: Mapped[str | None]
    """SHA-256 of the browser's secret. None: no cookie survives there, the handle alone must do (short-lived)."""
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    """The role of this launch; a teacher's student view is a session of its own."""
    is_admin: Mapped[bool] = mapped_column(server_default=text("false"))
    """The launch carried the institution's administrator role."""
    resource_link_id: Mapped[int | None] = mapped_column(ForeignKey("resource_link.id", ondelete="SET NULL"))
    deep_link: Mapped[dict[str, Any] | None]
    """The :class:`~lti_tool.lti.content.DeepLinkingSettings` while content is being chosen."""
    locale: Mapped[str | None]
    frame_origin: Mapped[str | None]
    """The origin of the LMS's own pages around us, where the launch told it; an issuer may stand for many hosts."""
    brand_colour: Mapped[str | None]
    """Six hexadecimal digits; None where the LMS tells no colour of its own."""
    more_contrast: Mapped[bool] = mapped_column(server_default=text("false"))
    """They told the LMS that they need more contrast."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
