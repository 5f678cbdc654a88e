"""
What is shown live instead of handed in.
"""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Presentation(Base):
    """When and where somebody shows what is reviewed; what it is about is the work's own words."""

    __tablename__ = "exchange_presentation"

    submission_id: Mapped[int] = mapped_column(
        ForeignKey("exchange_submission.id", ondelete="CASCADE"), primary_key=True
    )
    held_at: Mapped[datetime | None]
    """None while nobody has said: then it may be reviewed at any time."""
    place: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
