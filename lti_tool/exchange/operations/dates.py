"""
Staff give somebody time of their own: later dates, or a work or review opened once more. Each can be taken back.
"""

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from lti_tool.exchange import errors, notices, queries, rules
from lti_tool.exchange.models import Exchange, Extended, Extension, Offer
from lti_tool.exchange.operations import acts, pairing
from lti_tool.exchange.rules import OwnDates

log = logging.getLogger(__name__)


def extend(
    session: Session,
    exchange: Exchange,
    *,
    people: Collection[int],
    submit_by: datetime | None,
    review_by: datetime | None,
    reason: str,
    by: int,
    now: datetime,
) -> Extension:
    """
    Give *people* later dates, for a reason. What they have in hand to review stays theirs until then.

    Nobody but they themselves and staff learn of it. Raises :class:`errors.DatesRefused` for dates that are
    no later ones.
    """
    problem = rules.why_no_later(exchange.windows, OwnDates(submit_by=submit_by, review_by=review_by))
    if problem is not None:
        raise errors.DatesRefused(*problem)
    reason = acts.required_reason(reason)
    known = {person.id for person in queries.learners(session, exchange)}
    if not people:
        raise errors.NobodyChosen
    if not known.issuperset(people):
        raise errors.NoSuchPerson
    # Before any row, as everybody who takes both.
    pairing.hold(session, exchange)
    before = queries.calendar_of(session, exchange)
    extension = Extension(
        exchange_id=exchange.id, submit_by=submit_by, review_by=review_by, reason=reason, by_id=by, at=now
    )
    extension.people = [Extended(person_id=id, leases={}) for id in sorted(people)]
    session.add(extension)
    session.flush()
    session.refresh(exchange, ["has_own_dates"])
    _move_leases(session, exchange, extension, before=before)
    acts.record(
        session, exchange, "extension.given", by=by, now=now, extension_id=extension.id, learner_ids=sorted(people)
    )
    notices.tell(session, exchange, "more_time", sorted(people), now=now, key=str(extension.id))
    log.info("extension %s given in exchange %s to %s people", extension.id, exchange.id, len(people))
    return extension


def take_back_extension(
    session: Session, exchange: Exchange, *, extension_id: int, by: int, now: datetime, person: int | None = None
) -> None:
    """
    Everybody's dates hold again for those who have this extension, or for one *person* of them.

    Works that were kept for them are kept as long as they were before. Doing so twice does it once.
    """
    pairing.hold(session, exchange)
    extension = session.scalars(
        select(Extension)
        .where(Extension.id == extension_id, Extension.exchange_id == exchange.id)
        .options(selectinload(Extension.people))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if extension is None or (person is not None and person not in {each.person_id for each in extension.people}):
        raise errors.NoSuchExtension
    ended = [each for each in extension.people if each.taken_back_at is None and person in (None, each.person_id)]
    for each in ended:
        each.taken_back_at, each.taken_back_by_id = now, by
    session.flush()
    if not ended:
        return
    calendar = queries.calendar_of(session, exchange)
    for each in ended:
        _put_leases_back(session, exchange, each, calendar.of(each.person_id))
    acts.record(
        session,
        exchange,
        "extension.taken_back",
        by=by,
        now=now,
        extension_id=extension.id,
        learner_ids=[each.person_id for each in ended],
    )
    notices.tell(
        session,
        exchange,
        "time_taken_back",
        [each.person_id for each in ended],
        now=now,
        key=f"{extension.id} {now.isoformat()}",
    )


def _move_leases(session: Session, exchange: Exchange, extension: Extension, *, before: queries.Calendar) -> None:
    """Let people keep what they have in hand until their own date, and remember how long it was theirs before."""
    after = queries.calendar_of(session, exchange)
    rows = {each.person_id: each for each in extension.people}
    for offer in queries.open_offers_of(session, exchange, list(rows), lock=True):
        row = rows[offer.reviewer_id or 0]
        longer = rules.lease_with(offer.lease_until, before.of(row.person_id), after.of(row.person_id))
        if longer != offer.lease_until:
            row.leases = {**row.leases, str(offer.id): offer.lease_until.isoformat()}
            offer.lease_until = longer
    session.flush()


def _put_leases_back(session: Session, exchange: Exchange, row: Extended, windows: rules.Windows) -> None:
    """Unless what they wrote since, or another extension, keeps the work for longer."""
    rows = select(Offer).where(
        Offer.id.in_([int(id) for id in row.leases]),
        Offer.exchange_id == exchange.id,
        Offer.state.in_(rules.OPEN_STATES),
    )
    for offer in session.scalars(
        rows.options(joinedload(Offer.draft)).with_for_update(of=Offer).execution_options(populate_existing=True)
    ):
        was = datetime.fromisoformat(row.leases[str(offer.id)])
        by_draft = was
        if offer.draft is not None:
            by_draft = offer.draft.saved_at + exchange.windows.lease_at(offer.draft.saved_at)
        own = windows.review_by if windows.review_by != exchange.review_by else None
        offer.lease_until = min(offer.lease_until, max(each for each in (was, by_draft, own) if each is not None))
    session.flush()
