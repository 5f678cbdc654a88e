"""
What can go wrong in an exchange. Errors carry facts; the pages find the words.

    ExchangeError
    ├── NotOpen              it is a draft, has not begun, or is closed
    ├── WorkIsBeingReviewed  work that somebody reads must not change under their eyes
    ├── EmptyWork            neither words nor a file
    ├── PartsMissing         the work lacks a part that the teacher asks for
    ├── PartUnwanted         a part that this exchange does not take
    ├── WordsMissing         a recording without what is said in it
    ├── NoCues               captions in which nothing is said
    ├── NoteMissing          a revised version says what changed
    ├── TooLong              more words than we keep
    ├── TooManyFiles
    ├── WorkFirst            who has handed nothing in cannot review
    ├── GradeIsOut           a grade rests on the work
    ├── Missing              not there, or not this person's: shown as missing
    │   ├── NoSuchExchange
    │   ├── NoSuchOffer
    │   ├── NoSuchFile
    │   ├── NoSuchFeedback
    │   ├── NoSuchCopy
    │   ├── NoSuchMessage
    │   ├── NoSuchMark
    │   ├── NoSuchNote
    │   ├── NoSuchFlag
    │   ├── NoSuchPerson
    │   ├── NoSelfAssessment nobody is asked for it, or there is no work yet
    │   ├── NoSuchExtension
    │   └── NoSuchPart
    ├── OfferIsOver          declined, or lapsed and given to somebody else
    ├── IncompleteFeedback   some criteria have no answer yet
    ├── UnknownAnswer        an answer to a criterion or level that is not of this exchange
    ├── NoteRefused          a note on no place, or on none that is there
    ├── EmptyMessage
    ├── ThreadFull
    ├── TooLateToEdit
    ├── WhyMissing           a decision that others read needs its reason
    ├── UnknownRule          a rule that the charter of the class does not have
    ├── NotAsked             nobody asked this reviewer to look again
    ├── LookedAlready
    ├── AssessedAlready      one's own work, before seeing what others say
    ├── PlanRefused          settings that make no exchange
    ├── CriteriaInUse        feedback refers to what would be destroyed
    ├── AnonymityKept        a promise already given cannot be taken back
    ├── HasWork              would destroy what people handed in
    ├── NotGraded            this exchange gives no grades
    ├── ScoreOutOfRange
    ├── ReasonMissing
    ├── ColumnsInUse         grades are in the columns that were chosen
    ├── NotAhead             a promise is for later
    ├── DatesRefused         what is to be a later date is none
    └── NobodyChosen
"""

from lti_tool.exchange.rules import Lack


class ExchangeError(Exception):
    """Something that the rules of an exchange do not allow."""


class NotOpen(ExchangeError):
    """Nothing can be handed in now; ``because`` is one of unpublished, not_yet, closed, too_late."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class WorkIsBeingReviewed(ExchangeError):
    """The handed-in work already has a reviewer, so it stays as it is."""


class EmptyWork(ExchangeError):
    """Neither words nor a file."""


class PartsMissing(ExchangeError):
    """The work lacks parts that its exchange asks for: ``text``, ``files``, ``links``."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        super().__init__(", ".join(parts))
        self.parts = parts


class PartUnwanted(ExchangeError):
    """A ``part`` that this exchange does not take."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class WordsMissing(ExchangeError):
    """Recordings, by name, that have neither captions nor a transcript where the teacher asks for one."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class NoCues(ExchangeError):
    """Captions in which nothing is said at any time."""


class NoteMissing(ExchangeError):
    """Whoever revises says what changed."""


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


class GradeIsOut(ExchangeError):
    """The grade of this work was released, so its author does not take it back alone."""


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


class NoSuchMessage(Missing):
    """No such message of this person."""


class NoSuchMark(Missing):
    """No such comment in this feedback, or nothing decided about it that could be done."""


class NoSuchFlag(Missing):
    """No such flag, or nothing of the kind can be decided about it."""


class NoSuchPerson(Missing):
    """Nobody of this course."""


class NoSelfAssessment(Missing):
    """Nobody is asked to assess their own work here, or there is none of this person."""


class NoSuchExtension(Missing):
    """No such later date in this exchange, or not for this person."""


class NoSuchPart(Missing):
    """The grade has no such part."""


class NoSuchNote(Missing):
    """No such note in this review, or an exchange without notes."""


class NoteRefused(ExchangeError):
    """
    A note that cannot be added, for a ``problem`` with one ``field`` of its form.

    where: missing or full · quote: not_there · page: missing · words: missing.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field, self.problem = field, problem


class OfferIsOver(ExchangeError):
    """The offer is declined, or lapsed and given to somebody else, or for the ``reason`` that it was withdrawn."""

    def __init__(self, state: str, reason: str = "") -> None:
        super().__init__(state)
        self.state = state
        self.reason = reason


class IncompleteFeedback(ExchangeError):
    """Criteria whose answer lacks something, by id; questions of the author without an answer; what exactly lacks."""

    def __init__(
        self,
        criteria: tuple[int, ...],
        *,
        comment: bool,
        questions: tuple[int, ...] = (),
        lacks: tuple[Lack, ...] = (),
    ) -> None:
        super().__init__(f"criteria {criteria}, comment {comment}")
        self.criteria = criteria
        self.comment = comment
        self.questions = questions
        self.lacks = lacks


class UnknownAnswer(ExchangeError):
    """An answer to a criterion or with a level that is not of this exchange."""

    def __init__(self, criterion_id: int) -> None:
        super().__init__(f"criterion {criterion_id}")
        self.criterion_id = criterion_id


class EmptyMessage(ExchangeError):
    """A message without words."""


class ThreadFull(ExchangeError):
    """More than ``most`` messages about one feedback."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} messages")
        self.most = most


class TooLateToEdit(ExchangeError):
    """The other side may have answered it by now."""


class WhyMissing(ExchangeError):
    """Who disagrees, hides or asks for a rewrite says why."""


class UnknownRule(ExchangeError):
    """The charter was changed meanwhile, or is not used."""


class NotAsked(ExchangeError):
    """Given feedback stays as it is, unless its reviewer is asked to look again."""


class AssessedAlready(ExchangeError):
    """What somebody said of their own work before they saw the feedback stays."""


class LookedAlready(ExchangeError):
    """One second look at each feedback, and it was taken."""


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


class ColumnsInUse(ExchangeError):
    """Grades went to the columns that were chosen before."""


class NotAhead(ExchangeError):
    """A date of one's own lies ahead, and within a year."""


class DatesRefused(ExchangeError):
    """Later dates that are none: which field, and a short code of the problem."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NobodyChosen(ExchangeError):
    """More time is for somebody."""
