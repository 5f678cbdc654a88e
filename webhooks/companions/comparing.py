"""
Who is complete and what is due when, compared with what a companion was last told: the difference is to be told.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lti_tool.courses.models import Activity, ResourceLink
from lti_tool.web.rooms import DueDate, Room, rooms
from webhooks.companions import rules
from webhooks.companions.models import Pairing, Telling


def compare(session: Session, pairing: Pairing, activity: Activity, *, now: datetime, moment: rules.Moment) -> None:
    """Write down what has changed in *activity* since its companion heard of it, and may be told at this *moment*."""
    room = rooms().get(activity.kind)
    if room is None:
        return
    links = session.execute(
        select(ResourceLink.id, ResourceLink.gone_at)
        .where(ResourceLink.activity_id == activity.id, ResourceLink.course_id == activity.course_id)
        .order_by(ResourceLink.id)
    ).all()
    places = [id for id, gone_at in links if gone_at is None]
    changes: list[dict[str, Any]] = []
    if pairing.tells_completion:
        changes += _completions(session, pairing, activity, room, links=places, moment=moment, now=now)
    if places:
        changes += _dates(session, pairing, activity, room, places=places)
    elif not links:
        # Without a place of its own, its dates stand at the course.
        changes += _dates(session, pairing, activity, room, places=[None])
    if changes:
        common = {"pairing": pairing.id, "activity": activity.id, "at": now}
        session.execute(CHANGE, [{**common, **each} for each in changes])


def _completions(
    session: Session,
    pairing: Pairing,
    activity: Activity,
    room: Room,
    *,
    links: Sequence[int],
    moment: rules.Moment,
    now: datetime,
) -> list[dict[str, Any]]:
    # Without a place in the LMS there is nothing to complete there.
    complete = room.completed(session, activity, now=now) if links else None
    if complete is None:
        return []
    told: dict[int, dict[int, str]] = {link: {} for link in links}
    for row in session.execute(
        select(Telling.link_id, Telling.person_id, Telling.completion).where(
            Telling.pairing_id == pairing.id,
            Telling.activity_id == activity.id,
            Telling.slot.is_not(None),
            Telling.completion != "",
        )
    ):
        if row.link_id in told:
            told[row.link_id][row.person_id] = row.completion
    changed = {link: rules.changed_completions(told[link], frozenset(complete)) for link in links}
    people = {person for of_link in changed.values() for person in of_link}
    if room.completes_in_company(session, activity) and not rules.may_tell_together(len(people), moment):
        return []
    # By their ids, whoever did something first.
    return [
        {
            "slot": f"completion:{link}:{person}",
            "link": link,
            "person": person,
            "completion": word,
            "entry": None,
        }
        for link in links
        for person, word in sorted(changed[link].items())
    ]


def _dates(
    session: Session, pairing: Pairing, activity: Activity, room: Room, *, places: Sequence[int | None]
) -> list[dict[str, Any]]:
    told = _told_dates(session, pairing, activity, places)
    wanted = _wanted_dates(session, activity, room, places) if pairing.tells_dates else {}
    gone = {
        (link, ref): {**entry, "starts_at": None}
        for (link, ref), entry in told.items()
        if entry["starts_at"] and (link, ref) not in wanted
    }
    changed = {of: entry for of, entry in {**wanted, **gone}.items() if told.get(of) != entry}
    return [
        {
            "slot": f"date:{activity.id}:{ref}",
            "link": link,
            "person": entry.get("person"),
            "completion": "",
            "entry": json.dumps(entry),
        }
        for (link, ref), entry in changed.items()
    ]


Dates = Mapping[tuple[int | None, str], dict[str, Any]]
"""By place, None for the course, and by ``ref``."""


def _told_dates(session: Session, pairing: Pairing, activity: Activity, places: Sequence[int | None]) -> Dates:
    rows = session.execute(
        select(Telling.link_id, Telling.entry).where(
            Telling.pairing_id == pairing.id,
            Telling.activity_id == activity.id,
            Telling.slot.is_not(None),
            Telling.completion == "",
        )
    )
    # What stood at the course before there was a place is taken back; what stood at a place that is gone went with it.
    return {(link, entry["ref"]): entry for link, entry in rows if entry and (link is None or link in places)}


def _wanted_dates(session: Session, activity: Activity, room: Room, places: Sequence[int | None]) -> Dates:
    dates: list[tuple[DueDate, int | None]] = [(each, None) for each in room.due_dates(session, activity)]
    for person_id, own in room.own_due_dates(session, activity).items():
        dates += [(each, person_id) for each in own]
    wanted = [(link, _date(activity, link, each, person_id)) for link in places for each, person_id in dates]
    return {(link, entry["ref"]): entry for link, entry in wanted}


def _date(activity: Activity, link: int | None, date: DueDate, person_id: int | None) -> dict[str, Any]:
    ref = "/".join(str(part) for part in (activity.public_id, link, date.ref) if part is not None)
    entry = {"ref": ref, "title": str(date.words), "starts_at": date.at.isoformat(), "slot": date.ref}
    return entry if person_id is None else {**entry, "ref": f"{ref}/{person_id}", "person": person_id}


CHANGE = text(
    """
    insert into companion_telling (pairing_id, slot, activity_id, link_id, person_id, at, completion, entry, state,
                                   next_attempt_at)
    values (:pairing, :slot, :activity, :link, :person, :at, :completion, cast(:entry as jsonb), 'waiting', :at)
    on conflict (pairing_id, slot) do update
       set key = gen_random_uuid(), at = excluded.at, completion = excluded.completion, entry = excluded.entry,
           state = 'waiting', attempts = 0, next_attempt_at = excluded.at, problem = ''
    """
)
