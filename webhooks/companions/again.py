"""
What the LMS would not have as things were there, told once more when they may be others.

States only, such as that somebody is complete: an act is for a log, and is written there at its time or not at all.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from lti_tool.lms.companion import OFF
from webhooks.companions import rules


def after_changes(session: Session, *, now: datetime) -> None:
    """Where the LMS has told of a change since: somebody is in the roster, a place or its course was changed."""
    _tell_once_more(session, is_night=False, now=now)


def at_night(session: Session, *, now: datetime) -> None:
    """Whether or not anything was told: not every LMS tells of its changes."""
    _tell_once_more(session, is_night=True, now=now)


def follow(session: Session, keys: Sequence[str], *, now: datetime) -> None:
    """The LMS has kept completions of *keys*: at the same places it now keeps those it kept none of."""
    session.execute(FOLLOW, {"keys": list(keys), "off": OFF, "now": now})


def _tell_once_more(session: Session, *, is_night: bool, now: datetime) -> None:
    values = {"is_night": is_night, "now": now, "since": now - rules.GIVE_UP_AFTER}
    session.execute(REFUSED, {**values, "passing": list(rules.PASSING), "most": rules.MOST_AGAINS})
    session.execute(PROBE, {**values, "off": OFF})


# Under another key: what was done, and came to nothing, is known to the LMS by the one before.
WAITING = "state = 'waiting', key = gen_random_uuid(), next_attempt_at = :now"
REFUSED = text(
    f"""
    update companion_telling t set {WAITING}, attempts = t.attempts + 1
     where t.state = 'refused' and t.slot is not null and t.attempts < :most
       and t.problem <> '' and t.problem = any(:passing)
       and exists (select from activity a
                     join course c on c.id = a.course_id
                     left join resource_link l on l.id = t.link_id
                     left join membership m on m.course_id = c.id and m.person_id = t.person_id
                    where a.id = t.activity_id
                      and (:is_night
                           or greatest(l.changed_at, c.told_at) > t.told_at
                           or m.in_roster and m.left_at is null and c.roster_synced_at > t.told_at))
    """  # noqa: S608 - our own words
)
# One of each place says whether completion is kept there now, and only in courses in which somebody does something.
PROBE = text(
    f"""
    update companion_telling set {WAITING}
     where id in (select last.id
                    from (select distinct on (t.link_id) t.id, t.link_id, t.activity_id, t.told_at
                            from companion_telling t
                           where t.state = 'told' and t.problem <> '' and t.problem = :off and t.link_id is not null
                           order by t.link_id, t.told_at desc, t.id) last
                    join activity a on a.id = last.activity_id
                    join course c on c.id = a.course_id
                    join resource_link l on l.id = last.link_id and l.gone_at is null
                   where greatest(l.changed_at, c.told_at) > last.told_at
                      or :is_night and exists (select from journal_entry j
                                                where j.course_id = c.id and j.at > :since))
    """  # noqa: S608 - our own words
)
FOLLOW = text(
    f"""
    update companion_telling t set {WAITING}
      from companion_telling kept
     where kept.key = any(cast(:keys as uuid[])) and kept.completion <> '' and t.link_id = kept.link_id
       and t.state = 'told' and t.problem = :off
    """  # noqa: S608 - our own words
)
