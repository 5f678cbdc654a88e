"""
The pure decisions of an exchange, by topic: no database, no clock, no Flask.
"""

from lti_tool.exchange.rules.grades import (
    Grade,
    Share,
    grade,
    why_release,
)
from lti_tool.exchange.rules.limits import (
    FEWEST_REVIEWS,
    LONGEST_BODY,
    LONGEST_COMMENT,
    LONGEST_TITLE,
    MASKED,
    MOST_CRITERIA,
    MOST_FILES,
    MOST_LEVELS,
    MOST_POINTS,
    MOST_REVIEWS,
    NAMED,
)
from lti_tool.exchange.rules.offers import (
    DECLINE_REASONS,
    LEASE,
    OPEN_STATES,
    PATIENCE,
    OfferState,
)
from lti_tool.exchange.rules.options import Options
from lti_tool.exchange.rules.pairing import (
    ANY_GROUP,
    OTHER_GROUPS,
    OWN_GROUP,
    ROLLING,
    TOGETHER,
    PairingOptions,
    may_meet,
)
from lti_tool.exchange.rules.plan import (
    CriterionPlan,
    LevelPlan,
    Plan,
    problem_of,
)
from lti_tool.exchange.rules.steps import (
    step,
    trouble,
)
from lti_tool.exchange.rules.windows import (
    Windows,
)
from lti_tool.exchange.rules.words import (
    AnswerWords,
    Wanting,
    Words,
    stranger,
    wanting,
)

__all__ = [
    "ANY_GROUP",
    "DECLINE_REASONS",
    "FEWEST_REVIEWS",
    "LEASE",
    "LONGEST_BODY",
    "LONGEST_COMMENT",
    "LONGEST_TITLE",
    "MASKED",
    "MOST_CRITERIA",
    "MOST_FILES",
    "MOST_LEVELS",
    "MOST_POINTS",
    "MOST_REVIEWS",
    "NAMED",
    "OPEN_STATES",
    "OTHER_GROUPS",
    "OWN_GROUP",
    "PATIENCE",
    "ROLLING",
    "TOGETHER",
    "AnswerWords",
    "CriterionPlan",
    "Grade",
    "LevelPlan",
    "OfferState",
    "Options",
    "PairingOptions",
    "Plan",
    "Share",
    "Wanting",
    "Windows",
    "Words",
    "grade",
    "may_meet",
    "problem_of",
    "step",
    "stranger",
    "trouble",
    "wanting",
    "why_release",
]
