"""
What an exchange is made of: settings and criteria, work, offers to review, feedback, grades.

What happened is a row with who, when and why (a publication, a closure, a release); what can be
computed from rows and the clock (late, lapsed, served) is nowhere stored.
"""

from lti_tool.exchange.models.attaching import (
    FeedbackFile,
)
from lti_tool.exchange.models.comparing import (
    ComparingRound,
    SideBySide,
)
from lti_tool.exchange.models.dates import (
    Extended,
    Extension,
    FeedbackRelease,
    Reopening,
)
from lti_tool.exchange.models.dialogue import (
    Appraisal,
    CharterConsent,
    FeedbackRevision,
    Flag,
    FlagAct,
    Hiding,
    Introduction,
    Mark,
    Message,
    RewriteRequest,
    SecondLook,
    Thanks,
    Unmasking,
)
from lti_tool.exchange.models.files import (
    FileFacts,
)
from lti_tool.exchange.models.grades import (
    Exclusion,
    GradeOverride,
    Regrade,
    Release,
)
from lti_tool.exchange.models.pairing import (
    PairingEvent,
    PairRule,
    PlannedPair,
    Seat,
)
from lti_tool.exchange.models.practice import (
    Example,
    ExampleFile,
    Trial,
)
from lti_tool.exchange.models.presenting import (
    Presentation,
)
from lti_tool.exchange.models.promises import (
    Commitment,
)
from lti_tool.exchange.models.proposals import (
    Proposal,
    ProposalSupport,
)
from lti_tool.exchange.models.repairs import (
    Excusal,
    Repair,
    StaffReview,
)
from lti_tool.exchange.models.reviewing import (
    Answer,
    DraftCopy,
    Feedback,
    FeedbackDraft,
    Offer,
    Takeaway,
    has_reader,
)
from lti_tool.exchange.models.self_assessment import (
    SelfAssessment,
)
from lti_tool.exchange.models.settings import (
    Closure,
    Criterion,
    Exchange,
    Level,
    Publication,
    SealedGiving,
    Sealing,
)
from lti_tool.exchange.models.teams import (
    Team,
    TeamMember,
    author_of,
    authored_by,
    with_authors,
)
from lti_tool.exchange.models.templates import (
    Template,
)
from lti_tool.exchange.models.words_draft import (
    WordsDraft,
)
from lti_tool.exchange.models.work import (
    FileWords,
    Submission,
    SubmissionFile,
    Withdrawal,
    WorkVersion,
)

__all__ = [
    "Answer",
    "Appraisal",
    "CharterConsent",
    "Closure",
    "Commitment",
    "ComparingRound",
    "Criterion",
    "DraftCopy",
    "Example",
    "ExampleFile",
    "Exchange",
    "Exclusion",
    "Excusal",
    "Extended",
    "Extension",
    "Feedback",
    "FeedbackDraft",
    "FeedbackFile",
    "FeedbackRelease",
    "FeedbackRevision",
    "FileFacts",
    "FileWords",
    "Flag",
    "FlagAct",
    "GradeOverride",
    "Hiding",
    "Introduction",
    "Level",
    "Mark",
    "Message",
    "Offer",
    "PairRule",
    "PairingEvent",
    "PlannedPair",
    "Presentation",
    "Proposal",
    "ProposalSupport",
    "Publication",
    "Regrade",
    "Release",
    "Reopening",
    "Repair",
    "RewriteRequest",
    "SealedGiving",
    "Sealing",
    "Seat",
    "SecondLook",
    "SelfAssessment",
    "SideBySide",
    "StaffReview",
    "Submission",
    "SubmissionFile",
    "Takeaway",
    "Team",
    "TeamMember",
    "Template",
    "Thanks",
    "Trial",
    "Unmasking",
    "Withdrawal",
    "WordsDraft",
    "WorkVersion",
    "author_of",
    "authored_by",
    "has_reader",
    "with_authors",
]
