"""
What the forms of an exchange may say, by topic.
"""

from lti_tool.exchange.schemas.anonymity import (
    AnonymitySchema,
)
from lti_tool.exchange.schemas.coach import (
    CoachSchema,
)
from lti_tool.exchange.schemas.dates import (
    ExtensionSchema,
    ReopeningSchema,
)
from lti_tool.exchange.schemas.dialogue import (
    AppraisalSchema,
    CharterSchema,
    DecisionSchema,
    DialogueSchema,
    FlagSchema,
    MarkSchema,
    MessageSchema,
    SecondLookSchema,
    ThanksSchema,
    TickSchema,
)
from lti_tool.exchange.schemas.grading import (
    GradingSchema,
    PartOverrideSchema,
    ReasonSchema,
    RegradeSchema,
)
from lti_tool.exchange.schemas.notes import (
    NotesOptionsSchema,
)
from lti_tool.exchange.schemas.pairing import (
    PairingSchema,
)
from lti_tool.exchange.schemas.plan import (
    CriterionSchema,
    LevelSchema,
    PlanSchema,
)
from lti_tool.exchange.schemas.promises import (
    CommitmentSchema,
)
from lti_tool.exchange.schemas.self_assessment import (
    SelfAssessmentOptionsSchema,
)
from lti_tool.exchange.schemas.taking_part import (
    AnswerSchema,
    BegunSchema,
    DeclineSchema,
    FeedbackSchema,
    NoteSchema,
    OverrideSchema,
    TakeawaySchema,
    WorkSchema,
)
from lti_tool.exchange.schemas.work import (
    BesideSchema,
    HandInSchema,
    WordsSchema,
    WorkOptionsSchema,
)

__all__ = [
    "AnonymitySchema",
    "AnswerSchema",
    "AppraisalSchema",
    "BegunSchema",
    "BesideSchema",
    "CharterSchema",
    "CoachSchema",
    "CommitmentSchema",
    "CriterionSchema",
    "DecisionSchema",
    "DeclineSchema",
    "DialogueSchema",
    "ExtensionSchema",
    "FeedbackSchema",
    "FlagSchema",
    "GradingSchema",
    "HandInSchema",
    "LevelSchema",
    "MarkSchema",
    "MessageSchema",
    "NoteSchema",
    "NotesOptionsSchema",
    "OverrideSchema",
    "PairingSchema",
    "PartOverrideSchema",
    "PlanSchema",
    "ReasonSchema",
    "RegradeSchema",
    "ReopeningSchema",
    "SecondLookSchema",
    "SelfAssessmentOptionsSchema",
    "TakeawaySchema",
    "ThanksSchema",
    "TickSchema",
    "WordsSchema",
    "WorkOptionsSchema",
    "WorkSchema",
]
