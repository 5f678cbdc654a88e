"""
What can go wrong in an exchange. Errors carry facts; the pages find the words.

    ExchangeError
    ├── NotOpen              it is a draft, has not begun, or is closed
    ├── WorkIsBeingReviewed  work that somebody reads must not change under their eyes
    ├── EmptyWork            neither words nor a file
    ├── TooLong              more words than we keep
    ├── TooManyFiles
    ├── WorkFirst            who has handed nothing in cannot review
    ├── Missing              not there, or not this person's: shown as missing
    │   ├── NoSuchExchange
    │   ├── NoSuchOffer
    │   ├── NoSuchFile
    │   ├── NoSuchFeedback
    │   ├── NoSuchCopy
    │   └── NoSuchPerson
    ├── OfferIsOver          declined, or lapsed and given to somebody else
    ├── IncompleteFeedback   some criteria have no answer yet
    ├── UnknownAnswer        an answer to a criterion or level that is not of this exchange
    ├── AlreadyReplied
    ├── EmptyReply
    ├── PlanRefused          settings that make no exchange
    ├── CriteriaInUse        feedback refers to what would be destroyed
    ├── AnonymityKept        a promise already given cannot be taken back
    ├── HasWork              would destroy what people handed in
    ├── NotGraded            this exchange gives no grades
    ├── ScoreOutOfRange
    └── ReasonMissing
"""

from lti_tool.exchange.rules import Lack


class ExchangeError(Exception):
    """Something that the rules of an exchange do not allow."""


class NotOpen(ExchangeError):
    """Nothing can be handed in now; ``because`` is one of unpublished, not_yet, closed."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class WorkIsBeingReviewed(ExchangeError):
    """The handed-in work already has a reviewer, so it stays as it is."""


class EmptyWork(ExchangeError):
    """Neither words nor a file."""


class TooLong(ExchangeError):
    """A text longer than ``most`` characters."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} characters")
        self.most = most


class TooManyFiles(ExchangeError):
    """More than ``most`` files on one work."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} files")
        self.most = most


class WorkFirst(ExchangeError):
    """Own work comes before reviewing that of others."""


class Missing(ExchangeError):
    """Not there, or not this person's."""


class NoSuchExchange(Missing):
    """It was deleted in this very moment."""


class NoSuchOffer(Missing):
    """No such offer for this reviewer."""


class NoSuchFile(Missing):
    """No such file on this author's work."""


class NoSuchFeedback(Missing):
    """No such feedback for this author."""


class NoSuchCopy(Missing):
    """No such kept draft of this person."""


class NoSuchPerson(Missing):
    """Nobody of this course."""


class OfferIsOver(ExchangeError):
    """The offer is declined, or lapsed and given to somebody else."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class IncompleteFeedback(ExchangeError):
    """Criteria whose answer lacks something by id, whether the overall comment does, and what exactly."""

    def __init__(self, criteria: tuple[int, ...], *, comment: bool, lacks: tuple[Lack, ...] = ()) -> None:
        super().__init__(f"criteria {criteria}, comment {comment}")
        self.criteria = criteria
        self.comment = comment
        self.lacks = lacks


class UnknownAnswer(ExchangeError):
    """An answer to a criterion or with a level that is not of this exchange."""

    def __init__(self, criterion_id: int) -> None:
        super().__init__(f"criterion {criterion_id}")
        self.criterion_id = criterion_id


class AlreadyReplied(ExchangeError):
    """One reply to each feedback, and it was given."""


class EmptyReply(ExchangeError):
    """A reply without words."""


class PlanRefused(ExchangeError):
    """Settings that make no exchange: which field, and a short code of the problem."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class CriteriaInUse(ExchangeError):
    """Feedback rests on the kind, scale, levels and points of these criteria: words and weights alone may change."""

    def __init__(self, titles: tuple[str, ...]) -> None:
        super().__init__(f"{len(titles)} criteria in use")
        self.titles = titles


class AnonymityKept(ExchangeError):
    """People wrote under the promise of being hidden."""


class HasWork(ExchangeError):
    """People have begun; what they wrote must not vanish."""


class NotGraded(ExchangeError):
    """The exchange gives no points."""


class ScoreOutOfRange(ExchangeError):
    """A score below nothing or above ``most``."""

    def __init__(self, most: float) -> None:
        super().__init__(f"not from 0 to {most}")
        self.most = most


class ReasonMissing(ExchangeError):
    """Who overrides a grade says why."""
