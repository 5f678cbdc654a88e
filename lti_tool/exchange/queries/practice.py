"""
Practice: what is there to practise with, how far somebody has come, and how the class sees it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Example, Exchange, Offer, Trial


@dataclass(frozen=True, kw_only=True)
class Practised:
    """An example, and one person's tries at it."""

    example: Example
    number: int
    """The how-manieth example."""
    trials: tuple[Trial, ...]
    comparisons: tuple[rules.Comparison, ...]
    """Of each try."""
    is_done: bool

    @property
    def may_try(self) -> bool:
        return len(self.trials) < rules.MOST_TRIES

    @property
    def latest(self) -> rules.Comparison | None:
        return self.comparisons[-1] if self.comparisons else None


@dataclass(frozen=True, kw_only=True)
class Practice:
    """One person's practice."""

    examples: tuple[Practised, ...]
    is_due: bool
    """Whether it comes before their first review."""

    @property
    def next(self) -> Practised | None:
        """The first example that they are not done with."""
        return next((each for each in self.examples if not each.is_done), None)

    @property
    def done(self) -> int:
        return sum(each.is_done for each in self.examples)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer to a criterion, and how many of the class gave it."""

    share: float
    count: int
    is_staff: bool


@dataclass(frozen=True, kw_only=True)
class ClassView:
    """How the class answered one criterion of one example at first sight."""

    criterion_id: int
    choices: tuple[Choice, ...]
    """From low to high."""
    same: int
    """So many answered as staff do, or next to it."""
    total: int


def lacks_of(exchange: Exchange, example: Example) -> tuple[str, ...]:
    """What an example lacks to be shown: ``content``, ``words``."""
    criteria = {each.id: rules.asked_of_staff(each.asked) for each in exchange.criteria}
    said = example.said
    known = rules.Words(
        answers={id: answer for id, answer in said.answers.items() if id in criteria}, comment=said.comment
    )
    is_whole = rules.stranger(known, criteria=criteria) is None and not rules.wanting(known, criteria=criteria)
    return (*(() if example.has_content else ("content",)), *(() if is_whole else ("words",)))


def examples_of(session: Session, exchange: Exchange) -> Sequence[Example]:
    """All examples of an exchange, ready or not, in the order in which they were made."""
    rows = select(Example).where(Example.exchange_id == exchange.id).order_by(Example.id)
    return session.scalars(rows.execution_options(populate_existing=True)).all()


def example_in(session: Session, exchange: Exchange, example_id: int) -> Example | None:
    """One example of an exchange."""
    return session.scalars(
        select(Example)
        .where(Example.id == example_id, Example.exchange_id == exchange.id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def practice_of(session: Session, exchange: Exchange, person_id: int) -> Practice | None:
    """How far somebody has come with practising; None where there is none. Two queries, and none while it is off."""
    options = exchange.option(rules.PracticeOptions)
    if not options.is_on:
        return None
    rows = session.execute(
        select(Example, Trial)
        .outerjoin(Trial, (Trial.example_id == Example.id) & (Trial.person_id == person_id))
        .where(Example.exchange_id == exchange.id)
        .order_by(Example.id, Trial.number)
        .execution_options(populate_existing=True)
    )
    tried: dict[Example, list[Trial]] = {}
    for example, trial in rows:
        trials: Sequence[Trial | None] = (trial,)
        tried.setdefault(example, []).extend(each for each in trials if each is not None)
    ready = {example: trials for example, trials in tried.items() if not lacks_of(exchange, example)}
    if not ready:
        return None
    criteria = {each.id: each.asked for each in exchange.criteria}
    found = tuple(
        _practised(options, criteria, example, trials, number=number)
        for number, (example, trials) in enumerate(ready.items(), start=1)
    )
    untried = [each for each in found if not each.is_done]
    has_begun = options.when == rules.DEMANDED and bool(untried) and _has_begun(session, exchange, person_id)
    return Practice(examples=found, is_due=rules.is_practice_due(options, untried=untried, has_begun=has_begun))


def who_practises(session: Session, exchange: Exchange, people: Collection[int]) -> Collection[int]:
    """Those of *people* who practise before their first review and have not yet. No query where nobody has to."""
    options = exchange.option(rules.PracticeOptions)
    if options.when != rules.DEMANDED or not people:
        return ()
    ready = [example for example in examples_of(session, exchange) if not lacks_of(exchange, example)]
    begun = set(
        session.scalars(
            select(Offer.reviewer_id)
            .where(Offer.exchange_id == exchange.id, Offer.reviewer_id.in_(people), Offer.reason != rules.MADE_IT)
            .distinct()
        )
    )
    criteria = {each.id: each.asked for each in exchange.criteria}
    said = {example.id: example.said for example in ready}
    closeness: dict[tuple[int, int], list[str | None]] = defaultdict(list)
    for trial in session.scalars(
        select(Trial).where(Trial.example_id.in_(said), Trial.person_id.in_(people)).order_by(Trial.id)
    ):
        comparison = rules.beside_staff(criteria, trial.said, said[trial.example_id])
        closeness[trial.person_id, trial.example_id].append(comparison.closeness)
    return {
        person
        for person in people
        if rules.is_practice_due(
            options,
            untried=[id for id in said if not rules.is_tried(options, closeness[person, id])],
            has_begun=person in begun,
        )
    }


def class_views(session: Session, exchange: Exchange, example: Example) -> tuple[ClassView, ...]:
    """How the class sees an example at first sight, by criterion; nothing while few have tried."""
    first = session.scalars(select(Trial).where(Trial.example_id == example.id, Trial.number == 1)).all()
    if len(first) < rules.FEWEST_TRIED:
        return ()
    criteria = {each.id: each.asked for each in exchange.criteria}
    views = rules.compared(criteria, example.said, [trial.said for trial in first])
    return tuple(_class_view(view) for view in views if view.others)


def tried_counts(session: Session, exchange: Exchange) -> Mapping[int, int]:
    """By example: how many people have tried it."""
    rows = session.execute(
        select(Trial.example_id, func.count())
        .join(Example, Example.id == Trial.example_id)
        .where(Example.exchange_id == exchange.id, Trial.number == 1)
        .group_by(Trial.example_id)
    )
    return dict(rows.all())


def _practised(
    options: rules.PracticeOptions,
    criteria: Mapping[int, rules.Asked],
    example: Example,
    trials: Sequence[Trial],
    *,
    number: int,
) -> Practised:
    comparisons = tuple(rules.beside_staff(criteria, each.said, example.said) for each in trials)
    return Practised(
        example=example,
        number=number,
        trials=tuple(trials),
        comparisons=comparisons,
        is_done=rules.is_tried(options, [each.closeness for each in comparisons]),
    )


def _has_begun(session: Session, exchange: Exchange, person_id: int) -> bool:
    """Whether somebody was given a work to review here, whatever became of it."""
    mine = (Offer.exchange_id == exchange.id) & (Offer.reviewer_id == person_id) & (Offer.reason != rules.MADE_IT)
    return bool(session.scalar(select(exists().where(mine))))


def _class_view(view: rules.View) -> ClassView:
    counted = Counter(view.others)
    staff = view.own
    shares = sorted({*counted, *(() if staff is None else (staff,))})
    return ClassView(
        criterion_id=view.criterion_id,
        choices=tuple(Choice(share=each, count=counted[each], is_staff=each == staff) for each in shares),
        same=sum(count for each, count in counted.items() if staff is not None and abs(each - staff) <= rules.ALIKE),
        total=len(view.others),
    )
