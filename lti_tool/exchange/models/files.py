"""
What is known of every file that people bring: its bytes are in the file storage under ``key``.
"""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column


class FileFacts:
    """A file, cleaned of names and hidden data."""

    number: Mapped[int]
    name: Mapped[str]
    """Ours: ``work-1.pdf``. The name it came with may say who somebody is and is not kept."""
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key: Mapped[str]

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")

    @property
    def is_video(self) -> bool:
        return self.media_type.startswith("video/")

    @property
    def is_recording(self) -> bool:
        return self.media_type.startswith(("audio/", "video/"))
