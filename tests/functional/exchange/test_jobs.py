"""What happens in an exchange while nobody looks."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.exchange import jobs, operations
from lti_tool.exchange.models import Release
from lti_tool.files.models import FileBlob
from lti_tool.files.storage import DatabaseStorage
from tests.factories.exchange import hand_in, make_class, review

STORAGE = DatabaseStorage()


def test_grades_go_out_when_the_time_for_reviews_is_over(session: Session) -> None:
    long_ago = now() - timedelta(days=9)
    made = make_class(session, learners=3, reviews=2, review_by=now() - timedelta(days=1), now=long_ago)
    a, b, _ = made.people
    hand_in(made, a, now=long_ago)
    hand_in(made, b, now=long_ago)
    review(made, a, now=long_ago)
    session.commit()

    jobs.release_due_grades(0)

    assert session.scalars(select(Release.person_id)).all() == [b]
    assert session.scalars(select(Release.cause)).all() == ["due"]


def test_files_that_nobody_refers_to_are_removed_when_they_are_old_enough(
    session: Session, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("PUBLIC_URL", settings.public_url)
    made = make_class(session, learners=1)
    kept = operations.attach_file(
        session, made.exchange, author=made.people[0], data=b"Notes", now=now(), storage=STORAGE, max_bytes=99
    )
    old, young, foreign = ("exchange/" + "0a" * 16, "exchange/" + "0b" * 16, "wall/" + "0a" * 16)
    for key in (old, young, foreign):
        STORAGE.keep(session, key, b"bytes")
    session.execute(
        text("update file_blob set kept_at = kept_at - interval '3 days' where key <> :key"), {"key": young}
    )
    session.commit()

    jobs.sweep_files(0)

    assert set(session.scalars(select(FileBlob.key))) == {kept.key, young, foreign}
