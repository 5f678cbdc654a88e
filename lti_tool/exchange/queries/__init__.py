"""
What the pages of an exchange read. Each page costs a number of queries that does not grow with the class.
"""

from lti_tool.exchange.queries.access import exchange_for, file_for, plan_of
from lti_tool.exchange.queries.cards import Standing, Tally, exchanges_of, standings, tallies
from lti_tool.exchange.queries.dialogue import (
    Line,
    Part,
    appraisals_shown,
    consent_of,
    consents,
    has_news,
    lines_of,
    part_in,
    plan_items,
    said_about,
    with_dialogue,
)
from lti_tool.exchange.queries.flags import Flagged, flag_with, flags, open_flags
from lti_tool.exchange.queries.grades import due_exchanges, grades_of, overrides_of
from lti_tool.exchange.queries.second_look import (
    Disagreement,
    Mine,
    differing,
    disagreements,
    has_second_looks,
    opinions_of,
    standing,
)
from lti_tool.exchange.queries.staff import Overview, PersonPage, StudentRow, overview, person_page
from lti_tool.exchange.queries.student import (
    Answered,
    MyReview,
    MyWork,
    Received,
    StudentPage,
    answered_in,
    my_review,
    my_work,
    received_feedback,
    student_page,
)

__all__ = [
    "Answered",
    "Disagreement",
    "Flagged",
    "Line",
    "Mine",
    "MyReview",
    "MyWork",
    "Overview",
    "Part",
    "PersonPage",
    "Received",
    "Standing",
    "StudentPage",
    "StudentRow",
    "Tally",
    "answered_in",
    "appraisals_shown",
    "consent_of",
    "consents",
    "differing",
    "disagreements",
    "due_exchanges",
    "exchange_for",
    "exchanges_of",
    "file_for",
    "flag_with",
    "flags",
    "grades_of",
    "has_news",
    "has_second_looks",
    "lines_of",
    "my_review",
    "my_work",
    "open_flags",
    "opinions_of",
    "overrides_of",
    "overview",
    "part_in",
    "person_page",
    "plan_items",
    "plan_of",
    "received_feedback",
    "said_about",
    "standing",
    "standings",
    "student_page",
    "tallies",
    "with_dialogue",
]
