"""
Words by the criteria, as they may be given: readable, complete, and about the criteria as they are.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Criterion, Exchange
from lti_tool.exchange.operations import acts
from lti_tool.exchange.rules import Words


def readable(words: Words) -> Words:
    """*words* as we keep them, unless they are too long."""
    answers = {id: replace(said, comment=acts.clean(said.comment)) for id, said in words.answers.items()}
    to_author = tuple(acts.clean(each) for each in words.to_author)
    noted = tuple(replace(note, words=acts.clean(note.words)) for note in words.notes)
    begun = replace(words.begun, words=acts.clean(words.begun.words))
    words = Words(answers=answers, comment=acts.clean(words.comment), to_author=to_author, notes=noted, begun=begun)
    if words.is_too_long:
        raise errors.TooLong(rules.LONGEST_COMMENT)
    return words


def criteria_as_they_stand(session: Session, exchange: Exchange) -> dict[int, rules.Asked]:
    """What each criterion asks, held so that no edit changes it while feedback is written about it."""
    session.execute(select(Exchange.activity_id).where(Exchange.activity_id == exchange.id).with_for_update(read=True))
    rows = session.scalars(
        select(Criterion)
        .where(Criterion.exchange_id == exchange.id)
        .options(selectinload(Criterion.levels))
        .execution_options(populate_existing=True)
    )
    return {criterion.id: criterion.asked for criterion in rows}


def require_complete(words: Words, criteria: Mapping[int, rules.Asked], asked: tuple[str, ...] = ()) -> Words:
    """The words with as many answers to the author as there are questions, unless something is missing."""
    unknown = rules.stranger(words, criteria=criteria)
    if unknown is not None:
        raise errors.UnknownAnswer(unknown)
    lacking = rules.wanting(words, criteria=criteria)
    questions = rules.unanswered(asked, words.to_author)
    if lacking or questions:
        raise errors.IncompleteFeedback(
            lacking.criteria, comment=lacking.comment, questions=questions, lacks=lacking.lacks
        )
    return replace(words, to_author=words.to_author[: len(asked)])
