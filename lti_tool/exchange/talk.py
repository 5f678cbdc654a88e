"""
The words in which a page tells its reader what became of feedback: who says what, what was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from lti_tool.exchange import noted, queries, rules, wording
from lti_tool.exchange.doors import Doors
from lti_tool.exchange.models import Exchange, Feedback, Flag, Mark, StaffReview
from lti_tool.exchange.queries import Discussed

MARKS = {
    rules.USE: lazy_gettext("I will use it"),
    rules.LATER: lazy_gettext("Later"),
    rules.DISAGREE: lazy_gettext("I see it differently"),
}

VERDICTS = {"yes": lazy_gettext("Yes"), "partly": lazy_gettext("Partly"), "no": lazy_gettext("No")}

FLAG_REASONS = {
    "hurtful": lazy_gettext("It is hurtful"),
    "off_task": lazy_gettext("It is not about the task"),
    "identity": lazy_gettext("It gives away who somebody is"),
    "other": lazy_gettext("Something else"),
}

FLAGGED = {
    "feedback": lazy_gettext("a feedback"),
    "message": lazy_gettext("a message"),
    "work": lazy_gettext("a work"),
    "comparison": lazy_gettext("words written in comparing"),
    "compared_left": lazy_gettext("a work"),
    "compared_right": lazy_gettext("a work"),
    "rule": lazy_gettext("a proposed rule"),
}

SIDES_WITHOUT_NAMES = {
    rules.AUTHOR: lazy_gettext("an author who left"),
    rules.REVIEWER: lazy_gettext("a reviewer who left"),
    None: lazy_gettext("somebody whom nothing names any more"),
}

DECISIONS = {
    "keep": lazy_gettext("Leave it as it is"),
    "hide": lazy_gettext("Hide it"),
    "rewrite": lazy_gettext("Ask the reviewer to rewrite it"),
}

DECIDED = {
    "looked": lazy_gettext("looked at it"),
    "keep": lazy_gettext("left it as it is"),
    "hide": lazy_gettext("hid it"),
    "rewrite": lazy_gettext("asked for a rewrite"),
}

OUTCOMES = {
    "keep": lazy_gettext("Your teachers have looked at it and left it as it is."),
    "hide": lazy_gettext("Your teachers have looked at it and hidden it."),
    "rewrite": lazy_gettext("Your teachers have looked at it and asked for a rewrite."),
}


@dataclass(frozen=True, kw_only=True)
class Talk:
    """One reader's way of reading what became of feedback."""

    exchange: Exchange
    person_id: int
    now: datetime

    def has_messages(self, feedback: Discussed) -> bool:
        return bool(feedback.thread)

    def doors(self, feedback: Discussed) -> Doors:
        return Doors(exchange=self.exchange, about=feedback)

    @property
    def charter(self) -> rules.CharterOptions:
        return self.exchange.option(rules.CharterOptions)

    @property
    def marks(self) -> list[tuple[str, str]]:
        return [(key, str(words)) for key, words in MARKS.items()]

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        return [(key, str(words)) for key, words in VERDICTS.items()]

    def lines(self, feedback: Discussed, side: str) -> tuple[queries.Line, ...]:
        is_masked = self.is_hidden_from(side, feedback)
        return queries.lines_of(feedback, side, self.person_id, now=self.now, is_masked=is_masked)

    def is_hidden_from(self, side: str, feedback: Discussed) -> bool:
        """Whether *side* must not learn who the other one is, nor guess it from the minute."""
        if isinstance(feedback, StaffReview):
            return False
        other = rules.REVIEWER if side == rules.AUTHOR else rules.AUTHOR
        return not self.exchange.may_see(side, other)

    def has_news(self, feedback: Discussed, side: str) -> bool:
        return queries.has_news(feedback, side, self.person_id)

    def any_news(self, received: Sequence[queries.Received], by_staff: Sequence[queries.BySomebody] = ()) -> bool:
        """Whether there are messages that the author has not read."""
        about: list[Discussed] = [*(each.feedback for each in received), *(each.row for each in by_staff)]
        return any(self.has_news(each, rules.AUTHOR) for each in about)

    def who(self, line: queries.Line, side: str, letter: str = "", name: str | None = None) -> str:
        """
        What the writer of a message is called. *name* is that of the other side, where its reader may know it;
        staff who join what classmates say are never named, and those whose own feedback it is about always.
        """
        if line.is_own:
            return str(_("You"))
        if line.message.name:
            return line.message.name
        if line.message.side == rules.STAFF:
            return str(_("Teacher"))
        if name and side in (rules.AUTHOR, rules.REVIEWER):
            return name
        if line.message.side == rules.AUTHOR:
            return str(_("The author"))
        return str(_("Reviewer %(letter)s", letter=letter) if letter else _("The reviewer"))

    def mark(self, feedback: Discussed, criterion_id: int | None, note_id: int | None = None) -> Mark | None:
        part = (criterion_id, note_id)
        return next((each for each in feedback.marks if (each.criterion_id, each.note) == part), None)

    def comment(self, feedback: Discussed, mark: Mark) -> str:
        """The comment that was marked, in full."""
        if isinstance(feedback, StaffReview):
            return feedback.said.comment_on(mark.criterion_id)
        if mark.note is not None:
            return next((each.words for each in feedback.noted if each.id == mark.note), "")
        if mark.criterion_id is None:
            return feedback.comment
        return next((each.comment for each in feedback.answers if each.criterion_id == mark.criterion_id), "")

    def about(self, mark: Mark, feedback: Discussed) -> str:
        """What the marked comment is about."""
        if mark.note is not None and isinstance(feedback, Feedback):
            found = next((each for each in feedback.noted if each.id == mark.note), None)
            return noted.title(found) if found is not None else str(_("A note"))
        titles = {each.id: each.title for each in self.exchange.criteria}
        return titles.get(mark.criterion_id or 0) or str(_("Overall"))

    def plan(
        self, received: Sequence[queries.Received], by_staff: Sequence[queries.BySomebody]
    ) -> tuple[tuple[Discussed, Mark], ...]:
        """What is marked to be used or for later, of what classmates and staff say."""
        said = [each.feedback for each in received if each.feedback.hiding is None]
        return queries.plan_items([*said, *(each.row for each in by_staff)])

    def leaning(self, leaning: rules.Leaning) -> str:
        """How one marks beside others, as a sentence to oneself."""
        criterion = next((each for each in self.exchange.criteria if each.id == leaning.criterion_id), None)
        title = criterion.title if criterion is not None else ""
        if leaning.value == 0:
            return str(_("On %(title)s you mark as the others do.", title=title))
        is_above = leaning.value > 0
        if criterion is not None and criterion.kind == rules.YES_NO:
            if is_above:
                return str(_("On %(title)s you say yes more often than the others.", title=title))
            return str(_("On %(title)s you say yes less often than the others.", title=title))
        number = abs(leaning.value)
        points = f"{number:.1f}".rstrip("0").rstrip(".")
        if is_above:
            said = ngettext(
                "On %(title)s you mark %(points)s point above the others.",
                "On %(title)s you mark %(points)s points above the others.",
                1 if number == 1 else 2,
                title=title,
                points=points,
            )
        else:
            said = ngettext(
                "On %(title)s you mark %(points)s point below the others.",
                "On %(title)s you mark %(points)s points below the others.",
                1 if number == 1 else 2,
                title=title,
                points=points,
            )
        return str(said)

    def verdict(self, key: str) -> str:
        return str(VERDICTS.get(key, key))

    def flagged_as(self, kind: str, reason: str) -> str:
        return str(_("About %(what)s: %(reason)s", what=FLAGGED[kind], reason=FLAG_REASONS[reason]))

    def outcome(self, decision: str | None) -> str:
        return str(OUTCOMES[decision]) if decision else str(_("Your teachers will look at it."))


def flag_title(flag: Flag, name: str, *, is_live: bool = False) -> str:
    """What was flagged, to staff; *name* is that of the person or the group whose work it is, or is about."""
    titles = {
        "feedback": _("Feedback on the presentation of %(name)s", name=name)
        if is_live
        else _("Feedback on the work of %(name)s", name=name),
        "message": _("A message about the presentation of %(name)s", name=name)
        if is_live
        else _("A message about the work of %(name)s", name=name),
        "work": _("The presentation of %(name)s", name=name) if is_live else _("The work of %(name)s", name=name),
        "comparison": _("What was written to %(name)s in comparing", name=name),
        "rule": _("A proposed rule of feedback"),
    }
    return str(titles[flag.kind])


def flagged_by(found: queries.Flagged, *, sees_reviewers: bool, is_live: bool = False) -> str:
    """
    Who asked staff to look, as far as they may know: a name and the side it is from.
    """
    if found.is_from_reviewer and not sees_reviewers:
        return str(_("a reviewer"))
    if found.flag.by is None:
        return str(SIDES_WITHOUT_NAMES[found.side])
    name = wording.person(found.flag.by.name, found.flag.by_id or 0)
    if is_live and found.side is not None:
        who = _("%(name)s, who presents", name=name), _("%(name)s, a reviewer of the presentation", name=name)
        return str(who[found.side == rules.REVIEWER])
    if found.side == rules.AUTHOR:
        return str(_("%(name)s, an author of the work", name=name))
    return str(_("%(name)s, a reviewer of the work", name=name)) if found.side == rules.REVIEWER else name
