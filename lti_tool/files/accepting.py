"""
What a file is, by its content and nothing else, and whether we take it.

Names and types that a browser sends are claims of whoever sent them; they decide nothing.
"""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import puremagic

from lti_tool.files import errors

CLEANER = Path(__file__).with_name("cleaning.py")
PATIENCE = 60
"""Seconds after which a file that is still being cleaned is given up."""

REFUSALS = {4: errors.EncryptedFile, 5: errors.TooManyPixels}
"""By the status with which the cleaner ends; any other says that the file is broken."""

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "md": "text/markdown",
    "txt": "text/plain",
}


@dataclass(frozen=True, kw_only=True)
class CleanFile:
    """A file fit to be kept and shown: rewritten, without hidden data."""

    extension: str
    media_type: str
    data: bytes
    sha256: str


def accept(data: bytes, *, max_bytes: int, name: str = "") -> CleanFile:
    """
    Take a file of a kind we know, cleaned; raises an :class:`errors.FileRefused` for any other.

    *name* tells Markdown from plain text, which nothing in their content does; it is not kept.
    """
    if not data:
        raise errors.EmptyFile
    if len(data) > max_bytes:
        raise errors.TooLarge(max_bytes)
    kind = _sniff(data)
    if kind is None:
        data = _clean_text(data)
        kind = "md" if name.lower().endswith((".md", ".markdown")) else "txt"
    else:
        data = _clean_apart(kind, data)
    return CleanFile(extension=kind, media_type=MEDIA_TYPES[kind], data=data, sha256=hashlib.sha256(data).hexdigest())


def _sniff(data: bytes) -> str | None:
    """The kind of a file that is not text."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None


def _clean_text(data: bytes) -> bytes:
    """Text as UTF-8 with plain line ends. Whatever has characters that no editor writes is not text."""
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as err:
        raise errors.UnknownKind(_guess(data)) from err
    if any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in set(text)):
        raise errors.UnknownKind(_guess(data))
    return text.replace("\r\n", "\n").replace("\r", "\n").encode()


def _guess(data: bytes) -> str:
    """What a refused file seems to be, so that its owner can be told what to do with it."""
    try:
        return str(puremagic.from_string(data)).removeprefix(".")
    except (puremagic.PureError, ValueError, IndexError, OSError):
        return ""


def _clean_apart(kind: str, data: bytes) -> bytes:
    """
    Rewrite a file in a process of its own, with little memory and little time.

    What unpacks hostile files may crash, spin or swell; here it takes nothing with it.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own program; the file goes in as data
            [sys.executable, "-I", str(CLEANER), kind], input=data, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as err:
        raise errors.BrokenFile from err
    if done.returncode != 0 or not done.stdout:
        raise REFUSALS.get(done.returncode, errors.BrokenFile)
    return done.stdout
