"""
Every model of the house, imported so that migrations can compare them with the database.
"""

from lti_tool.admin import models as admin
from lti_tool.calendars import models as calendars
from lti_tool.courses import models as courses
from lti_tool.exchange import models as exchange
from lti_tool.files import models as files
from lti_tool.grades import models as grades
from lti_tool.journal import models as journal
from lti_tool.lti import models as lti
from lti_tool.notices import models as notices
from lti_tool.reconcile import models as reconcile
from lti_tool.web import models as web
from webhooks import models as webhooks
from webhooks.companions import models as companions
from webhooks.outbox import models as outbox

__all__ = [
    "admin",
    "calendars",
    "companions",
    "courses",
    "exchange",
    "files",
    "grades",
    "journal",
    "lti",
    "notices",
    "outbox",
    "reconcile",
    "web",
    "webhooks",
]
