"""
What a reviewer promised themselves.
"""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class Commitment(Base):
    """
    "I review by Thursday 18:00": a learner's own date, for themselves. Nothing follows from missing it.
    """

    __tablename__ = "exchange_commitment"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    by: Mapped[datetime]
    set_at: Mapped[datetime]
