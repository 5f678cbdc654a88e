"""
What of exchanges may be told outside, and where who did it may be named.
"""

from collections.abc import Collection, Mapping

from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_tool.exchange import rules
from lti_tool.exchange.models import Exchange
from lti_tool.journal.kinds import Caliper, Kind, Teller


def _names(*whose: str) -> Teller:
    """
    Names only where none of *whose* names is hidden from anybody.

    What a reviewer does in a sealed exchange is not told at all: the moment alone could say who it was.
    """

    def names_in(session: Session, activities: Collection[int]) -> Mapping[int, bool]:
        found = session.execute(
            select(Exchange.activity_id, Exchange.anonymity).where(Exchange.activity_id.in_(activities))
        )
        return {
            id: not any(rules.is_hidden(anonymity, each) for each in whose)
            for id, anonymity in found
            if not (anonymity == rules.SEALED and rules.REVIEWER in whose)
        }

    return names_in


AUTHOR = _names(rules.AUTHOR)
REVIEWER = _names(rules.REVIEWER)
EITHER = _names(rules.AUTHOR, rules.REVIEWER)

COMMENTED = Caliper(type="FeedbackEvent", action="Commented", profile="FeedbackProfile", generated="Comment")
RANKED = Caliper(type="FeedbackEvent", action="Ranked", profile="FeedbackProfile", generated="Rating")


def _assignable(action: str) -> Caliper:
    return Caliper(type="AssignableEvent", action=action, profile="AssignableProfile")


def _managed(action: str) -> Caliper:
    return Caliper(
        type="ResourceManagementEvent", action=action, profile="ResourceManagementProfile", object="DigitalResource"
    )


KINDS = (
    Kind(act="exchange.created", words=_("An exchange was made"), caliper=_managed("Created")),
    Kind(act="exchange.published", words=_("An exchange was published"), caliper=_managed("Published")),
    Kind(act="exchange.closed", words=_("An exchange was closed"), caliper=_managed("Archived")),
    Kind(act="exchange.reopened", words=_("An exchange was opened again"), caliper=_managed("Restored")),
    Kind(
        act="work.submitted",
        words=_("Work was handed in"),
        facts=("version", "is_late"),
        names_in=AUTHOR,
        caliper=_assignable("Submitted"),
    ),
    Kind(act="work.withdrawn", words=_("Work was withdrawn"), names_in=AUTHOR),
    Kind(
        act="work.self_assessed",
        words=_("Somebody assessed their own work"),
        names_in=AUTHOR,
        caliper=_assignable("Reviewed"),
    ),
    Kind(
        act="feedback.given",
        words=_("Feedback was given"),
        facts=("is_late",),
        names_in=REVIEWER,
        caliper=COMMENTED,
    ),
    Kind(act="feedback.revised", words=_("Feedback was revised"), names_in=REVIEWER, caliper=COMMENTED),
    Kind(act="comparison.given", words=_("Two works were compared"), names_in=REVIEWER, caliper=RANKED),
    Kind(
        act="feedback.replied",
        words=_("Somebody replied to feedback"),
        names_in=EITHER,
        caliper=Caliper(type="MessageEvent", action="Posted", profile="ForumProfile", object="Message"),
    ),
    Kind(
        act="comment.marked",
        words=_("An author said what they will do with a comment"),
        facts=("mark",),
        names_in=AUTHOR,
    ),
    Kind(act="feedback.thanked", words=_("An author said thank you"), names_in=AUTHOR),
    Kind(
        act="feedback.appraised",
        words=_("An author said how helpful feedback was"),
        names_in=AUTHOR,
        caliper=RANKED,
    ),
    Kind(act="staff_review.given", words=_("A teacher gave feedback"), caliper=COMMENTED),
    Kind(act="grades.sent", words=_("Grades were sent to the gradebook"), facts=("count",)),
)
