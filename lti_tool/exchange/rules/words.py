"""
What a reviewer says about a work, and what it lacks to be given.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from lti_tool.exchange.rules.limits import LONGEST_COMMENT


@dataclass(frozen=True, kw_only=True)
class AnswerWords:
    """What a reviewer says about one criterion."""

    level_id: int | None = None
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a reviewer says about a work, finished or not."""

    answers: Mapping[int, AnswerWords] = field(default_factory=dict)
    """By criterion id."""
    comment: str = ""
    to_author: tuple[str, ...] = ()
    """Answers to what the author asked, in the order of the questions."""

    def as_dict(self) -> dict[str, Any]:
        """As drafts keep it."""
        answers = {str(id): {"level_id": said.level_id, "comment": said.comment} for id, said in self.answers.items()}
        asked = {"to_author": list(self.to_author)} if any(self.to_author) else {}
        return {"answers": answers, "comment": self.comment, **asked}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        answers = {int(id): AnswerWords(**said) for id, said in kept.get("answers", {}).items()}
        return cls(answers=answers, comment=kept.get("comment", ""), to_author=tuple(kept.get("to_author", ())))

    @property
    def is_too_long(self) -> bool:
        return any(
            len(text) > LONGEST_COMMENT
            for text in (self.comment, *self.to_author, *(said.comment for said in self.answers.values()))
        )


@dataclass(frozen=True, kw_only=True)
class Wanting:
    """What a feedback still lacks."""

    criteria: tuple[int, ...] = ()
    comment: bool = False

    def __bool__(self) -> bool:
        return bool(self.criteria) or self.comment


def wanting(words: Words, *, criteria: Mapping[int, Collection[int]]) -> Wanting:
    """
    Say what *words* lack to be given: a level where there are levels, a comment where there are none.

    *criteria* maps the id of each criterion to the ids of its levels. Without any criteria
    the overall comment is the feedback.
    """
    lacking = []
    for id, levels in criteria.items():
        said = words.answers.get(id, AnswerWords())
        has_answer = said.level_id is not None if levels else bool(said.comment.strip())
        if not has_answer:
            lacking.append(id)
    return Wanting(criteria=tuple(lacking), comment=not criteria and not words.comment.strip())


def stranger(words: Words, *, criteria: Mapping[int, Collection[int]]) -> int | None:
    """The first criterion id in *words* that is unknown, or answered with a level that is not its own."""
    for id, said in words.answers.items():
        if id not in criteria or (said.level_id is not None and said.level_id not in criteria[id]):
            return id
    return None
