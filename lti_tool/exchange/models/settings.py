"""
What a teacher sets up: the exchange, its criteria, and whether it is shown and open.
"""

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from lti_tool.courses.models import Activity
from lti_tool.db import Base
from lti_tool.exchange import rules
from lti_tool.exchange.models.dates import Extension, Reopening

T = TypeVar("T", bound=rules.Options)


class Exchange(Base):
    """
    An activity in which learners hand in work and give each other feedback. Its title lives on the activity.
    """

    __tablename__ = "exchange"
    __table_args__ = (
        CheckConstraint(f"reviews between {rules.FEWEST_REVIEWS} and {rules.MOST_REVIEWS}", name="reviews"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint(f"anonymity in ({', '.join(map(repr, rules.ANONYMITIES))})", name="anonymity"),
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
    """Who is hidden from whom: one of :data:`rules.ANONYMITIES`. Staff see everybody."""
    seed: Mapped[int]
    """Decides between works that are equally in need, so that an allocation can be replayed."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """Further settings by topic; :meth:`option` reads them."""
    created_at: Mapped[datetime]

    activity: Mapped[Activity] = relationship(lazy="joined", innerjoin=True)
    criteria: Mapped[list["Criterion"]] = relationship(
        back_populates="exchange", order_by="Criterion.position", cascade="all, delete-orphan", passive_deletes=True
    )
    publication: Mapped["Publication | None"] = relationship(
        lazy="joined", cascade="all, delete-orphan", passive_deletes=True
    )
    closure: Mapped["Closure | None"] = relationship(lazy="joined", cascade="all, delete-orphan", passive_deletes=True)
    sealing: Mapped["Sealing | None"] = relationship(lazy="joined", cascade="all, delete-orphan", passive_deletes=True)
    has_own_dates: Mapped[bool] = column_property(
        or_(
            select(Extension.id).where(Extension.exchange_id == activity_id).exists(),
            select(Reopening.id).where(Reopening.exchange_id == activity_id).exists(),
        )
    )
    """Whether anybody was ever given time of their own: where nobody was, nobody's need be looked up."""

    @property
    def id(self) -> int:
        return self.activity_id

    def option(self, topic: type[T]) -> T:
        """The further settings of one topic, as such."""
        return topic.from_dict(self.options.get(topic.TOPIC, {}))

    @property
    def title(self) -> str:
        return self.activity.title

    @property
    def course_id(self) -> int:
        return self.activity.course_id

    @property
    def is_masked(self) -> bool:
        """Somebody is hidden from somebody."""
        return self.hides_author or self.hides_reviewer

    @property
    def has_teams(self) -> bool:
        """Groups make one work together."""
        return self.option(rules.TeamOptions).on

    @property
    def is_live(self) -> bool:
        """Nothing is handed in: it is shown, and whoever reviews it sees who shows it."""
        return self.option(rules.WorkOptions).live

    @property
    def takes_guests(self) -> bool:
        """Whoever has handed in nothing may give feedback. Where it is shown live, they may not have been there."""
        return self.option(rules.PairingOptions).guests and not self.is_live

    @property
    def hides_author(self) -> bool:
        """Reviewers do not learn whose work they read."""
        return not self.is_live and rules.is_hidden(self.anonymity, rules.AUTHOR)

    @property
    def hides_reviewer(self) -> bool:
        """Authors do not learn who reviewed them."""
        return rules.is_hidden(self.anonymity, rules.REVIEWER)

    def may_see(self, looker: str, whose: str, *, agreed: bool = False) -> bool:
        """Whether *looker* may learn whose work, or whose feedback, it is."""
        if self.is_live and (looker, whose) == (rules.REVIEWER, rules.AUTHOR):
            return True
        if looker == rules.STAFF and whose == rules.REVIEWER and not agreed and self.asks_staff:
            return False
        return rules.may_see(self.anonymity, looker=looker, whose=whose, agreed=agreed)

    @property
    def asks_staff(self) -> bool:
        """Staff learn who wrote a feedback only for a reason, and whoever wrote it is told."""
        return self.hides_reviewer and not self.is_sealed and self.option(rules.AnonymityOptions).staff == rules.ASK

    @property
    def is_sealed(self) -> bool:
        """Nobody learns who wrote a feedback, and once it is over nothing says so any more."""
        return self.anonymity == rules.SEALED

    @property
    def shows_pairs(self) -> bool:
        """Whether staff may see who reviews whom at any time."""
        return not self.asks_staff and not self.is_sealed

    @property
    def may_introduce(self) -> bool:
        """Whether author and reviewer may show each other their names."""
        return self.is_masked and not self.is_sealed

    @property
    def keeps_counts_back(self) -> bool:
        """Whether how much each gave is told to nobody yet: counts that grow tell who gave what just came."""
        return self.is_sealed and not self.is_closed

    def holds_back(self, received: int, *, is_closed: bool | None = None) -> bool:
        """Whether an author who got so much feedback still waits to see it, now or if it were so."""
        return rules.is_held_back(
            self.anonymity,
            self.option(rules.AnonymityOptions),
            received=received,
            expected=self.reviews,
            is_closed=self.is_closed if is_closed is None else is_closed,
        )

    @property
    def can_hold_back(self) -> bool:
        """Whether anybody may have to wait for feedback that is there."""
        return self.holds_back(1) or self.option(rules.ReleaseOptions).when != rules.SHOWN_AT_ONCE

    def waits(
        self, *, received: int, given: int, owed: int, is_released: bool, now: datetime, is_closed: bool | None = None
    ) -> rules.Waiting | None:
        """
        Why an author does not see the feedback they got, or is to get; None: they see it.

        *owed* is what they owe in all who have *given* so much. *is_released* says whether staff released it
        to them; what protects the names of reviewers holds on.
        """
        closed = self.is_closed if is_closed is None else is_closed
        options = self.option(rules.ReleaseOptions)
        waiting = rules.why_waits(options, given=given, owed=owed, is_released=is_released, is_closed=closed, now=now)
        if waiting is None and self.holds_back(max(received, 1), is_closed=closed):
            return rules.Waiting(why="few")
        return waiting

    @property
    def is_published(self) -> bool:
        return self.publication is not None

    @property
    def is_closed(self) -> bool:
        return self.closure is not None

    @property
    def windows(self) -> rules.Windows:
        """Everybody's; those of one person are in :func:`queries.windows_of`."""
        return rules.Windows(
            published_at=self.publication.published_at if self.publication else None,
            opens_at=self.opens_at,
            submit_by=self.submit_by,
            review_by=self.review_by,
            closed_at=self.closure.closed_at if self.closure else None,
            late=self.option(rules.LateOptions),
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


class Sealing(Base):
    """Nothing says any more who wrote the feedback of this exchange. Never taken back."""

    __tablename__ = "exchange_sealing"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]


class SealedGiving(Base):
    """How much feedback somebody gave in an exchange that is sealed: all that is left of it."""

    __tablename__ = "exchange_sealed_giving"
    __table_args__ = (Index("ix_exchange_sealed_giving_person_id", "person_id"),)

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    given: Mapped[int]


class Criterion(Base):
    """
    One thing to look at: levels to choose from, a number, a yes or no, or words alone.
    """

    __tablename__ = "exchange_criterion"
    __table_args__ = (
        CheckConstraint("kind in ('levels', 'number', 'yes_no', 'words')", name="kind"),
        CheckConstraint("comment in ('none', 'optional', 'required')", name="comment"),
        CheckConstraint("weight >= 0", name="weight"),
        CheckConstraint("kind <> 'number' or (lowest < highest and step > 0)", name="scale"),
        Index("ix_exchange_criterion_exchange_id", "exchange_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.activity_id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    prompt: Mapped[str] = mapped_column(default="")
    """What the comment should answer."""
    kind: Mapped[str]
    weight: Mapped[float] = mapped_column(default=1.0)
    """How much it counts beside the others; 0: not at all."""
    lowest: Mapped[float | None]
    """The scale of a number."""
    highest: Mapped[float | None]
    step: Mapped[float | None]
    comment: Mapped[str] = mapped_column(default=rules.OPTIONAL)
    """Whether a reviewer comments: none, optional or required."""
    guide: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'::jsonb"))
    """:meth:`rules.Guide.as_dict`; :attr:`guidance` reads it."""

    exchange: Mapped[Exchange] = relationship(back_populates="criteria")
    levels: Mapped[list["Level"]] = relationship(
        order_by="Level.position", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def guidance(self) -> rules.Guide:
        return rules.Guide.from_dict(self.guide)

    @property
    def scale(self) -> rules.Scale | None:
        if self.lowest is None or self.highest is None or self.step is None:
            return None
        return rules.Scale(lowest=self.lowest, highest=self.highest, step=self.step)

    @property
    def gives_points(self) -> bool:
        """Whether answers to it count."""
        return self.kind != rules.WORDS and self.weight > 0

    @property
    def asked(self) -> rules.Asked:
        """As :mod:`rules` knows it."""
        guide = self.guidance
        return rules.Asked(
            kind=self.kind,
            levels={level.id: level.points for level in self.levels},
            scale=self.scale,
            comment=self.comment,
            words=guide.words if guide.insists else 0,
            starters=guide.starting_lines,
            weight=self.weight,
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
