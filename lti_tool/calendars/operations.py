"""
Verbs: follow the dates of an activity; stop following a whole platform.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from flask_babel import force_locale
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.calendars.models import AccountState, CalendarAccount
from lti_tool.courses.models import Activity, Course, Deployment

LONGEST_TITLE = 250
SPOKEN = "en"


class Date(Protocol):
    """A date of an activity, for calendars outside."""

    @property
    def ref(self) -> str: ...

    @property
    def words(self) -> object: ...

    @property
    def at(self) -> datetime: ...


DatesOf = Callable[[Session, Activity], Sequence[Date]]


class Rooms:
    """Who knows the dates of an activity. The application tells, where parts meet."""

    def __init__(self) -> None:
        self._dates_of: DatesOf = lambda _session, _activity: ()

    def install(self, dates_of: DatesOf) -> None:
        """From now on, this one knows."""
        self._dates_of = dates_of

    def dates_of(self, session: Session, activity: Activity) -> Sequence[Date]:
        """The dates that learners of an activity may know."""
        return self._dates_of(session, activity)


rooms = Rooms()


def follow(session: Session, activity_id: int, dates: Sequence[Date], *, now: datetime) -> int | None:
    """
    Let the calendar of the LMS show just these *dates* of an activity, where its admin wants that.

    Writes down what is to be done and returns whose calendar it concerns, or None. ``jobs.follow`` also has
    it done. Where no calendar is connected this costs one statement.
    """
    place = session.execute(
        select(CalendarAccount.platform_id, Course.lms_id, Course.context_id)
        .join(Deployment, Deployment.platform_id == CalendarAccount.platform_id)
        .join(Course, Course.deployment_id == Deployment.id)
        .join(Activity, Activity.course_id == Course.id)
        .where(Activity.id == activity_id, CalendarAccount.state != AccountState.ASKED)
    ).one_or_none()
    if place is None or not (place.lms_id or place.context_id):
        return None
    values = {"platform": place.platform_id, "activity": activity_id, "now": now}
    session.execute(
        FOLLOW,
        {
            **values,
            "course": place.lms_id or place.context_id,
            "refs": [each.ref for each in dates],
            "titles": [_title(each.words) for each in dates],
            "moments": [each.at for each in dates],
        },
    )
    session.execute(LEAVE, {**values, "refs": [each.ref for each in dates]})
    return int(place.platform_id)


def retry(session: Session, platform_id: int, *, now: datetime) -> None:
    """Try again what the LMS would not have, and at once what waits."""
    session.execute(AGAIN, {"platform": platform_id, "now": now})


def listing(session: Session) -> list[dict[str, Any]]:
    """Every connected calendar, and how many dates stand there, wait, or were refused."""
    return [dict(row._mapping) for row in session.execute(LISTING)]


def _title(words: object) -> str:
    # Everybody in the course reads it, whoever changed the date and in whatever language.
    with force_locale(SPOKEN):
        said = str(words)
    return " ".join(said.replace("\x00", "").split())[:LONGEST_TITLE]


FOLLOW = text(
    """
    insert into calendar_entry as e (platform_id, activity_id, ref, course, title, at, state, next_attempt_at)
    select :platform, :activity, d.ref, :course, d.title, d.at, 'waiting', :now
      from unnest(cast(:refs as text[]), cast(:titles as text[]), cast(:moments as timestamptz[])) as d (ref, title, at)
    on conflict (activity_id, ref) do update
       set title = excluded.title, at = excluded.at, course = excluded.course, is_wanted = true,
           version = e.version + 1, attempts = 0, problem = '',
           next_attempt_at = case when e.state = 'sending' then e.next_attempt_at else excluded.next_attempt_at end,
           state = case when e.state = 'sending' then e.state else 'waiting' end
     where (e.title, e.at, e.course, e.is_wanted) is distinct from (excluded.title, excluded.at, excluded.course, true)
        or e.state = 'failed'
    """
)
# What never came to the calendar, and surely did not, needs no taking away.
LEAVE = text(
    """
    with gone as (
        delete from calendar_entry
         where activity_id = :activity and not ref = any(cast(:refs as text[]))
           and remote_id = '' and not is_uncertain and state <> 'sending'
    )
    update calendar_entry
       set is_wanted = false, version = version + 1, attempts = 0, problem = '',
           next_attempt_at = case when state = 'sending' then next_attempt_at else :now end,
           state = case when state = 'sending' then state else 'waiting' end
     where activity_id = :activity and not ref = any(cast(:refs as text[])) and is_wanted
       and (remote_id <> '' or is_uncertain or state = 'sending')
    """
)
AGAIN = text(
    """
    update calendar_entry set state = 'waiting', attempts = 0, problem = '', next_attempt_at = :now
     where platform_id = :platform and state in ('waiting', 'failed')
    """
)
LISTING = text(
    """
    select a.platform_id, a.state, a.problem, a.address, a.connected_at,
           count(e.id) filter (where e.state = 'written') as written,
           count(e.id) filter (where e.state in ('waiting', 'sending')) as waiting,
           count(e.id) filter (where e.state = 'failed') as failed
      from calendar_account a left join calendar_entry e on e.platform_id = a.platform_id
     group by a.platform_id
     order by a.platform_id
    """
)
