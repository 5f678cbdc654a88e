"""
What passes between reviewer and author: offers, feedback being written and given.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange import rules
from lti_tool.exchange.models.attaching import FeedbackFile, files_where
from lti_tool.exchange.models.dialogue import (
    Appraisal,
    Hiding,
    Introduction,
    Mark,
    Message,
    RewriteRequest,
    SecondLook,
    Thanks,
    thread_where,
)
from lti_tool.exchange.models.work import Submission

if TYPE_CHECKING:
    from lti_tool.exchange.models.grades import Exclusion


class Offer(Base):
    """
    A work given to a reviewer for a while. It frees its place when the lease lapses or it is declined.
    """

    __tablename__ = "exchange_offer"
    __table_args__ = (
        UniqueConstraint("submission_id", "reviewer_id"),
        CheckConstraint(f"state in ({', '.join(repr(str(each)) for each in rules.OfferState)})", name="state"),
        Index("ix_exchange_offer_exchange_id", "exchange_id", "submission_id"),
        Index("ix_exchange_offer_reviewer_id", "reviewer_id"),
        Index(
            "ix_exchange_offer_lease_until",
            "exchange_id",
            "lease_until",
            postgresql_where=text("state in ('offered', 'started')"),
        ),
        # One piece of work at a time, however many tabs ask at once.
        Index(
            "uq_exchange_offer_open",
            "exchange_id",
            "reviewer_id",
            unique=True,
            postgresql_where=text("state in ('offered', 'started')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """None once the reviewer was forgotten."""
    state: Mapped[str]
    offered_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Which version of the work is under review."""
    reason: Mapped[str] = mapped_column(default="")
    """Why it is over: one of :data:`rules.DECLINE_REASONS`, of :data:`rules.WORK_IS_GONE`, or :data:`rules.MADE_IT`."""
    note: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]

    submission: Mapped[Submission] = relationship()
    reviewer: Mapped[Person | None] = relationship()
    draft: Mapped["FeedbackDraft | None"] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    takeaway: Mapped["Takeaway | None"] = relationship(viewonly=True, lazy="raise")
    """For the reviewer alone: who does not ask for it never comes across it."""
    feedback: Mapped["Feedback | None"] = relationship(
        back_populates="offer", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def is_handed_back(self) -> bool:
        """Whether its reviewer declined it, and not because they once belonged to the group that made it."""
        return self.state == rules.OfferState.DECLINED and self.reason != rules.MADE_IT

    @property
    def is_open(self) -> bool:
        return self.state in rules.OPEN_STATES

    def is_live_at(self, now: datetime) -> bool:
        """Whether the offer holds its place: open, and its lease has not lapsed."""
        return self.is_open and self.lease_until > now


class FeedbackDraft(Base):
    """Feedback being written."""

    __tablename__ = "exchange_feedback_draft"

    offer_id: Mapped[int] = mapped_column(ForeignKey("exchange_offer.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[dict[str, Any]]
    """:meth:`rules.Words.as_dict`."""
    revision: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime]


class DraftCopy(Base):
    """
    What a save replaced that it did not know of: the words of the other tab, kept to be taken back.
    """

    __tablename__ = "exchange_draft_copy"
    __table_args__ = (
        CheckConstraint("num_nonnulls(submission_id, offer_id) = 1", name="one_owner"),
        Index("ix_exchange_draft_copy_submission_id", "submission_id"),
        Index("ix_exchange_draft_copy_offer_id", "offer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_offer.id", ondelete="CASCADE"))
    content: Mapped[dict[str, Any]]
    """``{"body": …}`` of a work, also ``beside`` where that says something; or :meth:`rules.Words.as_dict`."""
    saved_at: Mapped[datetime]


class Feedback(Base):
    """What one reviewer says about one work."""

    __tablename__ = "exchange_feedback"
    __table_args__ = (UniqueConstraint("offer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default=text("exchange_feedback_new_id()"))
    """Drawn: authors see it in addresses, and it tells nothing of when a feedback came."""
    offer_id: Mapped[int] = mapped_column(ForeignKey("exchange_offer.id", ondelete="CASCADE"))
    comment: Mapped[str] = mapped_column(default="")
    to_author: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    """Answers to what the author asked of the version under review, in the order of the questions."""
    notes: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    """Each :meth:`rules.Note.as_dict`; :attr:`noted` reads them."""
    given_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """When its author first opened it."""
    author_heard_at: Mapped[datetime | None]
    """How far its author has read the messages about it."""
    reviewer_heard_at: Mapped[datetime | None]

    thread: Mapped[list[Any] | None] = thread_where(Message.feedback_id == id)
    files: Mapped[list[Any] | None] = files_where((FeedbackFile.feedback_id == id) & ~FeedbackFile.is_for_staff)

    offer: Mapped[Offer] = relationship(back_populates="feedback")
    exclusion: Mapped["Exclusion | None"] = relationship(viewonly=True)
    """Why it does not count for the grade, where it does not."""
    answers: Mapped[list["Answer"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    marks: Mapped[list[Mark]] = relationship(passive_deletes="all")
    thanks: Mapped[Thanks | None] = relationship(passive_deletes="all")
    appraisal: Mapped[Appraisal | None] = relationship(passive_deletes="all")
    second_look: Mapped[SecondLook | None] = relationship(passive_deletes="all")
    rewrite_request: Mapped[RewriteRequest | None] = relationship(passive_deletes="all")
    hiding: Mapped[Hiding | None] = relationship(passive_deletes="all")
    introduction: Mapped[Introduction | None] = relationship(passive_deletes="all")

    def heard_at(self, side: str) -> datetime | None:
        """How far one of its two sides has read the messages about it; staff only look in."""
        return {rules.AUTHOR: self.author_heard_at, rules.REVIEWER: self.reviewer_heard_at}.get(side)

    @property
    def is_agreed(self) -> bool:
        """Its author and its reviewer both offered their names to each other."""
        return self.introduction is not None and self.introduction.is_agreed

    @property
    def words(self) -> rules.Words:
        answers = {
            each.criterion_id: rules.AnswerWords(level_id=each.level_id, comment=each.comment, number=each.number)
            for each in self.answers
        }
        return rules.Words(
            answers=answers, comment=self.comment, to_author=tuple(self.to_author), notes=tuple(self.noted)
        )

    @property
    def noted(self) -> tuple[rules.Note, ...]:
        """Its notes in the order in which one reads the work."""
        return rules.in_order([rules.Note.from_dict(each) for each in self.notes])


class Answer(Base):
    """What a feedback says about one criterion."""

    __tablename__ = "exchange_answer"
    __table_args__ = (
        Index("ix_exchange_answer_criterion_id", "criterion_id"),
        Index("ix_exchange_answer_level_id", "level_id"),
    )

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    # Answers hold on to what they refer to, but let go when the whole exchange goes: hence checked at the end.
    criterion_id: Mapped[int] = mapped_column(
        ForeignKey("exchange_criterion.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    level_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_level.id", deferrable=True, initially="DEFERRED"))
    comment: Mapped[str] = mapped_column(default="")
    number: Mapped[float | None]
    """Of the criterion's scale; of a yes or no 1 or 0."""


class Takeaway(Base):
    """What a reviewer takes from a review for their own work. Nobody else reads it."""

    __tablename__ = "exchange_takeaway"

    # Of the offer, not of the feedback: what is shown of feedback never comes near it.
    offer_id: Mapped[int] = mapped_column(ForeignKey("exchange_offer.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[str]
    noted_at: Mapped[datetime]


def has_reader(
    submission_id: ColumnElement[int] | InstrumentedAttribute[int] | int, now: datetime
) -> ColumnElement[bool]:
    """
    The condition that an offer gives a work its reader.

    One that lapsed before anything was written does not.
    """
    is_held = (Offer.state == rules.OfferState.OFFERED) & (Offer.lease_until > now)
    has_begun = Offer.state.in_((rules.OfferState.STARTED, rules.OfferState.SUBMITTED))
    return (Offer.submission_id == submission_id) & (has_begun | is_held)
