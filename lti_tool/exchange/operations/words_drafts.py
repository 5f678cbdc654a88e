"""
Words being written about something other than a classmate's work: saved often, and never lost to another tab.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors
from lti_tool.exchange.models import Exchange, WordsDraft
from lti_tool.exchange.operations import words_given
from lti_tool.exchange.operations.drafts import Saved
from lti_tool.exchange.rules import Words


def keep_words(
    session: Session,
    exchange: Exchange,
    *,
    person: int,
    about: str,
    words: Words,
    base_revision: int,
    now: datetime,
    beside: Mapping[str, Any] | None = None,
) -> Saved:
    """
    Keep what *person* is writing. The newest save counts; what it replaces unseen is kept to be taken back.

    *beside* is what else the form says, such as a tick; None leaves that as it was.
    """
    kept = words_given.readable(words).as_dict()
    draft = _held(session, exchange, person, about)
    if draft is None:
        session.execute(
            insert(WordsDraft)
            .values(
                exchange_id=exchange.id, person_id=person, about=about, words={}, beside={}, revision=0, saved_at=now
            )
            .on_conflict_do_nothing()
        )
        draft = _held(session, exchange, person, about)
    assert draft is not None  # noqa: S101 - made above where there was none
    ticks = draft.beside if beside is None else dict(beside)
    if (draft.words, draft.beside) == (kept, ticks):
        return Saved(revision=draft.revision, conflict=False, saved_at=draft.saved_at)
    conflict = base_revision != draft.revision and bool(draft.words) and draft.words != kept
    if conflict:
        draft.other = draft.words
    draft.words, draft.beside = kept, ticks
    draft.revision, draft.saved_at = draft.revision + 1, now
    session.flush()
    return Saved(revision=draft.revision, conflict=conflict, saved_at=now)


def take_other_words(session: Session, exchange: Exchange, *, person: int, about: str, now: datetime) -> None:
    """Take back the words that another tab replaced; what stood in their place is kept instead."""
    draft = _held(session, exchange, person, about)
    if draft is None or draft.other is None:
        raise errors.NoSuchCopy
    draft.words, draft.other = draft.other, draft.words
    draft.revision, draft.saved_at = draft.revision + 1, now
    session.flush()


def drop_words(session: Session, exchange: Exchange, *, person: int, about: str) -> None:
    """The draft has become what it was written for."""
    session.execute(
        delete(WordsDraft).where(
            WordsDraft.exchange_id == exchange.id, WordsDraft.person_id == person, WordsDraft.about == about
        )
    )


def _held(session: Session, exchange: Exchange, person: int, about: str) -> WordsDraft | None:
    return session.scalars(
        select(WordsDraft)
        .where(WordsDraft.exchange_id == exchange.id, WordsDraft.person_id == person, WordsDraft.about == about)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
