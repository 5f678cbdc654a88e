"""
What an exchange is made of: settings and criteria, work, offers to review, feedback, grades.

What happened is a row with who, when and why (a publication, a closure, a release); what can be
computed from rows and the clock (late, lapsed, served) is nowhere stored.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from lti_tool.courses.models import Activity, Person
from lti_tool.db import Base
from lti_tool.exchange import rules


class Exchange(Base):
    """
    An activity in which learners hand in work and give each other feedback. Its title lives on the activity.
    """

    __tablename__ = "exchange"
    __table_args__ = (
        CheckConstraint(f"reviews between {rules.FEWEST_REVIEWS} and {rules.MOST_REVIEWS}", name="reviews"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("anonymity in ('named', 'masked')", name="anonymity"),
    )

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    instructions: Mapped[str]
    """Markdown."""
    reviews: Mapped[int]
    """How many each gives, and may hope to get."""
    points: Mapped[float | None]
    """The maximum score in the gradebook; None: no grade at all."""
    opens_at: Mapped[datetime | None]
    submit_by: Mapped[datetime | None]
    review_by: Mapped[datetime | None]
    anonymity: Mapped[str]
    """``named``, or ``masked``: authors and reviewers are hidden from each other, staff see both."""
    seed: Mapped[int]
    """Decides between works that are equally in need, so that an allocation can be replayed."""
    created_at: Mapped[datetime]

    activity: Mapped[Activity] = relationship(lazy="joined", innerjoin=True)
    criteria: Mapped[list["Criterion"]] = relationship(
        back_populates="exchange", order_by="Criterion.position", cascade="all, delete-orphan", passive_deletes=True
    )
    publication: Mapped["Publication | None"] = relationship(
        lazy="joined", cascade="all, delete-orphan", passive_deletes=True
    )
    closure: Mapped["Closure | None"] = relationship(lazy="joined", cascade="all, delete-orphan", passive_deletes=True)

    @property
    def id(self) -> int:
        return self.activity_id

    @property
    def title(self) -> str:
        return self.activity.title

    @property
    def course_id(self) -> int:
        return self.activity.course_id

    @property
    def is_masked(self) -> bool:
        return self.anonymity == rules.MASKED

    @property
    def is_published(self) -> bool:
        return self.publication is not None

    @property
    def is_closed(self) -> bool:
        return self.closure is not None

    @property
    def windows(self) -> rules.Windows:
        return rules.Windows(
            published_at=self.publication.published_at if self.publication else None,
            opens_at=self.opens_at,
            submit_by=self.submit_by,
            review_by=self.review_by,
            closed_at=self.closure.closed_at if self.closure else None,
        )


class Publication(Base):
    """Learners may see the exchange."""

    __tablename__ = "exchange_publication"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    published_at: Mapped[datetime]


class Closure(Base):
    """Nothing more is handed in. Reopening removes the row; the journal remembers."""

    __tablename__ = "exchange_closure"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    closed_at: Mapped[datetime]


class Criterion(Base):
    """
    One thing to look at: levels to choose from and a comment, or a comment alone.
    """

    __tablename__ = "exchange_criterion"
    __table_args__ = (Index("ix_exchange_criterion_exchange_id", "exchange_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    prompt: Mapped[str] = mapped_column(default="")
    """What the comment should answer."""

    exchange: Mapped[Exchange] = relationship(back_populates="criteria")
    levels: Mapped[list["Level"]] = relationship(
        order_by="Level.position", cascade="all, delete-orphan", passive_deletes=True
    )


class Level(Base):
    """One step of a criterion."""

    __tablename__ = "exchange_level"
    __table_args__ = (
        CheckConstraint("points >= 0", name="points"),
        Index("ix_exchange_level_criterion_id", "criterion_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("exchange_criterion.id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    points: Mapped[float]


class Submission(Base):
    """
    The work of one author: the draft they are writing, and beside it what they handed in.
    """

    __tablename__ = "exchange_submission"
    __table_args__ = (
        UniqueConstraint("exchange_id", "author_id"),
        Index("ix_exchange_submission_author_id", "author_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    """None once the author was forgotten."""
    draft: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=0)
    """Grows with every save; a tab that saves on top of an older one is told so."""
    saved_at: Mapped[datetime | None]
    body: Mapped[str] = mapped_column(default="")
    """What was handed in: the only text others ever see."""
    version: Mapped[int] = mapped_column(default=0)
    """How often it was handed in; 0 for a draft."""
    submitted_at: Mapped[datetime | None]

    author: Mapped[Person | None] = relationship()
    files: Mapped[list["SubmissionFile"]] = relationship(
        order_by="SubmissionFile.number", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def state(self) -> str:
        return "draft" if self.submitted_at is None else "submitted"

    @property
    def has_unsent_changes(self) -> bool:
        return self.submitted_at is not None and self.draft != self.body


class SubmissionFile(Base):
    """
    A file of a work, cleaned of names and hidden data; its bytes are in the file storage under ``key``.
    """

    __tablename__ = "exchange_submission_file"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str]
    """Ours: ``work-1.pdf``. The author's own file name may say who they are and is not kept."""
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key: Mapped[str]
    added_at: Mapped[datetime]

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")


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
    reason: Mapped[str] = mapped_column(default="")
    """Why it was declined, see :data:`rules.DECLINE_REASONS`."""
    note: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]

    submission: Mapped[Submission] = relationship()
    reviewer: Mapped[Person | None] = relationship()
    draft: Mapped["FeedbackDraft | None"] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    feedback: Mapped["Feedback | None"] = relationship(
        back_populates="offer", cascade="all, delete-orphan", passive_deletes=True
    )

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
    """``{"body": …}`` of a work, or :meth:`rules.Words.as_dict` of a feedback."""
    saved_at: Mapped[datetime]


class Feedback(Base):
    """What one reviewer says about one work."""

    __tablename__ = "exchange_feedback"
    __table_args__ = (UniqueConstraint("offer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("exchange_offer.id", ondelete="CASCADE"))
    comment: Mapped[str] = mapped_column(default="")
    given_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """When its author first opened it."""

    offer: Mapped[Offer] = relationship(back_populates="feedback")
    answers: Mapped[list["Answer"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    reply: Mapped["Reply | None"] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    @property
    def words(self) -> rules.Words:
        answers = {
            each.criterion_id: rules.AnswerWords(level_id=each.level_id, comment=each.comment) for each in self.answers
        }
        return rules.Words(answers=answers, comment=self.comment)


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


class Reply(Base):
    """What the author answers, once."""

    __tablename__ = "exchange_reply"

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[str]
    replied_at: Mapped[datetime]


class GradeOverride(Base):
    """
    A grade set by staff, with the reason. Never changed: the newest counts, and one without a score lifts those before.
    """

    __tablename__ = "exchange_grade_override"
    __table_args__ = (Index("ix_exchange_grade_override_exchange_id", "exchange_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    score: Mapped[float | None]
    reason: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class Release(Base):
    """
    The grade that a learner sees and that went to the gradebook.
    """

    __tablename__ = "exchange_release"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    score: Mapped[float]
    maximum: Mapped[float]
    cause: Mapped[str]
    """Why it went out: enough feedback, closed, due, override, or sent by hand."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


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
