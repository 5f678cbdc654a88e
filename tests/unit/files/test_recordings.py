"""Audio and video: known by their content, and without anything about who made them, where and with what."""

import io
import struct
import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool import files
from lti_tool.files import errors, recordings
from tests.unit.files import recorded
from tests.unit.files.recorded import PICTURE, PLACE, SECRET, SOUND

MEGABYTE = 2**20


def take(data: bytes, **values: object) -> files.CleanFile:
    return files.accept(data, max_bytes=1000, **({"max_recording_bytes": MEGABYTE} | values))  # type: ignore[arg-type]


ALL = {
    "mp4": (recorded.mp4(), "mp4", "video/mp4"),
    "mov": (recorded.mp4(brand=b"qt  "), "mov", "video/quicktime"),
    "m4a": (recorded.mp4(brand=b"M4A ", video=False), "m4a", "audio/mp4"),
    "fragmented": (recorded.fragmented(), "mp4", "video/mp4"),
    "webm": (recorded.webm(), "webm", "video/webm"),
    "live webm": (recorded.webm(unknown=True), "webm", "video/webm"),
    "weba": (recorded.webm(video=False), "weba", "audio/webm"),
    "opus": (recorded.ogg(), "ogg", "audio/ogg"),
    "vorbis": (recorded.ogg(opus=False), "ogg", "audio/ogg"),
    "mp3": (recorded.mp3(), "mp3", "audio/mpeg"),
    "wav": (recorded.wav(), "wav", "audio/wav"),
    "flac": (recorded.flac(), "flac", "audio/flac"),
}
KINDS = {
    "mov": "mp4",
    "m4a": "mp4",
    "fragmented": "mp4",
    "live webm": "webm",
    "weba": "webm",
    "opus": "ogg",
    "vorbis": "ogg",
}
IN_PLACE = ("mp4", "mov", "m4a", "fragmented", "webm", "live webm", "weba", "opus", "vorbis")


def clean(name: str) -> bytes:
    return recordings.clean(ALL[name][0], KINDS.get(name, name))[1]


def parts_of(name: str) -> tuple[bytes, ...]:
    """What the samples of a recording hold."""
    data, _extension, media_type = ALL[name]
    return tuple(part for part in ((SOUND, PICTURE) if "video" in media_type else (SOUND,)) if part in data)


@pytest.mark.parametrize("name", ALL)
def test_recordings_are_known_by_their_content_and_not_by_their_name(name: str) -> None:
    data, extension, media_type = ALL[name]

    taken = take(data, name="essay.pdf")

    assert (taken.extension, taken.media_type) == (extension, media_type)


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_left_of_who_made_it(name: str) -> None:
    """Pain 24."""
    data, _extension, _media_type = ALL[name]
    assert SECRET in data

    cleaned = clean(name)

    for secret in (SECRET, PLACE, b"\x77\x77\x77\x77", b"appl", b"Lavf"):
        assert secret not in cleaned


@pytest.mark.parametrize("name", ALL)
def test_sound_and_picture_stay_as_they_are(name: str) -> None:
    data, cleaned = ALL[name][0], clean(name)

    for part in parts_of(name):
        assert cleaned.count(part) == data.count(part)


@pytest.mark.parametrize("name", IN_PLACE)
def test_what_is_found_by_its_distance_from_the_beginning_stays_where_it_was(name: str) -> None:
    data, cleaned = ALL[name][0], clean(name)

    assert len(cleaned) == len(data)
    assert all(cleaned.find(part) == data.find(part) for part in parts_of(name))


@pytest.mark.parametrize("name", ALL)
def test_cleaning_twice_changes_nothing_more(name: str) -> None:
    once = clean(name)

    assert recordings.clean(once, KINDS.get(name, name))[1] == once


def test_the_comments_of_vorbis_in_webm_are_blank() -> None:
    comment = recorded.comments(b"\x03vorbis", b"\x01")
    private = b"\x02" + bytes([30, len(comment)]) + bytes(30) + comment + b"\x05vorbis"

    cleaned = take(recorded.webm(vorbis=private)).data

    assert SECRET not in cleaned
    assert b"\x05vorbis" in cleaned


def test_comments_over_many_pages_of_ogg_are_blank_and_the_pages_still_add_up() -> None:
    """A picture of an album may take many pages."""
    first, second = b"OpusHead" + bytes(11), recorded.comments(b"OpusTags", many=40)
    cut = 255 * 2
    whole = recorded.page([second])
    assert whole[26] > 2
    pages = (
        recorded.page([first], flags=2)
        + _page_of(second[:cut], lacing=b"\xff\xff", number=1)
        + _page_of(second[cut:], lacing=_lacing(len(second) - cut), number=2, flags=1)
        + recorded.page([SOUND], number=3, flags=4)
    )

    cleaned = take(pages).data

    assert SECRET not in cleaned
    at = 0
    while at < len(cleaned):
        count = cleaned[at + 26]
        end = at + 27 + count + sum(cleaned[at + 27 : at + 27 + count])
        page = bytearray(cleaned[at:end])
        said, page[22:26] = bytes(page[22:26]), bytes(4)
        assert recordings._checksum(page).to_bytes(4, "little") == said
        at = end


def _lacing(length: int) -> bytes:
    return b"\xff" * (length // 255) + bytes([length % 255])


def _page_of(body: bytes, *, lacing: bytes, number: int, flags: int = 0) -> bytes:
    head = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack("<II", 7, number)
    made = bytearray(head + bytes(4) + bytes([len(lacing)]) + lacing + body)
    made[22:26] = recordings._checksum(made).to_bytes(4, "little")
    return bytes(made)


def test_a_recording_of_waves_still_plays() -> None:
    data = recorded.wav()
    cleaned = take(data).data

    with wave.open(io.BytesIO(data)) as before, wave.open(io.BytesIO(cleaned)) as after:
        assert before.getparams() == after.getparams()
        assert before.readframes(9999) == after.readframes(9999)


def test_an_mp3_keeps_its_frames_and_nothing_between_them() -> None:
    assert take(recorded.mp3()).data == recorded.mp3_frame() * 5


def test_recordings_are_not_taken_where_nobody_asked_for_them() -> None:
    with pytest.raises(errors.UnknownKind):
        files.accept(recorded.mp4(), max_bytes=MEGABYTE)


def test_recordings_have_a_limit_of_their_own() -> None:
    with pytest.raises(errors.TooLarge) as refused:
        take(recorded.wav(seconds=1), max_recording_bytes=2000)
    assert refused.value.most == 2000
    with pytest.raises(errors.TooLarge) as refused:
        take(b"x" * 1001)
    assert refused.value.most == 1000


@pytest.mark.parametrize(
    "data",
    [
        recorded.mp4(sound_entry=recorded.audible(b"samr")),
        recorded.mp4(brand=b"qt  ", uniform=1),
        recorded.page([b"\x80theora" + bytes(30)], flags=2),
        recorded.page([b"fishead\0" + bytes(56)], flags=2),
        recorded.box(b"ftyp", b"isom", bytes(4)) + recorded.box(b"moov", recorded.full(b"mvhd", bytes(96))),
    ],
)
def test_what_no_browser_plays_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(errors.Unplayable):
        take(data)


@pytest.mark.parametrize(
    "data",
    [
        recorded.box(b"ftyp", b"isom", bytes(4)) + recorded.box(b"mdat", SOUND),
        recorded.mp4()[:-40],
        recorded.mp4(dref=recorded.full(b"url ", b"file:///home/mira/film.mp4\0")),
        b"ID3\x04\0\0\0\0\0\x05hello",
        b"RIFF\x10\0\0\0WAVELIST\x04\0\0\0INFO",
        b"fLaC\x84\0\0\x04abcd\xff\xf8",
        recorded.page([b"OpusHead" + bytes(11)], flags=2),
        b"\x1aE\xdf\xa3\x9f\x42\x82\x84webm\x18\x53\x80\x67\x90\x00",
    ],
)
def test_what_is_damaged_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(errors.BrokenFile):
        take(data)


@pytest.mark.parametrize(
    "data",
    [
        recorded.box(b"ftyp", b"heic", bytes(4)) + bytes(50),
        recorded.box(b"ftyp", b"avif", bytes(4)) + bytes(50),
        recorded.webm(doctype=b"matroska"),
        b"RIFF\x10\0\0\0AVI LIST" + bytes(20),
        b"\xff\xfb\x90\x00" + bytes(40),
    ],
)
def test_pictures_in_the_clothes_of_films_and_other_kinds_are_refused(data: bytes) -> None:
    with pytest.raises(errors.UnknownKind):
        take(data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(ALL)), st.data())
def test_a_damaged_recording_never_brings_the_cleaner_down_nor_grows(name: str, data: st.DataObject) -> None:
    """Whatever happens to its bytes: it is refused as what it is, or comes out no longer than it went in."""
    whole = bytearray(ALL[name][0])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(1, len(whole)))])

    try:
        _what, cleaned = recordings.clean(cut, KINDS.get(name, name))
    except (recordings.Broken, recordings.Unplayable):
        return

    assert len(cleaned) <= len(cut) + 1
