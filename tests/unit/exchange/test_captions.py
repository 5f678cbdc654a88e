"""Captions of recordings: read as people bring them, written as players want them, with nobody's name in them."""

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.exchange.rules import captions
from lti_tool.exchange.rules.captions import Cue

VTT = """\ufeffWEBVTT - Mira Holm's talk
Kind: captions

NOTE made by Mira Holm

STYLE
::cue { color: red }

intro-mira
00:00:01.000 --> 00:00:03.500 align:start position:10%
<v Mira Holm>Good &amp; <b>short</b>
second line

2
01:03.500 --> 01:05.000
- Over
"""
SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\nHello <i>there</i>\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nAgain\r\n"


def test_webvtt_is_read_without_notes_styles_names_of_cues_and_of_speakers() -> None:
    cues = captions.parsed(VTT)

    assert cues == (
        Cue(start=1000, end=3500, text="Good & short\nsecond line"),
        Cue(start=63_500, end=65_000, text="- Over"),
    )
    assert "Mira" not in captions.written(cues)


def test_subrip_is_read_too() -> None:
    assert captions.has_times(SRT)
    assert [cue.text for cue in captions.parsed(SRT)] == ["Hello there", "Again"]


def test_plain_words_have_no_times() -> None:
    assert not captions.has_times("First I say hello.\n\nThen --> I go.")
    assert captions.has_times("WEBVTT")
    assert captions.parsed("WEBVTT\n\nnothing here") == ()


def test_a_cue_that_ends_before_it_begins_is_passed_over() -> None:
    assert captions.parsed("WEBVTT\n\n00:05.000 --> 00:04.000\nNever\n") == ()


def test_what_players_get_says_no_more_than_the_words() -> None:
    cues = captions.parsed("WEBVTT\n\n00:01.000 --> 00:02.000\n1 < 2 & 3 --> 4\n")

    assert captions.written(cues) == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n1 &lt; 2 &amp; 3 → 4\n"
    assert captions.as_text(cues) == "1 < 2 & 3 → 4"


LINES = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=30)
CUES = st.builds(
    lambda start, length, text: Cue(start=start, end=start + length, text=text),
    st.integers(0, 359_999_000),
    st.integers(1, 900_000),
    LINES.map(str.strip).filter(lambda text: text and not captions.TAG.search(text) and "-->" not in text),
)


@given(st.lists(CUES, max_size=8))
def test_what_was_written_is_read_again(cues: list[Cue]) -> None:
    cues = sorted(cues, key=lambda cue: cue.start)

    assert list(captions.parsed(captions.written(cues))) == cues


@given(st.text(max_size=400))
def test_no_text_brings_the_reader_down(text: str) -> None:
    cues = captions.parsed("WEBVTT\n\n" + text)

    assert captions.parsed(captions.written(cues)) == cues
