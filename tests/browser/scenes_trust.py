"""
Pages about who sees what, what becomes of feedback, and what staff look after.
"""

import re
from functools import cache

from playwright.sync_api import expect

from lti_tool.sandbox.robot import Form, Page, Robot
from tests.browser.house import TEACHER, House, Place
from tests.browser.people import Hearth, Someone
from tests.browser.scenes import INSTRUCTIONS, WORDS, WORK, World, scene

LOW = "I did not find whom it is for. Name her in the first line, perhaps?"
THREE = ("Mai Tran", "Diego Fuentes", "Aisha Rahman")
RULES = [
    "Say what you saw before what you think of it.",
    "Be as kind as you would be in person.",
    "End with a next step.",
]


def _give(robot: Robot, page: Page, words: str, *, level: int) -> None:
    """Take a work, and choose the *level*-th of every choice."""
    _fill(robot, robot.submit(page.form("/reviews")).form("/feedback"), words, level=level)


def _further(house: House, place: Place, topic: str, **values: str | list[str]) -> None:
    """Let the teacher save one page of further settings."""
    with house.at(place, TEACHER) as (robot, page):
        robot.submit(robot.get(f"{page.url}/settings/{topic}").form(f"/settings/{topic}"), **values)


@cache
def dispute(house: House) -> Place:
    """Everybody has read everybody; one is much stricter than the others; they talked, and something was flagged."""
    place = house.exchange(
        house.new_course("Reading each other"), "A poster for the market", reviews=2, instructions=INSTRUCTIONS
    )
    _further(house, place, "charter", enabled="1", appraise="1", **{"rules[]": RULES})
    for name in THREE:
        house.hand_in(place, name, WORK)
    for name in THREE:
        with house.at(place, name) as (robot, page):
            robot.submit(robot.submit(page.form("/reviews")).form("/charter/consents"))
        for _ in range(2):
            with house.at(place, name) as (robot, page):
                strict = name == "Diego Fuentes"
                _go_on(robot, page, LOW if strict else WORDS, level=0 if strict else -1)
    for name in ("Aisha Rahman", "Mai Tran"):
        with house.at(place, name) as (robot, page):
            for form in [each for each in page.forms if each.action.endswith("/messages")]:
                robot.submit(form, body="Thank you. I will put **her** in the first line. What did you mean by *near*?")
            for form in [each for each in page.forms if each.action.endswith("/thanks")]:
                robot.submit(form)
    with house.at(place, "Aisha Rahman") as (robot, page):
        new = robot.get(page.link("Tell a teacher about this feedback")).form("/flags")
        robot.submit(new, reason="hurtful", words="It made me *sad*.")
    return place


def _go_on(robot: Robot, page: Page, words: str, *, level: int) -> None:
    """Review what is in hand, or the next work."""
    if any(each.action.endswith("/reviews") for each in page.forms):
        _give(robot, page, words, level=level)
        return
    form = robot.get(page.link("Go on reviewing")).form("/feedback")
    _fill(robot, form, words, level=level)


def _fill(robot: Robot, form: Form, words: str, *, level: int) -> None:
    chosen: dict[str, str | list[str]] = {
        name: values[level] for name, values in form.choices.items() if name.startswith("level-")
    }
    robot.submit(form, **chosen, **{name: words for name in form.fields if name.startswith("comment")})


@cache
def ruled(house: House) -> Place:
    """Somebody has a work in hand and has not agreed to the rules yet."""
    place = house.exchange(house.new_course("By our rules"), "A letter", instructions=INSTRUCTIONS)
    _further(house, place, "charter", enabled="1", **{"rules[]": RULES})
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    house.take_work(place, "Mai Tran")
    return place


@cache
def finished(house: House) -> Place:
    """Four people, three reviews each, all given, and closed: grades are out, and a mirror shows how one marks."""
    people = (*THREE, "Priya Nair")
    place = house.exchange(house.new_course("Looking back"), "Three of everybody", reviews=3, instructions=INSTRUCTIONS)
    for name in people:
        house.hand_in(place, name, WORK)
    for name in people:
        for _ in range(3):
            with house.at(place, name) as (robot, page):
                _give(robot, page, WORDS, level=0 if name == "Diego Fuentes" else -1)
    house.close(place)
    return place


@cache
def sealed(house: House) -> Place:
    """A sealed exchange: one gave, one is writing."""
    place = house.exchange(
        house.new_course("Without names"),
        "Something hard to say",
        reviews=2,
        anonymity="sealed",
        instructions=INSTRUCTIONS,
    )
    for name in THREE:
        house.hand_in(place, name, WORK)
    house.give_feedback(place, "Mai Tran", WORDS)
    house.take_work(place, "Diego Fuentes")
    return place


@cache
def sealed_for_good(house: House) -> Place:
    """A sealed exchange that is over: everybody gave, it was closed, and nothing says any more who wrote what."""
    place = house.exchange(
        house.new_course("Long ago"), "Said without names", reviews=2, anonymity="sealed", instructions=INSTRUCTIONS
    )
    for name in THREE:
        house.hand_in(place, name, WORK)
    for name in THREE:
        for _ in range(2):
            with house.at(place, name) as (robot, page):
                _give(robot, page, WORDS, level=-1)
    house.seal(place)
    return place


@cache
def asking(house: House) -> Place:
    """Teachers give a reason before they see who wrote a feedback."""
    place = house.exchange(house.new_course("For a reason"), "A speech", instructions=INSTRUCTIONS)
    _further(house, place, "anonymity", staff="ask")
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    house.give_feedback(place, "Mai Tran", WORDS)
    return place


@cache
def beside_the_teacher(house: House) -> Place:
    """A teacher reviewed a work; its author says what becomes of it, and asks. Somebody flags a proposed rule."""
    place = house.exchange(house.new_course("Beside the teacher"), "A recipe", instructions=INSTRUCTIONS)
    _further(house, place, "charter", enabled="1", proposals="1", **{"rules[]": RULES})
    for name in ("Mai Tran", "Diego Fuentes"):
        house.hand_in(place, name, WORK)
    with house.at(place, TEACHER) as (robot, page):
        work = robot.get(robot.get(page.link("Mai Tran")).link("Review it yourself"))
        _fill(robot, work.form("/staff-review"), WORDS, level=-1)
    with house.at(place, "Mai Tran") as (robot, page):
        one, other = [each for each in page.forms if each.action.endswith("/marks")][:2]
        robot.submit(one, mark="use")
        robot.submit(other, mark="disagree", reason="It is meant to be *short*.")
        robot.submit(page.form("/thanks"))
        robot.submit(page.form("/messages"), body="Thank you! Do you mean the **first** paragraph?")
        robot.submit(robot.get(f"{page.url}/rules").form("/rules/proposals"), rule="Never ask Diego about recipes")
    with house.at(place, TEACHER) as (robot, page):
        talk = robot.get(robot.get(page.link("Mai Tran")).link("Answer"))
        robot.submit(talk.form("/staff-messages"), body="The second, where she waits.")
    with house.at(place, "Diego Fuentes") as (robot, page):
        told = robot.get(robot.get(f"{page.url}/rules").link("Tell a teacher about this rule")).form("/flags")
        robot.submit(told, reason="hurtful", words="I asked once.")
    return place


# Students ------------------------------------------------------------------------------------------------------------


@scene("Mai Tran")
def agreeing_to_the_rules(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(ruled(world.house))
    hearth.follow("Go on reviewing")
    expect(hearth.text(RULES[0]).first).to_be_visible()
    return hearth


@scene("Aisha Rahman")
def reading_by_the_rules(aisha: Someone, world: World) -> Hearth:
    return aisha.open_window(dispute(world.house))


@scene("Diego Fuentes")
def looking_again(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(dispute(world.house))
    given = hearth.root.locator("section", has=hearth.root.locator("#given"))
    given.locator("li", has_text="Look again").first.get_by_role("link").click()
    expect(hearth.root.get_by_role("heading", name="Another reviewer sees this work very differently")).to_be_visible()
    return hearth


@scene("Diego Fuentes")
def writing_it_anew(diego: Someone, world: World) -> Hearth:
    hearth = looking_again(diego, world)
    hearth.follow("Change my feedback")
    return hearth.shows("Change your feedback")


@scene("Mai Tran")
def telling_a_teacher(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(dispute(world.house))
    hearth.follow("Tell a teacher about this feedback")
    return hearth.shows(re.compile("teacher", re.IGNORECASE))


@scene("Diego Fuentes")
def what_was_told_and_how_one_marks(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(finished(world.house))
    expect(hearth.root.get_by_role("heading", name="How you mark")).to_be_visible()
    return hearth


@scene("Diego Fuentes")
def notices(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(dispute(world.house))
    hearth.follow(re.compile("notice"))
    return hearth.shows("Notices")


@scene("Diego Fuentes")
def reviewing_sealed(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(sealed(world.house))
    hearth.follow("Go on reviewing")
    expect(hearth.text("no teacher can see who wrote it")).to_be_visible()
    return hearth


@scene("Mai Tran")
def answering_a_teacher(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(beside_the_teacher(world.house))
    expect(hearth.text("The second, where she waits.")).to_be_visible()
    return hearth


@scene("Diego Fuentes")
def telling_a_teacher_about_a_rule(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(beside_the_teacher(world.house))
    hearth.follow(re.compile("How we give feedback"))
    hearth.follow("Tell a teacher about this rule")
    return hearth.shows("Tell a teacher about a proposed rule")


# Teachers ------------------------------------------------------------------------------------------------------------


def _topic(teacher: Someone, world: World, title: str) -> Hearth:
    hearth = teacher.open_window(dispute(world.house))
    hearth.follow("Settings")
    hearth.shows("Settings")
    hearth.follow(title)
    return hearth.shows(title)


@scene(TEACHER)
def choosing_who_reviews_whom(teacher: Someone, world: World) -> Hearth:
    return _topic(teacher, world, "Who reviews whom")


@scene(TEACHER)
def what_the_grade_is_made_of(teacher: Someone, world: World) -> Hearth:
    return _topic(teacher, world, "What the grade is made of")


@scene(TEACHER)
def rules_of_the_class(teacher: Someone, world: World) -> Hearth:
    return _topic(teacher, world, "The class’s own rules of feedback")


@scene(TEACHER)
def when_reviewers_disagree(teacher: Someone, world: World) -> Hearth:
    return _topic(teacher, world, "When reviewers disagree")


@scene(TEACHER)
def protecting_who_wrote_it(teacher: Someone, world: World) -> Hearth:
    return _topic(teacher, world, "Protecting who wrote it")


@scene(TEACHER)
def help_with_writing_feedback(teacher: Someone, world: World) -> Hearth:
    return _topic(teacher, world, "Help with writing feedback")


@scene(TEACHER)
def exactly_who_sees_whose_name(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(sealed(world.house))
    hearth.follow("Settings")
    hearth.shows("Settings")
    hearth.root.get_by_text("Exactly who sees whose name").click()
    expect(hearth.root.get_by_role("columnheader", name="Teachers see")).to_be_visible()
    return hearth


@scene(TEACHER)
def things_to_look_at(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(dispute(world.house))
    hearth.follow(re.compile("to look at"))
    return hearth.shows("To look at")


@scene(TEACHER)
def something_flagged(teacher: Someone, world: World) -> Hearth:
    hearth = things_to_look_at(teacher, world)
    hearth.follow(re.compile("^Feedback on the work"))
    look = hearth.root.get_by_role("button", name="Look at it")
    if look.count():
        look.click()
    expect(
        hearth.root.get_by_role("heading", name="What becomes of it?")
        .or_(hearth.root.get_by_text("What becomes of it?"))
        .first
    ).to_be_visible()
    return hearth


@scene(TEACHER)
def grades_that_need_a_human(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(finished(world.house))
    hearth.follow("Grades that need a human")
    return hearth.shows("Needs a human")


@scene(TEACHER)
def a_person_with_reviews(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(finished(world.house))
    hearth.follow("Mai Tran")
    return hearth.shows("Mai Tran")


@scene(TEACHER)
def what_would_change(teacher: Someone, world: World) -> Hearth:
    hearth = a_person_with_reviews(teacher, world)
    hearth.follow("Leave out")
    return hearth.shows("What would change")


@scene(TEACHER)
def joining_a_conversation(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(dispute(world.house))
    hearth.follow("Aisha Rahman")
    hearth.shows("Aisha Rahman")
    hearth.follow("Join the conversation")
    return hearth.shows("Feedback")


@scene(TEACHER)
def what_became_of_ones_own_feedback(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(beside_the_teacher(world.house))
    hearth.follow("Mai Tran")
    hearth.shows("Mai Tran")
    hearth.follow("Answer")
    return hearth.shows(re.compile("^Feedback by"))


@scene(TEACHER)
def one_person_whom_staff_reviewed(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(beside_the_teacher(world.house))
    hearth.follow("Mai Tran")
    return hearth.shows("Mai Tran")


@scene(TEACHER)
def changing_ones_own_feedback_once_answered(teacher: Someone, world: World) -> Hearth:
    hearth = one_person_whom_staff_reviewed(teacher, world)
    hearth.follow("Change your review")
    return hearth.shows("Your review of Mai Tran")


@scene(TEACHER)
def a_flagged_rule(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(beside_the_teacher(world.house))
    hearth.follow(re.compile("to look at"))
    hearth.follow(re.compile("^A proposed rule"))
    look = hearth.root.get_by_role("button", name="Look at it")
    if look.count():
        look.click()
    expect(hearth.root.locator("legend", has_text="What becomes of it?")).to_be_visible()
    return hearth


@scene(TEACHER)
def rules_with_one_to_look_at(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(beside_the_teacher(world.house))
    hearth.follow("Rules that students propose")
    return hearth.shows("How we give feedback in this class")


@scene(TEACHER)
def asking_who_wrote_it(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(asking(world.house))
    hearth.follow("Diego Fuentes")
    hearth.shows("Diego Fuentes")
    hearth.follow("Write to author and reviewer")
    hearth.press("Show me who wrote it")
    expect(hearth.root.locator(".field__error").first).to_be_visible()
    return hearth


@scene(TEACHER)
def who_is_where_sealed(teacher: Someone, world: World) -> Hearth:
    return teacher.open_window(sealed(world.house))


@scene(TEACHER)
def one_person_sealed(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(sealed(world.house))
    hearth.follow("Mai Tran")
    return hearth.shows("Mai Tran")


@scene(TEACHER)
def who_is_where_once_it_is_sealed(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(sealed_for_good(world.house))
    expect(hearth.text("cannot be opened again")).to_be_visible()
    return hearth


@scene(TEACHER)
def one_person_once_it_is_sealed(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(sealed_for_good(world.house))
    hearth.follow("Mai Tran")
    hearth.shows("Mai Tran")
    expect(hearth.text("2 of 2 given.")).to_be_visible()
    return hearth


@scene("Diego Fuentes")
def reading_once_it_is_sealed(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(sealed_for_good(world.house))
    expect(hearth.text("nobody can answer").first).to_be_visible()
    return hearth


@scene(TEACHER)
def hiding_what_nobody_flagged(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(dispute(world.house))
    hearth.follow("Mai Tran")
    hearth.follow("Hide …")
    return hearth.shows("Hide it or send it back")


@scene(TEACHER)
def settings_that_a_colleague_changed(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(world.later)
    hearth.follow("Settings")
    hearth.shows("Settings")
    hearth.fill("Instructions", "Sketch *two* things.")
    # Another tab of the same teacher is as good as a colleague.
    with world.house.at(world.later, TEACHER) as (robot, page):
        form = robot.get(f"{page.url}/settings").form("/settings")
        robot.submit(form, act="save", reviews="3" if form.fields.get("reviews") == ["2"] else "2")
    hearth.press("Save")
    expect(hearth.text("Somebody else saved these settings").first).to_be_visible()
    return hearth


@cache
def sent_back(house: House) -> Place:
    """Staff asked for a feedback to be written anew."""
    place = house.exchange(house.new_course("Once more"), "A recipe", reviews=1, instructions=INSTRUCTIONS)
    for name in THREE:
        house.hand_in(place, name, WORK)
    house.give_feedback(place, "Mai Tran", LOW)
    with house.at(place, TEACHER) as (robot, page):
        person = robot.get(next(page.links[name] for name in THREE if _was_reviewed(robot, page.links[name])))
        form = robot.get(person.link("Ask to rewrite")).form("/moderation")
        robot.submit(form, decision="rewrite", reason="other", note="Say where you mean, and what would help.")
    return place


def _was_reviewed(robot: Robot, person: str) -> bool:
    return any(said.startswith("Ask to rewrite") for said in robot.get(person).links)


@scene("Mai Tran")
def to_write_anew(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(sent_back(world.house))
    expect(hearth.text("Write one of your feedbacks anew").first).to_be_visible()
    return hearth


@cache
def hidden(house: House) -> Place:
    """Staff hid a feedback, and a message of its reviewer."""
    place = house.exchange(house.new_course("Kinder words"), "A joke", reviews=1, instructions=INSTRUCTIONS)
    for name in THREE:
        house.hand_in(place, name, WORK)
    house.give_feedback(place, "Mai Tran", LOW)
    with house.at(place, "Mai Tran") as (robot, page):
        review = robot.get(next(there for there in page.links.values() if "/reviews/" in there))
        robot.submit(review.form("/messages"), body="You never listen.")
    for what in ("Hide this message …", "Hide …"):
        with house.at(place, TEACHER) as (robot, page):
            person = robot.get(next(page.links[name] for name in THREE if _was_reviewed(robot, page.links[name])))
            form = robot.get(person.link(what)).form("/moderation")
            robot.submit(form, decision="hide", reason="hurtful", note="We speak of works here, and not of people.")
    return place


@scene("Mai Tran")
def feedback_that_staff_hid(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(hidden(world.house))
    given = hearth.root.locator("section", has=hearth.root.locator("#given"))
    given.locator("li", has_text="Hidden by your teachers").get_by_role("link").click()
    expect(hearth.text("Your teachers have hidden this feedback").first).to_be_visible()
    return hearth


@scene("Mai Tran")
def a_hidden_feedback_in_the_list(mai: Someone, world: World) -> Hearth:
    hearth = mai.open_window(hidden(world.house))
    expect(hearth.text("Hidden by your teachers").first).to_be_visible()
    return hearth


@scene("Diego Fuentes")
def asked_to_look_again(diego: Someone, world: World) -> Hearth:
    hearth = diego.open_window(dispute(world.house))
    expect(hearth.text("Another reviewer sees a work very differently").first).to_be_visible()
    return hearth


@scene(TEACHER)
def a_topic_that_a_colleague_changed(teacher: Someone, world: World) -> Hearth:
    hearth = teacher.open_window(ruled(world.house))
    hearth.follow("Settings")
    hearth.follow("The class’s own rules of feedback")
    hearth.shows("The class’s own rules of feedback")
    hearth.root.get_by_label("Rule 1", exact=True).fill("Begin with what you saw.")
    # Another tab of the same teacher is as good as a colleague.
    with world.house.at(ruled(world.house), TEACHER) as (robot, page):
        form = robot.get(f"{page.url}/settings/charter").form("/settings/charter")
        shown = "settled" if "at_once" in form.fields.get("shown", ()) else "at_once"
        robot.submit(form, shown=shown)
    hearth.press("Save")
    expect(hearth.text("Somebody else saved these settings").first).to_be_visible()
    return hearth
