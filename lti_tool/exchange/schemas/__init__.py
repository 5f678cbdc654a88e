"""
What the forms of an exchange may say, by topic.
"""

from lti_tool.exchange.schemas.pairing import PairingSchema
from lti_tool.exchange.schemas.plan import CriterionSchema, LevelSchema, PlanSchema
from lti_tool.exchange.schemas.promises import CommitmentSchema
from lti_tool.exchange.schemas.taking_part import (
    AnswerSchema,
    DeclineSchema,
    FeedbackSchema,
    OverrideSchema,
    ReplySchema,
    WorkSchema,
)

__all__ = [
    "AnswerSchema",
    "CommitmentSchema",
    "CriterionSchema",
    "DeclineSchema",
    "FeedbackSchema",
    "LevelSchema",
    "OverrideSchema",
    "PairingSchema",
    "PlanSchema",
    "ReplySchema",
    "WorkSchema",
]
