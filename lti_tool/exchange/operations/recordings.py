"""
What an author says about their recordings: captions or a transcript, for who cannot hear them.
"""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool.exchange import errors, queries
from lti_tool.exchange.models import Exchange, FileWords
from lti_tool.exchange.operations import acts
from lti_tool.exchange.operations.work import own_work, require_replaceable
from lti_tool.exchange.rules import captions


def say_words(session: Session, exchange: Exchange, *, author: int, file_id: int, text: str, now: datetime) -> None:
    """
    Keep what is said in a recording; without any *text* nothing is said of it any more.

    A recording that has no words yet may get them while it is reviewed: it is the reviewers who need them.
    """
    windows = queries.windows_of(session, exchange, author)
    acts.require_taken(windows, now)
    work = own_work(session, exchange, author=author)
    file = next((each for each in work.files if each.id == file_id and each.is_recording), None)
    if file is None:
        raise errors.NoSuchFile
    if file.words is not None:
        require_replaceable(session, exchange, work, windows=windows, now=now)
    kind, body = _kept(acts.clean(text))
    if body:
        values = {"kind": kind, "body": body, "saved_at": now}
        statement = insert(FileWords).values(file_id=file_id, **values)
        session.execute(statement.on_conflict_do_update(index_elements=["file_id"], set_=values))
    else:
        session.execute(delete(FileWords).where(FileWords.file_id == file_id))
    session.expire(file, ["words"])
    acts.record(session, exchange, "work.words_said", by=author, now=now, submission_id=work.id, file_id=file_id)


def _kept(text: str) -> tuple[str, str]:
    if len(text) > captions.LONGEST_WORDS:
        raise errors.TooLong(captions.LONGEST_WORDS)
    if not captions.has_times(text):
        return captions.TRANSCRIPT, text.strip()
    cues = captions.parsed(text)
    if not cues:
        raise errors.NoCues
    return captions.CAPTIONS, captions.written(cues)
