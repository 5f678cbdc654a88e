"""
The verbs of an exchange. They flush and never commit; each act is written into the journal.
"""

from lti_tool.exchange.operations.drafts import Saved, restore_copy
from lti_tool.exchange.operations.grading import (
    lift_grade_override,
    release_grades,
    release_if_ready,
    set_grade_override,
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
    moves_weights,
    publish,
    reopen,
    unpublish,
)
from lti_tool.exchange.operations.takeaways import note_takeaway
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
    "mark_read",
    "moves_weights",
    "next_offer",
    "note_takeaway",
    "publish",
    "release_grades",
    "release_if_ready",
    "remove_file",
    "reopen",
    "reply_once",
    "restore_copy",
    "save_draft",
    "save_feedback_draft",
    "set_grade_override",
    "set_options",
    "submit_work",
    "unpublish",
]
