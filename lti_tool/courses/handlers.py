"""
What courses and people make of events of the LMS.

Whom and what an event concerns is looked for within the platform it came from, whatever it says.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.orm import Session

from lti_tool.courses.jobs import ask_for_groups, ask_for_roster
from lti_tool.courses.listening import groups_moved
from lti_tool.courses.models import Course, Deployment, Enrolment, Membership, Person
from lti_tool.lms.events import CourseChanged, GroupsChanged, PersonChanged, PlaceChanged, RosterChanged


def roster_changed(session: Session, platform_id: int, events: Sequence[RosterChanged], now: datetime) -> None:
    """
    Ask the LMS for the roster of each course, once however many events tell of it.

    Who is in the course now is what counts, and an event may be hours old. One that names only an enrolment is of the
    course in which that enrolment was heard of; of one never heard of, the regular reading learns.
    """
    known = [each for each in events if each.course and each.enrolment]
    if known:
        told = {"courses": [each.course for each in known], "enrolments": [each.enrolment for each in known]}
        session.execute(ENROL, {"platform": platform_id, **told})
    nameless = {each.enrolment for each in events if not each.course} - {""}
    named = _with_roster(session, platform_id, {each.course for each in events})
    for course_id in sorted({*named, *_of_enrolments(session, platform_id, nameless)}):
        ask_for_roster(session, course_id)


def groups_changed(session: Session, platform_id: int, events: Sequence[GroupsChanged], now: datetime) -> None:
    """
    Move whom an event names, unless a younger event or launch told otherwise; else ask the LMS who is where.

    A course that is not named is for the rooms to find: only they know where groups matter.
    """
    moved: dict[int, set[int]] = {}
    for turn in _turns([each for each in events if each.is_member is not None and each.course and each.group]):
        for course_id, person_id in session.execute(REGROUP, _told_of_groups(platform_id, turn)):
            moved.setdefault(course_id, set()).add(person_id)
    for course_id, people in sorted(moved.items()):
        groups_moved.tell(session, course_id, sorted(people), now=now)
    for course_id in _with_roster(session, platform_id, {each.course for each in events if each.is_member is None}):
        ask_for_groups(session, course_id)


def course_changed(session: Session, platform_id: int, events: Sequence[CourseChanged], now: datetime) -> None:
    """Take over a course's title and whether it is over, unless a younger event or launch told otherwise."""
    _apply(session, RETITLE, platform_id, [(each.course, each.title, each.occurred_at) for each in events])
    ended = [
        (each.course, OVER if each.is_over else "runs", each.occurred_at) for each in events if each.is_over is not None
    ]
    _apply(session, END, platform_id, ended)


def place_changed(session: Session, platform_id: int, events: Sequence[PlaceChanged], now: datetime) -> None:
    """
    Note which of our places were changed, and which are no more there. Such a number is given to no other place.

    The time is ours and not the event's: what was tried before we heard of a change may be tried again.
    """
    for is_gone in (False, True):
        told = [each for each in events if each.is_gone == is_gone and each.course and each.link]
        if told:
            values = {"courses": [each.course for each in told], "links": [each.link for each in told]}
            session.execute(PLACE, {**values, "platform": platform_id, "is_gone": is_gone, "now": now})


def person_changed(session: Session, platform_id: int, events: Sequence[PersonChanged], now: datetime) -> None:
    """
    Take over somebody's name, unless a younger event, launch or list of people told another.

    Some LMSs only say that something of somebody changed: then the rosters of their courses know.
    """
    _apply(session, RENAME, platform_id, [(each.person, each.name, each.occurred_at) for each in events])
    nameless = {each.person for each in events if not each.name} - {""}
    if nameless:
        for course_id in session.scalars(_courses_of(platform_id, nameless)).all():
            ask_for_roster(session, course_id)


def _courses_of(platform_id: int, people: Collection[str]) -> Select[int]:
    """The courses whose rosters tell the name of one of *people* of a platform."""
    return (
        select(Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(Membership, Membership.course_id == Course.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Deployment.platform_id == platform_id,
            _is_called(Person.lms_id, Person.sub, people),
            Person.name != "",
            Membership.left_at.is_(None),
            Course.over_at.is_(None),
            Course.roster_url.is_not(None),
        )
        .distinct()
        .order_by(Course.id)
    )


def _with_roster(session: Session, platform_id: int, ids: Collection[str]) -> Sequence[int]:
    """Those courses of a platform, by its own ids, whose roster we may read."""
    rows = courses_called(platform_id, ids).where(Course.roster_url.is_not(None))
    return session.scalars(rows.order_by(Course.id)).all() if ids else ()


def _of_enrolments(session: Session, platform_id: int, enrolments: Collection[str]) -> Sequence[int]:
    """Those courses of a platform in which one of *enrolments* is, and whose roster we may read."""
    rows = (
        select(Enrolment.course_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform_id, Enrolment.lms_id.in_(enrolments), Course.roster_url.is_not(None))
    )
    return session.scalars(rows).all() if enrolments else ()


def courses_called(platform_id: int, ids: Collection[str], *, contexts: Collection[str] = ()) -> Select[int]:
    """The ids of those courses of a platform that it calls by one of *ids*, its own, or LTI by one of *contexts*."""
    rows = select(Course.id).join(Deployment, Deployment.id == Course.deployment_id)
    return rows.where(
        Deployment.platform_id == platform_id,
        _is_called(Course.lms_id, Course.context_id, set(ids) - {""}) | Course.context_id.in_(set(contexts) - {""}),
    )


def _turns(events: Sequence[GroupsChanged]) -> Iterator[list[GroupsChanged]]:
    """
    *events*, in parts of which none tells twice of the same person: one statement can write a row once.

    What tells of a whole group comes by itself.
    """
    turn: dict[tuple[str, str], GroupsChanged] = {}
    for each in events:
        key = (each.course, each.person)
        if turn and (key in turn or not each.person or any(not other for _, other in turn)):
            yield list(turn.values())
            turn = {}
        turn[key] = each
    if turn:
        yield list(turn.values())


def _told_of_groups(platform_id: int, events: Sequence[GroupsChanged]) -> dict[str, Any]:
    return {
        "platform": platform_id,
        "courses": [each.course for each in events],
        "people": [each.person for each in events],
        "groups": [each.group for each in events],
        "members": [each.is_member for each in events],
        "moments": [each.occurred_at for each in events],
    }


def _is_called(lms_id: Any, lti_id: Any, ids: Collection[str]) -> ColumnElement[bool]:
    """Where no launch told the LMS's own id, it is LTI's: some LMSs have one only."""
    return or_(lms_id.in_(ids), and_(lms_id == "", lti_id.in_(ids)))


def _apply(session: Session, statement: str, platform_id: int, told: Sequence[tuple[str, str, datetime]]) -> None:
    """The last word on each id, written in one statement; what says nothing is left out."""
    last = {id: (words, at) for id, words, at in told if id and words}
    if not last:
        return
    session.execute(
        text(statement),
        {
            "platform": platform_id,
            "ids": list(last),
            "words": [words for words, _ in last.values()],
            "moments": [at for _, at in last.values()],
        },
    )


OVER = "over"
# What tells the present words again changes none, and still is younger than what an older event told: so the moment is
# always kept. Launches and lists of people that changed nothing have left their moments elsewhere. LMSs tell the
# moments of events in whole seconds: of two within one, the one that came later is the younger.
TOLD = "unnest(cast(:ids as text[]), cast(:words as text[]), cast(:moments as timestamptz[])) as e (id, words, at)"
RETITLE = f"""
    update course c set title = e.words, told_at = e.at
      from {TOLD}, deployment d
     where d.platform_id = :platform and d.id = c.deployment_id
       and (c.lms_id = e.id or c.lms_id = '' and c.context_id = e.id)
       and (c.told_at is null or c.told_at <= e.at)
       and not exists (select from membership m
                        where m.course_id = c.id and m.launched_at >= e.at + interval '1 second')
"""  # noqa: S608 - our own words
RENAME = f"""
    update person p set name = e.words, told_at = e.at
      from {TOLD}, deployment d
     where d.platform_id = :platform and d.id = p.deployment_id and (p.lms_id = e.id or p.lms_id = '' and p.sub = e.id)
       and (p.told_at is null or p.told_at <= e.at) and p.name <> ''
       and not exists (select from membership m join course c on c.id = m.course_id
                        where m.person_id = p.id
                          and greatest(m.launched_at, case when m.in_roster then c.roster_synced_at end)
                              >= e.at + interval '1 second')
"""  # noqa: S608 - our own words
END = f"""
    update course c set over_at = case when e.words = '{OVER}' then e.at end, over_told_at = e.at
      from {TOLD}, deployment d
     where d.platform_id = :platform and d.id = c.deployment_id
       and (c.lms_id = e.id or c.lms_id = '' and c.context_id = e.id)
       and (c.over_told_at is null or c.over_told_at <= e.at)
"""  # noqa: S608 - our own words
ENROL = text(
    """
    insert into course_enrolment (course_id, lms_id)
    select distinct c.id, e.enrolment
      from unnest(cast(:courses as text[]), cast(:enrolments as text[])) as e (course, enrolment),
           deployment d, course c
     where d.platform_id = :platform and d.id = c.deployment_id
       and (c.lms_id = e.course or c.lms_id = '' and c.context_id = e.course)
     order by c.id, e.enrolment
        on conflict do nothing
    """
)
PLACE = text(
    """
    update resource_link l
       set changed_at = :now, gone_at = case when :is_gone then coalesce(l.gone_at, :now) else l.gone_at end
      from unnest(cast(:courses as text[]), cast(:links as text[])) as e (course, link), deployment d, course c
     where d.platform_id = :platform and d.id = c.deployment_id
       and (c.lms_id = e.course or c.lms_id = '' and c.context_id = e.course)
       and l.course_id = c.id and l.lti_id = e.link
    """
)
# A launch tells all groups of a person, as they were at its moment; LMSs tell moments of events in whole seconds.
REGROUP = text(
    """
    update membership m
       set groups = case when not e.is_member then m.groups - e.grp
                         when m.groups @> to_jsonb(e.grp) then m.groups
                         else m.groups || to_jsonb(e.grp) end,
           groups_told = m.groups_told || jsonb_build_object(e.grp, e.at)
      from unnest(cast(:courses as text[]), cast(:people as text[]), cast(:groups as text[]),
                  cast(:members as boolean[]), cast(:moments as timestamptz[]))
           as e (course, person, grp, is_member, at),
           deployment d, course c, person p
     where d.platform_id = :platform and d.id = c.deployment_id
       and (c.lms_id = e.course or c.lms_id = '' and c.context_id = e.course)
       and p.deployment_id = d.id
       and (e.person = '' or p.lms_id = e.person or p.lms_id = '' and p.sub = e.person)
       and m.course_id = c.id and m.person_id = p.id
       and (m.launched_at is null or m.launched_at < e.at + interval '1 second')
       and (not m.groups_told ? e.grp or cast(m.groups_told ->> e.grp as timestamptz) <= e.at)
    returning m.course_id, m.person_id
    """
)
