"""
What the forms of an exchange may say, by topic.
"""

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
from lti_tool.exchange.schemas.work import BesideSchema, HandInSchema, WorkOptionsSchema

__all__ = [
    "AnswerSchema",
    "BesideSchema",
    "CriterionSchema",
    "DeclineSchema",
    "FeedbackSchema",
    "HandInSchema",
    "LevelSchema",
    "OverrideSchema",
    "PairingSchema",
    "PlanSchema",
    "ReplySchema",
    "WorkOptionsSchema",
    "WorkSchema",
]
