"""
Files kept in the database: simple to back up, right for a school.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from lti_tool.db import Base


class FileBlob(Base):
    """The bytes of one file. Who it belongs to is the business of the room whose name begins the key."""

    __tablename__ = "file_blob"

    key: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes]
    kept_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
