"""
The demo's first content: an exchange under way, made by clicking through the pages as its people would.

Nothing is written past the product's own pages, so what the demo shows is what a class would
have made.
"""

from itertools import cycle

from lti_tool.sandbox.robot import Form, Robot

COURSE = "Designing for People"
TITLE = "A first sketch: who is it for?"
INSTRUCTIONS = """\
Sketch one everyday thing that annoys somebody, and say **for whom** you would change it.

1. Who is it, and where do they meet the thing?
2. What do they try to do, and what gets in the way?
3. One idea, in a sentence. It may be rough: that is what this exchange is for.

Read your two classmates' sketches as you would like yours to be read:
say what works, then one thing that would make it stronger.
"""

BUS_STOP = """\
## The bus stop without a roof

My grandmother takes the 14 to the market. She cannot stand for long, and the bench is always wet.

**She tries** to sit down with two bags. **In the way:** the seat tilts back, so the water stays.

*Idea:* a seat that tips forward by itself when nobody sits on it.
"""

JAR = """\
## Opening a jar with one hand

For people after a stroke. They meet the jar at breakfast, alone.

- the lid needs two hands
- the tools in the shops need strength

*Idea:* a holder under the shelf that grips when you push.
"""

DOCTOR = """\
## The form at the doctor's

New patients fill in the same three pages each time. My neighbour reads slowly and is afraid of being watched.

*Idea:* the form by post, a week before, in large print, with a phone number for questions.
"""

QUIET_ROOM = """\
## Finding the quiet room

First-year students who need a break from noise. The sign is next to the loudest door of the building.
They walk past it, twice, and give up.

*Idea:* a line on the floor, from the entrance, that you can follow without asking anybody.
"""

LOCK = """\
## The bicycle lock in winter

For people who ride to an early shift. With gloves the key does not go in, without gloves the fingers freeze.

*Idea:* a lock that opens with a ring you can turn with the whole hand.
"""

WORKS = [BUS_STOP, JAR, DOCTOR, QUIET_ROOM, LOCK]

COMMENTS = [
    "I could see the person at once, and the moment you chose makes it clear. What would she call the problem?",
    "You describe what gets in the way very exactly. I would leave out the second example.",
    "The idea follows from what you saw. Perhaps try it with cardboard first, and tell us what happened?",
    "Clear and short. I was not sure who else has this problem, one more person would convince me.",
]


def make_first_content(site: str) -> None:
    """Let the people of the sandbox at *site* begin an exchange, unless somebody has made something already."""
    with Robot(site, "") as robot:
        state = robot.api("GET", "state")
    course = next(each for each in state["courses"] if each["title"] == COURSE)
    if any(module["activities"] for module in course["modules"]):
        return
    people = {
        kind: [each["name"] for each in state["people"] if each["kind"] == kind] for kind in ("teacher", "student")
    }
    _add_exchange(site, people["teacher"][0], course["modules"][0]["id"])
    with Robot(site, "") as robot:
        activity = next(each for each in robot.api("GET", "state")["courses"] if each["title"] == COURSE)["modules"][0][
            "activities"
        ][0]["id"]
    # The first student stays untouched, so that a newcomer finds something to begin with.
    writers = people["student"][1 : len(WORKS) + 1]
    for name, work in zip(writers, WORKS, strict=False):
        _hand_in(site, name, activity, work)
    for name, comments in zip(writers, ((0, 2), (1, 3), (3, 0), (2,)), strict=False):
        for comment in comments:
            _give_feedback(site, name, activity, COMMENTS[comment])


def _add_exchange(site: str, teacher: str, module: str) -> None:
    with Robot(site, teacher) as robot:
        picker = robot.launch(module=module)
        page = robot.get(picker.link("New"))
        form = page.form("/exchanges")
        robot.submit(form, title=TITLE, instructions=INSTRUCTIONS, reviews="2", grade="points", points="10")


def _hand_in(site: str, student: str, activity: str, work: str) -> None:
    with Robot(site, student) as robot:
        page = robot.launch(activity=activity)
        writing = robot.get(f"{page.url}/work")
        look = robot.submit(writing.form("/work/draft"), body=work, act="check")
        robot.submit(look.form("/work"))


def _give_feedback(site: str, student: str, activity: str, comment: str) -> None:
    with Robot(site, student) as robot:
        page = robot.launch(activity=activity)
        reviewing = robot.submit(page.form("/reviews"))
        form = reviewing.form("/feedback")
        given = robot.submit(form, **_answers(form, comment))
        if given.status >= 400:
            raise LookupError(f"{given.url} refused the feedback ({given.status})")


def _answers(form: Form, comment: str) -> dict[str, str | list[str]]:
    """Something for every question: the upper levels in turn, and words where a question has no levels."""
    steps = cycle((-1, -2))
    levels = {name: values[next(steps)] for name, values in form.choices.items() if name.startswith("level-")}
    open_questions = [
        name for name in form.fields if name.startswith("comment-") and name.replace("comment", "level") not in levels
    ]
    return {**levels, **dict.fromkeys(open_questions, comment)}
