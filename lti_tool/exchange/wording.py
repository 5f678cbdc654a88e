"""
The sentences of this room: what an error, a state or a promise is called on its pages.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import format_percent, lazy_gettext, ngettext
from flask_babel import gettext as _

from lti_tool.exchange import errors, rules
from lti_tool.exchange.models import Criterion, Exchange, Offer, Repair
from lti_tool.exchange.rules import Lack
from lti_tool.files import RECORDINGS
from lti_tool.files import errors as file_errors

DECLINE_REASONS = {
    "cannot_open": lazy_gettext("I cannot open or read it"),
    "knows_author": lazy_gettext("I know whose work it is and would rather not"),
    "language": lazy_gettext("It is in a language I do not read well enough"),
    "other": lazy_gettext("Something else"),
}

STAGES = {
    "idea": lazy_gettext("An idea"),
    "first_draft": lazy_gettext("A first draft"),
    "nearly_done": lazy_gettext("Nearly done"),
}
"""How far a work is, in its author's eyes."""

PARTS = {"text": lazy_gettext("text"), "files": lazy_gettext("a file"), "links": lazy_gettext("a link")}

TROUBLES = {
    "no_work": lazy_gettext("Nothing handed in"),
    "no_feedback": lazy_gettext("No feedback yet"),
    "not_reviewing": lazy_gettext("Owes reviews"),
    "passback_failed": lazy_gettext("Grade did not arrive"),
}
"""What a teacher may have to look after, and filters the list of people by."""

WHY_STUCK = {
    rules.FOR_STAFF: lazy_gettext("Now for you"),
    rules.FLAGGED: lazy_gettext("Flagged"),
    rules.NOT_BEGUN: lazy_gettext("Reviewing has not begun"),
    rules.NO_PAIR: lazy_gettext("Nobody to pair with"),
    rules.WANTS_READER: lazy_gettext("Waits for a reader"),
    rules.READER_IDLE: lazy_gettext("Reader gives no sign"),
    rules.LATE: lazy_gettext("Late with reviews"),
    rules.IDLE: lazy_gettext("Keeps works unread"),
    rules.NOTHING_THERE: lazy_gettext("No work to review"),
    rules.NO_WORK: lazy_gettext("Late with their work"),
    rules.NOT_SENT: lazy_gettext("Grade did not arrive"),
}
"""Why somebody is stuck, in few words."""


_LIVE_TROUBLES = {"no_work": lazy_gettext("Not signed up")}

_LIVE_STUCK = {
    rules.WANTS_READER: lazy_gettext("Waits for a reviewer"),
    rules.READER_IDLE: lazy_gettext("Reviewer gives no sign"),
    rules.IDLE: lazy_gettext("Owes reviews and gives no sign"),
    rules.NOTHING_THERE: lazy_gettext("Nobody to review"),
    rules.NO_WORK: lazy_gettext("Has not signed up"),
}


def trouble(key: str, *, is_live: bool = False) -> str:
    """What a teacher may have to look after, in few words."""
    return str((is_live and _LIVE_TROUBLES.get(key)) or TROUBLES[key])


def stuck(why: str, *, is_live: bool = False) -> str:
    """Why somebody is stuck, in few words."""
    return str((is_live and _LIVE_STUCK.get(why)) or WHY_STUCK[why])


def why_stuck(stuck: rules.Stuck, *, is_live: bool = False) -> str:
    """Why somebody is stuck, in a sentence to staff; *is_live* where people present and hand in nothing."""
    count = stuck.count
    live = {
        rules.FOR_STAFF: lambda: ngettext(
            "Their presentation lacks one reviewer, and no classmate took it.",
            "Their presentation lacks %(num)s reviewers, and no classmate took it.",
            count,
        ),
        rules.FLAGGED: lambda: ngettext(
            "Somebody asks you to look at something about their presentation.",
            "%(num)s times somebody asks you to look at something about their presentation.",
            count,
        ),
        rules.NO_PAIR: lambda: ngettext(
            "They owe one review, and there is nobody whom they may review: they have done so, or the rules keep them"
            " apart.",
            "They owe %(num)s reviews, and there is nobody whom they may review: they have done so, or the rules keep"
            " them apart.",
            count,
        ),
        rules.WANTS_READER: lambda: ngettext(
            "Their presentation lacks one reviewer. Classmates who are done are being asked.",
            "Their presentation lacks %(num)s reviewers. Classmates who are done are being asked.",
            count,
        ),
        rules.READER_IDLE: lambda: ngettext(
            "One reviewer of their presentation gives no sign.",
            "%(num)s reviewers of their presentation give no sign.",
            count,
        ),
        rules.IDLE: lambda: ngettext(
            "They are to review one presentation, and nothing was heard of them for long.",
            "They are to review %(num)s presentations, and nothing was heard of them for long.",
            count,
        ),
        rules.NOTHING_THERE: lambda: ngettext(
            "They owe one review. All presentations have their reviewers just now; the next is theirs.",
            "They owe %(num)s reviews. All presentations have their reviewers just now; the next are theirs.",
            count,
        ),
        rules.NO_WORK: lambda: _("They have not signed up, and the date has passed."),
    }
    if is_live and stuck.why in live:
        return str(live[stuck.why]())
    said = {
        rules.FOR_STAFF: lambda: ngettext(
            "Their work lacks one reader, and no classmate took it.",
            "Their work lacks %(num)s readers, and no classmate took it.",
            count,
        ),
        rules.FLAGGED: lambda: ngettext(
            "Somebody asks you to look at something about their work.",
            "%(num)s times somebody asks you to look at something about their work.",
            count,
        ),
        rules.NO_PAIR: lambda: ngettext(
            "They owe one review, and there is no work that they may read: they have read it, or the rules keep them"
            " apart.",
            "They owe %(num)s reviews, and there is no work that they may read: they have read it, or the rules keep"
            " them apart.",
            count,
        ),
        rules.WANTS_READER: lambda: ngettext(
            "Their work lacks one reader. Classmates who are done are being asked.",
            "Their work lacks %(num)s readers. Classmates who are done are being asked.",
            count,
        ),
        rules.READER_IDLE: lambda: ngettext(
            "One reader of their work gives no sign.", "%(num)s readers of their work give no sign.", count
        ),
        rules.LATE: lambda: ngettext(
            "They owe one review, and the date has passed.", "They owe %(num)s reviews, and the date has passed.", count
        ),
        rules.IDLE: lambda: ngettext(
            "One work is kept for them, and nothing was heard of them for long.",
            "%(num)s works are kept for them, and nothing was heard of them for long.",
            count,
        ),
        rules.NOTHING_THERE: lambda: ngettext(
            "They owe one review. All work has its readers just now; the next that comes in is theirs.",
            "They owe %(num)s reviews. All work has its readers just now; the next that comes in is theirs.",
            count,
        ),
        rules.NOT_BEGUN: lambda: _(
            "All are to begin reviewing at the same time, and there is no date for it. They wait until you begin it."
        ),
        rules.NO_WORK: lambda: _("Nothing was handed in, and the date has passed."),
        rules.NOT_SENT: lambda: _("Their grade did not reach the gradebook."),
    }
    return str(said[stuck.why]())


def repair(done: Repair, *, tells_count: bool = True) -> str:
    """What staff did, in a sentence. How many works somebody keeps is told where that tells nobody what they gave."""
    reader = person(done.person.name, done.person_id)
    if done.kind == "assigned" and done.author is not None:
        author = person(done.author.name, done.author.id)
        return str(_("%(reader)s was asked to read the work of %(author)s.", reader=reader, author=author))
    if done.kind == "excused":
        return str(_("%(reader)s was excused from reviews.", reader=reader))
    if not tells_count:
        return str(_("What is kept for %(reader)s and not begun goes to others.", reader=reader))
    count = len(done.facts.get("removed", ()))
    return str(
        ngettext(
            "One work that %(reader)s kept goes to others.",
            "%(num)s works that %(reader)s kept go to others.",
            count,
            reader=reader,
        )
    )


CAUSES = {
    "enough": lazy_gettext("All feedback is in."),
    "closed": lazy_gettext("The exchange was closed."),
    "due": lazy_gettext("The time for reviewing is over."),
    "override": lazy_gettext("Set by your teacher."),
    "sent": lazy_gettext("Sent by your teacher."),
}

KINDS = {
    rules.LEVELS: lazy_gettext("levels"),
    rules.NUMBER: lazy_gettext("a number"),
    rules.YES_NO: lazy_gettext("yes or no"),
    rules.WORDS: lazy_gettext("words"),
}

MOVES = {
    "praise": lazy_gettext("Something that works"),
    "problem": lazy_gettext("Something that does not work yet"),
    "place": lazy_gettext("Where it is"),
    "suggestion": lazy_gettext("A way forward"),
    "question": lazy_gettext("A question"),
    "tone": lazy_gettext("A kind tone"),
}
"""What the coach looks for, by its names in :mod:`rules.coach`."""

HINTS = {
    "praise": lazy_gettext("Name one thing that works, so that the author keeps it."),
    "problem": lazy_gettext("Say what stopped you as a reader, so that the author knows what to work on."),
    "place": lazy_gettext("Say where: a page, a paragraph, or a few of the author’s own words."),
    "suggestion": lazy_gettext("Offer one thing to try, however small."),
    "question": lazy_gettext("Ask what you wonder about; it lets the author think on."),
    "tone": lazy_gettext("This may hurt. Say what it does to you as a reader instead of what the author is."),
}

NO_GRADE = {
    "ungraded": lazy_gettext("This exchange gives no grades."),
    "not_submitted": lazy_gettext("Nothing was handed in."),
    "not_shown": lazy_gettext("Nothing was presented yet."),
    "no_feedback": lazy_gettext("No feedback has been received yet."),
    "no_parts": lazy_gettext("Nothing that counts for the grade has happened yet."),
    "sealed": lazy_gettext("It rests on what each does, so it is shown once the exchange is closed."),
    "no_points": lazy_gettext("The criteria give no points, so there is nothing to compute from."),
}

PART_NAMES = {
    rules.WORK: lazy_gettext("The work"),
    rules.GIVING: lazy_gettext("Giving feedback"),
    rules.USING: lazy_gettext("Using feedback"),
    rules.SELF_ASSESSMENT: lazy_gettext("Self-assessment"),
    rules.COMPLETION: lazy_gettext("Completing it"),
}

PART_RULES = {
    rules.GIVING: lazy_gettext("How much of the feedback that you owe you have given."),
    rules.USING: lazy_gettext(
        "How many of the comments you received you marked as used."
        " Those that you disagree with, saying why, are left out."
    ),
    rules.SELF_ASSESSMENT: lazy_gettext("All of it, once you have assessed your own work."),
    rules.COMPLETION: lazy_gettext("All of it, once you have handed in and given all the feedback that you owe."),
}

METHODS = {
    rules.MEAN: lazy_gettext("The mean of what your reviewers choose."),
    rules.MEDIAN: lazy_gettext("The median: what the reviewer in the middle says."),
    rules.ROBUST: lazy_gettext(
        "An estimate from all reviews of the class, which allows for strict and lenient reviewers."
        " It is made when reviewing is over."
    ),
}


def part_rule(part: str, method: str) -> str:
    """By what rule a part of the grade comes about."""
    return str(METHODS[method] if part == rules.WORK else PART_RULES[part])


def percent(share: float | None) -> str:
    """A share of 1 in percent, as the reader's language writes it."""
    return "" if share is None else format_percent(share)


def whom(key: str, *, is_live: bool = False) -> str:
    """A choice of people to give more time to."""
    kind, _sep, id = key.partition(":")
    if is_live and kind == "not_handed_in":
        return str(_("Everybody who has not signed up"))
    return str(
        {
            "not_handed_in": _("Everybody who has not handed in"),
            "owes": _("Everybody who owes reviews"),
            "group": _("Group %(name)s", name=id),
            "section": _("Section %(name)s", name=id),
        }[kind]
    )


def reason_to_look(look: rules.Look) -> str:
    """Why somebody should look at a grade, to the teacher who will."""
    facts = look.facts
    if look.why == "too_few":
        said = ngettext(
            "One review came, of %(owed)s that were hoped for.",
            "%(num)s reviews came, of %(owed)s that were hoped for.",
            int(facts[0]),
            owed=int(facts[1]),
        )
        return str(said) if facts[0] else str(_("No review came, so there is no grade."))
    if look.why == "apart":
        values = {"low": percent(facts[0]), "high": percent(facts[1])}
        return str(_("The reviewers are far apart: from %(low)s to %(high)s.", **values))
    if look.why == "wide":
        values = {"low": percent(facts[0]), "high": percent(facts[1])}
        return str(_("The reviews leave it open: anything from %(low)s to %(high)s fits them.", **values))
    if look.why == "contradicted":
        values = {"set": percent(facts[0]), "said": percent(facts[1])}
        return str(_("You set %(set)s by hand; the reviews say %(said)s.", **values))
    return str(_("A review of this work was flagged."))


def work_is_gone(reason: str) -> str:
    """Why a work is not there any more for whoever was reading it, one of :data:`rules.WORK_IS_GONE`."""
    return str(_WORK_IS_GONE[reason])


_WORK_IS_GONE = {
    rules.WITHDRAWN: lazy_gettext("The author of a work you were reading took it back."),
    rules.AUTHOR_LEFT: lazy_gettext("A work you were reading is not in this exchange any more."),
    rules.REVIEWER_LEFT: lazy_gettext("While you were not in the course, this work went to others."),
}
_NOTHING_TO_REVIEW = {
    "not_begun": lazy_gettext(
        "Everybody begins reviewing at the same time, when the work is due. Then there is work for you here."
    ),
    "not_begun_undated": lazy_gettext(
        "Everybody begins reviewing at the same time, when your teacher begins it. Then there is work for you here."
    ),
    "not_held": lazy_gettext("What you give feedback on is still to be shown. Below you find when and where."),
    "no_work_yet": lazy_gettext(
        "Nobody else has handed anything in yet. As soon as somebody does, there is work for you."
    ),
    "all_served": lazy_gettext(
        "All work that is here has its reviewers just now. You will be needed for what comes in next,"
        " so look in again later."
    ),
    "reviewed_all": lazy_gettext(
        "There is nothing further for you to review yet. As soon as more comes in, it is waiting here."
    ),
    "guest_done": lazy_gettext("You have helped as much as anybody is asked to. Thank you!"),
    "guest_later": lazy_gettext(
        "All work that is here has its readers just now, or waits for somebody who is to read it. Look in again later."
    ),
    "too_late": lazy_gettext(
        "The date for reviews has passed, and your teacher takes none after it. What you wrote is kept;"
        " ask for more time if you need it."
    ),
}


def criteria_in_use(error: errors.CriteriaInUse) -> str:
    """What holds criteria, and what can be done about it."""
    said = []
    if error.titles:
        said.append(
            _(
                "Somebody has written by these criteria, or is writing at this moment: %(titles)s. You can still change"
                " their words and weights, but not their number, levels or points, nor how they are answered.",
                titles=", ".join(error.titles),
            )
        )
    if error.in_examples:
        said.append(
            _(
                "Works to practise with use these criteria: %(titles)s. Take away first what you say by them there"
                " (further settings, practising), or let them be answered as before, with the levels that you chose.",
                titles=", ".join(error.in_examples),
            )
        )
    return " ".join(said)


def nothing_to_review(exchange: Exchange, because: str | None) -> str:
    """Why there is nothing to review, to who would."""
    if because == "not_begun" and exchange.submit_by is None:
        because = "not_begun_undated"
    return str(_NOTHING_TO_REVIEW.get(because or "", ""))


_NOT_OPEN = {
    "unpublished": lazy_gettext("This exchange is not published yet, so nothing can be handed in."),
    "not_yet": lazy_gettext("This exchange has not opened yet. What you write is kept as a draft."),
    "closed": lazy_gettext(
        "This exchange is closed, so nothing more can be handed in. Your words are still here to copy."
    ),
    "too_late": lazy_gettext(
        "The date has passed, and your teacher takes nothing after it. Your words are kept here; ask for more time."
    ),
}

_NOT_SIGNED_UP = {
    "unpublished": lazy_gettext("This exchange is not published yet, so nobody can sign up."),
    "not_yet": lazy_gettext("This exchange has not opened yet. Please sign up once it has."),
    "closed": lazy_gettext("This exchange is closed, so nobody can sign up any more."),
    "too_late": lazy_gettext("The date has passed, and your teacher takes nobody after it. Ask for more time."),
}

_LATER = {
    "none": lazy_gettext("Give at least one later date."),
    "no_date": lazy_gettext("This exchange has no such date, so everybody has all the time there is."),
    "not_later": lazy_gettext("Choose a time after everybody’s date."),
    "out_of_order": lazy_gettext("Reviews cannot be due before the work."),
}

_PLAN = {
    ("title", "missing"): lazy_gettext("Give it a title."),
    ("title", "too_long"): lazy_gettext("That title is too long."),
    ("reviews", "out_of_range"): lazy_gettext("Choose from 1 to 10."),
    ("points", "out_of_range"): lazy_gettext("Give a number above 0."),
    ("dates", "out_of_order"): lazy_gettext("Opening comes first, then handing in, then reviewing."),
    ("points", "already_released"): lazy_gettext("Grades have been sent on this scale, so it stays."),
    ("points", "below_override"): lazy_gettext("A grade was set by hand that is higher than this."),
    ("criteria", "unknown"): lazy_gettext(
        "The criteria were changed elsewhere meanwhile. Open the settings anew to see them."
    ),
    ("criteria", "too_many"): lazy_gettext("That is more criteria than anybody could look at."),
    ("criteria", "title_missing"): lazy_gettext("Each criterion needs a title."),
    ("criteria", "no_levels"): lazy_gettext("Add two levels or more, or choose another way to answer."),
    ("criteria", "scale"): lazy_gettext("A scale needs a lower end, a higher end, and steps between them."),
    ("criteria", "one_level"): lazy_gettext("One level is no choice: use two or more, or none at all."),
}

_SENTENCES: dict[type[Exception], Callable[[Any], str]] = {
    errors.NotOpen: lambda err: str(_NOT_OPEN[err.because]),
    errors.WorkIsBeingReviewed: lambda err: _(
        "Somebody is reviewing what you handed in, so it stays as it is. What you write here is kept as a draft."
    ),
    errors.EmptyWork: lambda err: _("There is nothing to hand in yet: write something or add a file."),
    errors.PartsMissing: lambda err: _(
        "Still missing: %(parts)s. Your teacher asks for it.", parts=", ".join(str(PARTS[part]) for part in err.parts)
    ),
    errors.PartUnwanted: lambda err: _("This exchange does not take %(part)s.", part=PARTS[err.part]),
    errors.FilesUnwanted: lambda err: _(
        "Your teacher no longer asks for files in feedback. Those that are there stay."
    ),
    errors.NoTeam: lambda err: _("You are in no group yet. Join one, or ask your teacher."),
    errors.TeamHasWork: lambda err: _(
        "The group “%(team)s” has begun its work, so somebody must stay in it.", team=err.team
    ),
    errors.TeamFull: lambda err: _("This group is full. Choose another one."),
    errors.NotHeldYet: lambda err: _("It has not been shown yet. What you wrote is saved; give it afterwards."),
    errors.WordsMissing: lambda err: _(
        "Say what is said in %(names)s: captions or a transcript. Your teacher asks for it.", names=", ".join(err.names)
    ),
    errors.NoCues: lambda err: _("Nothing is said in these captions. Each line of them needs its times and its words."),
    errors.NoteMissing: lambda err: _("Say in a few words what you changed and why. Your reviewers read it."),
    errors.TooLong: lambda err: _("That is longer than %(most)s characters. Please shorten it.", most=f"{err.most:,}"),
    errors.TooManyFiles: lambda err: ngettext(
        "There may be one file. Remove it first.", "There may be %(num)s files. Remove one first.", err.most
    ),
    errors.WorkFirst: lambda err: _("Hand in your own work first, then there is work of others for you."),
    errors.PlanMoved: lambda err: _(
        "Somebody else changed in the same moment who reads what, so nothing was saved. Look once more, and try again."
    ),
    errors.OfferIsOver: lambda err: (
        _("Its author has taken this work back. What you wrote is still here to copy.")
        if err.reason == rules.WITHDRAWN
        else _("This work is not in this exchange any more. What you wrote is still here to copy.")
        if err.reason == rules.AUTHOR_LEFT
        else _("This work has been given to somebody else. What you wrote is still here to copy.")
    ),
    errors.GradeIsOut: lambda err: _("Your grade rests on this work and is out already. Ask your teacher."),
    errors.IncompleteFeedback: lambda err: _("Some answers are still missing."),
    errors.UnknownAnswer: lambda err: _(
        "The criteria were changed while you were writing. Here they are as they are now, with what you wrote."
    ),
    errors.EmptyMessage: lambda err: _("Write a few words first."),
    errors.ThreadFull: lambda err: _(
        "There are %(most)s messages about this feedback already. Talk on in person, or ask your teacher.",
        most=err.most,
    ),
    errors.TalkedAbout: lambda err: _(
        "Its author has answered it, so it stays: their words would be gone with it. You can still change yours."
    ),
    errors.TooLateToEdit: lambda err: _(
        "A message can be changed for fifteen minutes. Write another one to put it right; your words are still here."
    ),
    errors.WhyMissing: lambda err: _("Say why, in a few words. It is read by those it concerns."),
    errors.UnknownRule: lambda err: _("The rules of this class were changed meanwhile. Here they are as they are now."),
    errors.NotAsked: lambda err: _("Feedback that was given stays as it is. Write to its author below it instead."),
    errors.LookedAlready: lambda err: _("You have looked at this again already, so it stays as you left it."),
    errors.PracticeFirst: lambda err: _("Practise first: then there is work of others for you."),
    errors.TriedAlready: lambda err: _("You have tried this twice, so it stays. Your words are still here to copy."),
    errors.TooManyExamples: lambda err: _(
        "There can be %(most)s works to practise with. Remove one first.", most=err.most
    ),
    errors.TooFewWorks: lambda err: _(
        "At least %(fewest)s works must be handed in, so that everybody has two of others to compare.",
        fewest=err.fewest,
    ),
    errors.IncompleteComparison: lambda err: _("Some answers are still missing."),
    errors.AssessedAlready: lambda err: _(
        "You said this before you saw the feedback, so it stays as it is. Your words are still here to copy."
    ),
    errors.PlanRefused: lambda err: str(_PLAN.get((err.field, err.problem)) or _("Please look at this again.")),
    errors.TopicChanged: lambda err: _("Somebody else saved these settings while you were changing them."),
    errors.SettingsChanged: lambda err: _("Somebody else saved these settings while you were changing them."),
    errors.CriteriaInUse: criteria_in_use,
    errors.AnonymityKept: lambda err: _("People took part on the promise that names stay hidden, so they do."),
    errors.SealedStays: lambda err: _(
        "This exchange is sealed: nothing says any more who wrote which feedback, so it cannot go on."
    ),
    errors.HasWork: lambda err: _("Work has been handed in, and it must not vanish. Close the exchange instead."),
    errors.WorksBegun: lambda err: ngettext(
        "Nothing was deleted: meanwhile one work is being written, and it would go too. Look again before you decide.",
        "Nothing was deleted: meanwhile %(num)s works are being written, and they would go too."
        " Look again before you decide.",
        err.count,
    ),
    errors.NotGraded: lambda err: _("This exchange gives no grades."),
    errors.ScoreOutOfRange: lambda err: _("Give a number from 0 to %(most)s.", most=number(err.most)),
    errors.ColumnsInUse: lambda err: _(
        "Grades are in the gradebook already, so they stay in the columns that they are in."
    ),
    errors.NoSuchPerson: lambda err: _("Choose from the people of this course."),
    errors.ReasonMissing: lambda err: _("Say why, in a few words. The student reads it too."),
    errors.CannotRead: lambda err: _(
        "This person cannot read this work: the rules keep them apart, or they have read it, or have no work here."
    ),
    errors.NobodyToRead: lambda err: _(
        "No classmate is left who may read this work. You can review it yourself, or change the rules."
    ),
    errors.NothingToFree: lambda err: _("Nothing is kept for this person that somebody else could read."),
    errors.BegunAlready: lambda err: _("Its new reader has begun, so the work stays with them."),
    errors.PairsHidden: lambda err: _(
        "In this exchange even you do not see who reviews whom, so nobody can be paired by hand."
    ),
    errors.TooManyRules: lambda err: _(
        "There are %(most)s pairs already. Groups or sections of your LMS may do it more simply.", most=f"{err.most:,}"
    ),
    errors.OwesOutOfRange: lambda err: _("Give a whole number from 0 to %(most)s.", most=err.most),
    errors.RuleKnown: lambda err: _("That rule is there already, or somebody has proposed it: support it instead."),
    errors.TooManyProposals: lambda err: _(
        "As many proposals as we take at a time wait for an answer. Support one of them."
    ),
    errors.CharterFull: lambda err: _(
        "There are seven rules already. Take one out first, so that people can keep them in mind."
    ),
    errors.AlreadyAnswered: lambda err: _("This proposal has been answered."),
    errors.TooManyTemplates: lambda err: _("There are as many templates as we keep. Remove one that nobody uses."),
    errors.DatesRefused: lambda err: str(_LATER[err.problem]),
    errors.NothingWaits: lambda err: _("Authors see feedback at once here, so there is nothing to release."),
    errors.FeedbackRead: lambda err: _("Somebody has read their feedback already, so it cannot wait again."),
    errors.NobodyChosen: lambda err: _("Choose at least one person."),
    errors.NotAhead: lambda err: _("Choose a time that is still ahead, within a year."),
    file_errors.TooLarge: lambda err: _("That file is larger than %(most)s MB.", most=err.most // 2**20),
    file_errors.EmptyFile: lambda err: _("That file is empty."),
    file_errors.UnknownKind: lambda err: (
        _("Your teacher does not ask for audio or video here.")
        if err.seems in RECORDINGS
        else _("Files can be PDF, images (PNG, JPEG, WebP, GIF) or plain text. This one is something else.")
    ),
    file_errors.Unplayable: lambda err: _(
        "Browsers do not play this kind of audio or video. Save it as MP4 (H.264 and AAC), WebM, MP3, Ogg, WAV or FLAC."
    ),
    file_errors.BrokenFile: lambda err: _("That file is damaged and cannot be opened."),
    file_errors.EncryptedFile: lambda err: _(
        "That PDF asks for a password, so nobody could read it. Save it without one."
    ),
    file_errors.TooManyPixels: lambda err: _("That image has too many pixels. Save it smaller."),
}


def sentence(error: Exception) -> str:
    """What *error* means to the person in front of the page, and what they can do."""
    for kind in type(error).__mro__:
        if kind in _SENTENCES:
            return _SENTENCES[kind](error)
    raise error


def not_signed_up(error: errors.NotOpen | errors.WorkIsBeingReviewed) -> str:
    """The same to whoever wants to present, where nothing is handed in."""
    if isinstance(error, errors.NotOpen):
        return str(_NOT_SIGNED_UP[error.because])
    return str(_("Somebody is reviewing it already, so what you said of it stays as it is."))


def lack(lack: Lack, criterion: Criterion | None) -> str:
    """What an answer lacks, and how it could be mended. Without a *criterion* it is the comment on the whole."""
    if lack.part == "comment":
        return _comment_lacks(lack.problem, criterion)
    assert criterion is not None  # noqa: S101 - the comment on the whole has no other part
    if criterion.kind == rules.LEVELS:
        return str(_("Choose what fits best."))
    if criterion.kind == rules.YES_NO or criterion.scale is None:
        return str(_("Choose yes or no."))
    if lack.problem == "off_step":
        return str(
            _(
                "Choose a number from %(low)s to %(high)s, in steps of %(step)s.",
                low=number(criterion.lowest),
                high=number(criterion.highest),
                step=number(criterion.step),
            )
        )
    return str(
        _("Choose a number from %(low)s to %(high)s.", low=number(criterion.lowest), high=number(criterion.highest))
    )


def _comment_lacks(problem: str, criterion: Criterion | None) -> str:
    if problem == "missing":
        return str(_("Write a few words."))
    if problem == "filler":
        return str(_("Say it in words that help the author: what do you see, and where?"))
    guide = criterion.guidance if criterion is not None else rules.Guide()
    return str(_("Say a little more: %(aim)s", aim=aim(guide)))


def aim(guide: rules.Guide) -> str:
    """How much to write, and what for."""
    length = ngettext("about one word", "about %(num)s words", guide.words)
    return str(_("%(length)s, %(purpose)s", length=length, purpose=guide.purpose) if guide.purpose else length) + (
        "" if guide.purpose.endswith((".", "!", "?")) else "."
    )


def scored(criterion: Criterion, number_: float | None) -> str:
    """An answer in numbers as people say it: "7 of 10", "Yes"."""
    if number_ is None:
        return ""
    if criterion.kind == rules.YES_NO:
        return str(_("Yes") if number_ else _("No"))
    if criterion.lowest == 0:
        return str(_("%(number)s of %(most)s", number=number(number_), most=number(criterion.highest)))
    ends = {"low": number(criterion.lowest), "high": number(criterion.highest)}
    return str(_("%(number)s, on a scale from %(low)s to %(high)s", number=number(number_), **ends))


def answers_to(criterion: Criterion) -> str:
    """How reviewers answer a criterion, for those whose work they look at."""
    if criterion.kind == rules.LEVELS:
        return " · ".join(level.title for level in criterion.levels)
    if criterion.kind == rules.NUMBER:
        return str(_("a number from %(low)s to %(high)s", low=number(criterion.lowest), high=number(criterion.highest)))
    return str(KINDS[criterion.kind])


def reached(criterion: Criterion, share: float | None) -> str:
    """What an answer that reaches so much of a criterion was: the level, the number, yes or no."""
    if share is None:
        return ""
    if criterion.kind == rules.LEVELS:
        most = max((level.points for level in criterion.levels), default=0.0)
        near = min(criterion.levels, key=lambda level: abs(level.points / most - share) if most else 0.0)
        return near.title
    if criterion.kind == rules.YES_NO or criterion.scale is None:
        return str(_("Yes") if share >= 0.5 else _("No"))
    return number(criterion.scale.lowest + share * (criterion.scale.highest - criterion.scale.lowest))


def places(criterion: Criterion) -> tuple[float, ...]:
    """Where the steps of a criterion lie, from 0 to 1; only the ends where there are too many to tell apart."""
    asked = criterion.asked
    if criterion.kind == rules.LEVELS:
        found = {rules.worth(asked, level_id=level.id, number=None) for level in criterion.levels}
        return tuple(sorted(each for each in found if each is not None))
    if criterion.scale is None or not criterion.scale.is_short:
        return (0.0, 1.0)
    return tuple(rules.worth(asked, level_id=None, number=each) or 0.0 for each in criterion.scale.numbers)


def view(view: rules.View) -> str:
    """How an author's own look compares with that of the others, to the author: whatever it is, it is worth knowing."""
    said = {
        "alike": _("You and your reviewers see this alike."),
        "stricter": _("Your reviewers see more in this than you do. Look at what they liked."),
        "kinder": _("You see more in this than your reviewers do. Their comments may say what did not reach them."),
    }
    return _seen(view, said, if_split=_("They differ among themselves, too."))


CLOSENESS = {
    rules.CLOSE: lazy_gettext("You see this work much as your teacher does."),
    rules.NEAR: lazy_gettext("You see this work mostly as your teacher does. Look at where you differ."),
    rules.FAR: lazy_gettext(
        "Your teacher sees this work differently. That is what practice is for: the reasons below say what to look for."
    ),
}
"""How near a try came, to whoever made it."""


def view_beside_staff(view: rules.View) -> str:
    """How a try compares with what staff see, on one criterion."""
    if view.verdict is None:
        return str(_("There is nothing to compare."))
    return str(
        {
            "alike": _("You and your teacher see this alike."),
            "stricter": _("Your teacher sees more in this than you do."),
            "kinder": _("You see more in this than your teacher does."),
        }[view.verdict]
    )


def who_learns_picks(tells: bool) -> str:
    """Whether authors learn which work was seen to do better."""
    if tells:
        return str(_("They learn how often their work was seen to do something better, not by whom."))
    return str(_("They do not learn what you chose."))


def view_for_staff(view: rules.View) -> str:
    """The same, to staff."""
    said = {
        "alike": _("Author and reviewers see this alike."),
        "stricter": _("The reviewers see more in this than the author does."),
        "kinder": _("The author sees more in this than the reviewers do."),
    }
    return _seen(view, said, if_split=_("The reviewers differ among themselves."))


def _seen(view: rules.View, said: Mapping[str, str], *, if_split: str) -> str:
    """What is *said* of how two views compare, and that the reviewers differ where they do."""
    if view.verdict is None:
        return str(_("There is nothing to compare yet."))
    return f"{said[view.verdict]} {if_split}" if view.is_split else str(said[view.verdict])


def exact(value: float) -> str:
    """A number in full."""
    return f"{value:.15g}"


def number(value: float | None) -> str:
    """A score as people write it: 7.5, but 8 rather than 8.0."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def person(name: str, id: int) -> str:
    """What to call somebody whose name the LMS withholds."""
    return name or _("Participant %(id)s", id=id)


def whose(name: str, author_id: int | None) -> str:
    """Whose a work is, to staff: a person or a group. Its author may have been forgotten."""
    return person(name, author_id) if author_id is not None else name or str(_("somebody who left"))


def about_feedback(exchange: Exchange, offer: Offer, *, author: str) -> str:
    """Whose work a feedback is about and, where staff see it, who wrote it; empty once its author was forgotten."""
    work = offer.submission
    if work.author_id is None:
        return ""
    author = person(author, work.author_id)
    if offer.reviewer is None or not exchange.may_see(rules.STAFF, rules.REVIEWER):
        return str(_("For %(author)s", author=author))
    reviewer = person(offer.reviewer.name, offer.reviewer.id)
    return str(_("For %(author)s, by %(reviewer)s", author=author, reviewer=reviewer))


def who_sees_work(exchange: Exchange) -> str:
    """Exactly who will know whose work this is."""
    if exchange.is_live:
        said = ngettext(
            "Whoever is there sees you. One classmate gives you feedback; your teachers see it.",
            "Whoever is there sees you. %(num)s classmates give you feedback; your teachers see it.",
            exchange.reviews,
        )
        return str(said)
    if exchange.has_teams:
        said = (
            _("Classmates of other groups read your work without seeing whose it is. Your teachers see it.")
            if exchange.hides_author
            else _(
                "Classmates of other groups read your work and see the name of your group. Your teachers see it too."
            )
        )
    elif exchange.hides_author:
        said = ngettext(
            "One classmate reads your work without seeing your name. Your teachers see it.",
            "%(num)s classmates read your work without seeing your name. Your teachers see it.",
            exchange.reviews,
        )
    else:
        said = ngettext(
            "One classmate reads your work and sees your name. Your teachers see it too, nobody else.",
            "%(num)s classmates read your work and see your name. Your teachers see it too, nobody else.",
            exchange.reviews,
        )
    if exchange.option(rules.NotesOptions).others:
        along = _("Whoever has reviewed your work reads the other reviews of it, too, without names.")
        said = f"{said} {along}"
    if exchange.hides_author == exchange.hides_reviewer:
        return str(said)
    other = _("You do not learn who they are.") if exchange.hides_reviewer else _("You learn who they are.")
    return f"{said} {other}"


def who_sees_review(exchange: Exchange) -> str:
    """Exactly who will know who wrote this feedback."""
    if exchange.is_sealed:
        return sealed_promise(exchange)
    if exchange.asks_staff:
        said = _(
            "The author reads your feedback without seeing your name. A teacher sees it only for a reason,"
            " and then you are told."
        )
    elif exchange.hides_reviewer:
        said = _("The author reads your feedback without seeing your name. Your teachers see it.")
    else:
        said = _("The author reads your feedback and sees your name. Your teachers see it too, nobody else.")
    if exchange.option(rules.NotesOptions).others:
        along = _("Others who have reviewed the same work read your feedback, too, without your name.")
        said = f"{said} {along}"
    if exchange.hides_author == exchange.hides_reviewer:
        return str(said)
    other = _("You do not learn who the author is.") if exchange.hides_author else _("You see the author’s name.")
    return f"{said} {other}"


WAITING = {
    "giving": lazy_gettext("They see it once they have given enough reviews."),
    "date": lazy_gettext("They see it on its date."),
    "hand": lazy_gettext("They see it once you release it."),
    "few": lazy_gettext("They see it once more is there, since a single one would give its reviewer away."),
}
"""Why an author does not see their feedback, to staff."""


def why_waits(exchange: Exchange, waiting: rules.Waiting) -> str:
    """Why feedback is not shown yet, and what its author can do. Without the moment it may come at."""
    if waiting.why == "giving":
        said = ngettext(
            "You see the feedback on your work once you have given one more review. It helps somebody, too.",
            "You see the feedback on your work once you have given %(num)s more reviews. They help somebody, too.",
            waiting.more,
        )
        return f"{said} {_('If there is nothing to review, you need do nothing but look in again.')}"
    if waiting.why == "date":
        return str(_("Everybody sees the feedback on their work at the same moment:"))
    if waiting.why == "hand":
        return str(_("Your teacher looks at the feedback first and then shows it to you. You need do nothing."))
    return waits_for(exchange)


def sealed_promise(exchange: Exchange) -> str:
    """Exactly what becomes of the link between a reviewer and their words."""
    said = _("This is sealed. The author reads your feedback without your name, and no teacher can see who wrote it.")
    dates = [each for each in (exchange.opens_at, exchange.submit_by, exchange.review_by) if each is not None]
    until = _(
        "Hearth must know it while the exchange runs. A day after it is closed, at the latest two weeks after its last"
        " date, that is deleted for good: then nobody can find out, not even you, and you can neither change what you"
        " wrote nor hear what becomes of it. What you noted for yourself beside it goes too."
    )
    if not dates:
        until = _(
            "Hearth must know it while the exchange runs. A day after it is closed, at the latest two months after the"
            " last feedback, that is deleted for good: then nobody can find out, not even you, and you can neither"
            " change what you wrote nor hear what becomes of it. What you noted for yourself beside it goes too."
        )
    return f"{said} {until}"


def waits_for(exchange: Exchange) -> str:
    """Why feedback that is there may not be shown yet."""
    least = rules.least(exchange.anonymity, exchange.option(rules.AnonymityOptions), expected=exchange.reviews)
    return str(
        _(
            "Feedback appears once at least %(least)s classmates have given theirs, or when the exchange is closed: "
            "from a single one you might guess who wrote it.",
            least=least,
        )
    )


ANONYMITIES = {
    rules.MASKED: (
        lazy_gettext("Classmates do not see each other’s names"),
        lazy_gettext(
            "Author and reviewer stay hidden from each other. You and the other teachers of the course see both."
        ),
    ),
    rules.REVIEWER_HIDDEN: (
        lazy_gettext("Reviewers are hidden from authors"),
        lazy_gettext("A reviewer sees whose work it is; the author does not learn who reviewed it. Teachers see both."),
    ),
    rules.AUTHOR_HIDDEN: (
        lazy_gettext("Authors are hidden from reviewers"),
        lazy_gettext("A reviewer does not learn whose work it is; the author sees who reviewed it. Teachers see both."),
    ),
    rules.SEALED: (
        lazy_gettext("Sealed: nobody ever learns who wrote which feedback"),
        lazy_gettext(
            "Classmates do not see each other’s names, and neither you nor another teacher sees who wrote a feedback."
            " A day after you close the exchange Hearth deletes what says it, for good. You see whose work it is."
        ),
    ),
    rules.NAMED: (
        lazy_gettext("Author and reviewer see each other’s names"),
        lazy_gettext("You and the other teachers see both as well. Nobody else does."),
    ),
}

NAMES = {
    rules.MASKED: lazy_gettext("hidden from classmates"),
    rules.REVIEWER_HIDDEN: lazy_gettext("reviewers hidden from authors"),
    rules.AUTHOR_HIDDEN: lazy_gettext("authors hidden from reviewers"),
    rules.NAMED: lazy_gettext("seen by author and reviewer"),
    rules.SEALED: lazy_gettext("sealed: nobody learns who wrote a feedback"),
}
"""What an exchange promises, in few words."""

SEEN = {
    frozenset[str](): lazy_gettext("neither"),
    frozenset({rules.AUTHOR}): lazy_gettext("the author"),
    frozenset({rules.REVIEWER}): lazy_gettext("the reviewer"),
    frozenset({rules.AUTHOR, rules.REVIEWER}): lazy_gettext("both"),
}


def anonymities() -> list[tuple[str, str, str]]:
    """The promises to choose from."""
    return [(key, str(title), str(hint)) for key, (title, hint) in ANONYMITIES.items()]


def who_sees_what() -> list[tuple[str, list[str]]]:
    """For each promise: whose name author, reviewer, classmates and staff see, besides their own."""
    rows = []
    for anonymity in rules.ANONYMITIES:
        cells = []
        for looker in rules.LOOKERS:
            others = {rules.AUTHOR, rules.REVIEWER} - {looker}
            seen = frozenset(each for each in others if rules.may_see(anonymity, looker=looker, whose=each))
            cells.append(str(SEEN[seen]) if seen or len(others) > 1 else str(_("no name")))
        rows.append((str(ANONYMITIES[anonymity][0]), cells))
    return rows
