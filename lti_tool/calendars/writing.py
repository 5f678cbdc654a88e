"""
Writing into the calendar of one platform: one date after the other, each once, until nothing waits or it is enough.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from lti_tool import db
from lti_tool.calendars.connecting import account_of, is_readable, lose, office_of, token
from lti_tool.calendars.models import AccountState, CalendarAccount
from lti_tool.clock import now
from lti_tool.config import Settings
from lti_tool.courses.models import Platform
from lti_tool.lms.calendar import Entry, LmsCalendar
from lti_tool.lti.errors import Rejected, ServiceError, Throttled

log = logging.getLogger(__name__)

WORDS = "From Hearth. It moves by itself when the date is changed there."
"""The same in every entry of ours, so that one whose answer was lost is known again."""
TAKEN_FOR = timedelta(minutes=5)
"""After so long, whoever took a date has ended."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
MOST_ATTEMPTS = 12
REST = timedelta(seconds=30)
ENOUGH_SECONDS = 120.0
LONGEST_PROBLEM = 200


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """A date that is ours to write."""

    id: int
    version: int
    remote_id: str
    is_uncertain: bool
    is_wanted: bool
    attempts: int
    entry: Entry


def write_all(platform_id: int, *, settings: Settings) -> bool:
    """Write what waits. Whether something still does that may go soon."""
    until = time.monotonic() + ENOUGH_SECONDS
    with db.transaction() as session:
        found = session.get(CalendarAccount, platform_id)
        family = session.get_one(Platform, platform_id).family if found is not None else ""
        is_resting = found is not None and found.rests_until is not None and found.rests_until > now()
        if found is None or found.state != AccountState.CONNECTED or is_resting:
            return False
        if not is_readable(found, settings):
            lose(session, found)
            return False
        office = office_of(family, account_of(found, settings), settings)
    while time.monotonic() < until:
        taken = _take(platform_id)
        if taken is None:
            return False
        if not _write(platform_id, office, taken, settings=settings):
            return False
        if office.is_tired:
            _rest(platform_id, REST)
            return False
    return True


def _write(platform_id: int, office: LmsCalendar, taken: _Taken, *, settings: Settings) -> bool:
    """Write one. Whether the next may follow at once."""
    try:
        remote_id = _with_token(platform_id, office, taken, settings=settings)
    except Throttled as err:
        _later(taken, "throttled", uncertain=taken.is_uncertain)
        _rest(platform_id, max(REST, timedelta(seconds=err.retry_after or 0.0)))
        return False
    except Rejected as err:
        if _is_broken(platform_id):
            _later(taken, "no_consent", uncertain=taken.is_uncertain)
            return False
        log.warning("date %s was refused: %s", taken.id, err.answered)
        _fail(taken, f"{err.answered} {err.reason}", uncertain=taken.is_uncertain)
        return True
    except ServiceError as err:
        # Whether it stands there now is known to nobody.
        _later(taken, err.code, uncertain=taken.is_uncertain or (taken.is_wanted and not taken.remote_id))
        return False
    _done(taken, remote_id)
    return True


def _with_token(platform_id: int, office: LmsCalendar, taken: _Taken, *, settings: Settings) -> str:
    good = token(platform_id, office, settings=settings, now=now())
    try:
        return _put(office, good, taken)
    except Rejected as err:
        if err.answered != 401:
            raise
        return _put(office, token(platform_id, office, is_refused=True, settings=settings, now=now()), taken)


def _put(office: LmsCalendar, good: str, taken: _Taken) -> str:
    """Bring the calendar to what is wanted. The id there, "" where nothing is."""
    remote_id = taken.remote_id
    if not remote_id and taken.is_uncertain:
        known = _known_of(taken)
        remote_id = next((id for id in office.find(good, taken.entry) if id not in known), "")
    if not taken.is_wanted:
        if remote_id:
            office.remove(good, remote_id)
        return ""
    if remote_id and office.change(good, remote_id, taken.entry):
        return remote_id
    return office.add(good, taken.entry)


def _take(platform_id: int) -> _Taken | None:
    with db.transaction() as session:
        row = session.execute(TAKE, {"platform": platform_id, "now": now(), "until": now() + TAKEN_FOR}).one_or_none()
    if row is None:
        return None
    return _Taken(
        id=row.id,
        version=row.version,
        remote_id=row.remote_id,
        is_uncertain=row.is_uncertain,
        is_wanted=row.is_wanted,
        attempts=row.attempts,
        entry=Entry(course=row.course, title=row.title, text=WORDS, at=row.at),
    )


def _known_of(taken: _Taken) -> set[str]:
    with db.transaction() as session:
        return set(session.scalars(KNOWN, {"id": taken.id}))


def _done(taken: _Taken, remote_id: str) -> None:
    with db.transaction() as session:
        session.execute(DONE, {"id": taken.id, "version": taken.version, "remote": remote_id, "now": now()})
        session.execute(GONE, {"id": taken.id, "version": taken.version})


def _later(taken: _Taken, problem: str, *, uncertain: bool) -> None:
    if taken.attempts + 1 >= MOST_ATTEMPTS:
        _fail(taken, problem, uncertain=uncertain)
        return
    wait = min(FIRST_WAIT * 2**taken.attempts, LONGEST_WAIT)
    with db.transaction() as session:
        session.execute(LATER, {"id": taken.id, "next": now() + wait, "problem": problem, "uncertain": uncertain})


def _fail(taken: _Taken, problem: str, *, uncertain: bool) -> None:
    values = {"id": taken.id, "version": taken.version, "problem": problem[:LONGEST_PROBLEM], "uncertain": uncertain}
    with db.transaction() as session:
        session.execute(FAIL, {**values, "now": now()})


def _is_broken(platform_id: int) -> bool:
    with db.transaction() as session:
        found = session.get(CalendarAccount, platform_id)
        return found is None or found.state != AccountState.CONNECTED


def _rest(platform_id: int, wait: timedelta) -> None:
    with db.transaction() as session:
        found = session.get(CalendarAccount, platform_id)
        if found is not None:
            found.rests_until = now() + min(wait, LONGEST_WAIT)


def due(at: datetime, *, limit: int) -> list[int]:
    """Platforms in whose calendar something is to be written."""
    with db.transaction() as session:
        return list(session.scalars(PLATFORMS, {"now": at, "limit": limit}))


# One that was taken before and never put back was in the hands of a worker that ended: whether the LMS has it, is open.
TAKE = text(
    """
    with next as (
        select id from calendar_entry
         where platform_id = :platform and state in ('waiting', 'sending') and next_attempt_at <= :now
         order by next_attempt_at, id
         limit 1
           for update skip locked
    )
    update calendar_entry e
       set is_uncertain = e.is_uncertain or (e.state = 'sending' and e.remote_id = ''),
           state = 'sending', next_attempt_at = :until
      from next
     where e.id = next.id
    returning e.*
    """
)
KNOWN = text(
    """
    select other.remote_id
      from calendar_entry mine
      join calendar_entry other on other.platform_id = mine.platform_id and other.course = mine.course
     where mine.id = :id and other.id <> mine.id and other.remote_id <> ''
    """
)
# What changed while it was sent goes once more, now with an id.
DONE = text(
    """
    update calendar_entry
       set remote_id = :remote, is_uncertain = false, attempts = 0, problem = '',
           state = case when version = :version then 'written' else 'waiting' end, next_attempt_at = :now
     where id = :id
    """
)
GONE = text("delete from calendar_entry where id = :id and version = :version and not is_wanted")
LATER = text(
    """
    update calendar_entry
       set state = 'waiting', attempts = attempts + 1, next_attempt_at = :next, problem = :problem,
           is_uncertain = :uncertain
     where id = :id
    """
)
FAIL = text(
    """
    update calendar_entry
       set state = case when version = :version then 'failed' else 'waiting' end, next_attempt_at = :now,
           problem = :problem, is_uncertain = :uncertain
     where id = :id
    """
)
PLATFORMS = text(
    """
    select distinct e.platform_id
      from calendar_entry e
      join calendar_account a on a.platform_id = e.platform_id
      join platform p on p.id = a.platform_id
     where e.state in ('waiting', 'sending') and e.next_attempt_at <= :now and a.state = 'connected'
       and p.state = 'active' and (a.rests_until is null or a.rests_until <= :now)
     limit :limit
    """
)
