"""
What of launches may be told outside.
"""

from flask_babel import lazy_gettext as _

from lti_tool.journal.kinds import Caliper, Kind

KINDS = (
    Kind(
        act="course.opened",
        words=_("Somebody opened Hearth from a course"),
        # Who opens an anonymous activity is most often the one who writes in it a minute later.
        tells_activity=False,
        caliper=Caliper(
            type="ToolLaunchEvent", action="Launched", profile="ToolLaunchProfile", object="SoftwareApplication"
        ),
    ),
)
