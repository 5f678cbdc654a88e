"""
What a reviewer says about a work, and what it lacks to be given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from lti_tool.exchange.rules.criteria import (
    LEVELS,
    NUMBER,
    REQUIRED,
    WORDS,
    YES_NO,
    Asked,
    count_words,
    is_filler,
    without,
)
from lti_tool.exchange.rules.limits import LONGEST_COMMENT
from lti_tool.exchange.rules.notes import Begun, Note


@dataclass(frozen=True, kw_only=True)
class AnswerWords:
    """What a reviewer says about one criterion."""

    level_id: int | None = None
    comment: str = ""
    number: float | None = None
    """A number of the criterion's scale; of a yes or no 1 or 0."""

    def as_dict(self) -> dict[str, Any]:
        """As drafts keep it."""
        number = {"number": self.number} if self.number is not None else {}
        return {"level_id": self.level_id, "comment": self.comment, **number}


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a reviewer says about a work, finished or not."""

    answers: Mapping[int, AnswerWords] = field(default_factory=dict)
    """By criterion id."""
    comment: str = ""
    to_author: tuple[str, ...] = ()
    """Answers to what the author asked, in the order of the questions."""
    notes: tuple[Note, ...] = ()
    """On single places of the work, in the order in which they were made."""
    begun: Begun = field(default_factory=Begun)
    """A note that is still being typed; given feedback has none."""

    def as_dict(self) -> dict[str, Any]:
        """As drafts keep it."""
        answers = {str(id): said.as_dict() for id, said in self.answers.items()}
        asked = {"to_author": list(self.to_author)} if any(self.to_author) else {}
        notes = {"notes": [note.as_dict() for note in self.notes]} if self.notes else {}
        begun = {"begun": self.begun.as_dict()} if self.begun else {}
        return {"answers": answers, "comment": self.comment, **asked, **notes, **begun}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        answers = {int(id): AnswerWords(**said) for id, said in kept.get("answers", {}).items()}
        return cls(
            answers=answers,
            comment=kept.get("comment", ""),
            to_author=tuple(kept.get("to_author", ())),
            notes=tuple(Note.from_dict(each) for each in kept.get("notes", ())),
            begun=Begun(**kept.get("begun", {})),
        )

    def comment_on(self, criterion_id: int | None) -> str:
        """What they say about a criterion, or on the whole; empty where they do not."""
        if criterion_id is None:
            return self.comment
        answer = self.answers.get(criterion_id)
        return answer.comment if answer is not None else ""

    @property
    def is_too_long(self) -> bool:
        return any(
            len(text) > LONGEST_COMMENT
            for text in (
                self.comment,
                *self.to_author,
                *(said.comment for said in self.answers.values()),
                *(note.words for note in self.notes),
                self.begun.words,
            )
        )


@dataclass(frozen=True, kw_only=True)
class Lack:
    """One thing that stands between words and their author: which part of which answer, and why."""

    part: str
    """``answer`` or ``comment``."""
    criterion_id: int | None
    """None: the comment on the whole."""
    problem: str
    """missing, filler, too_short, out_of_range or off_step."""


@dataclass(frozen=True, kw_only=True)
class Wanting:
    """What a feedback still lacks."""

    lacks: tuple[Lack, ...] = ()

    @property
    def criteria(self) -> tuple[int, ...]:
        """Each criterion whose answer lacks something, once."""
        return tuple(dict.fromkeys(each.criterion_id for each in self.lacks if each.criterion_id is not None))

    @property
    def comment(self) -> bool:
        """Whether the comment on the whole does."""
        return any(each.criterion_id is None for each in self.lacks)

    def __bool__(self) -> bool:
        return bool(self.lacks)


def wanting(words: Words, *, criteria: Mapping[int, Asked]) -> Wanting:
    """
    Say what *words* lack to be given: an answer to each of *criteria*, and a comment where one is required.

    Without any criteria the overall comment is the feedback.
    """
    lacks = [
        lack
        for id, asked in criteria.items()
        for lack in _lacks_of(words.answers.get(id, AnswerWords()), asked, criterion_id=id)
    ]
    if not criteria:
        lacks += _lacks_of(words_as_answer(words), Asked(), criterion_id=None)
    return Wanting(lacks=tuple(lacks))


def stranger(words: Words, *, criteria: Mapping[int, Asked]) -> int | None:
    """The first criterion id in *words* that is unknown, or answered as another criterion would be."""
    for id, said in words.answers.items():
        if id not in criteria:
            return id
        asked = criteria[id]
        if said.level_id is not None and said.level_id not in asked.levels:
            return id
        if said.number is not None and asked.kind not in (NUMBER, YES_NO):
            return id
    return None


def words_as_answer(words: Words) -> AnswerWords:
    """The comment on the whole, as what a criterion of words would be answered with."""
    return AnswerWords(comment=words.comment)


def _lacks_of(said: AnswerWords, asked: Asked, *, criterion_id: int | None) -> Iterator[Lack]:
    problem = _problem_of_answer(said, asked)
    if problem is not None:
        yield Lack(part="answer", criterion_id=criterion_id, problem=problem)
    problem = _problem_of_comment(said.comment, asked)
    if problem is not None:
        yield Lack(part="comment", criterion_id=criterion_id, problem=problem)


def _problem_of_answer(said: AnswerWords, asked: Asked) -> str | None:
    if asked.kind == LEVELS:
        return "missing" if said.level_id is None else None
    if asked.kind == WORDS:
        return None
    if said.number is None:
        return "missing"
    if asked.kind == NUMBER and asked.scale is not None:
        return asked.scale.problem_of(said.number)
    return None if said.number in (0, 1) else "out_of_range"


def _problem_of_comment(comment: str, asked: Asked) -> str | None:
    said = without(asked.starters, comment)
    if asked.comment == REQUIRED:
        if not comment.strip():
            return "missing"
        if is_filler(said):
            return "filler"
    # A comment that nobody has to write is not too short before it is begun.
    is_short = bool(comment.strip() or asked.comment == REQUIRED) and count_words(said) < asked.words
    return "too_short" if is_short else None
