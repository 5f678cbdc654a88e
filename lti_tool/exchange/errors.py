"""
What can go wrong in an exchange. Errors carry facts; the pages find the words.

    ExchangeError
    ├── NotOpen              it is a draft, has not begun, or is closed
    ├── WorkIsBeingReviewed  work that somebody reads must not change under their eyes
    ├── EmptyWork            neither words nor a file
    ├── PartsMissing         the work lacks a part that the teacher asks for
    ├── PartUnwanted         a part that this exchange does not take
    ├── FilesUnwanted        feedback has none here
    ├── NoTeam               groups hand in, and this person is in none
    ├── TeamHasWork          a group that has handed in keeps at least one member
    ├── TeamFull
    ├── NotHeldYet           what was not shown yet cannot be reviewed
    ├── WordsMissing         a recording without what is said in it
    ├── NoCues               captions in which nothing is said
    ├── NoteMissing          a revised version says what changed
    ├── TooLong              more words than we keep
    ├── TooManyFiles
    ├── WorkFirst            who has handed nothing in cannot review
    ├── GradeIsOut           a grade rests on the work
    ├── PlanMoved            others changed who reads whom in the same moment
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
    │   ├── NoSuchRepair
    │   ├── NoSuchRule
    │   ├── NoSuchExample
    │   ├── NoSuchComparison
    │   ├── NoSelfAssessment nobody is asked for it, or there is no work yet
    │   ├── NoSuchExtension
    │   ├── NoSuchTeam
    │   ├── NoSuchReopening
    │   ├── NoSuchProposal
    │   └── NoSuchPart
    ├── OfferIsOver          declined, or lapsed and given to somebody else
    ├── IncompleteFeedback   some criteria have no answer yet
    ├── UnknownAnswer        an answer to a criterion or level that is not of this exchange
    ├── NoteRefused          a note on no place, or on none that is there
    ├── EmptyMessage
    ├── ThreadFull
    ├── TooLateToEdit
    ├── TalkedAbout          taking it back would take the answers along
    ├── WhyMissing           a decision that others read needs its reason
    ├── UnknownRule          a rule that the charter of the class does not have
    ├── NotAsked             nobody asked this reviewer to look again
    ├── LookedAlready
    ├── PracticeFirst        before the first review
    ├── TriedAlready         twice
    ├── TooManyExamples
    ├── TooFewWorks          nobody could compare two works of others
    ├── IncompleteComparison
    ├── AssessedAlready      one's own work, before seeing what others say
    ├── PlanRefused          settings that make no exchange
    ├── SettingsChanged      by somebody else, since they were read
    ├── TopicChanged         the same of one topic of the further settings
    ├── CriteriaInUse        feedback refers to what would be destroyed
    ├── AnonymityKept        a promise already given cannot be taken back
    ├── SealedStays          nothing says any more who wrote what
    ├── HasWork              would destroy what people handed in
    ├── WorksBegun           would destroy what people are writing, and nobody was told
    ├── NotGraded            this exchange gives no grades
    ├── ScoreOutOfRange
    ├── ReasonMissing
    ├── ColumnsInUse         grades are in the columns that were chosen
    ├── CannotRead           the rules, or what went before, keep this reader from this work
    ├── NobodyToRead         no classmate may read this work
    ├── NothingToFree        nothing is kept for this person that others could read
    ├── BegunAlready         a repair that somebody has built on
    ├── OwesOutOfRange
    ├── PairsHidden          who reviews whom is told to nobody here
    ├── TooManyRules         more pairs together or apart than anybody makes by hand
    ├── NotAhead             a promise is for later
    ├── DatesRefused         what is to be a later date is none
    ├── NothingWaits         feedback is shown at once, so there is nothing to release
    ├── FeedbackRead         what somebody has read cannot wait again
    ├── NobodyChosen
    ├── TooManyTemplates
    ├── RuleKnown            the class has this rule already, or somebody proposed it
    ├── TooManyProposals     one person's, or all that wait for an answer
    ├── CharterFull          more rules than anybody keeps in mind
    └── AlreadyAnswered
"""

from lti_tool.exchange.rules import Lack, Plan


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


class FilesUnwanted(ExchangeError):
    """Feedback has no files in this exchange."""


class NoTeam(ExchangeError):
    """Groups hand in together, and this person is in none."""


class TeamHasWork(ExchangeError):
    """A group with work keeps at least one member; ``team`` is its name."""

    def __init__(self, team: str) -> None:
        super().__init__("a group with work keeps at least one member")
        self.team = team


class TeamFull(ExchangeError):
    """As many are in the group as may be."""


class NotHeldYet(ExchangeError):
    """It is shown later than now."""


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
    """More than ``most`` files on one work, or in one review."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} files")
        self.most = most


class WorkFirst(ExchangeError):
    """Own work comes before reviewing that of others."""


class GradeIsOut(ExchangeError):
    """The grade of this work was released, so its author does not take it back alone."""


class PlanMoved(ExchangeError):
    """
    Others changed the plan between our look and our step, so nothing of the step was done.

    Whoever only shares the lock of the plan tries again holding it.
    """


class Missing(ExchangeError):
    """Not there, or not this person's."""


class NoSuchExchange(Missing):
    """It was deleted in this very moment."""


class NoSuchOffer(Missing):
    """No such offer for this reviewer."""


class NoSuchFile(Missing):
    """No such file of this author's work, or in this person's feedback."""


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


class NoSuchRule(Missing):
    """Nothing is wanted about these two people."""


class NoSuchRepair(Missing):
    """No such repair in this exchange."""


class NoSuchExample(Missing):
    """No such work to practise with in this exchange, or it is not ready, or nobody practises."""


class NoSuchComparison(Missing):
    """No such two works for this person, or one of them is there no more."""


class NoSelfAssessment(Missing):
    """Nobody is asked to assess their own work here, or there is none of this person."""


class NoSuchExtension(Missing):
    """No such later date in this exchange, or not for this person."""


class NoSuchTeam(Missing):
    """No such group in this exchange, or it is not for students to choose."""


class NoSuchReopening(Missing):
    """Nothing of the kind was opened in this exchange."""


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


class TalkedAbout(ExchangeError):
    """Its author has answered the feedback: taken back, their words would be lost."""


class WhyMissing(ExchangeError):
    """Who disagrees, hides or asks for a rewrite says why."""


class UnknownRule(ExchangeError):
    """The charter was changed meanwhile, or is not used."""


class NotAsked(ExchangeError):
    """Given feedback stays as it is, unless its reviewer is asked to look again."""


class PracticeFirst(ExchangeError):
    """Somebody practises before their first review, and has not yet."""


class TriedAlready(ExchangeError):
    """An example can be tried twice."""


class TooManyExamples(ExchangeError):
    """There are ``most`` works to practise with already."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class TooFewWorks(ExchangeError):
    """Fewer than ``fewest`` works are handed in."""

    def __init__(self, fewest: int) -> None:
        super().__init__(fewest)
        self.fewest = fewest


class IncompleteComparison(ExchangeError):
    """What a comparison still ``lacks``."""

    def __init__(self, lacks: tuple[Lack, ...]) -> None:
        super().__init__(lacks)
        self.lacks = lacks


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


class SettingsChanged(ExchangeError):
    """Somebody else saved the settings meanwhile, as *saved* says."""

    def __init__(self, saved: Plan) -> None:
        super().__init__("changed meanwhile")
        self.saved = saved


class TopicChanged(ExchangeError):
    """Somebody else saved this topic of the further settings meanwhile."""


class CriteriaInUse(ExchangeError):
    """
    Feedback rests on the kind, scale, levels and points of these criteria: words and weights alone may change.

    On those *in_examples* rests what staff say of works to practise with, and nothing else.
    """

    def __init__(self, titles: tuple[str, ...], *, in_examples: tuple[str, ...] = ()) -> None:
        super().__init__(f"{len(titles) + len(in_examples)} criteria in use")
        self.titles = titles
        self.in_examples = in_examples


class AnonymityKept(ExchangeError):
    """People wrote under the promise of being hidden."""


class SealedStays(ExchangeError):
    """Nothing says any more who wrote what, so nobody can be asked to go on."""


class HasWork(ExchangeError):
    """People have begun; what they wrote must not vanish."""


class WorksBegun(ExchangeError):
    """So many works that people have begun would go, and whoever asked did not know."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} works begun")
        self.count = count


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


class CannotRead(ExchangeError):
    """This person may not read this work: by the rules, because they do or did, or have no work of their own here."""


class NobodyToRead(ExchangeError):
    """Nobody is left whom the rules let read this work."""


class NothingToFree(ExchangeError):
    """Nothing is kept for this person but what they are writing about."""


class BegunAlready(ExchangeError):
    """The new reader has begun, so the work stays with them."""


class PairsHidden(ExchangeError):
    """Wanting two together would say who wrote a feedback, which is told to nobody here."""


class TooManyRules(ExchangeError):
    """More than ``most`` pairs that are to be together or apart."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} rules")
        self.most = most


class OwesOutOfRange(ExchangeError):
    """Who is excused owes from 0 to ``most`` reviews."""

    def __init__(self, most: int) -> None:
        super().__init__(f"not from 0 to {most}")
        self.most = most


class DatesRefused(ExchangeError):
    """Later dates that are none: which field, and a short code of the problem."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NobodyChosen(ExchangeError):
    """More time is for somebody."""


class NothingWaits(ExchangeError):
    """Feedback is shown at once here."""


class FeedbackRead(ExchangeError):
    """Somebody has read it already."""


class TooManyTemplates(ExchangeError):
    """More than anybody finds their way in."""


class NoSuchProposal(Missing):
    """Not there, not one's own, or no proposals are asked for."""


class RuleKnown(ExchangeError):
    """A rule that the class has, or that somebody proposed."""


class TooManyProposals(ExchangeError):
    """As many as wait for an answer at a time."""


class CharterFull(ExchangeError):
    """As many rules as a charter has."""


class AlreadyAnswered(ExchangeError):
    """Staff have answered the proposal."""
