"""
What the forms of an exchange may say, by topic.
"""

from lti_tool.exchange.schemas.grading import GradingSchema, PartOverrideSchema, ReasonSchema, RegradeSchema
from lti_tool.exchange.schemas.pairing import PairingSchema
from lti_tool.exchange.schemas.plan import CriterionSchema, LevelSchema, PlanSchema
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
    "CriterionSchema",
    "DeclineSchema",
    "FeedbackSchema",
    "GradingSchema",
    "LevelSchema",
    "OverrideSchema",
    "PairingSchema",
    "PartOverrideSchema",
    "PlanSchema",
    "ReasonSchema",
    "RegradeSchema",
    "ReplySchema",
    "WorkSchema",
]
