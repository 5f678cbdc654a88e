"""
Notes on single places of a work, as part of what a reviewer writes.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Exchange, FeedbackDraft, Offer, SubmissionFile, WorkVersion
from lti_tool.exchange.operations import drafts
from lti_tool.exchange.rules import Begun, Note, Noting, Words
from lti_tool.web import markdown
from lti_tool.web.fields import LARGEST_ID

PDF = "application/pdf"


def with_notes(session: Session, exchange: Exchange, offer: Offer, words: Words, *, noting: Noting | None) -> Words:
    """
    *words* with the notes of the draft, as *noting* says them where it does.

    Where notes were switched off meanwhile, those that are there stay.
    """
    kept = written(session, offer)
    if not exchange.option(rules.NotesOptions).on:
        return replace(words, notes=kept.notes)
    if noting is None:
        return replace(words, notes=kept.notes, begun=kept.begun)
    return replace(words, notes=renoted(kept.notes, noting.words), begun=noting.begun)


def finished(session: Session, offer: Offer, words: Words) -> Words:
    """*words* as they are given: without empty notes, and with the one that was typed and not added."""
    words = worded(words)
    notes = words.notes
    if words.begun.words.strip():
        notes = (*notes, made(session, offer, words.begun, among=notes))
    return replace(words, notes=notes, begun=Begun())


def worded(words: Words) -> Words:
    """*words* without notes that say nothing."""
    return replace(words, notes=tuple(note for note in words.notes if note.words.strip()))


def written(session: Session, offer: Offer) -> Words:
    """What the reviewer has written so far."""
    draft = session.get(FeedbackDraft, offer.id, populate_existing=True)
    return Words.from_dict(draft.words) if draft is not None else Words()


def renoted(notes: tuple[Note, ...], noted: Mapping[int, str]) -> tuple[Note, ...]:
    """*notes* with other words where *noted* has some."""
    return tuple(replace(note, words=noted.get(note.id, note.words)) for note in notes)


def made(session: Session, offer: Offer, begun: Begun, *, among: tuple[Note, ...]) -> Note:
    """
    The note that *begun* describes; :class:`errors.NoteRefused` where it is on no place of the version under review.
    """
    if len(among) >= rules.MOST_NOTES:
        raise errors.NoteRefused("where", "full")
    if not begun.words.strip():
        raise errors.NoteRefused("words", "missing")
    kind, _, number = begun.where.partition("-")
    if kind not in ("text", "file") or not _is_number(number):
        raise errors.NoteRefused("where", "missing")
    version = session.scalars(
        select(WorkVersion).where(WorkVersion.submission_id == offer.submission_id, WorkVersion.number == offer.version)
    ).one()
    if kind == "file":
        anchor: rules.Anchor = _spot(session, version, int(number), begun)
    else:
        anchor = _passage(version, int(number) - 1, begun)
    # Drawn, not counted: the number of a note that was taken away must never name another.
    return Note(id=secrets.randbelow(LARGEST_ID) + 1, anchor=anchor, words=begun.words.strip())


def put(session: Session, offer: Offer, words: Words, *, now: datetime) -> None:
    """Keep *words* as the draft of a locked offer where they differ in their notes alone."""
    drafts.put_notes(session, offer, words.as_dict(), now=now)


def _passage(version: WorkVersion, block: int, begun: Begun) -> rules.Passage:
    texts = [each.text for each in markdown.blocks(version.body)]
    if block not in range(len(texts)) or not texts[block].strip():
        raise errors.NoteRefused("where", "missing")
    at = int(begun.at) if _is_number(begun.at) else None
    found = rules.passage(texts, version=version.number, block=block, quote=begun.quote, at=at)
    if found is None:
        raise errors.NoteRefused("quote", "not_there")
    return found


def _spot(session: Session, version: WorkVersion, file_id: int, begun: Begun) -> rules.Spot:
    file = session.get(SubmissionFile, file_id) if file_id in version.file_ids else None
    if file is None or file.media_type != PDF:
        raise errors.NoteRefused("where", "missing")
    page = begun.page.strip()
    if not _is_number(page) or not 1 <= int(page) <= rules.MOST_PAGES:
        raise errors.NoteRefused("page", "missing")
    x, y, width, height, *_ = (*(rules.point_of(begun.point) or ()), None, None, None, None)
    return rules.Spot(version=version.number, file_id=file.id, page=int(page), x=x, y=y, width=width, height=height)


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 10
