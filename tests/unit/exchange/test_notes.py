"""Where a note is: in the text it was written on, and in what became of that text."""

from hypothesis import assume, given
from hypothesis import strategies as st

from lti_tool.exchange import rules
from lti_tool.exchange.rules.notes import spaced, squeezed

WORD = st.sampled_from(["a", "bus", "stop", "roof", "rain", "the", "bench", "ünder", "…", "42"])
PARAGRAPH = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
TEXT = st.lists(PARAGRAPH, min_size=1, max_size=8)


@st.composite
def quoted(draw: st.DrawFn) -> tuple[list[str], rules.Passage]:
    """A text, and a passage of it somewhere."""
    blocks = draw(TEXT)
    block = draw(st.integers(0, len(blocks) - 1))
    places = [at for at, letter in enumerate(blocks[block]) if not letter.isspace()]
    first = draw(st.integers(0, len(places) - 1))
    last = draw(st.integers(first, len(places) - 1))
    quote = blocks[block][places[first] : places[last] + 1]
    made = rules.passage(blocks, version=1, block=block, quote=quote, at=first)
    assert made is not None
    return blocks, made


@given(quoted())
def test_in_its_own_version_a_passage_is_where_it_was(made: tuple[list[str], rules.Passage]) -> None:
    blocks, anchor = made

    found = rules.place(anchor, blocks)

    assert (found.state, found.block) == ("here", anchor.block)
    assert spaced(blocks[anchor.block][found.start : found.end]) == anchor.quote
    assert len(squeezed(blocks[anchor.block][: found.start])) == anchor.at


@given(quoted(), st.lists(PARAGRAPH, max_size=3))
def test_what_comes_before_moves_a_passage_and_does_not_lose_it(
    made: tuple[list[str], rules.Passage], before: list[str]
) -> None:
    blocks, anchor = made

    found = rules.place(anchor, [*before, *blocks])

    assert found.block is not None
    assert squeezed([*before, *blocks][found.block][found.start : found.end]) == squeezed(anchor.quote)


@given(quoted(), TEXT)
def test_a_place_in_any_other_text_shows_the_quote_or_nothing(
    made: tuple[list[str], rules.Passage], other: list[str]
) -> None:
    found = rules.place(made[1], other)

    if found.block is None:
        assert found.state == "gone"
    elif found.state == "changed":
        assert (found.start, found.end) == (0, 0)
    else:
        assert squeezed(other[found.block][found.start : found.end]) == squeezed(made[1].quote)


@given(TEXT, st.data())
def test_a_note_on_a_whole_paragraph_goes_where_the_paragraph_goes(blocks: list[str], data: st.DataObject) -> None:
    block = data.draw(st.integers(0, len(blocks) - 1))
    anchor = rules.passage(blocks, version=1, block=block)
    assert anchor is not None
    assert anchor.is_whole
    assume(blocks.count(blocks[block]) == 1)

    backwards = rules.place(anchor, blocks[::-1])

    assert backwards.block == len(blocks) - 1 - block


@given(quoted())
def test_a_passage_and_its_note_survive_being_kept(made: tuple[list[str], rules.Passage]) -> None:
    note = rules.Note(id=7, anchor=made[1], words="Why?")

    assert rules.Note.from_dict(note.as_dict()) == note


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=4).filter(lambda each: len(each) != 3),
)
def test_a_point_lies_on_the_page(values: list[float]) -> None:
    found = rules.point_of(" ".join(map(str, values)))

    if found is not None:
        assert all(0 <= each <= 1 for each in found)
        assert len(found) in (2, 4)


def test_a_point_that_is_none_is_refused() -> None:
    assert [rules.point_of(each) for each in ("", "nan nan", "1", "2 0", "0.9 0.9 0.5 0.5", "x y", "inf 0")] == [
        None
    ] * 7


def test_the_same_words_twice_are_told_apart_by_what_stands_around_them() -> None:
    before = ["A roof for the rain and a roof for the sun."]
    anchor = rules.passage(before, version=1, block=0, quote="a roof", at=len("Aroofforthe"))
    assert anchor is not None

    found = rules.place(anchor, ["A roof, a roof, a roof!", "For the rain and a roof for the sun."])

    assert (found.block, found.state) == (1, "moved")


def test_a_passage_that_was_rewritten_is_known_again_by_the_words_around_it() -> None:
    before = ["The bench under the roof is wet whenever it rains in the night."]
    anchor = rules.passage(before, version=1, block=0, quote="is wet")
    assert anchor is not None

    changed = rules.place(anchor, ["It is wet.", "The bench under the roof gets damp whenever it rains in the night."])
    gone = rules.place(anchor, ["Something else altogether."])

    assert (changed.state, changed.block) == ("changed", 1)
    assert (gone.state, gone.block) == ("gone", None)


def test_words_that_are_not_in_the_paragraph_make_no_passage() -> None:
    assert rules.passage(["One", "Two"], version=1, block=0, quote="Two") is None
    assert rules.passage(["One"], version=1, block=1) is None


def test_an_erased_quote_leaves_no_words_of_the_author() -> None:
    anchor = rules.passage(["My secret plan"], version=2, block=0, quote="secret")
    assert anchor is not None

    erased = rules.Note(id=1, anchor=anchor, words="Which?").without_quote()

    assert "secret" not in str(erased.as_dict())
    assert "plan" not in str(erased.as_dict())
    assert rules.Note.from_dict(erased.as_dict()) == erased
    assert rules.place(erased.anchor, ["My secret plan"]).state == "gone"  # type: ignore[arg-type]


def test_notes_come_in_the_order_of_reading() -> None:
    def spot(page: int, y: float) -> rules.Spot:
        return rules.Spot(version=1, file_id=3, page=page, x=0.5, y=y)

    passages = [
        rules.passage(["One two", "Three"], version=1, block=block, quote=quote)
        for block, quote in ((1, ""), (0, "two"), (0, "One"))
    ]
    anchors: list[rules.Anchor] = [
        spot(2, 0.1),
        spot(1, 0.9),
        spot(1, 0.2),
        *(each for each in passages if each is not None),
    ]

    ordered = rules.in_order([rules.Note(id=id, anchor=anchor) for id, anchor in enumerate(anchors)])

    assert [note.id for note in ordered] == [5, 4, 3, 2, 1, 0]
