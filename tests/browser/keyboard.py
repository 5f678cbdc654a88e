"""
Somebody who has a keyboard and nothing else; and what every page owes to them.
"""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

MOST_STOPS = 400
"""More than any page has."""

MOST_PARTS = 9

AT = """() => {
  const here = document.activeElement;
  if (!here || here === document.body || here === document.documentElement) return null;
  const ringed = (each) => {
    const style = each && getComputedStyle(each);
    return !!style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  };
  // A field that is drawn by what is around it shows the ring there.
  const around = [here, ...(here.labels ?? []), here.parentElement, here.closest("label")];
  const box = here.getBoundingClientRect();
  const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  window.stops ??= new Map();
  if (!window.stops.has(here)) window.stops.set(here, window.stops.size);
  return {id: window.stops.get(here), html: here.outerHTML.slice(0, 140), ringed: around.some(ringed), inside,
          tag: here.tagName, type: here.type ?? "", field: here.name ?? "",
          name: (here.labels?.[0]?.textContent ?? here.getAttribute("aria-label") ?? here.textContent ?? "").trim()};
}"""
"""What has the focus, and whether one sees it."""

START = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  window.stops = new Map();
}"""

EXPECTED = """() => {
  const groups = new Set();
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((each) => {
      if (each.disabled || each.tabIndex < 0 || each.type === "hidden") return false;
      if (each.closest("[inert], dialog:not([open])")) return false;
      if (!each.checkVisibility({visibilityProperty: true})) return false;
      if (each.type !== "radio") return true;
      const group = `${each.form?.action} ${each.name}`;
      const chosen = [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(each.name)}"]`)]
        .find((other) => other.form === each.form && other.checked);
      if (groups.has(group) || (chosen && chosen !== each)) return false;
      groups.add(group);
      return true;
    })
    .filter((each) => !window.stops.has(each))
    .map((each) => each.outerHTML.slice(0, 140));
}"""
"""What can be used and was not reached."""


class Keyboard:
    """Presses keys on a page, and looks where the focus is after each."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str) -> dict[str, Any] | None:
        """Press a key; where the focus is then must be seen."""
        self.page.keyboard.press(key)
        at: dict[str, Any] | None = self.page.evaluate(AT)
        if at is not None and key in ("Tab", "Shift+Tab"):
            assert at["ringed"], f"one does not see that the focus is on {at['html']}"
            assert at["inside"], f"the focus is out of sight on {at['html']}"
        return at

    def to(self, target: Locator, *, back: bool = False) -> None:
        """Press Tab until *target* has the focus; with *back*, Shift and Tab."""
        expect(target).to_be_visible()
        for _ in range(MOST_STOPS):
            if target.evaluate("(each) => each === document.activeElement"):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")

    def go(self, role: Any, name: str | re.Pattern[str]) -> None:
        """Tab to a link or a button, and press Enter."""
        target = self.page.get_by_role(role, name=name).first
        self.to(target)
        self.page.keyboard.press("Enter")

    def type(self, label: str | re.Pattern[str], words: str) -> None:
        """Tab to a field, and type instead of what stands there."""
        self.to(self.page.get_by_label(label).first)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)

    def choose(self, name: str | re.Pattern[str]) -> None:
        """Tab to a group of radio buttons, and go by arrows to the one of that name."""
        wanted = self.page.get_by_role("radio", name=name).first
        group = wanted.get_attribute("name")
        for _ in range(MOST_STOPS):
            at = self.press("Tab")
            if at is None or at["type"] != "radio" or at["field"] != group:
                continue
            for _arrow in range(20):
                if wanted.evaluate("(each) => each === document.activeElement"):
                    self.page.keyboard.press("Space")
                    expect(wanted).to_be_checked()
                    return
                self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name} cannot be chosen")

    def date(self, label: str | re.Pattern[str], month: str, day: str, year: str) -> None:
        """Tab to a date, and type its parts one after the other; the time is noon."""
        self.to(self.page.get_by_label(label).first)
        for part in (month, day, year):
            self.page.keyboard.type(part)
        # A year may have more digits, so it does not go on by itself.
        self.page.keyboard.press("ArrowRight")
        self.page.keyboard.type("1200PM")
        expect(self.page.get_by_label(label).first).to_have_value(f"{year}-{month}-{day}T12:00")

    def is_in(self, place: Locator) -> None:
        """Where something on the page was exchanged, the focus has not left it, and one sees it."""
        expect(place.locator(":focus")).to_be_visible()
        assert self.page.evaluate(AT)["inside"], "the focus is out of sight"

    def answer_all(self, words: str, *, until: str, fields: tuple[str, ...] = ("comment",)) -> None:
        """
        Go through a form: choose the last of each choice, write into each field, and press the button *until*.

        Written into are the fields whose names begin with one of *fields*.
        """
        seen: set[int] = set()
        for _ in range(MOST_STOPS):
            at = self.press("Tab")
            if at is None or at["id"] in seen:
                continue
            seen.add(at["id"])
            if at["type"] == "radio":
                self.page.keyboard.press("Space")
                self.page.keyboard.press("ArrowUp")
            elif at["tag"] == "TEXTAREA" and at["field"].startswith(fields):
                self.page.keyboard.type(words)
            elif at["tag"] == "BUTTON" and at["name"].startswith(until):
                self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"{until} cannot be reached")


def strayed(page: Page) -> list[str]:
    """
    What is wrong for a keyboard on the page that is open: a stop that one does not see, what cannot be
    reached, and a place that Tab does not leave.
    """
    # A script that comes late may still take the focus to the heading.
    page.wait_for_load_state("load")
    page.evaluate(START)
    found: list[str] = []
    last, parts = -1, 0
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate(AT)
        if at is None or at["id"] < last:
            break
        # A date has a stop for each of its parts, a player for each of its controls.
        has_parts = at["type"] in ("date", "datetime-local") or at["tag"] in ("AUDIO", "VIDEO")
        parts = parts + 1 if at["id"] == last and has_parts else 0
        if 0 < parts < MOST_PARTS:
            continue
        if at["id"] == last == 0 and not page.evaluate(EXPECTED):
            break  # A page with one stop: Tab went around it.
        if at["id"] == last:
            return [*found, f"Tab stays on {at['html']}"]
        last = at["id"]
        if not at["ringed"]:
            found.append(f"one does not see the focus on {at['html']}")
        if not at["inside"]:
            found.append(f"the focus is out of sight on {at['html']}")
    else:
        found.append(f"Tab has no end here: {last} stops")
    return found + [f"Tab passes by {each}" for each in page.evaluate(EXPECTED)]
