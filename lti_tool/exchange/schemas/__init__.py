"""
What the forms of an exchange may say, by topic.
"""

from lti_tool.exchange.schemas.anonymity import (
    AnonymitySchema,
)
from lti_tool.exchange.schemas.attaching import (
    AttachingSchema,
)
from lti_tool.exchange.schemas.coach import (
    CoachSchema,
)
from lti_tool.exchange.schemas.comparing import (
    ComparingOptionsSchema,
    ComparisonSchema,
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
    ModerationSchema,
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
from lti_tool.exchange.schemas.plan_rules import (
    PairRuleSchema,
)
from lti_tool.exchange.schemas.practice import (
    ExampleSchema,
    PracticeOptionsSchema,
)
from lti_tool.exchange.schemas.promises import (
    CommitmentSchema,
)
from lti_tool.exchange.schemas.proposals import (
    ProposalAnswerSchema,
    ProposalSchema,
)
from lti_tool.exchange.schemas.recipes import (
    TemplateSchema,
)
from lti_tool.exchange.schemas.repairs import (
    BulkSchema,
    ExcusalSchema,
    ReaderSchema,
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
from lti_tool.exchange.schemas.teams import (
    DealSchema,
    TeamNameSchema,
    TeamOptionsSchema,
)
from lti_tool.exchange.schemas.time import (
    LateSchema,
    ReleaseSchema,
)
from lti_tool.exchange.schemas.work import (
    BesideSchema,
    HandInSchema,
    PresentationSchema,
    SlotSchema,
    WordsSchema,
    WorkOptionsSchema,
)

__all__ = [
    "AnonymitySchema",
    "AnswerSchema",
    "AppraisalSchema",
    "AttachingSchema",
    "BegunSchema",
    "BesideSchema",
    "BulkSchema",
    "CharterSchema",
    "CoachSchema",
    "CommitmentSchema",
    "ComparingOptionsSchema",
    "ComparisonSchema",
    "CriterionSchema",
    "DealSchema",
    "DecisionSchema",
    "DeclineSchema",
    "DialogueSchema",
    "ExampleSchema",
    "ExcusalSchema",
    "ExtensionSchema",
    "FeedbackSchema",
    "FlagSchema",
    "GradingSchema",
    "HandInSchema",
    "LateSchema",
    "LevelSchema",
    "MarkSchema",
    "MessageSchema",
    "ModerationSchema",
    "NoteSchema",
    "NotesOptionsSchema",
    "OverrideSchema",
    "PairRuleSchema",
    "PairingSchema",
    "PartOverrideSchema",
    "PlanSchema",
    "PracticeOptionsSchema",
    "PresentationSchema",
    "ProposalAnswerSchema",
    "ProposalSchema",
    "ReaderSchema",
    "ReasonSchema",
    "RegradeSchema",
    "ReleaseSchema",
    "ReopeningSchema",
    "SecondLookSchema",
    "SelfAssessmentOptionsSchema",
    "SlotSchema",
    "TakeawaySchema",
    "TeamNameSchema",
    "TeamOptionsSchema",
    "TemplateSchema",
    "ThanksSchema",
    "TickSchema",
    "WordsSchema",
    "WorkOptionsSchema",
    "WorkSchema",
]
