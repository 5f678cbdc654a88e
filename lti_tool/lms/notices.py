"""
Notices of the Platform Notification Service (LTI-PNS 1.0) as events: they are the same for every LMS.
"""

from collections.abc import Sequence

from lti_tool.lms.events import CourseCopied, IncomingEvent, LmsEvent
from lti_tool.lms.standard import moment
from lti_tool.lti.notice_offer import CONTEXT_COPY
from lti_tool.lti.notices import Notice


def as_event(notice: Notice) -> IncomingEvent:
    """
    *notice*, to be kept once. Raises :class:`~lti_tool.lms.events.UnreadableEvent` where its time is none.

    Its id is told apart within its deployment only: several institutions may share one registration.
    """
    return IncomingEvent(
        key=f"{notice.deployment_id}\n{notice.id}",
        name=notice.type,
        occurred_at=moment(notice.timestamp),
        payload={"context_id": notice.context_id, "origins": list(notice.origins)},
    )


def translate(event: IncomingEvent) -> Sequence[LmsEvent]:
    """*event* in the house's words; a greeting says nothing more than that the line works."""
    context, origins = event.payload.get("context_id"), event.payload.get("origins")
    if event.name != CONTEXT_COPY or not isinstance(context, str) or not context:
        return ()
    origin = origins[0] if isinstance(origins, list) and origins else ""
    return (CourseCopied(course="", context=context, origin=str(origin), occurred_at=event.occurred_at),)
