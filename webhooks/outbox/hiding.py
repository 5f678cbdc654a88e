"""
Names that were told and may be told no more: taken out of what is kept.

Whoever sends asks again all the same. What a receiver has already is its institution's to erase.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from webhooks.outbox.catalogue import catalogue


def names_hidden(session: Session, activity_id: int, now: datetime) -> None:
    """
    Of this activity, throw away messages with names that are hidden now, and all trace of what is told no more.

    A message that is sent, or sent again, is written anew without the name.
    """
    unnamed, untold = [], []
    for kind in catalogue.offered("standard"):
        if kind.names_in is None:
            continue
        may_name = kind.names_in(session, [activity_id]).get(activity_id)
        if may_name is None:
            untold.append(kind.act)
        elif not may_name:
            unnamed.append(kind.act)
    if untold:
        session.execute(DROP, {"activity": activity_id, "kinds": untold})
    if unnamed:
        session.execute(EMPTY, {"activity": activity_id, "kinds": unnamed})


def hide_everywhere(session: Session, *, now: datetime) -> None:
    """The same wherever a kept message names somebody: what was on its way in the moment of hiding is found here."""
    for activity_id in session.scalars(NAMING).all():
        names_hidden(session, activity_id, now)


DROP = text(
    """
    delete from webhook_delivery d using journal_entry j
     where j.id = d.entry_id and j.activity_id = :activity and d.kind = any(:kinds)
    """
)
EMPTY = text(
    """
    update webhook_delivery d set body = null, person_id = null
      from journal_entry j
     where j.id = d.entry_id and j.activity_id = :activity and d.kind = any(:kinds) and d.person_id is not null
    """
)
NAMING = text(
    """
    select distinct j.activity_id from webhook_delivery d join journal_entry j on j.id = d.entry_id
     where d.person_id is not null and j.activity_id is not null
    """
)
