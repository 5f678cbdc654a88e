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

from lti_tool.files import errors, recordings

CLEANER = Path(__file__).with_name("cleaning.py")
RECORDING_CLEANER = Path(__file__).with_name("recordings.py")
PATIENCE = 60
"""Seconds after which a file that is still being cleaned is given up."""

REFUSALS = {4: errors.EncryptedFile, 5: errors.TooManyPixels, 6: errors.Unplayable}
"""By the status with which a cleaner ends; any other says that the file is broken."""

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "md": "text/markdown",
    "txt": "text/plain",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "webm": "video/webm",
    "weba": "audio/webm",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
}
RECORDINGS = frozenset({"mp4", "webm", "ogg", "mp3", "wav", "flac"})
"""Kinds of audio and video, as :mod:`recordings` cleans them."""
FILM_BRANDS = (
    b"iso",
    b"mp4",
    b"m4a",
    b"m4v",
    b"m4b",
    b"f4v",
    b"3gp",
    b"3g2",
    b"qt  ",
    b"avc1",
    b"dash",
    b"msdh",
    b"mmp4",
)
"""How an MP4 begins to say what it is; pictures (HEIC, AVIF) begin otherwise."""


@dataclass(frozen=True, kw_only=True)
class CleanFile:
    """A file fit to be kept and shown: rewritten, without hidden data."""

    extension: str
    media_type: str
    data: bytes
    sha256: str


def accept(data: bytes, *, max_bytes: int, name: str = "", max_recording_bytes: int = 0) -> CleanFile:
    """
    Take a file of a kind we know, cleaned; raises an :class:`errors.FileRefused` for any other.

    *name* tells Markdown from plain text, which nothing in their content does; it is not kept.
    Audio and video are taken up to *max_recording_bytes*, so usually not at all.
    """
    if not data:
        raise errors.EmptyFile
    kind = _sniff(data)
    most = max_recording_bytes if kind in RECORDINGS else max_bytes
    if kind in RECORDINGS and not most:
        raise errors.UnknownKind(kind)
    if len(data) > most:
        raise errors.TooLarge(most)
    if kind in RECORDINGS:
        kind, data = _clean_recording(kind, data)
    elif kind is None:
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
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b"WAVE"):
        return "webp" if data[8:12] == b"WEBP" else "wav"
    return _sniff_recording(data)


def _sniff_recording(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        return "mp4" if data[8:12].lower().startswith(FILM_BRANDS) else None
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "webm" if b"\x42\x82\x84webm" in data[:64] else None
    for start, kind in ((b"OggS", "ogg"), (b"fLaC", "flac"), (b"ID3", "mp3")):
        if data.startswith(start):
            return kind
    length = recordings.frame_length(data[:4], 0)
    return "mp3" if length and recordings.frame_length(data[length : length + 4], 0) else None


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


def _clean_recording(kind: str, data: bytes) -> tuple[str, bytes]:
    """The extension and the bytes of a recording without what tells who made it, where and with what."""
    is_quicktime = data[8:12] == b"qt  "
    what, data = _clean_apart(kind, data, RECORDING_CLEANER).split(b"\n", 1)
    if kind == "mp4":
        kind = "m4a" if what == b"audio" else "mov" if is_quicktime else "mp4"
    elif kind == "webm" and what == b"audio":
        kind = "weba"
    return kind, data


def _clean_apart(kind: str, data: bytes, cleaner: Path = CLEANER) -> bytes:
    """
    Rewrite a file in a process of its own, with little memory and little time.

    What unpacks hostile files may crash, spin or swell; here it takes nothing with it.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own program; the file goes in as data
            [sys.executable, "-I", str(cleaner), kind], input=data, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as err:
        raise errors.BrokenFile from err
    if done.returncode != 0 or not done.stdout:
        raise REFUSALS.get(done.returncode, errors.BrokenFile)
    return done.stdout
