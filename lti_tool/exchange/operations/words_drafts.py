"""
Words being written about something other than a classmate's work: saved often, and never lost to another tab.
"""

from collections.abc import Mapping, Sequence
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

MOST_OTHERS = 10
"""Words that other tabs replaced are kept for one draft; then the oldest go."""


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
        draft.others = _kept_with(draft, draft.others)
    draft.words, draft.beside = kept, ticks
    draft.revision, draft.saved_at = draft.revision + 1, now
    session.flush()
    return Saved(revision=draft.revision, conflict=conflict, saved_at=now)


def take_other_words(
    session: Session, exchange: Exchange, *, person: int, about: str, now: datetime, revision: int | None = None
) -> None:
    """
    Take back words that another tab replaced, of *revision* or the newest; what stood in their place is kept instead.
    """
    draft = _held(session, exchange, person, about)
    others = draft.others if draft is not None else []
    found = next((each for each in others if revision in (None, each["revision"])), None)
    if draft is None or found is None:
        raise errors.NoSuchCopy
    draft.others = _kept_with(draft, [each for each in others if each is not found])
    draft.words = found["words"]
    draft.revision, draft.saved_at = draft.revision + 1, now
    session.flush()


def drop_words(session: Session, exchange: Exchange, *, person: int, about: str) -> None:
    """The draft has become what it was written for."""
    session.execute(
        delete(WordsDraft).where(
            WordsDraft.exchange_id == exchange.id, WordsDraft.person_id == person, WordsDraft.about == about
        )
    )


def _kept_with(draft: WordsDraft, others: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """*others* and what stands in *draft* now, the same words once."""
    mine = {"revision": draft.revision, "words": draft.words, "saved_at": draft.saved_at.isoformat()}
    return [mine, *(each for each in others if each["words"] != draft.words)][:MOST_OTHERS]


def _held(session: Session, exchange: Exchange, person: int, about: str) -> WordsDraft | None:
    return session.scalars(
        select(WordsDraft)
        .where(WordsDraft.exchange_id == exchange.id, WordsDraft.person_id == person, WordsDraft.about == about)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
