"""
The verbs of an exchange. They flush and never commit; each act is written into the journal.
"""

from lti_tool.exchange.operations.attaching import (
    Upload,
    attach_to_review,
    attach_to_staff_review,
    detach_from_review,
    detach_from_staff_review,
)
from lti_tool.exchange.operations.comparing import (
    begin_comparing,
    give_comparison,
    hide_comparison,
)
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
from lti_tool.exchange.operations.due_dates import due_dates, own_due_dates
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
from lti_tool.exchange.operations.moderating import moderate
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
    begin_reviewing,
    choose_pairing,
    mix_again,
    tend,
)
from lti_tool.exchange.operations.plan import (
    lift_pair_rule,
    mix,
    mixed,
    rule_pair,
)
from lti_tool.exchange.operations.practice import (
    ExampleWords,
    add_example,
    change_example,
    copy_examples,
    put_file,
    remove_example,
    require_practised,
    take_file_away,
    try_example,
)
from lti_tool.exchange.operations.presenting import (
    require_way_kept,
    set_slot,
    sign_everybody_up,
    sign_up,
)
from lti_tool.exchange.operations.promises import (
    commit_to,
    drop_commitment,
    remind,
    remind_of_work,
)
from lti_tool.exchange.operations.proposals import (
    adopt_rule,
    decline_rule,
    propose_rule,
    stop_supporting,
    support_rule,
    take_proposal_back,
)
from lti_tool.exchange.operations.recipes import (
    begin_from,
    drop_template,
    keep_template,
)
from lti_tool.exchange.operations.recordings import (
    say_words,
)
from lti_tool.exchange.operations.release import (
    release_feedback,
    set_release_rule,
    take_release_back,
)
from lti_tool.exchange.operations.reopening import (
    close_again,
    reopen_review,
    reopen_work,
)
from lti_tool.exchange.operations.repairs import (
    excuse,
    excuse_all,
    free_all,
    free_works,
    give_to_reader,
    undo,
)
from lti_tool.exchange.operations.reviewing import (
    NextOffer,
    decline_offer,
    give_feedback,
    mark_read,
    next_offer,
    save_feedback_draft,
)
from lti_tool.exchange.operations.sealing import (
    seal,
    tend_seal,
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
from lti_tool.exchange.operations.staff_reviews import (
    is_talked_about,
    review_as_staff,
    take_staff_review_back,
)
from lti_tool.exchange.operations.staff_talk import (
    edit_message_about_staff_review,
    mark_staff_comment,
    note_staff_heard,
    say_about_staff_review,
    take_thanks_back_from_staff,
    thank_staff,
    tick_off_staff_comment,
)
from lti_tool.exchange.operations.takeaways import (
    note_takeaway,
)
from lti_tool.exchange.operations.teams import (
    Followed,
    Stayed,
    add_team,
    deal,
    follow_lms,
    join,
    leave_all,
    put_in,
    remove_empty,
    require_teams_kept,
)
from lti_tool.exchange.operations.unmasking import (
    unmask,
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
    "ExampleWords",
    "Followed",
    "NextOffer",
    "Saved",
    "Stayed",
    "Upload",
    "add_example",
    "add_note",
    "add_team",
    "adopt_rule",
    "agree_to_charter",
    "appraise",
    "assess_own_work",
    "attach_file",
    "attach_to_review",
    "attach_to_staff_review",
    "begin_comparing",
    "begin_from",
    "begin_reviewing",
    "change_example",
    "change_note",
    "choose_pairing",
    "close",
    "close_again",
    "commit_to",
    "copy_examples",
    "copy_options",
    "create_exchange",
    "deal",
    "decide",
    "decisions_for",
    "decline_offer",
    "decline_rule",
    "delete_exchange",
    "detach_from_review",
    "detach_from_staff_review",
    "drop_commitment",
    "drop_template",
    "due_dates",
    "edit_exchange",
    "edit_message",
    "edit_message_about_staff_review",
    "excuse",
    "excuse_all",
    "extend",
    "flag",
    "follow_lms",
    "free_all",
    "free_works",
    "give_comparison",
    "give_feedback",
    "give_to_reader",
    "hide_comparison",
    "is_talked_about",
    "join",
    "keep_template",
    "keep_words",
    "leave_all",
    "lift_grade_override",
    "lift_pair_rule",
    "lift_part_override",
    "mark_comment",
    "mark_read",
    "mark_staff_comment",
    "may_revise",
    "mix",
    "mix_again",
    "mixed",
    "moderate",
    "moves_weights",
    "next_offer",
    "note_heard",
    "note_look",
    "note_reply_heard",
    "note_staff_heard",
    "note_takeaway",
    "offer_name",
    "own_due_dates",
    "pass_over",
    "propose_rule",
    "publish",
    "put_file",
    "put_in",
    "regrade",
    "release_feedback",
    "release_grades",
    "release_if_ready",
    "remind",
    "remind_of_work",
    "remove_empty",
    "remove_example",
    "remove_file",
    "remove_note",
    "reopen",
    "reopen_review",
    "reopen_work",
    "require_columns_kept",
    "require_practised",
    "require_teams_kept",
    "require_way_kept",
    "restore_copy",
    "review_as_staff",
    "revise_feedback",
    "rule_pair",
    "save_draft",
    "save_feedback_draft",
    "say",
    "say_about_staff_review",
    "say_words",
    "seal",
    "set_grade_override",
    "set_options",
    "set_part_override",
    "set_release_rule",
    "set_slot",
    "sign_everybody_up",
    "sign_up",
    "stay_with_it",
    "stop_supporting",
    "submit_work",
    "support_rule",
    "take_back_extension",
    "take_file_away",
    "take_other_words",
    "take_proposal_back",
    "take_release_back",
    "take_staff_review_back",
    "take_thanks_back",
    "take_thanks_back_from_staff",
    "tend",
    "tend_seal",
    "thank",
    "thank_staff",
    "thing_of",
    "tick_off",
    "tick_off_staff_comment",
    "try_example",
    "undo",
    "unmask",
    "unpublish",
    "withdraw_name",
    "withdraw_work",
]
