"""
The sections that the room brings itself. ``create_app`` puts those of others between them.
"""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_babel import lazy_ngettext

from lti_tool.admin import operations
from lti_tool.admin.queries import calendar, health, keys, requests
from lti_tool.config import Settings
from lti_tool.lti import refusals
from lti_tool.notices import rules as notices
from lti_tool.web.institution import Kept, Section


def _kept_by_the_house(settings: Settings) -> Sequence[Kept]:
    mail = _("as long as digests by mail are on") if settings.sends_mail else _("not kept: digests by mail are off")
    return [
        Kept(
            what=_("Who is in which course, works, feedback, grades"),
            how_long=_("until somebody is forgotten on request; nothing of it goes by itself"),
        ),
        Kept(what=_("E-mail addresses"), how_long=mail, setting="HEARTH_SMTP_URL"),
        Kept(
            what=_("A session in the browser"),
            how_long=lazy_ngettext(
                "%(num)s hour after opening Hearth, and a day more in the log of sessions",
                "%(num)s hours after opening Hearth, and a day more in the log of sessions",
                settings.session_hours,
            ),
            setting="SESSION_HOURS",
        ),
        Kept(what=_("Attempts to open Hearth"), how_long=_("one day")),
        Kept(what=_("How often launches were refused, and why"), how_long=_("%(days)s days", days=refusals.KEPT.days)),
        Kept(what=_("Notices"), how_long=_("%(days)s days", days=notices.KEPT.days)),
        Kept(what=_("Background jobs"), how_long=_("one day after they are done, 30 days where they failed")),
    ]


def _kept_of_requests(_settings: Settings) -> Sequence[Kept]:
    return [
        Kept(what=_("Exports that were asked for here"), how_long=_("%(days)s days", days=operations.EXPORT_KEPT.days)),
        Kept(
            what=_("Requests and the audit log"),
            how_long=_("%(years)s years", years=operations.LOG_KEPT.days // 365),
        ),
    ]


OVERVIEW = Section(
    name=_("Overview"),
    endpoint="admin.show",
    look=health.look,
    acts={
        "platform.added": _("registered this LMS, or brought its registration up to date"),
        "platform.disabled": _("switched Hearth off for this LMS"),
        "platform.enabled": _("switched Hearth on for this LMS"),
        "platform.deployed": _("let one more deployment of this registration in"),
        "institution.joined": _("joined deployments of this registration into one institution"),
        "institution.parted": _("took deployments of this registration apart"),
    },
)
COURSES = Section(
    name=_("Courses"), endpoint="admin.courses", acts={"roster.asked": _("had a list of people read again")}
)
GRADES = Section(name=_("Grades"), endpoint="admin.grades", acts={"grades.sent_again": _("sent grades again")})
REQUESTS = Section(
    name=_("People"),
    endpoint="admin.requests",
    acts={
        "export.asked": _("asked for what Hearth knows of somebody"),
        "export.done": _("made the file of what Hearth knows of somebody"),
        "export.fetched": _("fetched the file of what Hearth knows of somebody"),
        "erasure.asked": _("asked for somebody to be forgotten"),
        "erasure.done": _("forgot somebody"),
        "erasure.announced": _("was told by the LMS that somebody was deleted there"),
        "erasure.stopped": _("kept somebody whom the LMS had deleted"),
        "export.failed": _("could not make the file of what Hearth knows of somebody"),
        "erasure.failed": _("could not forget somebody"),
    },
    look=requests.look,
    keeps=_kept_of_requests,
)
KEYS = Section(
    name=_("Keys"), endpoint="admin.keys", look=keys.look, acts={"keys.rotated": _("made a new key to sign with")}
)
CALENDAR = Section(
    name=_("Calendar"),
    endpoint="admin.calendar",
    look=calendar.look,
    acts={
        "calendar.asked": _("began to connect the calendar"),
        "calendar.ended": _("had nothing more written into the calendar"),
        "calendar.again": _("had refused dates written again"),
    },
)
RETENTION = Section(name=_("What is kept"), endpoint="admin.retention", keeps=_kept_by_the_house)
AUDIT = Section(name=_("Audit log"), endpoint="admin.audit_log")
