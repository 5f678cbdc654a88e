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
    changes: list[dict[str, Any]] = []
    if pairing.tells_completion:
        changes += _completions(session, pairing, activity, room, moment=moment, now=now)
    changes += _dates(session, pairing, activity, room)
    if changes:
        common = {"pairing": pairing.id, "activity": activity.id, "at": now}
        session.execute(CHANGE, [{**common, **each} for each in changes])


def _completions(
    session: Session, pairing: Pairing, activity: Activity, room: Room, *, moment: rules.Moment, now: datetime
) -> list[dict[str, Any]]:
    links = session.scalars(
        select(ResourceLink.id)
        .where(ResourceLink.activity_id == activity.id, ResourceLink.course_id == activity.course_id)
        .order_by(ResourceLink.id)
    ).all()
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


def _dates(session: Session, pairing: Pairing, activity: Activity, room: Room) -> list[dict[str, Any]]:
    told = _told_dates(session, pairing, activity)
    wanted = _wanted_dates(session, activity, room) if pairing.tells_dates else {}
    gone = {
        ref: {**entry, "starts_at": None} for ref, entry in told.items() if entry["starts_at"] and ref not in wanted
    }
    changed = {ref: entry for ref, entry in {**wanted, **gone}.items() if told.get(ref) != entry}
    return [
        {
            "slot": f"date:{activity.id}:{entry['ref']}",
            "link": None,
            "person": entry.get("person"),
            "completion": "",
            "entry": json.dumps(entry),
        }
        for entry in changed.values()
    ]


def _told_dates(session: Session, pairing: Pairing, activity: Activity) -> Mapping[str, dict[str, Any]]:
    entries: Sequence[dict[str, Any] | None] = session.scalars(
        select(Telling.entry).where(
            Telling.pairing_id == pairing.id,
            Telling.activity_id == activity.id,
            Telling.slot.is_not(None),
            Telling.completion == "",
        )
    ).all()
    return {entry["ref"]: entry for entry in entries if entry}


def _wanted_dates(session: Session, activity: Activity, room: Room) -> Mapping[str, dict[str, Any]]:
    wanted = [_date(activity, each) for each in room.due_dates(session, activity)]
    for person_id, dates in room.own_due_dates(session, activity).items():
        wanted += [_date(activity, each, person_id) for each in dates]
    return {each["ref"]: each for each in wanted}


def _date(activity: Activity, date: DueDate, person_id: int | None = None) -> dict[str, Any]:
    ref = f"{activity.public_id}/{date.ref}"
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
