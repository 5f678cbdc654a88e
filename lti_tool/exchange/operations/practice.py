"""
Practice: staff put in works with what they see in them, people try themselves at them.
"""

import logging
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from lti_tool import files
from lti_tool.exchange import errors, queries, rules
from lti_tool.exchange.models import Criterion, Example, ExampleFile, Exchange, Trial
from lti_tool.exchange.operations import acts, words_drafts, words_given
from lti_tool.exchange.rules import Beside, Words

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ExampleWords:
    """What staff say: the work, and what they see in it. Either may be unfinished."""

    title: str
    body: str
    beside: Beside
    words: Words


def add_example(session: Session, exchange: Exchange, said: ExampleWords, *, by: int, now: datetime) -> Example:
    """
    Add a work to practise with. It is shown once there is something to read and staff have said all they see.
    """
    # The row first: two tabs must not add a sixth together.
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update())
    count = session.scalar(select(func.count()).select_from(Example).where(Example.exchange_id == exchange.id)) or 0
    if count >= rules.MOST_EXAMPLES:
        raise errors.TooManyExamples(rules.MOST_EXAMPLES)
    example = Example(exchange_id=exchange.id, made_by_id=by, made_at=now, file=None, **_kept(said))
    session.add(example)
    session.flush()
    acts.record(session, exchange, "example.added", by=by, now=now, example_id=example.id)
    return example


def change_example(
    session: Session, exchange: Exchange, *, example_id: int, said: ExampleWords, by: int, now: datetime
) -> Example:
    """Change an example. Tries that people made are held against what it says now."""
    example = _held(session, exchange, example_id)
    for name, value in _kept(said).items():
        setattr(example, name, value)
    session.flush()
    acts.record(session, exchange, "example.changed", by=by, now=now, example_id=example.id)
    return example


def put_file(
    session: Session,
    exchange: Exchange,
    *,
    example_id: int,
    data: bytes,
    name: str,
    storage: files.Storage,
    max_bytes: int,
) -> ExampleFile:
    """Put a file into an example, cleaned of who made it, in the place of the one that was there."""
    cleaned = files.accept(data, max_bytes=max_bytes, name=name)
    example = _held(session, exchange, example_id)
    take_file_away(session, exchange, example_id=example_id, storage=storage)
    kept = ExampleFile(
        example_id=example.id,
        name=f"example.{cleaned.extension}",
        media_type=cleaned.media_type,
        size=len(cleaned.data),
        key=f"exchange/{uuid.uuid4().hex}",
    )
    example.file = kept
    storage.keep(session, kept.key, cleaned.data)
    session.flush()
    return kept


def take_file_away(session: Session, exchange: Exchange, *, example_id: int, storage: files.Storage) -> None:
    """Take the file out of an example; its bytes go with the last copy of it."""
    example = _held(session, exchange, example_id)
    if example.file is None:
        return
    key = example.file.key
    example.file = None
    session.flush()
    if not session.scalar(select(exists().where(ExampleFile.key == key))):
        storage.remove(session, key)


def remove_example(
    session: Session, exchange: Exchange, *, example_id: int, by: int, now: datetime, storage: files.Storage
) -> None:
    """Remove an example and what people tried at it."""
    take_file_away(session, exchange, example_id=example_id, storage=storage)
    session.delete(_held(session, exchange, example_id))
    session.flush()
    acts.record(session, exchange, "example.removed", by=by, now=now, example_id=example_id)


def try_example(
    session: Session, exchange: Exchange, *, person: int, example_id: int, words: Words, now: datetime
) -> Trial:
    """
    Say what one sees in an example. It can be tried twice; the same words twice are one try.
    """
    acts.require_reviews_taken(queries.windows_of(session, exchange, person), now)
    if not exchange.option(rules.PracticeOptions).is_on:
        raise errors.NoSuchExample
    example = _held(session, exchange, example_id, share=True)
    if queries.lacks_of(exchange, example):
        raise errors.NoSuchExample
    criteria = words_given.criteria_as_they_stand(session, exchange)
    words = words_given.require_complete(words_given.readable(words), criteria)
    before = session.scalars(
        select(Trial).where(Trial.example_id == example.id, Trial.person_id == person).order_by(Trial.number)
    ).all()
    if before and before[-1].said == words:
        return before[-1]
    if len(before) >= rules.MOST_TRIES:
        raise errors.TriedAlready
    number = len(before) + 1
    made = session.scalar(
        insert(Trial)
        .values(example_id=example.id, person_id=person, number=number, words=words.as_dict(), given_at=now)
        .on_conflict_do_nothing()
        .returning(Trial.id)
    )
    words_drafts.drop_words(session, exchange, person=person, about=about(example.id))
    if made is not None:
        acts.record(session, exchange, "example.tried", by=person, now=now, example_id=example.id, number=number)
    return session.scalars(
        select(Trial).where(Trial.example_id == example.id, Trial.person_id == person, Trial.number == number)
    ).one()


def require_practised(session: Session, exchange: Exchange, *, person: int) -> None:
    """Raise :class:`errors.PracticeFirst` where somebody practises before their first review and has not yet."""
    practice = queries.practice_of(session, exchange, person)
    if practice is not None and practice.is_due:
        raise errors.PracticeFirst


def copy_examples(session: Session, source: Exchange, copy: Exchange, *, now: datetime) -> None:
    """Give *copy* the examples of *source*, with what staff see in them told by its own criteria."""
    for example in queries.examples_of(session, source):
        made = Example(
            exchange_id=copy.id,
            title=example.title,
            body=example.body,
            beside=example.beside,
            words=_translated(example.said, source.criteria, copy.criteria).as_dict(),
            made_at=now,
        )
        kept = example.file
        made.file = (
            ExampleFile(name=kept.name, media_type=kept.media_type, size=kept.size, key=kept.key) if kept else None
        )
        session.add(made)
    session.flush()


def about(example_id: int) -> str:
    """What a draft of a try is about."""
    return f"example-{example_id}"


def _kept(said: ExampleWords) -> dict[str, object]:
    body = acts.clean(said.body)
    if len(body) > rules.LONGEST_BODY:
        raise errors.TooLong(rules.LONGEST_BODY)
    return {
        "title": acts.clean(said.title).strip(),
        "body": body,
        "beside": said.beside.as_dict(),
        "words": words_given.readable(said.words).as_dict(),
    }


def _held(session: Session, exchange: Exchange, example_id: int, *, share: bool = False) -> Example:
    example = session.scalars(
        select(Example)
        .where(Example.id == example_id, Example.exchange_id == exchange.id)
        .with_for_update(of=Example, read=share)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if example is None:
        raise errors.NoSuchExample
    return example


def _translated(words: Words, source: list[Criterion], copy: list[Criterion]) -> Words:
    """*words* about the criteria of one exchange, told by those of its copy."""
    answers = {}
    for old, new in zip(source, copy, strict=True):
        said = words.answers.get(old.id)
        if said is None:
            continue
        place = next((place for place, level in enumerate(old.levels) if level.id == said.level_id), None)
        answers[new.id] = replace(said, level_id=new.levels[place].id if place is not None else None)
    return replace(words, answers=answers)
