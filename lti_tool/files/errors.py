"""
Why a file is refused, or not there.

    FileRefused
    ├── TooLarge        more bytes than allowed
    ├── EmptyFile
    ├── UnknownKind     not one of the kinds we accept
    ├── BrokenFile      claims to be one and cannot be read
    ├── EncryptedFile   a PDF behind a password
    ├── TooManyPixels   an image that would fill the memory
    └── Unplayable      a recording that browsers do not play
    Missing             the storage has nothing under this key
"""


class FileRefused(Exception):
    """A file that we do not take."""


class TooLarge(FileRefused):
    """More than ``most`` bytes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most


class EmptyFile(FileRefused):
    """No bytes at all."""


class UnknownKind(FileRefused):
    """Not a kind we accept; ``seems`` is the extension it would usually have, where we can tell."""

    def __init__(self, seems: str = "") -> None:
        super().__init__(seems or "unknown")
        self.seems = seems


class BrokenFile(FileRefused):
    """It begins like a kind we accept and cannot be read as one."""


class EncryptedFile(FileRefused):
    """A PDF that asks for a password."""


class TooManyPixels(FileRefused):
    """An image, or an animation, with more pixels than we unpack."""


class Unplayable(FileRefused):
    """Audio or video of a kind that browsers do not play."""


class Missing(Exception):
    """The storage has nothing under this key."""
