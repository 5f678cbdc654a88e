"""
What the pages of an exchange read. Each page costs a number of queries that does not grow with the class.
"""

from lti_tool.exchange.queries.access import exchange_for, file_for, others_of, plan_of
from lti_tool.exchange.queries.cards import Standing, Tally, exchanges_of, standings, tallies
from lti_tool.exchange.queries.grades import due_exchanges, grades_of, overrides_of
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
from lti_tool.exchange.queries.takeaways import takeaways_of

__all__ = [
    "Answered",
    "MyReview",
    "MyWork",
    "Overview",
    "PersonPage",
    "Received",
    "Standing",
    "StudentPage",
    "StudentRow",
    "Tally",
    "due_exchanges",
    "exchange_for",
    "exchanges_of",
    "file_for",
    "grades_of",
    "my_review",
    "my_work",
    "others_of",
    "overrides_of",
    "overview",
    "person_page",
    "plan_of",
    "received_feedback",
    "standings",
    "student_page",
    "takeaways_of",
    "tallies",
]
