"""
The verbs of an exchange. They flush and never commit; each act is written into the journal.
"""

from lti_tool.exchange.operations.dates import (
    extend,
    take_back_extension,
)
from lti_tool.exchange.operations.dialogue import (
    agree_to_charter,
    appraise,
    edit_message,
    mark_comment,
    note_heard,
    note_reply_heard,
    say,
    take_thanks_back,
    thank,
    tick_off,
)
from lti_tool.exchange.operations.drafts import (
    Saved,
    restore_copy,
)
from lti_tool.exchange.operations.flags import (
    decide,
    decisions_for,
    flag,
    note_look,
    thing_of,
)
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
from lti_tool.exchange.operations.introductions import (
    offer_name,
    withdraw_name,
)
from lti_tool.exchange.operations.noting import (
    add_note,
    change_note,
    remove_note,
)
from lti_tool.exchange.operations.options import (
    copy_options,
    set_options,
)
from lti_tool.exchange.operations.pairing import (
    choose_pairing,
    mix_again,
    tend,
)
from lti_tool.exchange.operations.promises import (
    commit_to,
    drop_commitment,
    remind,
)
from lti_tool.exchange.operations.recordings import (
    say_words,
)
from lti_tool.exchange.operations.reviewing import (
    NextOffer,
    decline_offer,
    give_feedback,
    mark_read,
    next_offer,
    save_feedback_draft,
)
from lti_tool.exchange.operations.second_look import (
    may_revise,
    revise_feedback,
    stay_with_it,
)
from lti_tool.exchange.operations.self_assessment import (
    assess_own_work,
    pass_over,
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
from lti_tool.exchange.operations.takeaways import (
    note_takeaway,
)
from lti_tool.exchange.operations.withdrawing import (
    withdraw_work,
)
from lti_tool.exchange.operations.words_drafts import (
    keep_words,
    take_other_words,
)
from lti_tool.exchange.operations.work import (
    attach_file,
    remove_file,
    save_draft,
    submit_work,
)

__all__ = [
    "NextOffer",
    "Saved",
    "add_note",
    "agree_to_charter",
    "appraise",
    "assess_own_work",
    "attach_file",
    "change_note",
    "choose_pairing",
    "close",
    "commit_to",
    "copy_options",
    "create_exchange",
    "decide",
    "decisions_for",
    "decline_offer",
    "delete_exchange",
    "drop_commitment",
    "edit_exchange",
    "edit_message",
    "extend",
    "flag",
    "give_feedback",
    "keep_words",
    "lift_grade_override",
    "lift_part_override",
    "mark_comment",
    "mark_read",
    "may_revise",
    "mix_again",
    "moves_weights",
    "next_offer",
    "note_heard",
    "note_look",
    "note_reply_heard",
    "note_takeaway",
    "offer_name",
    "pass_over",
    "publish",
    "regrade",
    "release_grades",
    "release_if_ready",
    "remind",
    "remove_file",
    "remove_note",
    "reopen",
    "require_columns_kept",
    "restore_copy",
    "revise_feedback",
    "save_draft",
    "save_feedback_draft",
    "say",
    "say_words",
    "set_grade_override",
    "set_options",
    "set_part_override",
    "stay_with_it",
    "submit_work",
    "take_back_extension",
    "take_other_words",
    "take_thanks_back",
    "tend",
    "thank",
    "thing_of",
    "tick_off",
    "unpublish",
    "withdraw_name",
    "withdraw_work",
]
