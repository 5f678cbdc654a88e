"""
What the pages of an exchange read. Each page costs a number of queries that does not grow with the class.
"""

from lti_tool.exchange.queries.access import exchange_for, file_for, plan_of
from lti_tool.exchange.queries.cards import Standing, Tally, exchanges_of, standings, tallies
from lti_tool.exchange.queries.grades import due_exchanges, grades_of, overrides_of
from lti_tool.exchange.queries.owing import (
    commitment_of,
    commitments_near,
    failed_grades,
    leases_ending,
    review_due,
    running_exchanges,
    to_remind,
    unread_works,
    who_owes,
    who_waited_for,
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
    "MyReview",
    "MyWork",
    "Overview",
    "PersonPage",
    "Received",
    "Standing",
    "StudentPage",
    "StudentRow",
    "Tally",
    "commitment_of",
    "commitments_near",
    "due_exchanges",
    "exchange_for",
    "exchanges_of",
    "failed_grades",
    "file_for",
    "grades_of",
    "leases_ending",
    "my_review",
    "my_work",
    "overrides_of",
    "overview",
    "person_page",
    "plan_of",
    "received_feedback",
    "review_due",
    "running_exchanges",
    "standings",
    "student_page",
    "tallies",
    "to_remind",
    "unread_works",
    "who_owes",
    "who_waited_for",
]
