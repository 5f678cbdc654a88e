"""
Sealing: once an exchange is over, nothing says any more who wrote which feedback. See docs/decisions.
"""

import logging
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Column, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool import journal
from lti_tool.db import Base
from lti_tool.exchange import queries, rules
from lti_tool.exchange.models import Exchange, Feedback, Offer, Regrade, SealedGiving, Sealing
from lti_tool.exchange.operations import pairing, settings

log = logging.getLogger(__name__)

# Ids of before lead nowhere: logs and backups know them, and whose they were. Times are those of a day.
OFFERS = text(
    """
    insert into exchange_offer (id, exchange_id, submission_id, reviewer_id, state, offered_at, lease_until, version,
                                reason, note, ended_at)
    select new.offer_id, o.exchange_id, o.submission_id, null, o.state, f.day, f.day, o.version, '', '', f.day
      from unnest(cast(:old as int[]), cast(:new_offers as int[])) as new (id, offer_id)
      join (select id, offer_id, date_trunc('day', given_at, 'UTC') as day from exchange_feedback) f on f.id = new.id
      join exchange_offer o on o.id = f.offer_id
    """
)
NEW_OFFERS = text("select nextval('exchange_offer_id_seq') from generate_series(1, :count)")
CUT = (
    # Staff's words about a person and who was kept for whom.
    "delete from exchange_pair where exchange_id = :exchange",
    "delete from exchange_pair_rule where exchange_id = :exchange",
    "delete from exchange_pairing_event where exchange_id = :exchange",
    # What staff did stays, and for whom; whose works it moved does not.
    "delete from exchange_repair where exchange_id = :exchange and kind = 'assigned'",
    "update exchange_repair set author_id = null, facts = facts - 'removed' where exchange_id = :exchange",
    "delete from exchange_reopening where exchange_id = :exchange and feedback_id is not null",
    """
    update exchange_extended d set leases = '{}' from exchange_extension e
     where e.id = d.extension_id and e.exchange_id = :exchange
    """,
    # Works are flagged by their reviewers, and messages by either side.
    """
    update exchange_flag g set by_id = null
     where g.exchange_id = :exchange
       and ((g.submission_id is not null and g.side_by_side_id is null)
            or exists (select from exchange_message m where m.id = g.message_id and m.side <> 'reviewer'))
    """,
    """
    update exchange_message m set writer_id = null, edited_at = null, sent_at = date_trunc('day', m.sent_at, 'UTC')
      from exchange_feedback f join exchange_offer o on o.id = f.offer_id
     where f.id = m.feedback_id and o.exchange_id = :exchange and m.side = 'reviewer'
    """,
    # Files that were given get ids that no log knows, and the time of a day; those beside drafts went with the offers.
    """
    update file_blob b set kept_at = date_trunc('day', b.kept_at, 'UTC')
      from exchange_feedback_file a join exchange_feedback f on f.id = a.feedback_id
      join exchange_offer o on o.id = f.offer_id
     where b.key = a.key and o.exchange_id = :exchange
    """,
    """
    update exchange_feedback_file a set id = exchange_feedback_file_new_id(), is_leaving = false
      from exchange_feedback f join exchange_offer o on o.id = f.offer_id
     where f.id = a.feedback_id and o.exchange_id = :exchange
    """,
    # Who compared what: under new ids in no order, and from no seed can the pairs be made again.
    """
    with gone as (
        delete from exchange_side_by_side p using exchange_comparing_round r
         where r.id = p.round_id and r.exchange_id = :exchange
        returning p.*
    ), kept as materialized (
        select each.*, nextval('exchange_side_by_side_id_seq') as new_id
          from (select * from gone where given_at is not null order by random()) as each
    ), flagged as (
        update exchange_flag g set side_by_side_id = kept.new_id from kept where kept.id = g.side_by_side_id
    )
    insert into exchange_side_by_side (id, round_id, left_id, right_id, left_version, right_version, picks, left_words,
                                       right_words, given_at, hidden_at)
    select new_id, round_id, left_id, right_id, left_version, right_version, picks, left_words, right_words,
           date_trunc('day', given_at, 'UTC'), date_trunc('day', hidden_at, 'UTC')
      from kept
    """,
    "update exchange_comparing_round set seed = 0 where exchange_id = :exchange",
    "delete from exchange_words_draft where exchange_id = :exchange and about like 'pair-%'",
    """
    delete from journal_entry
     where activity_id = :exchange
       and (act like 'offer.%' or particulars ?| array['feedback_id', 'offer_id', 'message_id', 'flag_id', 'pair_id'])
    """,
    """
    delete from notice
     where activity_id = :exchange
       and (kind in ('work_waits', 'work_taken_back', 'work_is_gone', 'still_apart')
            or facts ?| array['feedback_id', 'offer_id', 'message_id', 'flag_id'])
    """,
)


def tend_seal(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Close a sealed exchange that nobody closes, and seal one that was closed long enough ago."""
    if not exchange.is_sealed or exchange.sealing is not None:
        return
    if exchange.closure is None:
        dates = [each for each in (exchange.opens_at, exchange.submit_by, exchange.review_by) if each is not None]
        closes = rules.closes_itself_at(
            last_date=max(dates, default=None), last_given=queries.last_given_at(session, exchange)
        )
        if closes is not None and closes <= now:
            settings.close(session, exchange, by=None, now=now)
    elif exchange.closure.closed_at + rules.SEAL_AFTER <= now:
        seal(session, exchange, now=now)


def seal(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """
    Cut every way from a feedback to who wrote it. What was said stays, and how much each gave. For good.
    """
    pairing.hold(session, exchange)
    made = session.execute(
        insert(Sealing).values(exchange_id=exchange.id, at=now).on_conflict_do_nothing().returning(Sealing.exchange_id)
    ).one_or_none()
    if made is None:
        return
    _count(session, exchange)
    renamed = _rename(session, exchange)
    for statement in CUT:
        session.execute(text(statement), {"exchange": exchange.id})
    _rename_in_regrades(session, exchange, renamed)
    session.expire_all()
    journal.record(
        session, "exchange.sealed", course_id=exchange.course_id, person_id=None, activity_id=exchange.id, now=now
    )
    log.info("exchange %s sealed", exchange.id)


def _count(session: Session, exchange: Exchange) -> None:
    """How much each gave: all that grades need to know."""
    given = queries.given_in_offers(session, exchange)
    if given:
        session.execute(
            insert(SealedGiving),
            [{"exchange_id": exchange.id, "person_id": id, "given": count} for id, count in sorted(given.items())],
        )


def _rename(session: Session, exchange: Exchange) -> dict[int, int]:
    """Give each feedback, and its offer, a new id and no reviewer; other offers go. By old id of feedback: the new."""
    old = list(session.scalars(select(Feedback.id).join(Offer).where(Offer.exchange_id == exchange.id)))
    secrets.SystemRandom().shuffle(old)
    before = list(session.scalars(select(Offer.id).where(Offer.exchange_id == exchange.id)))
    new_offers = list(session.scalars(NEW_OFFERS, {"count": len(old)}))
    new = _drawn(len(old))
    if old:
        session.execute(OFFERS, {"old": old, "new_offers": new_offers})
        facts = {"old": old, "new": new, "new_offers": new_offers}
        session.execute(text(_copying_feedback()), facts)
        for column in _pointing_at(Feedback.__tablename__):
            session.execute(text(_following(column)), facts)
    # What hangs on an offer alone goes with it: drafts, copies of them, what a reviewer noted for themselves.
    session.execute(delete(Offer).where(Offer.id.in_(before)).execution_options(synchronize_session=False))
    return dict(zip(old, new, strict=True))


def _drawn(count: int) -> list[int]:
    """So many ids. Should one be taken, the transaction fails, and the next run draws others."""
    drawn: set[int] = set()
    while len(drawn) < count:
        drawn.add(1 + secrets.randbelow(2**31 - 1))
    return list(drawn)


def _copying_feedback() -> str:
    """The statement that copies every column of a feedback under its new id, with the time of a day."""
    changed = ("id", "offer_id", "given_at", "reviewer_heard_at")
    names = ", ".join(each.name for each in Feedback.__table__.columns if each.name not in changed)
    return f"""
        insert into exchange_feedback (id, offer_id, given_at, {names})
        select new.new_id, new.offer_id, date_trunc('day', f.given_at, 'UTC'), {names}
          from unnest(cast(:old as int[]), cast(:new as int[]), cast(:new_offers as int[]))
               as new (id, new_id, offer_id)
          join exchange_feedback f on f.id = new.id
    """  # noqa: S608 - made of the names of columns


def _pointing_at(table: str) -> Iterator[Column[int]]:
    """Every column of the database that names a row of *table*."""
    for other in Base.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table.name == table:
                yield key.parent


def _following(column: Column[int]) -> str:
    return f"""
        update {column.table.name} each set {column.name} = new.new_id
          from unnest(cast(:old as int[]), cast(:new as int[])) as new (id, new_id) where each.{column.name} = new.id
    """  # noqa: S608 - made of the names of tables and columns


def _rename_in_regrades(session: Session, exchange: Exchange, renamed: Mapping[int, int]) -> None:
    """A regrade says which review was left out, as plain JSON."""
    for row in session.scalars(select(Regrade).where(Regrade.exchange_id == exchange.id)):
        row.what = {
            name: renamed.get(value, value) if name in ("left_out", "counted_again") else value
            for name, value in row.what.items()
        }
    session.flush()
