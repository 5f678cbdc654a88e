"""What every storage promises, proven for each."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from lti_tool.config import Settings
from lti_tool.files import Missing, Storage, storage

KEY = "exchange/" + "0a" * 16
OTHER = "exchange/" + "0b" * 16
SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(params=["database", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    place = "database" if request.param == "database" else str(tmp_path / "files")
    return storage(Settings(secret_key="x" * 32, public_url="https://hearth.example", file_store=place))


def test_what_was_kept_is_read(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"\x00bytes")
    assert store.read(session, KEY) == b"\x00bytes"
    session.commit()

    assert store.read(session, KEY) == b"\x00bytes"


def test_a_part_is_read_alone_and_ends_where_the_file_ends(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"0123456789")
    session.commit()

    assert store.read_part(session, KEY, 3, 4) == b"3456"
    assert store.read_part(session, KEY, 8, 100) == b"89"


def test_what_is_not_there_is_missing(session: Session, store: Storage) -> None:
    with pytest.raises(Missing):
        store.read(session, KEY)
    with pytest.raises(Missing):
        store.read_part(session, KEY, 0, 1)


def test_what_a_rollback_undoes_was_never_kept(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"bytes")
    session.connection()
    session.rollback()

    with pytest.raises(Missing):
        store.read(session, KEY)


def test_what_was_removed_is_missing(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"bytes")
    session.commit()

    store.remove(session, KEY)

    with pytest.raises(Missing):
        store.read(session, KEY)
    session.commit()
    with pytest.raises(Missing):
        store.read(session, KEY)


def test_a_rollback_brings_back_what_was_removed(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"bytes")
    session.commit()

    store.remove(session, KEY)
    session.connection()
    session.rollback()
    session.commit()

    assert store.read(session, KEY) == b"bytes"


def test_a_savepoint_decides_nothing_about_the_files_around_it(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"bytes")
    session.commit()
    store.remove(session, KEY)
    with session.begin_nested():
        session.connection()
    session.rollback()

    assert store.read(session, KEY) == b"bytes"


def test_undoing_a_savepoint_leaves_what_was_done_around_it(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"bytes")
    session.commit()
    store.remove(session, KEY)
    store.keep(session, OTHER, b"others")
    session.begin_nested().rollback()
    session.commit()

    assert store.read(session, OTHER) == b"others"
    with pytest.raises(Missing):
        store.read(session, KEY)


def test_undoing_a_savepoint_undoes_what_was_done_in_it(session: Session, store: Storage) -> None:
    store.keep(session, KEY, b"bytes")
    session.commit()
    with session.begin_nested() as outer:
        with session.begin_nested():
            store.remove(session, KEY)
            store.keep(session, OTHER, b"others")
        outer.rollback()
    session.commit()

    assert store.read(session, KEY) == b"bytes"
    with pytest.raises(Missing):
        store.read(session, OTHER)


def test_removing_what_is_not_there_is_no_mistake(session: Session, store: Storage) -> None:
    store.remove(session, KEY)
    session.commit()


def test_old_keys_of_a_room_are_listed(session: Session, store: Storage) -> None:
    for key in (KEY, OTHER, "wall/" + "0c" * 16):
        store.keep(session, key, b"bytes")
    session.commit()

    assert set(store.keys(session, "exchange", before=SOON)) == {KEY, OTHER}
    assert list(store.keys(session, "exchange", before=SOON - timedelta(days=2))) == []
    assert list(store.keys(session, "journal", before=SOON)) == []


@pytest.mark.parametrize(
    "key", ["", "exchange/../../etc/passwd", "/etc/passwd", "exchange/0a", KEY + "\n", "a b/" + "0" * 32]
)
def test_a_key_leads_nowhere_else(session: Session, store: Storage, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        store.keep(session, key, b"bytes")


def test_a_folder_holds_whole_files_only(session: Session, tmp_path: Path) -> None:
    store = storage(Settings(secret_key="x" * 32, public_url="https://hearth.example", file_store=str(tmp_path)))

    store.keep(session, KEY, b"bytes")
    session.commit()

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [KEY.split("/")[1]]
