"""
The verbs of an exchange. They flush and never commit; each act is written into the journal.
"""

from lti_tool.exchange.operations.drafts import Saved, restore_copy
from lti_tool.exchange.operations.grading import (
    lift_grade_override,
    lift_part_override,
    regrade,
    release_grades,
    release_if_ready,
    require_columns_kept,
    set_grade_override,
    set_part_override,
)
from lti_tool.exchange.operations.options import copy_options, set_options
from lti_tool.exchange.operations.reviewing import (
    NextOffer,
    decline_offer,
    give_feedback,
    mark_read,
    next_offer,
    reply_once,
    save_feedback_draft,
)
from lti_tool.exchange.operations.settings import (
    close,
    create_exchange,
    delete_exchange,
    edit_exchange,
    publish,
    reopen,
    unpublish,
)
from lti_tool.exchange.operations.work import attach_file, remove_file, save_draft, submit_work

__all__ = [
    "NextOffer",
    "Saved",
    "attach_file",
    "close",
    "copy_options",
    "create_exchange",
    "decline_offer",
    "delete_exchange",
    "edit_exchange",
    "give_feedback",
    "lift_grade_override",
    "lift_part_override",
    "mark_read",
    "next_offer",
    "publish",
    "regrade",
    "release_grades",
    "release_if_ready",
    "remove_file",
    "reopen",
    "reply_once",
    "require_columns_kept",
    "restore_copy",
    "save_draft",
    "save_feedback_draft",
    "set_grade_override",
    "set_options",
    "set_part_override",
    "submit_work",
    "unpublish",
]
