"""
The LMS around the frame: it is told what it should do, and gives its colours.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE, MakesSomeone
from tests.browser.house import House, Place, until

CONTRASTS = """async (hues) => {
  const brand = document.createElement("style");
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const place = document.createElement("p");
  document.body.append(place);
  const light = (name) => {
    place.style.color = `var(${name})`;
    probe.fillStyle = getComputedStyle(place).color;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...probe.getImageData(0, 0, 1, 1).data].map((each) => {
      const share = each / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const pairs = [
    ["--accent", "--paper"], ["--accent", "--surface"], ["--accent", "--sunken"], ["--accent-ink", "--accent"],
    ["--accent-ink", "--accent-strong"], ["--accent-strong", "--accent-wash"], ["--accent", "--accent-wash"],
    ["--ink", "--accent-wash"],
  ];
  const found = {};
  for (const hue of hues) {
    document.documentElement.style.setProperty("--brand", hue);
    for (const [one, other] of pairs) found[`${one} on ${other} with ${hue}`] = contrast(one, other);
  }
  document.documentElement.style.removeProperty("--brand");
  place.remove();
  return found;
}"""
COLOURS = [
    *("#000000", "#ffffff", "#808080", "#ffff00", "#00ffff", "#00ff00", "#ff00ff", "#0374b5", "#e4002b", "#f6eb61"),
    *(
        f"hsl({hue} {saturation}% {lightness}%)"
        for hue in range(0, 360, 15)
        for saturation, lightness in ((100, 50), (60, 85))
    ),
]


@pytest.fixture(scope="module")
def place(house: House) -> Place:
    return house.exchange(house.new_course("Around"), "What is around us?")


@pytest.fixture
def public(house: House, browser: Any) -> Iterator[Page]:
    """A page of ours outside of any frame, where a test may try colours on."""
    context: BrowserContext = browser.new_context(bypass_csp=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{house.tool}/lti/launch")
    yield page
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("needs", ["no-preference", "more"])
def test_words_stay_readable_in_any_colour_of_an_institution(public: Page, scheme: Any, needs: Any) -> None:
    public.emulate_media(color_scheme=scheme, contrast=needs)

    found: dict[str, float] = public.evaluate(CONTRASTS, COLOURS)

    least = 7 if needs == "more" else 4.5
    too_faint = {pair: round(value, 2) for pair, value in found.items() if value < least}
    assert len(found) == 8 * len(COLOURS)
    assert too_faint == {}


@pytest.mark.parametrize("width", [375, 680, 768, 900, 1200])
def test_no_step_breaks_inside_a_word(public: Page, width: int) -> None:
    """In Moodle's page with its drawer open a wide screen leaves some 800 px, and an exchange may have six steps."""
    public.set_viewport_size({"width": width, "height": 700})

    broken: list[str] = public.evaluate(
        """() => {
          const words = ["Hand in your work", "Give feedback to one classmate", "Compare works", "Read what comes back",
                         "Look at your own work", "Reply"];
          const items = words.map((each) => `<li class="steps__item steps__item--now"><span class="steps__words">${each}
            </span></li>`);
          const steps = document.createElement("ol");
          steps.className = "steps";
          steps.innerHTML = items.join("");
          document.querySelector("main").append(steps);
          const broken = [];
          for (const { firstChild: text } of steps.querySelectorAll(".steps__words"))
            for (const found of text.data.matchAll(/\\S+/g)) {
              const range = document.createRange();
              range.setStart(text, found.index);
              range.setEnd(text, found.index + found[0].length);
              if (range.getClientRects().length > 1) broken.push(found[0]);
            }
          steps.remove();
          return broken;
        }"""
    )

    assert broken == []


def test_a_new_page_begins_at_the_top_and_is_said_aloud(place: Place, someone: MakesSomeone) -> None:
    """Without it the LMS stays scrolled to where the button of the page before was, and a saved draft is silent."""
    mai = someone("Mai Tran", viewport={"width": 900, "height": 400})
    hearth = mai.open(place)
    hearth.start_writing()
    hearth.writing.fill("Around us.\n" * 80)
    mai.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert mai.page.evaluate("window.scrollY") > 0

    hearth.press("Look at it and hand in")
    hearth.shows("Ready to hand in?")

    until(lambda: mai.page.evaluate("window.scrollY") == 0)


def test_what_a_page_says_first_is_told_to_readers_of_screens(place: Place, someone: MakesSomeone) -> None:
    diego = someone("Diego Fuentes")
    hearth = diego.open(place)
    hearth.start_writing()
    hearth.writing.fill("Around us.")

    hearth.press("Save the draft")

    expect(hearth.said).to_have_text("Saved.")
    expect(diego.page.locator(".aloud")).to_have_text("Saved.")


def test_another_site_around_us_is_told_nothing(house: House, place: Place, someone: MakesSomeone) -> None:
    """Our messages are for the origin that launched; whoever else puts us into a frame hears none."""
    aisha = someone("Aisha Rahman")
    heard: list[str] = []

    def hear(subject: str) -> None:
        heard.append(subject)

    aisha.page.expose_function("heard", hear)
    aisha.page.add_init_script(
        "if (window.parent === window) window.addEventListener('message', ({ data }) => window.heard(data.subject))"
    )
    aisha.open(place)
    frame = next(each for each in aisha.page.frames if each.url.startswith(house.tool))
    body = frame.locator("body")
    expect(body).to_have_attribute("data-frame-origin-value", house.lms)
    aisha.page.wait_for_timeout(300)
    assert "lti.frameResize" in heard
    assert "lti.scrollToTop" in heard

    before = len(heard)
    body.evaluate(
        """(body) => {
          body.dataset.frameOriginValue = "https://elsewhere.example";
          body.removeAttribute("data-controller");
          const wait = (ms) => new Promise((go) => setTimeout(go, ms));
          return wait(100).then(() => { body.dataset.controller = "frame"; return wait(300); });
        }"""
    )

    assert len(heard) == before
