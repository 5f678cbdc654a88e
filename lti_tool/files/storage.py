"""
Where files are kept: in PostgreSQL, or in a folder that all hosts share.

Both follow the transaction of the session they are given: what a rollback undoes was never kept
and never removed.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import delete, event, func, insert, select
from sqlalchemy.orm import Session, SessionTransaction

from lti_tool.config import Settings
from lti_tool.files.errors import Missing
from lti_tool.files.models import FileBlob

KEY = re.compile(r"[a-z]{1,32}/[0-9a-f]{32}")
"""The room a file belongs to and a random number: nothing that could lead out of a folder."""

KEPT, REMOVED = "lti_tool.files.kept", "lti_tool.files.removed"


class Storage(Protocol):
    """Keeps bytes under keys such as ``exchange/0123…``. A key is written once."""

    def keep(self, session: Session, key: str, data: bytes) -> None:
        """Keep *data* under a new *key*."""
        ...

    def read(self, session: Session, key: str) -> bytes:
        """The bytes under *key*; raises :class:`Missing` where there are none."""
        ...

    def read_part(self, session: Session, key: str, start: int, length: int) -> bytes:
        """*length* bytes from *start* on, as many as there are; raises :class:`Missing` where there is nothing."""
        ...

    def remove(self, session: Session, key: str) -> None:
        """Forget *key*; no complaint where there is nothing."""
        ...

    def keys(self, session: Session, room: str, *, before: datetime) -> Iterator[str]:
        """The keys of a room that were kept before a moment, to find what nobody refers to any more."""
        ...


def storage(settings: Settings) -> Storage:
    """The storage these settings ask for."""
    return DatabaseStorage() if settings.file_store == "database" else FolderStorage(Path(settings.file_store))


class DatabaseStorage:
    """Files as rows."""

    def keep(self, session: Session, key: str, data: bytes) -> None:
        session.execute(insert(FileBlob).values(key=_sound(key), data=data))

    def read(self, session: Session, key: str) -> bytes:
        data = session.scalars(select(FileBlob.data).where(FileBlob.key == key)).one_or_none()
        if data is None:
            raise Missing(key)
        return data

    def read_part(self, session: Session, key: str, start: int, length: int) -> bytes:
        part = func.substring(FileBlob.data, start + 1, length)
        data = session.scalars(select(part).where(FileBlob.key == key)).one_or_none()
        if data is None:
            raise Missing(key)
        return bytes(data)

    def remove(self, session: Session, key: str) -> None:
        session.execute(delete(FileBlob).where(FileBlob.key == key))

    def keys(self, session: Session, room: str, *, before: datetime) -> Iterator[str]:
        is_old = FileBlob.kept_at < before
        yield from session.scalars(select(FileBlob.key).where(FileBlob.key.like(f"{room}/%"), is_old))


class FolderStorage:
    """Files in a folder, spread over subfolders so that none grows too large."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, session: Session, key: str, data: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under its name only when it is whole, and on the disk before the row that speaks of it.
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
        _note(session, KEPT, path)

    def read(self, session: Session, key: str) -> bytes:
        path = self._path(key)
        if any(removed == path for _savepoint, removed in session.info.get(REMOVED, ())):
            raise Missing(key)
        try:
            return path.read_bytes()
        except FileNotFoundError as err:
            raise Missing(key) from err

    def read_part(self, session: Session, key: str, start: int, length: int) -> bytes:
        path = self._path(key)
        if any(removed == path for _savepoint, removed in session.info.get(REMOVED, ())):
            raise Missing(key)
        try:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError as err:
            raise Missing(key) from err

    def remove(self, session: Session, key: str) -> None:
        # A file cannot come back after a rollback, so it goes when the transaction is through.
        _note(session, REMOVED, self._path(key))

    def keys(self, session: Session, room: str, *, before: datetime) -> Iterator[str]:
        for path in sorted((self.folder / room).glob("??/" + "[0-9a-f]" * 32)):
            if datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) < before:
                yield f"{room}/{path.name}"

    def _path(self, key: str) -> Path:
        room, name = _sound(key).split("/")
        return self.folder / room / name[:2] / name


def _sound(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ValueError(f"not a key of ours: {key!r}")
    return key


def _note(session: Session, what: str, path: Path) -> None:
    """Remember what a transaction did, and in which savepoint: rolling back another one leaves it done."""
    session.info.setdefault(what, []).append((session.get_nested_transaction(), path))


@event.listens_for(Session, "after_commit")
def _unlink_removed(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop(KEPT, None)
    _unlink(path for _savepoint, path in session.info.pop(REMOVED, ()))


@event.listens_for(Session, "after_rollback")
def _unlink_kept(session: Session) -> None:
    undone = session.get_nested_transaction()
    _forget(session, REMOVED, undone)
    _unlink(_forget(session, KEPT, undone))


def _forget(session: Session, what: str, undone: SessionTransaction | None) -> list[Path]:
    """The paths noted within the savepoint *undone*, or all where everything is; they are noted no longer."""
    noted = session.info.pop(what, [])
    session.info[what] = [(savepoint, path) for savepoint, path in noted if not _is_within(savepoint, undone)]
    return [path for savepoint, path in noted if _is_within(savepoint, undone)]


def _is_within(savepoint: SessionTransaction | None, other: SessionTransaction | None) -> bool:
    """Whether *savepoint*, which may be over by now, was set in *other*; everything is within the whole."""
    while savepoint is not None and savepoint is not other:
        savepoint = savepoint.parent
    return savepoint is other


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
