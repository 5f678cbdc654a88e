"""
What the forms of an exchange may say, by topic.
"""

from lti_tool.exchange.schemas.coach import CoachSchema
from lti_tool.exchange.schemas.pairing import PairingSchema
from lti_tool.exchange.schemas.plan import CriterionSchema, LevelSchema, PlanSchema
from lti_tool.exchange.schemas.taking_part import (
    AnswerSchema,
    DeclineSchema,
    FeedbackSchema,
    OverrideSchema,
    ReplySchema,
    TakeawaySchema,
    WorkSchema,
)

__all__ = [
    "AnswerSchema",
    "CoachSchema",
    "CriterionSchema",
    "DeclineSchema",
    "FeedbackSchema",
    "LevelSchema",
    "OverrideSchema",
    "PairingSchema",
    "PlanSchema",
    "ReplySchema",
    "TakeawaySchema",
    "WorkSchema",
]
