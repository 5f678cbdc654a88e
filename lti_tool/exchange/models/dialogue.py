"""
What becomes of feedback: messages about it, the author's plan, thanks, looking again, and what staff must look at.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, false, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, MappedSQLExpression, column_property, mapped_column, relationship

from lti_tool.courses.models import Person
from lti_tool.db import Base
from lti_tool.exchange import rules


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The condition that a column says one of *values*."""
    return f"{column} in ({', '.join(repr(each) for each in values)})"


def part_name(criterion_id: int | None, note: int | None) -> str:
    """What addresses and forms call a comment of a feedback."""
    if note is not None:
        return f"note-{note}"
    return str(criterion_id) if criterion_id is not None else "overall"


class Message(Base):
    """One message of the thread about one feedback, by a classmate or by staff."""

    __tablename__ = "exchange_message"
    __table_args__ = (
        CheckConstraint(one_of("side", rules.SIDES), name="side"),
        CheckConstraint("num_nonnulls(feedback_id, staff_review_id) = 1", name="one_thing"),
        Index("ix_exchange_message_feedback_id", "feedback_id"),
        Index("ix_exchange_message_staff_review_id", "staff_review_id"),
        Index("ix_exchange_message_writer_id", "writer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    staff_review_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_staff_review.id", ondelete="CASCADE"))
    side: Mapped[str]
    """``author``, ``reviewer`` or ``staff``: all that the others learn of who wrote it."""
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    body: Mapped[str]
    sent_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]


def thread_where(about: ColumnElement[bool], *, named: bool = False) -> MappedSQLExpression[list[Any] | None]:
    """
    The messages *about* something as plain facts, so that a page has them without asking again; None while there are
    none. With the names of their writers where nobody is hidden.
    """
    facts: list[Any] = [
        *("id", Message.id, "side", Message.side, "writer_id", Message.writer_id),
        *("body", Message.body, "sent_at", Message.sent_at, "edited_at", Message.edited_at),
        *("hidden", Hiding.note),
    ]
    if named:
        facts += ["name", select(Person.name).where(Person.id == Message.writer_id).scalar_subquery()]
    return column_property(
        select(func.json_agg(aggregate_order_by(func.json_build_object(*facts), Message.id)))
        .select_from(Message)
        .outerjoin(Hiding, Hiding.message_id == Message.id)
        .where(about)
        .correlate_except(Message, Hiding)
        .scalar_subquery(),
        deferred=True,
    )


class Mark(Base):
    """What the author decided about one comment of a feedback: on a criterion, a note or the whole."""

    __tablename__ = "exchange_mark"
    __table_args__ = (
        UniqueConstraint("feedback_id", "staff_review_id", "criterion_id", "note", postgresql_nulls_not_distinct=True),
        CheckConstraint("num_nonnulls(feedback_id, staff_review_id) = 1", name="one_thing"),
        CheckConstraint("num_nonnulls(criterion_id, note) < 2", name="one_part"),
        CheckConstraint(one_of("mark", rules.MARKS), name="mark"),
        CheckConstraint("mark <> 'disagree' or reason <> ''", name="reason"),
        Index("ix_exchange_mark_criterion_id", "criterion_id"),
        Index("ix_exchange_mark_staff_review_id", "staff_review_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    staff_review_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_staff_review.id", ondelete="CASCADE"))
    criterion_id: Mapped[int | None] = mapped_column(
        ForeignKey("exchange_criterion.id", deferrable=True, initially="DEFERRED")
    )
    """None for the overall comment, and for a note."""
    note: Mapped[int | None]
    """The :attr:`rules.Note.id` of the note that it is about."""
    mark: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    seen_version: Mapped[int]
    """The version of the work that the author had handed in when deciding."""
    done_version: Mapped[int | None]
    """The version in which it was taken up."""
    done_at: Mapped[datetime | None]

    @property
    def part(self) -> str:
        """As addresses and forms call it."""
        return part_name(self.criterion_id, self.note)


class Thanks(Base):
    """A thank-you of the author."""

    __tablename__ = "exchange_thanks"

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(default="")
    """The rule of the charter that it served, in its words; empty where none was named."""
    at: Mapped[datetime]


class Introduction(Base):
    """
    Author and reviewer of one feedback offer their names to each other. Both learn them once both did.
    """

    __tablename__ = "exchange_introduction"

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    author_at: Mapped[datetime | None]
    """When the author offered; None while they have not."""
    reviewer_at: Mapped[datetime | None]

    @property
    def is_agreed(self) -> bool:
        return self.author_at is not None and self.reviewer_at is not None

    def is_offered_by(self, side: str) -> bool:
        return (self.author_at if side == rules.AUTHOR else self.reviewer_at) is not None


class Unmasking(Base):
    """A member of staff asked who wrote a feedback, and why. Never changed; whoever wrote it reads it."""

    __tablename__ = "exchange_unmasking"
    __table_args__ = (Index("ix_exchange_unmasking_by_id", "by_id"), UniqueConstraint("feedback_id", "by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reason: Mapped[str]
    at: Mapped[datetime]

    by: Mapped[Person | None] = relationship()


class Appraisal(Base):
    """How far the author finds that a feedback keeps the rules of the class. For its reviewer alone."""

    __tablename__ = "exchange_appraisal"

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    ratings: Mapped[list[Any]]
    """``[{"rule": …, "verdict": "yes"}, …]``: the rules as they read then."""
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class SecondLook(Base):
    """A reviewer looked again, having read the reasons of another who saw it very differently."""

    __tablename__ = "exchange_second_look"

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    note: Mapped[str] = mapped_column(default="")
    """Why they stay with it; empty where they revised."""
    at: Mapped[datetime]


class FeedbackRevision(Base):
    """What a feedback said before its reviewer revised it."""

    __tablename__ = "exchange_feedback_revision"
    __table_args__ = (Index("ix_exchange_feedback_revision_feedback_id", "feedback_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    words: Mapped[dict[str, Any]]
    """:meth:`rules.Words.as_dict`."""
    cause: Mapped[str]
    """``disagreement``, ``asked`` by staff, or ``reopened`` by them."""
    at: Mapped[datetime]


class RewriteRequest(Base):
    """Staff asked a reviewer to write their feedback anew."""

    __tablename__ = "exchange_rewrite_request"

    feedback_id: Mapped[int] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"), primary_key=True)
    note: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Hiding(Base):
    """
    Staff keep a feedback from its author, a message from the other side, or a proposed rule from the class.
    Showing it again removes the row.
    """

    __tablename__ = "exchange_hiding"
    __table_args__ = (
        CheckConstraint("num_nonnulls(feedback_id, message_id, proposal_id) = 1", name="one_thing"),
        UniqueConstraint("feedback_id"),
        UniqueConstraint("message_id"),
        UniqueConstraint("proposal_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_message.id", ondelete="CASCADE"))
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_charter_proposal.id", ondelete="CASCADE"))
    note: Mapped[str]
    """What those from whom it is hidden read instead, and whoever wrote it beside it."""
    counts: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether a hidden feedback counts for the grade nevertheless."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]


class CharterConsent(Base):
    """Somebody said that they will give feedback by the rules of the class, as they read then."""

    __tablename__ = "exchange_charter_consent"
    __table_args__ = (Index("ix_exchange_charter_consent_person_id", "person_id"),)

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    rules: Mapped[list[str]]
    at: Mapped[datetime]


class Flag(Base):
    """
    Somebody asks staff to look at a feedback, a message, a work, what was written to its author in comparing,
    or a rule that a classmate proposes.
    """

    __tablename__ = "exchange_flag"
    __table_args__ = (
        CheckConstraint("num_nonnulls(feedback_id, message_id, submission_id, proposal_id) = 1", name="one_thing"),
        CheckConstraint("side_by_side_id is null or submission_id is not null", name="compared_work"),
        CheckConstraint(one_of("reason", rules.FLAG_REASONS), name="reason"),
        Index("ix_exchange_flag_exchange_id", "exchange_id"),
        Index("ix_exchange_flag_feedback_id", "feedback_id"),
        Index("ix_exchange_flag_message_id", "message_id"),
        Index("ix_exchange_flag_submission_id", "submission_id"),
        Index("ix_exchange_flag_side_by_side_id", "side_by_side_id"),
        Index("ix_exchange_flag_proposal_id", "proposal_id"),
        Index("ix_exchange_flag_by_id", "by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_feedback.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_message.id", ondelete="CASCADE"))
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_submission.id", ondelete="CASCADE"))
    side_by_side_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_side_by_side.id", ondelete="CASCADE"))
    """Beside a work: what somebody who compared it wrote to its author, and not the work itself."""
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_charter_proposal.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reason: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]

    by: Mapped[Person | None] = relationship()
    acts: Mapped[list["FlagAct"]] = relationship(
        order_by="FlagAct.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def kind(self) -> str:
        """What it is about: feedback, message, work, comparison or rule."""
        if self.proposal_id is not None:
            return "rule"
        if self.side_by_side_id is not None:
            return "comparison"
        if self.submission_id is not None:
            return "work"
        return "message" if self.message_id is not None else "feedback"

    @property
    def is_by_staff(self) -> bool:
        """Whether staff raised it to decide at once: whoever did is in its trail, as nobody else who flags is."""
        return self.by_id is not None and any(act.by_id == self.by_id for act in self.acts)

    @property
    def decision(self) -> "FlagAct | None":
        """What was decided last; None while nobody has."""
        return next((act for act in reversed(self.acts) if act.act in rules.DECISIONS), None)


class FlagAct(Base):
    """What staff did about a flag: ``looked``, or a decision. Never changed."""

    __tablename__ = "exchange_flag_act"
    __table_args__ = (
        CheckConstraint(one_of("act", ("looked", *rules.DECISIONS)), name="act"),
        Index("ix_exchange_flag_act_flag_id", "flag_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    flag_id: Mapped[int] = mapped_column(ForeignKey("exchange_flag.id", ondelete="CASCADE"))
    act: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    """What those concerned read: both sides where it is hidden, the reviewer who is asked to rewrite."""
    told: Mapped[str] = mapped_column(default="")
    """What whoever flagged it is told."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime]

    by: Mapped[Person | None] = relationship()
