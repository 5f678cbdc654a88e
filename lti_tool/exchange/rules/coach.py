"""
What feedback has so far: praise, a problem, the place, a suggestion, a question, and its tone.

Rules alone, no judge: each finding names the words that made it think so, nothing is refused, and nothing
leaves the house. Instructors add words of their own. Every step is linear in the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from lti_tool.exchange.rules.options import Options

PRAISE, PROBLEM, PLACE, SUGGESTION, QUESTION, TONE = "praise", "problem", "place", "suggestion", "question", "tone"
MOVES = (PRAISE, PROBLEM, PLACE, SUGGESTION, QUESTION, TONE)

LONGEST_PHRASE = 8
"""Words of a phrase that the coach looks for."""
MOST_PHRASES = 100
"""Of an instructor's own, for each move."""
MOST_READ = 20_000
"""Letters of a text that are looked at: several times the longest feedback that anybody reads."""
SHOWN = 3
"""So many of the words found are named."""


@dataclass(frozen=True, kw_only=True)
class CoachOptions(Options):
    """Whether the coach looks along, what it looks for, and what reviewers note for themselves."""

    TOPIC: ClassVar[str] = "coach"

    on: bool = True
    moves: Sequence[str] = field(default_factory=lambda: list(MOVES))
    """What it looks for."""
    phrases: Mapping[str, str] = field(default_factory=dict)
    """By move: further words that show it, one phrase a line."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """By move: what one could add, in the instructor's words."""
    takeaway: bool = True
    """Whether reviewers are asked what they take for their own work."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One move, and the words that show it. Of tone: the words that may hurt."""

    move: str
    words: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing need be added: a move is there, and nothing that hurts."""
        return bool(self.words) != (self.move == TONE)


def look(
    text: str,
    *,
    moves: Iterable[str] = MOVES,
    phrases: Mapping[str, str] | None = None,
    language: str = "en",
) -> tuple[Seen, ...]:
    """
    What *text* has of each of *moves*, by the words of *language* and further *phrases*, one a line.

    Never raises, whatever the text.
    """
    text = text[:MOST_READ]
    lexicon = LEXICONS.get(language.split("_", maxsplit=1)[0], LEXICONS["en"])
    tokens = _tokens(text)
    own = phrases or {}
    found = {move: _said(tokens, _index((*lexicon.phrases[move], *_lines(own.get(move, ""))))) for move in MOVES}
    found[PRAISE], denied = _without_denied(tokens, found[PRAISE], lexicon)
    found[PROBLEM] += denied
    seen = {move: [_cut(text, tokens, *span) for span in sorted(spans)] for move, spans in found.items()}
    seen[PLACE] += [*_places(tokens, text, lexicon), *_quotations(text)]
    seen[QUESTION] += _questions(text)
    seen[TONE] += _shouting(text, tokens)
    return tuple(
        Seen(move=move, words=tuple(dict.fromkeys(seen[move]))[:SHOWN]) for move in MOVES if move in set(moves)
    )


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """The words of one language."""

    phrases: Mapping[str, tuple[str, ...]]
    denials: frozenset[str]
    """Words that turn praise into its opposite."""
    parts: frozenset[str]
    """What a work consists of: "page", as in "page 3"."""
    ordinals: frozenset[str]
    """"third", as in "the third page"."""


ENGLISH = Lexicon(
    phrases={
        PRAISE: (
            *("good", "great", "excellent", "well done", "nice", "strong", "clear", "convincing", "effective"),
            *("i like", "i liked", "i love", "i loved", "i enjoyed", "i really like", "works well", "worked well"),
            *("well written", "well organised", "well organized", "well structured", "well explained", "vivid"),
            *("interesting", "impressive", "helpful", "thoughtful", "original", "creative", "engaging", "elegant"),
            *("easy to follow", "stands out", "made me think", "thank you", "thanks", "best part", "strength"),
        ),
        PROBLEM: (
            *("unclear", "confusing", "confused", "missing", "lacks", "lack of", "hard to", "difficult to", "weak"),
            *("i did not understand", "i didn't understand", "i do not understand", "i don't understand"),
            *("i got lost", "i was lost", "i lost", "i stumbled", "i struggled", "not clear", "not sure", "unsure"),
            *("however", "problem", "issue", "gap", "contradicts", "contradiction", "inconsistent", "too long"),
            *("too short", "too much", "too many", "too few", "too little", "not enough", "vague", "repetitive"),
            *("does not", "doesn't", "do not", "don't", "is not", "isn't", "are not", "aren't", "never explains"),
            *("had to read twice", "read it twice", "read twice", "needs more", "need more", "mistake", "wrong"),
        ),
        PLACE: (
            *("in the introduction", "the introduction", "in the conclusion", "the conclusion", "in the beginning"),
            *("at the beginning", "at the start", "at the end", "in the middle", "your title", "the title"),
            *("opening sentence", "first sentence", "last sentence", "first paragraph", "last paragraph"),
            *("where you", "when you write", "when you say", "for example", "for instance", "in the part", "the part"),
        ),
        SUGGESTION: (
            *("you could", "you might", "you may want", "you can", "could you", "try", "consider", "i would", "i'd"),
            *("i suggest", "i recommend", "my suggestion", "suggest", "what if", "how about", "why not", "maybe add"),
            *("perhaps", "would help", "it would be better", "would be clearer", "would be stronger", "next step"),
            *("add", "move", "cut", "shorten", "replace", "explain", "begin with", "start with", "you should"),
            *("needs to", "instead of", "instead", "next time", "one idea", "it may help", "it might help"),
        ),
        QUESTION: ("i wonder", "i am wondering", "i'm wondering", "i was wondering", "i am curious", "i'm curious"),
        TONE: (
            *("stupid", "idiot", "idiotic", "dumb", "lazy", "terrible", "awful", "horrible", "pathetic", "useless"),
            *("worthless", "garbage", "rubbish", "trash", "crap", "shit", "nonsense", "ridiculous", "laughable"),
            *(
                "you are wrong",
                "you're wrong",
                "you always",
                "you never",
                "you failed",
                "you obviously",
                "obviously you",
            ),
            *("did you even", "waste of time", "a waste", "makes no sense", "shut up", "hate", "disgusting", "boring"),
            *("no idea what you", "clearly did not", "clearly didn't", "do you even", "sucks", "a joke"),
        ),
    },
    denials=frozenset(
        ("not", "no", "never", "hardly", "isn't", "wasn't", "aren't", "doesn't", "don't", "didn't", "cannot", "can't")
    ),
    parts=frozenset(
        (
            *("page", "pages", "paragraph", "paragraphs", "section", "line", "lines", "chapter", "sentence", "slide"),
            *("slides", "figure", "fig", "table", "step", "part", "minute", "stanza", "verse", "scene", "screen"),
            *("heading", "point", "example", "image", "picture", "diagram", "equation", "footnote", "source"),
        )
    ),
    ordinals=frozenset(
        (
            *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
            *("last", "final", "next", "opening", "closing", "one", "two", "three", "four", "five"),
        )
    ),
)

LEXICONS: Mapping[str, Lexicon] = {"en": ENGLISH}
"""By language. A language that is not here is looked at with English words."""

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_QUOTATION = re.compile(r"[“\"«„][^“”\"«»„\n]{3,200}[”\"»“]")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
_ENDS = ".!?\n"


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    start: int
    end: int


_Index = Mapping[str, Sequence[tuple[str, ...]]]
_Span = tuple[int, int]
"""The first token, and the one behind the last."""


def _tokens(text: str) -> list[_Token]:
    return [_Token(_plain(found[0]), found.start(), found.end()) for found in _TOKEN.finditer(text)]


def _plain(word: str) -> str:
    return word.casefold().replace("’", "'")


def _lines(own: str) -> list[str]:
    return own.splitlines()[:MOST_PHRASES]


def _index(phrases: Iterable[str]) -> _Index:
    """Phrases by their first word, the longest first."""
    index: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        words = tuple(_plain(found[0]) for found in _TOKEN.finditer(phrase))[:LONGEST_PHRASE]
        if words:
            index.setdefault(words[0], []).append(words)
    for known in index.values():
        known.sort(key=len, reverse=True)
    return index


def _said(tokens: Sequence[_Token], index: _Index) -> list[_Span]:
    found = []
    place = 0
    while place < len(tokens):
        length = next(
            (
                len(phrase)
                for phrase in index.get(tokens[place].word, ())
                if all(
                    place + ahead < len(tokens) and tokens[place + ahead].word == word
                    for ahead, word in enumerate(phrase)
                )
            ),
            0,
        )
        if length:
            found.append((place, place + length))
        place += length or 1
    return found


def _without_denied(
    tokens: Sequence[_Token], spans: Sequence[_Span], lexicon: Lexicon
) -> tuple[list[_Span], list[_Span]]:
    """Praise, and what only looks like it: "not very clear" is a problem."""
    kept, denied = [], []
    for start, end in spans:
        before = range(max(start - 2, 0), start)
        no = next((place for place in before if tokens[place].word in lexicon.denials), None)
        if no is None:
            kept.append((start, end))
        else:
            denied.append((no, end))
    return kept, denied


def _places(tokens: Sequence[_Token], text: str, lexicon: Lexicon) -> list[str]:
    """Parts of the work that are named: "page 3", "the third paragraph", "at 2:15"."""
    found = []
    for place, token in enumerate(tokens):
        if token.word not in lexicon.parts:
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        before = tokens[place - 1] if place else None
        if after is not None and after.word[:1].isdigit():
            found.append(_cut(text, tokens, place, place + 2))
        elif before is not None and before.word in lexicon.ordinals:
            found.append(_cut(text, tokens, place - 1, place + 1))
    return found + [clock[0] for clock in _CLOCK.finditer(text)]


def _quotations(text: str) -> list[str]:
    return [" ".join(found[0].split()) for found in _QUOTATION.finditer(text)]


def _questions(text: str) -> list[str]:
    """The ends of sentences that ask."""
    found, start = [], 0
    for place, sign in enumerate(text):
        if sign == "?" and text[start:place].strip():
            words = text[max(start, place - 200) : place].split()
            found.append(("… " if len(words) > 6 else "") + " ".join(words[-6:]) + "?")
        if sign in _ENDS:
            start = place + 1
    return found


def _shouting(text: str, tokens: Sequence[_Token]) -> list[str]:
    """Three words in a row in capitals, or three exclamation marks."""
    found, run = [], 0
    for place, token in enumerate(tokens):
        raw = text[token.start : token.end]
        run = run + 1 if len(raw) > 1 and raw.isupper() else 0
        if run == 3:
            found.append(_cut(text, tokens, place - 2, place + 1))
    if "!!!" in text:
        found.append("!!!")
    return found


def _cut(text: str, tokens: Sequence[_Token], start: int, end: int) -> str:
    """The words as they stand in the text, on one line and not too many."""
    words = " ".join(text[tokens[start].start : tokens[end - 1].end].split())
    return words if len(words) <= 80 else words[:79] + "…"
