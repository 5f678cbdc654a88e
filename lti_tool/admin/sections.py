"""
The sections that the room brings itself. ``create_app`` puts those of others between them.
"""

from flask_babel import lazy_gettext as _

from lti_tool.admin.queries import health
from lti_tool.web.institution import Section

OVERVIEW = Section(name=_("Overview"), endpoint="admin.show", look=health.look)
COURSES = Section(
    name=_("Courses"), endpoint="admin.courses", acts={"roster.asked": _("had a list of people read again")}
)
GRADES = Section(name=_("Grades"), endpoint="admin.grades", acts={"grades.sent_again": _("sent grades again")})
AUDIT = Section(name=_("Audit log"), endpoint="admin.audit_log")
