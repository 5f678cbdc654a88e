"""
Whom an exchange tells what: acts become notices here, in one place.

A verb that is to tell somebody adds a line to :data:`TELLING`; facts are ids and counts, and nothing of
them tells an author and a reviewer who the other one is.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, TypeAlias

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lti_tool import db, jobs, notices
from lti_tool.clock import now as the_clock
from lti_tool.courses.models import Membership, Role
from lti_tool.exchange import queries, rules
from lti_tool.exchange.models import (
    Exchange,
    Feedback,
    FeedbackDraft,
    Flag,
    Message,
    Offer,
    Proposal,
    Repair,
    SecondLook,
    SideBySide,
    StaffReview,
    Submission,
    author_of,
    authored_by,
    with_authors,
)
from lti_tool.web.rooms import NoticeWords

Facts: TypeAlias = Mapping[str, Any]
Teller: TypeAlias = Callable[[Session, Exchange, Facts, datetime], None]


def act_done(session: Session, exchange: Exchange, act: str, particulars: Facts, *, now: datetime) -> None:
    """Tell those whom *act* concerns, if anybody."""
    teller = TELLING.get(act)
    if teller is not None:
        teller(session, exchange, particulars, now)


def tell(
    session: Session,
    exchange: Exchange,
    kind: str,
    people: Collection[int],
    *,
    now: datetime,
    key: str = "",
    **facts: Any,
) -> None:
    """Tell *people* something about this exchange, each once for each *key*."""
    if exchange.is_live:
        facts["live"] = True
    notices.tell(
        session,
        kind,
        course_id=exchange.course_id,
        activity_id=exchange.id,
        people=people,
        now=now,
        key=key,
        **facts,
    )


def grades_out(session: Session, exchange: Exchange, people: Collection[int], *, now: datetime) -> None:
    """Grades were released; one that follows new feedback later says nothing again."""
    tell(session, exchange, "grade_released", people, now=now)


def feedback_shown(session: Session, exchange: Exchange, people: Collection[int], *, now: datetime) -> None:
    """Feedback that waited is shown to its authors."""
    for author in sorted(people):
        for id in _received(session, exchange, author):
            tell(session, exchange, "feedback_received", [author], now=now, key=str(id), feedback_id=id)


def take_feedback_back(session: Session, exchange: Exchange, people: Collection[int]) -> None:
    """It waits again: what told of it goes."""
    notices.take_back(session, activity_id=exchange.id, kind="feedback_received", people=people)


def work_taken_back(session: Session, exchange: Exchange, another: Mapping[int, int | None], *, now: datetime) -> None:
    """
    Who was reading a work hears that its author took it back; *another* has by their offer the one they got instead.

    No act in the journal: what stands there shall not say who read whom.
    """
    for offer_id, reviewer in session.execute(select(Offer.id, Offer.reviewer_id).where(Offer.id.in_(another))).all():
        if reviewer is None:
            continue
        new = {"offer_id": another[offer_id]} if another[offer_id] is not None else {}
        tell(session, exchange, "work_taken_back", [reviewer], now=now, key=f"{offer_id} {now.isoformat()}", **new)


def work_is_gone(session: Session, exchange: Exchange, submission_id: int, *, now: datetime) -> None:
    """
    Who was reading a work whose author has just left hears that it is gone.

    Not that the author left: who left is often known, and whose work it was may be hidden.
    """
    readers = session.execute(
        select(Offer.id, Offer.reviewer_id)
        .outerjoin(FeedbackDraft, FeedbackDraft.offer_id == Offer.id)
        .where(
            Offer.submission_id == submission_id,
            Offer.reason == rules.AUTHOR_LEFT,
            Offer.ended_at == now,
            or_(Offer.lease_until > now, FeedbackDraft.offer_id.is_not(None)),
        )
    )
    for offer_id, reviewer in readers.all():
        if reviewer is not None:
            tell(session, exchange, "work_is_gone", [reviewer], now=now, key=f"{offer_id} {now.isoformat()}")


def rule_proposed(session: Session, exchange: Exchange, *, now: datetime) -> None:
    """Staff hear that there is something to answer, once a day however much it is."""
    tell(session, exchange, "rule_proposed", staff_of(session, exchange), now=now, key=now.date().isoformat())


def rule_answered(
    session: Session, exchange: Exchange, person: int, answer: str, *, proposal_id: int, now: datetime
) -> None:
    """Who proposed a rule hears what became of it."""
    tell(session, exchange, f"rule_{answer}", [person], now=now, key=str(proposal_id))


def learners_of(session: Session, exchange: Exchange) -> list[int]:
    """Who takes part in the course of an exchange."""
    return list(
        session.scalars(
            select(Membership.person_id).where(
                Membership.course_id == exchange.course_id,
                Membership.role == Role.LEARNER,
                Membership.staff_since.is_(None),
                ~Membership.is_test_user,
                Membership.left_at.is_(None),
            )
        )
    )


def staff_of(session: Session, exchange: Exchange) -> list[int]:
    """Who looks after it."""
    return list(
        session.scalars(
            select(Membership.person_id).where(
                Membership.course_id == exchange.course_id,
                Membership.role.in_([role for role in Role if role.is_staff]),
                Membership.staff_since.is_not(None),
                Membership.left_at.is_(None),
            )
        )
    )


ABOUT_RULES = ("rule_proposed", "rule_adopted", "rule_declined", "rule_hidden", "rule_stands")
"""Kinds that lead to the rules of the class."""
TO_STAFF = ("staff_answered", "staff_used", "staff_thanked")
"""Kinds that lead to a feedback by staff, and what became of it."""
ABOUT_A_REVIEW = (
    "reply_received",
    "lease_ends",
    "suggestion_used",
    "thanked",
    "unmasked",
    "work_taken_back",
    "review_reopened",
    "rewrite_asked",
    "look_again",
    "feedback_hidden",
    "feedback_stands",
    "message_hidden",
    "message_stands",
)
"""Kinds that lead to the review their reader gives; one about a message of its author to the feedback."""


LEADS_TO = {
    **dict.fromkeys(ABOUT_A_REVIEW, ("exchange.review", "offer_id")),
    **dict.fromkeys(TO_STAFF, ("exchange.staff_talk", "staff_review_id")),
    "flag_raised": ("exchange.show_flag", "flag_id"),
}
"""By kind: the page that a notice leads to, and which of its facts says of what."""
LEADS_FROM_THE_EXCHANGE_TO = {**dict.fromkeys(ABOUT_RULES, "exchange.together"), "still_apart": "exchange.flags"}
"""By kind: another page of the exchange than its first."""
PLACES = {
    **dict.fromkeys(
        ("feedback_received", "feedback_revised", "message_received", "message_hidden", "message_stands"),
        ("feedback-", "feedback_id"),
    ),
    "staff_wrote": ("staff-feedback-", "staff_review_id"),
}
"""By kind: the place on the page, ending in one of the facts."""


def words(kind: str, facts: Facts, *, activity_id: int) -> NoticeWords | None:
    """How a notice reads. None for one of a kind that there is no more."""
    if kind not in SENTENCES:
        return None
    values = {"id": activity_id}
    endpoint = LEADS_FROM_THE_EXCHANGE_TO.get(kind, "exchange.show")
    page, thing = LEADS_TO.get(kind, ("", ""))
    if isinstance(facts.get(thing), int):
        endpoint, values = page, values | {thing: facts[thing]}
    anchor = "flags" if kind == "flag_answered" else None
    place, thing = PLACES.get(kind, ("", ""))
    if thing in facts:
        anchor = f"{place}{facts[thing]}"
    return NoticeWords(sentence=SENTENCES[kind](facts), endpoint=endpoint, values=values, anchor=anchor)


# Who is told ---------------------------------------------------------------------------------------------------------


def _feedback_given(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    _tell_to_look_again(session, exchange, facts["feedback_id"], now=now)
    _offer_id, reviewer, authors = _sides_of(session, exchange, facts["feedback_id"])
    if reviewer is not None and exchange.option(rules.ReleaseOptions).when == rules.AFTER_GIVING:
        # Who has given enough sees what they got; what they were told before is not told again.
        feedback_shown(session, exchange, {reviewer} - set(queries.held_back(session, exchange, now=now)), now=now)
    held = queries.held_back(session, exchange, persons=authors, now=now)
    if authors := [each for each in authors if each not in held]:
        received = _received(session, exchange, authors[0])
        # The one that ends the waiting brings those that waited.
        for id in received if exchange.holds_back(len(received) - 1) else [facts["feedback_id"]]:
            tell(session, exchange, "feedback_received", authors, now=now, key=str(id), feedback_id=id)


def _feedback_replied(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    """A message in a thread is told to the other side; one by staff to both."""
    key, side = str(facts["message_id"]), facts["side"]
    offer_id, reviewer, authors = _sides_of(session, exchange, facts["feedback_id"])
    if reviewer is not None and side != rules.REVIEWER:
        tell(session, exchange, "reply_received", [reviewer], now=now, key=key, offer_id=offer_id)
    seeing = [each for each in authors if not queries.is_held_back(session, exchange, each, now=now)]
    if seeing and side != rules.AUTHOR:
        id = facts["feedback_id"]
        tell(session, exchange, "message_received", seeing, now=now, key=key, feedback_id=id)


def _feedback_revised(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    """The author of the work hears that feedback they can see says something else now."""
    _tell_to_look_again(session, exchange, facts["feedback_id"], now=now)
    _tell_if_still_apart(session, exchange, facts["feedback_id"], now=now)
    id = facts["feedback_id"]
    _offer_id, _reviewer, authors = _sides_of(session, exchange, id)
    seeing = [each for each in authors if not queries.is_held_back(session, exchange, each, now=now)]
    tell(session, exchange, "feedback_revised", seeing, now=now, key=f"{id} {now.isoformat()}", feedback_id=id)


def _tell_to_look_again(session: Session, exchange: Exchange, feedback_id: int, *, now: datetime) -> None:
    """Reviewers who see one work very differently hear of it, each once, unless they have looked again."""
    feedback = session.get_one(Feedback, feedback_id)
    others = queries.differing(session, exchange, feedback)
    for each in (feedback, *others) if others else ():
        if session.get(SecondLook, each.id) is None:
            _tell_reviewer(session, exchange, "look_again", {"feedback_id": each.id}, now=now)


def _looked_again(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    """Who stays with what they said may leave two reviewers apart; who revises says it in a moment."""
    look = session.get_one(SecondLook, facts["feedback_id"], populate_existing=True)
    if look.note:
        _tell_if_still_apart(session, exchange, look.feedback_id, now=now)


def _tell_if_still_apart(session: Session, exchange: Exchange, feedback_id: int, *, now: datetime) -> None:
    """Staff hear of a work that two reviewers have looked at again and still see very differently."""
    if session.get(SecondLook, feedback_id) is None:
        return
    for other in queries.differing(session, exchange, session.get_one(Feedback, feedback_id)):
        if session.get(SecondLook, other.id) is not None:
            key = " ".join(str(each) for each in sorted((feedback_id, other.id)))
            tell(session, exchange, "still_apart", staff_of(session, exchange), now=now, key=key)


def _flag_raised(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    """Staff hear of it at once; what one of them decides about without being asked is done already."""
    if not facts.get("is_staff"):
        id = facts["flag_id"]
        tell(session, exchange, "flag_raised", staff_of(session, exchange), now=now, key=str(id), flag_id=id)


def _flag_decided(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    """Whoever flagged it hears that staff decided; a reviewer who is to write anew hears of that."""
    _tell_its_writer(session, exchange, facts, now=now)
    flag = session.get_one(Flag, facts["flag_id"])
    key = f"{flag.id} {now.isoformat()}"
    if flag.by_id is not None and not flag.is_by_staff:
        tell(session, exchange, "flag_answered", [flag.by_id], now=now, key=key, flag_id=flag.id)
    if facts["decision"] == "rewrite" and flag.feedback_id is not None:
        offer_id, reviewer, _authors = _sides_of(session, exchange, flag.feedback_id)
        if reviewer is not None:
            tell(session, exchange, "rewrite_asked", [reviewer], now=now, key=key, offer_id=offer_id)


def _tell_its_writer(session: Session, exchange: Exchange, facts: Facts, *, now: datetime) -> None:
    """
    Whoever wrote what staff hide hears of it, and when it stands again.

    Of a flag after which all is as before they hear nothing: of feedback it could only be by its author.
    """
    flag = session.get_one(Flag, facts["flag_id"])
    becomes = {"hide": "hidden", "keep": "stands" if facts["changes"] else ""}.get(facts["decision"], "")
    writer, place = _writer_of(session, exchange, flag) if becomes else (None, {})
    if writer is not None:
        key = f"{flag.id} {now.isoformat()}"
        tell(session, exchange, f"{flag.kind}_{becomes}", [writer], now=now, key=key, **place)


def _writer_of(session: Session, exchange: Exchange, flag: Flag) -> tuple[int | None, Facts]:
    """Who of the class wrote what was flagged, where that can be hidden, and what leads them to it."""
    if flag.proposal_id is not None:
        return session.get_one(Proposal, flag.proposal_id).by_id, {}
    message = session.get_one(Message, flag.message_id) if flag.message_id is not None else None
    feedback_id = message.feedback_id if message is not None else flag.feedback_id
    if feedback_id is None or (message is not None and message.side == rules.STAFF):
        return None, {}
    offer_id, reviewer, _authors = _sides_of(session, exchange, feedback_id)
    if message is None or message.side == rules.REVIEWER:
        return reviewer, {"offer_id": offer_id}
    return message.writer_id, {"feedback_id": feedback_id}


def _used(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    _tell_reviewer(session, exchange, "suggestion_used", facts, now=now)


def _thanked(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    _tell_reviewer(session, exchange, "thanked", facts, now=now)


def _unmasked(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    _tell_reviewer(session, exchange, "unmasked", facts, now=now)


def _tell_reviewer(session: Session, exchange: Exchange, kind: str, facts: Facts, *, now: datetime) -> None:
    offer_id, reviewer, _authors = _sides_of(session, exchange, facts["feedback_id"])
    if reviewer is not None:
        tell(session, exchange, kind, [reviewer], now=now, key=str(facts["feedback_id"]), offer_id=offer_id)


def _received(session: Session, exchange: Exchange, author: int) -> Sequence[int]:
    """The feedback that an author got."""
    return session.scalars(
        select(Feedback.id)
        .join(Offer, Offer.id == Feedback.offer_id)
        .join(Submission, Submission.id == Offer.submission_id)
        .where(Submission.exchange_id == exchange.id, authored_by(exchange, author))
        .order_by(Feedback.id)
    ).all()


def _sides_of(session: Session, exchange: Exchange, feedback_id: int) -> tuple[int, int | None, Sequence[int]]:
    """The offer of a feedback, its reviewer, and the authors of the work."""
    row = session.execute(
        select(Offer.id, Offer.reviewer_id, Offer.submission_id)
        .join(Feedback, Feedback.offer_id == Offer.id)
        .where(Feedback.id == feedback_id)
    ).one()
    return row[0], row[1], queries.authors_of(session, exchange, row[2])


def _published(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    if exchange.windows.why_not_open(now) is None:
        tell(session, exchange, "opened", learners_of(session, exchange), now=now)


def _unpublished(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    notices.take_back(session, activity_id=exchange.id)


def _closed(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    if exchange.is_published:
        tell(session, exchange, "closed", learners_of(session, exchange), now=now, key=now.isoformat())
        people = _freed_by_closing(session, exchange, now)
        tell(session, exchange, "feedback_received", people, now=now, key="closed")


def _freed_by_closing(session: Session, exchange: Exchange, now: datetime) -> list[int]:
    """Whose feedback waited until now, and waits no more."""
    # It is closed by now, so nothing waits any more: asked is what did before.
    if not (exchange.can_hold_back or exchange.holds_back(1, is_closed=False)):
        return []

    @cache
    def is_freed(received: int, given: int, owed: int, is_released: bool) -> bool:
        # Of a large class few are in different places.
        waits = partial(exchange.waits, received=received, given=given, owed=owed, is_released=is_released, now=now)
        return waits(is_closed=False) is not None and waits(is_closed=True) is None

    found = queries.authors(session, exchange, now=now)
    return [
        each.person_id
        for each in found
        if each.received and is_freed(each.received, each.given, each.owed, each.is_released)
    ]


def _reopened(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    if exchange.windows.why_not_open(now) is None:
        tell(session, exchange, "reopened", learners_of(session, exchange), now=now, key=now.isoformat())


def _submitted(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    # Later, because finding them looks at the whole class while the author waits for an answer.
    # What is shown live waits for its time, and not for its reviewers.
    if (facts["version"] == 1 or facts.get("is_back")) and not exchange.is_live:
        jobs.defer(session, tell_waiting, exchange_id=exchange.id, submission_id=facts["submission_id"])


def _asked_to_read(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    repair = session.get_one(Repair, facts["repair_id"])
    tell(session, exchange, "asked_to_read", [repair.person_id], now=now, key=str(repair.id))


def _staff_reviewed(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    authors = session.scalars(
        with_authors(select(author_of(exchange)).select_from(Submission), exchange)
        .join(StaffReview, StaffReview.submission_id == Submission.id)
        .where(StaffReview.id == facts["staff_review_id"])
    )
    people = [author for author in authors if author is not None]
    tell(session, exchange, "staff_feedback", people, now=now, key=str(facts["staff_review_id"]))


def _staff_review_replied(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    """Who gave the feedback, and staff who joined, hear what its author says; the author hears what staff say."""
    id, key = facts["staff_review_id"], str(facts["said_id"])
    if facts["side"] == rules.STAFF:
        tell(session, exchange, "staff_wrote", _who_sees(session, exchange, id), now=now, key=key, staff_review_id=id)
        return
    tell(session, exchange, "staff_answered", _staff_about(session, exchange, id), now=now, key=key, staff_review_id=id)


def _staff_review_used(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    _tell_giver(session, exchange, "staff_used", facts, now=now)


def _staff_review_thanked(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    _tell_giver(session, exchange, "staff_thanked", facts, now=now)


def _tell_giver(session: Session, exchange: Exchange, kind: str, facts: Facts, *, now: datetime) -> None:
    """Whoever of the staff gave a feedback, as long as somebody is known to have."""
    id = facts["staff_review_id"]
    by = session.get_one(StaffReview, id).by_id
    if by is not None:
        tell(session, exchange, kind, [by], now=now, key=str(id), staff_review_id=id)


def _who_sees(session: Session, exchange: Exchange, staff_review_id: int) -> list[int]:
    """The authors of the work, but for those who are to look at it themselves first."""
    review = session.get_one(StaffReview, staff_review_id)
    authors = queries.authors_of(session, exchange, review.submission_id)
    return [each for each in authors if not queries.staff_waits(session, exchange, each)]


def _staff_about(session: Session, exchange: Exchange, staff_review_id: int) -> Collection[int]:
    """Who of the staff gave a feedback or wrote about it; all of them where nobody is known to have."""
    wrote = select(Message.writer_id).where(
        Message.staff_review_id == staff_review_id, Message.side == rules.STAFF, Message.writer_id.is_not(None)
    )
    found = {session.get_one(StaffReview, staff_review_id).by_id, *session.scalars(wrote)} - {None}
    here = set(staff_of(session, exchange))
    return {each for each in found if each in here} or here


def _excused(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    repair = session.get_one(Repair, facts["repair_id"])
    tell(session, exchange, "excused", [repair.person_id], now=now, key=str(repair.id))


def _comparing_begun(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    reviewers = session.scalars(select(SideBySide.reviewer_id).where(SideBySide.round_id == facts["round_id"]))
    people = {each for each in reviewers if each is not None}
    tell(session, exchange, "comparing_begun", people, now=now, key=str(facts["round_id"]))


def _compared(session: Session, exchange: Exchange, facts: Facts, now: datetime) -> None:
    """Both authors hear that there are words for them, once they may read some."""
    pair = session.get_one(SideBySide, facts["pair_id"])
    authors = [each for work in (pair.left_id, pair.right_id) for each in queries.authors_of(session, exchange, work)]
    held = queries.held_back(session, exchange, persons=authors, now=now)
    for author in authors:
        comparing = queries.comparing_of(session, exchange, author, is_waiting=author in held)
        if comparing is not None and comparing.reasons:
            tell(session, exchange, "compared", [author], now=now, key=str(pair.id))


def reviewing_begun(session: Session, exchange: Exchange) -> None:
    """Everybody who waited for the common beginning hears of it; later, for it may be a large class."""
    jobs.defer(session, tell_begun, exchange_id=exchange.id)


@jobs.task(name="exchange.tell_begun", queue="notices")
def tell_begun(exchange_id: int) -> None:
    """Tell those who have something to review that all begin now."""
    now = the_clock()
    with db.transaction() as session:
        exchange = session.get(Exchange, exchange_id)
        if exchange is not None and exchange.windows.is_open_at(now) and not exchange.is_live:
            tell(session, exchange, "work_waits", queries.who_owes(session, exchange), now=now, key="begun")


@jobs.task(name="exchange.tell_waiting", queue="notices")
def tell_waiting(exchange_id: int, submission_id: int) -> None:
    """Tell those who had nothing to review that a work has come."""
    now = the_clock()
    with db.transaction() as session:
        exchange = session.get(Exchange, exchange_id)
        if exchange is not None and exchange.windows.is_open_at(now):
            people = queries.who_waited_for(session, exchange, submission_id, now=now)
            tell(session, exchange, "work_waits", people, now=now, key=str(submission_id))


TELLING: Mapping[str, Teller] = {
    "work.submitted": _submitted,
    "repair.assigned": _asked_to_read,
    "staff_review.given": _staff_reviewed,
    "staff_review.replied": _staff_review_replied,
    "staff_review.used": _staff_review_used,
    "staff_review.thanked": _staff_review_thanked,
    "repair.excused": _excused,
    "feedback.given": _feedback_given,
    "feedback.replied": _feedback_replied,
    "feedback.revised": _feedback_revised,
    "suggestion.used": _used,
    "feedback.thanked": _thanked,
    "feedback.unmasked": _unmasked,
    "feedback.looked_again": _looked_again,
    "flag.raised": _flag_raised,
    "flag.decided": _flag_decided,
    "comparing.begun": _comparing_begun,
    "comparison.given": _compared,
    "exchange.published": _published,
    "exchange.unpublished": _unpublished,
    "exchange.closed": _closed,
    "exchange.reopened": _reopened,
}
"""By the act in the journal: who is told of it."""


# What they read ------------------------------------------------------------------------------------------------------


def _owed(facts: Facts) -> str:
    """What somebody owes, as :attr:`rules.Owed.facts` keeps it."""
    said = []
    if count := facts.get("count"):
        said.append(ngettext("You still owe one review.", "You still owe %(num)s reviews.", count))
    if facts.get("practise"):
        said.append(_("Before your first review you practise."))
    if pairs := facts.get("pairs"):
        said.append(
            ngettext("One pair of works is yours to compare.", "%(num)s pairs of works are yours to compare.", pairs)
        )
    if facts.get("assess"):
        said.append(_("You have not looked at your own work yet."))
    return " ".join(str(each) for each in said)


def _not_handed_in(facts: Facts) -> str:
    return str(_("You have not signed up yet.") if facts.get("live") else _("Your work is not handed in yet."))


def _work_is_late(facts: Facts) -> str:
    if facts.get("refused"):
        return str(_("The date has passed. If you need more time, ask your teacher."))
    return str(_("The date has passed; it is still welcome, and you can take part."))


def _no_readers(facts: Facts) -> str:
    count = facts.get("count", 1)
    if facts.get("live"):
        said = ngettext(
            "One presentation lacks reviewers, and no classmate took it.",
            "%(num)s presentations lack reviewers, and no classmate took them.",
            count,
        )
        return str(said)
    return str(
        ngettext(
            "One work lacks readers, and no classmate took it.",
            "%(num)s works lack readers, and no classmate took them.",
            count,
        )
    )


def _grades_failed(facts: Facts) -> str:
    count = facts.get("count", 1)
    return str(ngettext("One grade did not reach the gradebook.", "%(num)s grades did not reach the gradebook.", count))


def _taken_back(facts: Facts) -> str:
    if facts.get("live"):
        said = _("Somebody whose presentation you were to review took it back. What you wrote is still yours.")
        another = _("There is another presentation for you.")
    else:
        said = _("An author took back the work that you were reading. What you wrote is still yours.")
        another = _("There is another work for you.")
    return f"{said} {another}" if "offer_id" in facts else str(said)


def _alike(words: LazyString, live: LazyString) -> Callable[[Facts], str]:
    """A sentence, and how it reads where nothing is handed in."""
    return lambda facts: str(live if facts.get("live") else words)


SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "opened": _alike(
        lazy_gettext("It is open: you can hand in your work."),
        live=lazy_gettext("It is open: you can sign up to present."),
    ),
    "reopened": lambda facts: _("It is open again."),
    "closed": lambda facts: _("It is closed. You can still read and reply."),
    "feedback_received": _alike(
        lazy_gettext("There is new feedback on your work."),
        live=lazy_gettext("There is new feedback on your presentation."),
    ),
    "reply_received": lambda facts: _("Somebody you gave feedback to replied."),
    "message_received": lambda facts: _("There is a new message about feedback you received."),
    "suggestion_used": lambda facts: _("Your suggestion was used."),
    "thanked": lambda facts: _("Somebody you gave feedback to thanks you."),
    "unmasked": lambda facts: _("A teacher asked who wrote one of your feedbacks. Read why."),
    "comparing_begun": lambda facts: _("There are works for you to compare, two side by side."),
    "compared": lambda facts: _("Somebody who compared your work with another wrote to you."),
    "grade_released": lambda facts: _("Your grade is there."),
    "feedback_revised": _alike(
        lazy_gettext("A reviewer changed the feedback on your work."),
        live=lazy_gettext("A reviewer changed the feedback on your presentation."),
    ),
    "work_reopened": _alike(
        lazy_gettext("Your teacher lets you hand in your work once more."),
        live=lazy_gettext("Your teacher lets you sign up once more."),
    ),
    "review_reopened": lambda facts: _("Your teacher lets you change feedback that you gave."),
    "more_time": lambda facts: _("Your teacher gave you more time. Your own dates are there."),
    "time_taken_back": lambda facts: _("Your dates have changed. Please look at them again."),
    "work_waits": _alike(
        lazy_gettext("There is work for you to review now."),
        live=lazy_gettext("There is a presentation for you to review now."),
    ),
    "asked_to_read": _alike(
        lazy_gettext("Your teacher asks you to read one more work. It waits for you."),
        live=lazy_gettext("Your teacher asks you to review one more presentation. It waits for you."),
    ),
    "staff_feedback": lambda facts: _("Your teacher gave you feedback."),
    "staff_wrote": lambda facts: _("There is a new message about your teacher’s feedback."),
    "staff_answered": lambda facts: _("A student wrote about feedback that you or other staff gave."),
    "staff_used": lambda facts: _("A student used a suggestion of yours."),
    "staff_thanked": lambda facts: _("A student thanks you for your feedback."),
    "excused": lambda facts: _("Your teacher has excused you: you owe fewer reviews."),
    "work_taken_back": _taken_back,
    "work_is_gone": _alike(
        lazy_gettext("The work that you were reading is not in this exchange any more. What you wrote is still yours."),
        live=lazy_gettext(
            "The presentation that you were reviewing is not in this exchange any more. What you wrote is still yours."
        ),
    ),
    "flag_raised": lambda facts: _("Somebody asks you to look at something."),
    "flag_answered": lambda facts: _("Your teachers have decided about what you told them of."),
    "rewrite_asked": lambda facts: _("Your teacher asks you to write one of your feedbacks anew. Read why."),
    "feedback_hidden": lambda facts: _("Your teachers have hidden feedback that you gave. Read why."),
    "feedback_stands": lambda facts: _("Your teachers looked again at feedback that you gave: it stands as it is."),
    "message_hidden": lambda facts: _("Your teachers have hidden a message that you wrote. Read why."),
    "message_stands": lambda facts: _("A message of yours that your teachers had hidden is shown again."),
    "rule_hidden": lambda facts: _("Your teachers have hidden the rule of feedback that you proposed. Read why."),
    "rule_stands": lambda facts: _("The rule of feedback that you proposed is shown again."),
    "look_again": lambda facts: _(
        "Another reviewer sees a work that you reviewed very differently. Read their reasons, and look again."
    ),
    "still_apart": lambda facts: _(
        "Two reviewers have looked at a work again and still see it very differently. It needs you."
    ),
    "work_due": lambda facts: f"{_not_handed_in(facts)} {_('It is due within a day.')}",
    "work_overdue": lambda facts: f"{_not_handed_in(facts)} {_work_is_late(facts)}",
    "work_reminder": lambda facts: f"{_not_handed_in(facts)} {_('Your teacher asks you to do it.')}",
    "review_due": lambda facts: f"{_owed(facts)} {_('It is due within a day.')}",
    "review_overdue": lambda facts: f"{_owed(facts)} {_('The date has passed; what comes now is still welcome.')}",
    "lease_ends": _alike(
        lazy_gettext("The work you took goes to somebody else soon, unless you begin to write."),
        live=lazy_gettext("The presentation you took goes to somebody else soon, unless you begin to write."),
    ),
    "help_wanted": lambda facts: _("A classmate’s work still lacks feedback. If you have time, review one more."),
    "commitment": lambda facts: _("You wanted to have reviewed by now, or very soon."),
    "reminder": lambda facts: f"{_owed(facts)} {_('Your teacher asks everybody to finish what they owe.')}",
    "rule_proposed": lambda facts: _("Students propose rules of feedback. They wait for your answer."),
    "rule_adopted": lambda facts: _("The rule of feedback that you proposed is taken in."),
    "rule_declined": lambda facts: _("Your teacher has answered the rule of feedback that you proposed."),
    "grades_failed": _grades_failed,
    "no_readers": _no_readers,
}
