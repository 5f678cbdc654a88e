"""
Ready rubrics to begin from: criteria with guidance, for the kinds of work that are reviewed most.
"""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from lti_tool.exchange import rules
from lti_tool.exchange.forms import USUAL, CriterionWords, usual_levels

RUBRICS = {
    "essay": (lazy_gettext("Essay or draft"), lazy_gettext("Main idea, support, order, one next step")),
    "design": (lazy_gettext("Design or prototype"), lazy_gettext("For whom, does it help, can one use it, what next")),
    "presentation": (lazy_gettext("Presentation"), lazy_gettext("Message, thread, slides, voice, one thing to keep")),
    "code": (lazy_gettext("Code"), lazy_gettext("Does it work, can it be read, is it tested, what next")),
    "product": (lazy_gettext("Group product"), lazy_gettext("Purpose, quality, one whole, what next")),
}
"""By name: what it is for, and what it looks at."""


def criteria(name: str) -> tuple[CriterionWords, ...]:
    """The criteria of one rubric, as the form shows them."""
    rows = _ROWS[name]()
    return tuple(
        CriterionWords(
            key=f"n{name}{number}",
            title=title,
            description=about,
            prompt=prompt,
            levels=usual_levels(f"m{name}{number}") if more.get("kind", rules.LEVELS) == rules.LEVELS else (),
            more={**USUAL, "kind": rules.LEVELS, **_length(), **more},
        )
        for number, (title, about, prompt, more) in enumerate(rows)
    )


Row = tuple[str, str, str, dict[str, str]]
"""Title, what to look for, what the comment answers, and the rest."""


def _essay() -> tuple[Row, ...]:
    return (
        (
            _("Main idea"),
            _("Can a reader say after one reading what this is about and why it matters?"),
            _("What is the main idea, in your own words? Where did you find it, or lose it?"),
            {
                "good": _("Say the idea back in your own words. The author sees at once whether it arrived."),
                "example": _(
                    "I read this as: free buses would help the old more than the young. I found it in the third"
                    " paragraph; the first made me expect a text about traffic. Could that sentence come first?"
                ),
                "why": _("It says what arrived, where, and what the author could try."),
                "starters": _("I read this as …\nI found it where you write …\nI lost it at …"),
            },
        ),
        (
            _("Support"),
            _("Do reasons, examples or evidence carry the main idea?"),
            _("Which part convinced you most? Which needs more, and what would help?"),
            {
                "good": _("Point to one reason that convinced you and one that did not, with their places."),
                "example": _(
                    "The numbers from the hospital in paragraph 2 convinced me. “Everybody knows” in paragraph 4"
                    " did not: who says so? One source would do."
                ),
                "why": _("Both places can be found, and the next step is small."),
                "starters": _("What convinced me most was …\nI was not sure about … because …\nIt would help to see …"),
            },
        ),
        (
            _("Order"),
            _("Does each part lead to the next?"),
            _("Where did you follow easily? Where did you have to go back?"),
            {"starters": _("I could follow easily from … to …\nI had to go back at …\nWhat if … came before …?")},
        ),
        _next_step(),
    )


def _design() -> tuple[Row, ...]:
    return (
        (
            _("For whom"),
            _("Can you see a person who needs this, in a moment in which they need it?"),
            _("Who is it for, and when? What told you so?"),
            {
                "good": _("Describe the person you see. Where you had to guess, say so."),
                "example": _(
                    "I see somebody with two full bags who cannot stand for long. What I do not see yet is how"
                    " often it rains where she waits. Did you ask her?"
                ),
                "why": _("It shows the author what was told and what was only thought."),
                "starters": _("I imagine somebody who …\nI could not see …\nDid you ask …?"),
            },
        ),
        (
            _("Does it help"),
            _("Would it change that moment for that person?"),
            _("What gets better? What could get in the way?"),
            {"starters": _("It would help because …\nIt might fail when …\nHave you thought of …?")},
        ),
        (
            _("I could try it"),
            _("Is there something to touch, click or act through, however rough?"),
            "",
            {
                "kind": rules.YES_NO,
                "yes": _("I could play through the main moment without asking how."),
                "comment": rules.OPTIONAL,
                "words": "",
                "purpose": "",
            },
        ),
        (
            _("Ease"),
            _("How easily would somebody find their way at the first try?"),
            _("Where did you hesitate?"),
            {
                "kind": rules.NUMBER,
                "lowest": "0",
                "highest": "5",
                "low": _("I was lost"),
                "high": _("I never hesitated"),
                "starters": _("I hesitated at …\nI expected …, and then …"),
            },
        ),
        _next_step(),
    )


def _presentation() -> tuple[Row, ...]:
    return (
        (
            _("Message"),
            _("What would you tell somebody who was not there?"),
            _("Say the message in one sentence. When did you get it?"),
            {"starters": _("The message I took home is …\nI got it when …")},
        ),
        (
            _("Thread"),
            _("Could you always say where in the talk you were?"),
            _("Where did you follow, and where did you get lost?"),
            {"starters": _("I always knew where we were until …\nIt would have helped me to hear … before …")},
        ),
        (
            _("Slides"),
            _("Do they show what words alone could not?"),
            _("Which slide helped most? Which could go?"),
            {
                "good": _("Name slides by number or by what is on them."),
                "example": _("Slide 4 with the two maps helped me most. On slide 7 I read and did not hear you."),
                "why": _("The author can open both slides and see it."),
                "starters": _("The slide that helped me most was …\nI could do without …"),
            },
        ),
        (
            _("Voice and contact"),
            _("How easy was it to keep listening?"),
            _("When did you listen most closely?"),
            {
                "kind": rules.NUMBER,
                "lowest": "1",
                "highest": "5",
                "low": _("I drifted off"),
                "high": _("I hung on every word"),
                "starters": _("I listened most closely when …\nI drifted off at …"),
                # For the speaker alone: nobody is graded for their voice.
                "weight": "0",
            },
        ),
        _next_step(),
    )


def _code() -> tuple[Row, ...]:
    return (
        (
            _("It works"),
            _("Can you run it, and does it do what its author says?"),
            _("What did you try, and what happened? Name one case at the edge that you tried too."),
            {
                "good": _("Say exactly what you did, what you expected and what you saw."),
                "example": _(
                    "I ran it with the file from the task and got the list in order. With an empty file it stops in"
                    " line 12 with an IndexError; I expected an empty list."
                ),
                "why": _("The author can do the same and sees the same."),
                "starters": _("I ran it with …\nI expected …, and saw …\nAt the edge I tried …"),
            },
        ),
        (
            _("It can be read"),
            _("Could you change it next month without asking its author?"),
            _("Which name or function told you at once what it is for? Where did you have to read twice?"),
            {
                "starters": _(
                    "I saw at once what … is for\nI read twice at line …, because …\nWhat if it were called …?"
                )
            },
        ),
        (
            _("It is tested"),
            _("Would a test fail if somebody broke what matters most?"),
            _("Which test do you trust most? Which case has none yet?"),
            {
                "kind": rules.NUMBER,
                "lowest": "0",
                "highest": "4",
                "low": _("No test"),
                "high": _("I would dare to change anything"),
                "starters": _("I trust the test that …\nNothing tests what happens when …"),
            },
        ),
        (
            _("It would run on my machine"),
            _("Is it said what is needed and how to start it?"),
            "",
            {
                "kind": rules.YES_NO,
                "yes": _("I started it by what was written, without guessing."),
                "comment": rules.OPTIONAL,
                "words": "",
                "purpose": "",
            },
        ),
        _next_step(),
    )


def _product() -> tuple[Row, ...]:
    return (
        (
            _("Purpose"),
            _("Can you say for whom it is, and what it changes for them?"),
            _("For whom is it, in your own words? What would be missing without it?"),
            {"starters": _("I see somebody who …\nWithout it they would …\nI was not sure for whom …")},
        ),
        (
            _("Quality"),
            _("Is it made with care, and right in what it says and does?"),
            _("Which part is strongest? Which would you not show yet, and why?"),
            {
                "good": _("Name one part of each kind, so that the group can look at it together."),
                "example": _(
                    "The interviews are the strongest part: three people, three different days. The price on page 5 I"
                    " would not show yet, since nothing says where it comes from."
                ),
                "why": _("Both are places that a group can find, and one says what to add."),
                "starters": _("The strongest part is …, because …\nI would not show … yet, because …"),
            },
        ),
        (
            _("One whole"),
            _("Does it read as made by one group, not as parts put side by side?"),
            _("Where do parts carry each other? Where did you notice a seam?"),
            {"starters": _("… and … carry each other\nI noticed a seam between …\nThe same thing is called … and …")},
        ),
        _next_step(),
    )


def _next_step() -> Row:
    return (
        _("One next step"),
        "",
        _("If the author changes one thing, what should it be, and how could they begin?"),
        {
            "kind": rules.WORDS,
            "comment": rules.REQUIRED,
            "good": _("One thing, not five; small enough to begin today."),
            "starters": _("If you change one thing, …\nYou could begin by …"),
        },
    )


def _length() -> dict[str, str]:
    return {"words": "20", "purpose": _("two or three sentences, so that the author knows what to do next")}


_ROWS = {"essay": _essay, "design": _design, "presentation": _presentation, "code": _code, "product": _product}
