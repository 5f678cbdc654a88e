"""
One person's words in exchanges: handed out to them, and forgotten.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session, selectinload

from lti_tool import files
from lti_tool.exchange.models import (
    Appraisal,
    CharterConsent,
    Commitment,
    DraftCopy,
    Example,
    Exchange,
    Exclusion,
    Excusal,
    Extended,
    Extension,
    Feedback,
    FeedbackDraft,
    FeedbackFile,
    FeedbackRelease,
    FeedbackRevision,
    Flag,
    GradeOverride,
    Introduction,
    Mark,
    Message,
    Offer,
    PairRule,
    PlannedPair,
    Presentation,
    Proposal,
    ProposalSupport,
    Release,
    Reopening,
    Repair,
    SealedGiving,
    Seat,
    SelfAssessment,
    SideBySide,
    StaffReview,
    Submission,
    SubmissionFile,
    Takeaway,
    Team,
    TeamMember,
    Template,
    Thanks,
    Trial,
    Unmasking,
    Withdrawal,
    WordsDraft,
    WorkVersion,
)
from lti_tool.exchange.operations import leave_all, pairing
from lti_tool.exchange.operations.staff_reviews import about
from lti_tool.exchange.rules import OPEN_STATES, Note, OfferState


def export_person(session: Session, person_id: int) -> dict[str, Any]:
    """Everything a person wrote in exchanges, and the feedback and grades they got, as plain facts."""
    return {
        "work": [_work(each, _versions(session, each)) for each in _works(session, person_id)],
        "presentations": [
            {"exchange": exchange, "held_at": held_at.isoformat() if held_at else None, "place": place}
            for exchange, held_at, place in session.execute(
                select(Submission.exchange_id, Presentation.held_at, Presentation.place)
                .join(Presentation, Presentation.submission_id == Submission.id)
                .where(_is_theirs(person_id))
                .order_by(Submission.id)
            )
        ],
        "feedback_given": [_feedback(each) for each in _given(session, person_id)],
        "feedback_received": [_feedback(each) for each in _received(session, person_id)],
        "taken_from_reviews": [
            {"body": each.body, "at": each.noted_at.isoformat()}
            for each in session.scalars(
                select(Takeaway).join(Offer, Offer.id == Takeaway.offer_id).where(Offer.reviewer_id == person_id)
            )
        ],
        "grades": [
            {"exchange": each.exchange_id, "score": each.score, "maximum": each.maximum, "at": each.at.isoformat()}
            for each in session.scalars(select(Release).where(Release.person_id == person_id))
        ],
        "messages": [
            {
                "exchange_feedback": each.feedback_id,
                "staff_review": each.staff_review_id,
                "body": each.body,
                "sent_at": each.sent_at.isoformat(),
            }
            for each in session.scalars(select(Message).where(Message.writer_id == person_id).order_by(Message.id))
        ],
        "flags": [
            {"exchange": each.exchange_id, "reason": each.reason, "words": each.words, "at": each.at.isoformat()}
            for each in session.scalars(select(Flag).where(Flag.by_id == person_id).order_by(Flag.id))
        ],
        "charters": [
            {"exchange": each.exchange_id, "rules": each.rules, "at": each.at.isoformat()}
            for each in session.scalars(select(CharterConsent).where(CharterConsent.person_id == person_id))
        ],
        "grades_by_hand": [
            {"exchange": each.exchange_id, "part": each.part, "reason": each.reason, "at": each.at.isoformat()}
            for each in session.scalars(
                select(GradeOverride).where(GradeOverride.person_id == person_id).order_by(GradeOverride.id)
            )
        ],
        "reviews_not_counted": [
            {"feedback_received_at": given_at.isoformat(), "reason": reason}
            for given_at, reason in session.execute(
                select(Feedback.given_at, Exclusion.reason)
                .join(Exclusion, Exclusion.feedback_id == Feedback.id)
                .join(Offer, Offer.id == Feedback.offer_id)
                .join(Submission, Submission.id == Offer.submission_id)
                .where(_is_theirs(person_id))
                .order_by(Feedback.id)
            )
        ],
        "names_offered": [
            {"exchange_feedback": id, "at": at.isoformat()} for id, at in _names_offered(session, person_id)
        ],
        "excused": [
            {"exchange": each.exchange_id, "owes": each.owes, "why": each.why, "at": each.at.isoformat()}
            for each in session.scalars(select(Excusal).where(Excusal.person_id == person_id))
        ],
        "reviews_by_staff": [
            _staff_review(each)
            for each in session.scalars(
                select(StaffReview)
                .join(Submission, Submission.id == StaffReview.submission_id)
                .where(_is_theirs(person_id))
                .options(selectinload(StaffReview.marks))
                .order_by(StaffReview.id)
            )
        ],
        "reviews_as_staff": [
            _staff_review(each)
            for each in session.scalars(
                select(StaffReview)
                .where(StaffReview.by_id == person_id)
                .options(selectinload(StaffReview.marks))
                .order_by(StaffReview.id)
            )
        ],
        "repairs_about_them": [
            {"exchange": each.exchange_id, "kind": each.kind, "at": each.at.isoformat()}
            for each in session.scalars(
                select(Repair)
                .where(or_(Repair.person_id == person_id, Repair.author_id == person_id))
                .order_by(Repair.id)
            )
        ],
        "groups": [
            {"exchange": exchange, "group": name, "joined_at": at.isoformat()}
            for exchange, name, at in session.execute(
                select(TeamMember.exchange_id, Team.name, TeamMember.joined_at)
                .join(Team, Team.id == TeamMember.team_id)
                .where(TeamMember.person_id == person_id)
                .order_by(TeamMember.exchange_id)
            )
        ],
        "feedback_given_in_sealed_exchanges": [
            {"exchange": each.exchange_id, "count": each.given}
            for each in session.scalars(select(SealedGiving).where(SealedGiving.person_id == person_id))
        ],
        "asked_who_wrote_it": [
            {"exchange_feedback": each.feedback_id, "reason": each.reason, "at": each.at.isoformat()}
            for each in session.scalars(select(Unmasking).where(Unmasking.by_id == person_id).order_by(Unmasking.id))
        ],
        "rules_proposed": [
            {
                "exchange": each.exchange_id,
                "rule": each.rule,
                "answer": each.answer,
                "words": each.words,
                "at": each.at.isoformat(),
            }
            for each in session.scalars(select(Proposal).where(Proposal.by_id == person_id).order_by(Proposal.id))
        ],
        "rules_supported": [
            {"exchange": each.exchange_id, "rule": each.rule, "at": at.isoformat()}
            for each, at in session.execute(
                select(Proposal, ProposalSupport.at)
                .join(ProposalSupport, ProposalSupport.proposal_id == Proposal.id)
                .where(ProposalSupport.person_id == person_id)
                .order_by(Proposal.id)
            )
        ],
        "templates": [
            {"name": each.name, "settings": each.recipe, "at": each.at.isoformat()}
            for each in session.scalars(
                select(Template)
                .where(or_(Template.owner_id == person_id, Template.by_id == person_id))
                .order_by(Template.id)
            )
        ],
        "commitments": [
            {"exchange": each.exchange_id, "by": each.by.isoformat(), "set_at": each.set_at.isoformat()}
            for each in session.scalars(select(Commitment).where(Commitment.person_id == person_id))
        ],
        "self_assessments": [
            {
                "exchange": exchange_id,
                "assessed_at": each.assessed_at.isoformat() if each.assessed_at else None,
                "passed_over_at": each.passed_over_at.isoformat() if each.passed_over_at else None,
                **each.words,
            }
            for exchange_id, each in session.execute(
                select(Submission.exchange_id, SelfAssessment)
                .join(SelfAssessment, SelfAssessment.submission_id == Submission.id)
                .where(_is_theirs(person_id))
                .order_by(Submission.id)
            )
        ],
        "tries_at_examples": [
            {"exchange": exchange_id, "number": each.number, "given_at": each.given_at.isoformat(), **each.words}
            for exchange_id, each in session.execute(
                select(Example.exchange_id, Trial)
                .join(Trial, Trial.example_id == Example.id)
                .where(Trial.person_id == person_id)
                .order_by(Trial.id)
            )
        ],
        "comparisons_given": [
            {
                "given_at": each.given_at.isoformat() if each.given_at else None,
                "picks": each.picks,
                "to_one": each.left_words,
                "to_the_other": each.right_words,
            }
            for each in session.scalars(
                select(SideBySide)
                .where(SideBySide.reviewer_id == person_id, SideBySide.given_at.is_not(None))
                .order_by(SideBySide.id)
            )
        ],
        "comparisons_received": _compared(session, person_id),
        "words_being_written": [
            {
                "exchange": each.exchange_id,
                "about": each.about,
                "at": each.saved_at.isoformat(),
                **each.words,
                **({"in_other_tabs": each.others} if each.others else {}),
            }
            for each in session.scalars(
                select(WordsDraft)
                .where(WordsDraft.person_id == person_id)
                .order_by(WordsDraft.exchange_id, WordsDraft.about)
            )
        ],
        "more_time": _more_time(session, person_id),
        "opened_once_more": [
            {
                "exchange": each.exchange_id,
                "what": "work" if each.feedback_id is None else "feedback",
                "until": each.until.isoformat(),
                "reason": each.reason,
                "at": each.at.isoformat(),
                "taken_back_at": each.ended_at.isoformat() if each.ended_at else None,
            }
            for each in session.scalars(
                select(Reopening).where(Reopening.person_id == person_id).order_by(Reopening.id)
            )
        ],
    }


def _more_time(session: Session, person_id: int) -> list[dict[str, Any]]:
    """The later dates that a person got, and why."""
    rows = session.execute(
        select(Extension, Extended.taken_back_at)
        .join(Extended, Extended.extension_id == Extension.id)
        .where(Extended.person_id == person_id)
        .order_by(Extension.id)
    )
    return [
        {
            "exchange": each.exchange_id,
            "submit_by": each.submit_by.isoformat() if each.submit_by else None,
            "review_by": each.review_by.isoformat() if each.review_by else None,
            "reason": each.reason,
            "at": each.at.isoformat(),
            "taken_back_at": taken_back_at.isoformat() if taken_back_at else None,
        }
        for each, taken_back_at in rows
    ]


def _names_offered(session: Session, person_id: int) -> list[tuple[int, datetime]]:
    """The feedback whose other side a person, or their group, offered their name to, and when."""
    rows = session.execute(
        select(Introduction, _is_theirs(person_id), Offer.reviewer_id == person_id)
        .join(Feedback, Feedback.id == Introduction.feedback_id)
        .join(Offer, Offer.id == Feedback.offer_id)
        .join(Submission, Submission.id == Offer.submission_id)
        .where(or_(_is_theirs(person_id), Offer.reviewer_id == person_id))
        .order_by(Introduction.feedback_id)
    )
    return [
        (each.feedback_id, at)
        for each, is_author, is_reviewer in rows
        for is_mine, at in ((is_author, each.author_at), (is_reviewer, each.reviewer_at))
        if is_mine and at is not None
    ]


def forget_person(session: Session, person_id: int, *, now: datetime, storage: files.Storage) -> None:
    """
    Erase a person's work, files, drafts, messages and what they decided about feedback, and their grades here.

    Feedback they gave stays with those who got it, for their learning and grades rest on it,
    but nothing says any more whose it was. Its files go: a voice or a hand would. So do files in what they got, for
    these may hold their work.
    """
    leave_all(session, person_id, now=now)
    _forget_seats(session, person_id, now=now)
    _forget_files_of_feedback(session, person_id, storage=storage)
    for work in _works(session, person_id):
        for file in session.scalars(select(SubmissionFile).where(SubmissionFile.submission_id == work.id)).all():
            storage.remove(session, file.key)
            session.delete(file)
        session.flush()
        session.expire(work, ["files"])
        # That there were versions stays, for offers tell which of them they are about; their words do not.
        session.execute(
            update(WorkVersion)
            .where(WorkVersion.submission_id == work.id)
            .values(body="", beside={}, note="", file_ids=[])
        )
        session.execute(delete(Presentation).where(Presentation.submission_id == work.id))
        session.execute(delete(Withdrawal).where(Withdrawal.submission_id == work.id))
        work.beside = {}
        work.draft = work.body = ""
        work.author_id = None
        session.execute(delete(DraftCopy).where(DraftCopy.submission_id == work.id))
        session.execute(delete(SelfAssessment).where(SelfAssessment.submission_id == work.id))
        session.execute(
            delete(WordsDraft).where(WordsDraft.exchange_id == work.exchange_id, WordsDraft.about == about(work.id))
        )
        _forget_what_became_of_feedback(session, work)
        _erase_quotes(session, work)
    offers = select(Offer.id).where(Offer.reviewer_id == person_id)
    session.execute(delete(DraftCopy).where(DraftCopy.offer_id.in_(offers)))
    session.execute(delete(FeedbackDraft).where(FeedbackDraft.offer_id.in_(offers)))
    session.execute(delete(Takeaway).where(Takeaway.offer_id.in_(offers)))
    session.execute(
        update(Offer)
        .where(Offer.reviewer_id == person_id, Offer.state.in_(OPEN_STATES))
        .values(state=OfferState.EXPIRED, ended_at=now)
    )
    given = select(Feedback.id).join(Offer).where(Offer.reviewer_id == person_id)
    session.execute(delete(FeedbackRevision).where(FeedbackRevision.feedback_id.in_(given)))
    session.execute(delete(Introduction).where(Introduction.feedback_id.in_(given)))
    session.execute(delete(Unmasking).where(Unmasking.feedback_id.in_(given)))
    session.execute(update(Offer).where(Offer.reviewer_id == person_id).values(reviewer_id=None, note=""))
    session.execute(delete(PairRule).where(or_(PairRule.reviewer_id == person_id, PairRule.author_id == person_id)))
    # Messages and flags of theirs, and nobody else's: a thread keeps what the other side said.
    session.execute(delete(Message).where(Message.writer_id == person_id))
    session.execute(update(Flag).where(Flag.by_id == person_id).values(by_id=None, words=""))
    session.execute(delete(CharterConsent).where(CharterConsent.person_id == person_id))
    session.execute(delete(GradeOverride).where(GradeOverride.person_id == person_id))
    session.execute(delete(Release).where(Release.person_id == person_id))
    session.execute(delete(ProposalSupport).where(ProposalSupport.person_id == person_id))
    # What was answered is the class's by now; nothing says any more whose it was.
    session.execute(delete(Proposal).where(Proposal.by_id == person_id, Proposal.answer.is_(None)))
    session.execute(update(Proposal).where(Proposal.by_id == person_id).values(by_id=None))
    session.execute(delete(Template).where(Template.owner_id == person_id))
    session.execute(update(Template).where(Template.by_id == person_id).values(by_id=None))
    session.execute(delete(Commitment).where(Commitment.person_id == person_id))
    _forget_repairs(session, person_id)
    session.execute(delete(SealedGiving).where(SealedGiving.person_id == person_id))
    # That staff asked, and why, is for those who wrote; who asked goes with the person.
    session.execute(update(Unmasking).where(Unmasking.by_id == person_id).values(by_id=None))
    _forget_practice(session, person_id)
    for own in (Extended, Reopening, FeedbackRelease):
        session.execute(delete(own).where(own.person_id == person_id))
    # An extension of theirs alone says why they needed it.
    has_people = exists().where(Extended.extension_id == Extension.id)
    session.execute(delete(Extension).where(~has_people).execution_options(synchronize_session="fetch"))
    session.flush()


def _forget_seats(session: Session, person_id: int, *, now: datetime) -> None:
    # In one order, as everybody who takes the plans of several exchanges.
    seats = select(Seat.exchange_id).where(Seat.person_id == person_id)
    # Guests read without a seat.
    read = select(PlannedPair.exchange_id).where(PlannedPair.reviewer_id == person_id)
    for exchange_id in sorted(session.scalars(seats.union(read))):
        pairing.forget_seat(session, session.get_one(Exchange, exchange_id), person=person_id, now=now)


def _forget_files_of_feedback(session: Session, person_id: int, *, storage: files.Storage) -> None:
    """Files that a person gave or was about to, and those about their works; whose a sealed one is nobody knows."""
    about_theirs = select(Submission.id).where(_is_theirs(person_id))
    offers = select(Offer.id).where(or_(Offer.reviewer_id == person_id, Offer.submission_id.in_(about_theirs)))
    feedback = select(Feedback.id).where(Feedback.offer_id.in_(offers))
    by_staff = select(StaffReview.id)
    by_staff = by_staff.where(or_(StaffReview.by_id == person_id, StaffReview.submission_id.in_(about_theirs)))
    rows = select(FeedbackFile).where(
        or_(
            FeedbackFile.offer_id.in_(offers),
            FeedbackFile.feedback_id.in_(feedback),
            FeedbackFile.submission_id.in_(about_theirs),
            FeedbackFile.by_id == person_id,
            FeedbackFile.staff_review_id.in_(by_staff),
        )
    )
    for file in session.scalars(rows).all():
        storage.remove(session, file.key)
        session.delete(file)
    session.flush()


def _forget_what_became_of_feedback(session: Session, work: Submission) -> None:
    """What its author decided about it, and what staff said of their grade; messages are forgotten by their writers."""
    received = select(Feedback.id).join(Offer).where(Offer.submission_id == work.id)
    for table in (Mark, Thanks, Appraisal, Introduction):
        session.execute(delete(table).where(table.feedback_id.in_(received)))
    by_staff = select(StaffReview.id).where(StaffReview.submission_id == work.id)
    session.execute(delete(Mark).where(Mark.staff_review_id.in_(by_staff)))
    session.execute(
        update(StaffReview)
        .where(StaffReview.submission_id == work.id)
        .values(thanked_at=None, thanked_rule="", author_heard_at=None)
    )
    # That the review does not count stays as it is.
    session.execute(update(Exclusion).where(Exclusion.feedback_id.in_(received)).values(reason=""))


def _erase_quotes(session: Session, work: Submission) -> None:
    """Take the author's words out of what reviewers wrote about *work*; what the reviewers say stays."""
    offers = select(Offer.id).where(Offer.submission_id == work.id)
    for feedback in session.scalars(select(Feedback).where(Feedback.offer_id.in_(offers))):
        feedback.notes = _without_quotes(feedback.notes)
    revised = select(FeedbackRevision).join(Feedback, Feedback.id == FeedbackRevision.feedback_id)
    kept = [
        *session.scalars(revised.where(Feedback.offer_id.in_(offers))),
        *session.scalars(select(FeedbackDraft).where(FeedbackDraft.offer_id.in_(offers))),
    ]
    for each in kept:
        each.words = _words_without_quotes(each.words)
    for copy in session.scalars(select(DraftCopy).where(DraftCopy.offer_id.in_(offers))):
        copy.content = _words_without_quotes(copy.content)


def _words_without_quotes(words: dict[str, Any]) -> dict[str, Any]:
    begun = {name: value for name, value in words.get("begun", {}).items() if name != "quote"}
    return {
        **{name: value for name, value in words.items() if name != "begun"},
        **({"notes": _without_quotes(words["notes"])} if "notes" in words else {}),
        **({"begun": begun} if begun else {}),
    }


def _without_quotes(notes: list[Any]) -> list[Any]:
    return [Note.from_dict(each).without_quote().as_dict() for each in notes]


def _forget_practice(session: Session, person_id: int) -> None:
    """What somebody tried, was writing, and who it was that compared; what they wrote to authors stays."""
    session.execute(delete(Trial).where(Trial.person_id == person_id))
    session.execute(delete(WordsDraft).where(WordsDraft.person_id == person_id))
    mine = SideBySide.reviewer_id == person_id
    session.execute(delete(SideBySide).where(mine, SideBySide.given_at.is_(None)))
    session.execute(update(SideBySide).where(mine).values(reviewer_id=None))


def _compared(session: Session, person_id: int) -> list[dict[str, Any]]:
    """What was written to a person by those who compared their work with another."""
    works = {work.id for work in _works(session, person_id)}
    rows = session.scalars(
        select(SideBySide)
        .where(SideBySide.given_at.is_not(None), or_(SideBySide.left_id.in_(works), SideBySide.right_id.in_(works)))
        .order_by(SideBySide.id)
    )
    return [each.words_to(each.left_id if each.left_id in works else each.right_id).as_dict() for each in rows]


def _is_theirs(person_id: int) -> ColumnElement[bool]:
    """Made by them alone, or with their group."""
    ours = select(Team.submission_id).join(TeamMember, TeamMember.team_id == Team.id)
    ours = ours.where(TeamMember.person_id == person_id, Team.submission_id.is_not(None))
    return or_(Submission.author_id == person_id, Submission.id.in_(ours))


def _forget_repairs(session: Session, person_id: int) -> None:
    # What they said as staff stays with its author; nothing says any more who it was.
    session.execute(update(StaffReview).where(StaffReview.by_id == person_id).values(by_id=None))
    session.execute(delete(Excusal).where(Excusal.person_id == person_id))
    session.execute(delete(Repair).where(or_(Repair.person_id == person_id, Repair.author_id == person_id)))


def _works(session: Session, person_id: int) -> list[Submission]:
    """Their own works, and those of their groups."""
    rows = select(Submission).where(_is_theirs(person_id)).options(selectinload(Submission.files))
    return list(session.scalars(rows.order_by(Submission.id)))


def _given(session: Session, person_id: int) -> list[Feedback]:
    rows = select(Feedback).join(Offer).where(Offer.reviewer_id == person_id).order_by(Feedback.id)
    return list(session.scalars(rows.options(selectinload(Feedback.answers), selectinload(Feedback.second_look))))


def _received(session: Session, person_id: int) -> list[Feedback]:
    rows = select(Feedback).join(Offer).join(Submission).where(_is_theirs(person_id)).order_by(Feedback.id)
    return list(session.scalars(rows.options(selectinload(Feedback.answers))))


def _versions(session: Session, work: Submission) -> list[dict[str, Any]]:
    rows = select(WorkVersion).where(WorkVersion.submission_id == work.id).order_by(WorkVersion.number)
    return [
        {
            "version": each.number,
            "body": each.body,
            "note": each.note,
            "handed_in_at": each.handed_in_at.isoformat(),
            **each.said_beside.as_dict(),
        }
        for each in session.scalars(rows)
    ]


def _work(work: Submission, versions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "exchange": work.exchange_id,
        "draft": work.draft,
        "body": work.body,
        "version": work.version,
        "beside": work.beside,
        "versions": versions,
        "submitted_at": work.submitted_at.isoformat() if work.submitted_at else None,
        "withdrawn_at": work.withdrawal.withdrawn_at.isoformat() if work.withdrawal else None,
        "files": [_file(file) for file in work.files],
    }


def _file(file: SubmissionFile) -> dict[str, Any]:
    said = {"words": file.words.body} if file.words is not None else {}
    return {"name": file.name, "media_type": file.media_type, "size": file.size, **said}


def _attached(files: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [{name: file[name] for name in ("name", "media_type", "size")} for file in files or ()]


def _staff_review(review: StaffReview) -> dict[str, Any]:
    return {
        "exchange": review.exchange_id,
        "given_at": review.given_at.isoformat(),
        "marks": _marks(review.marks),
        "thanked": review.thanks is not None,
        "files": _attached(review.files),
        **review.words,
    }


def _marks(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    return [
        {"part": mark.part, "mark": mark.mark, "reason": mark.reason, "done_version": mark.done_version}
        for mark in marks
    ]


def _feedback(feedback: Feedback) -> dict[str, Any]:
    """Without the other side's name: who that is, is theirs to tell."""
    return {
        "given_at": feedback.given_at.isoformat(),
        "marks": _marks(feedback.marks),
        "thanked": feedback.thanks is not None,
        "second_look": feedback.second_look.note if feedback.second_look is not None else None,
        "files": _attached(feedback.files),
        **feedback.words.as_dict(),
    }
