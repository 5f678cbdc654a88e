"""
What an exchange is made of: settings and criteria, work, offers to review, feedback, grades.

What happened is a row with who, when and why (a publication, a closure, a release); what can be
computed from rows and the clock (late, lapsed, served) is nowhere stored.
"""

from lti_tool.exchange.models.grades import GradeOverride, Release
from lti_tool.exchange.models.reviewing import (
    Answer,
    DraftCopy,
    Feedback,
    FeedbackDraft,
    Offer,
    Reply,
    Takeaway,
    has_reader,
)
from lti_tool.exchange.models.settings import Closure, Criterion, Exchange, Level, Publication
from lti_tool.exchange.models.work import Submission, SubmissionFile

__all__ = [
    "Answer",
    "Closure",
    "Criterion",
    "DraftCopy",
    "Exchange",
    "Feedback",
    "FeedbackDraft",
    "GradeOverride",
    "Level",
    "Offer",
    "Publication",
    "Release",
    "Reply",
    "Submission",
    "SubmissionFile",
    "Takeaway",
    "has_reader",
]
