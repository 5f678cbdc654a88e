"""
What a reviewer does with notes: add one, change one, take one away. They are given with the review.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Exchange, FeedbackDraft, Offer
from lti_tool.exchange.operations import acts, drafts, notes, reviewing
from lti_tool.exchange.rules import Begun, Note


def add_note(
    session: Session, exchange: Exchange, *, reviewer: int, offer_id: int, begun: Begun, now: datetime
) -> Note:
    """
    Add a note to what is being written. The same words on the same place twice are one note.
    """
    offer = _open(session, exchange, reviewer, offer_id)
    begun = replace(begun, words=acts.clean(begun.words))
    if len(begun.words) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    words = notes.written(session, offer)
    note = notes.made(session, offer, begun, among=words.notes)
    for each in words.notes:
        if (each.anchor, each.words) == (note.anchor, note.words):
            note = each
            break
    else:
        words = replace(words, notes=(*words.notes, note))
    reviewing.keep(exchange, offer, now=now)
    # What is being typed in another form stays there.
    if words.begun == begun:
        words = replace(words, begun=Begun())
    notes.put(session, offer, words, now=now)
    return note


def change_note(
    session: Session, exchange: Exchange, *, reviewer: int, offer_id: int, note_id: int, words: str, now: datetime
) -> None:
    """Say something else on the same place. A form of another tab that still has the old words is told so."""
    offer = _open(session, exchange, reviewer, offer_id)
    words = acts.clean(words)
    if len(words) > rules.LONGEST_COMMENT:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    if not words.strip():
        raise errors.NoteRefused("words", "missing")
    written = notes.written(session, offer)
    if all(note.id != note_id for note in written.notes):
        raise errors.NoSuchNote
    changed = replace(written, notes=notes.renoted(written.notes, {note_id: words}))
    reviewing.keep(exchange, offer, now=now)
    drafts.write_feedback(session, offer, changed.as_dict(), base_revision=_revision(session, offer), now=now)


def remove_note(
    session: Session, exchange: Exchange, *, reviewer: int, offer_id: int, note_id: int, now: datetime
) -> None:
    """Take a note away. What was written stays as a copy, so that the note can be had back."""
    offer = _open(session, exchange, reviewer, offer_id)
    written = notes.written(session, offer)
    found = [note for note in written.notes if note.id == note_id]
    if not found:
        return
    if any(note.words.strip() for note in found):
        drafts.keep_copy(session, written.as_dict(), offer_id=offer.id, now=now)
    rest = tuple(note for note in written.notes if note.id != note_id)
    notes.put(session, offer, replace(written, notes=rest), now=now)


def _revision(session: Session, offer: Offer) -> int:
    return session.get_one(FeedbackDraft, offer.id).revision


def _open(session: Session, exchange: Exchange, reviewer: int, offer_id: int) -> Offer:
    if not exchange.option(rules.NotesOptions).on:
        raise errors.NoSuchNote
    return reviewing.writable_offer(session, exchange, reviewer, offer_id)
