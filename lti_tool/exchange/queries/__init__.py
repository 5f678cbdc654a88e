"""
What the pages of an exchange read. Each page costs a number of queries that does not grow with the class.
"""

from lti_tool.exchange.queries.access import exchange_for, file_for, plan_of
from lti_tool.exchange.queries.cards import Standing, Tally, exchanges_of, standings, tallies
from lti_tool.exchange.queries.grades import due_exchanges, grades_of, overrides_of
from lti_tool.exchange.queries.pairing import (
    InNeed,
    available,
    exchanges_to_tend,
    given_by,
    in_need_of_a_reader,
    pairing_events,
    why_no_work,
)
from lti_tool.exchange.queries.staff import Overview, PersonPage, StudentRow, overview, person_page
from lti_tool.exchange.queries.student import (
    Answered,
    MyReview,
    MyWork,
    Received,
    StudentPage,
    my_review,
    my_work,
    received_feedback,
    student_page,
)

__all__ = [
    "Answered",
    "InNeed",
    "MyReview",
    "MyWork",
    "Overview",
    "PersonPage",
    "Received",
    "Standing",
    "StudentPage",
    "StudentRow",
    "Tally",
    "available",
    "due_exchanges",
    "exchange_for",
    "exchanges_of",
    "exchanges_to_tend",
    "file_for",
    "given_by",
    "grades_of",
    "in_need_of_a_reader",
    "my_review",
    "my_work",
    "overrides_of",
    "overview",
    "pairing_events",
    "person_page",
    "plan_of",
    "received_feedback",
    "standings",
    "student_page",
    "tallies",
    "why_no_work",
]
