"""
The cleaner of audio and video: reads one recording from standard input, writes it without what tells of its maker.

Names, titles, places, devices and dates go; sound and pictures stay bit for bit, for nothing is
decoded. What is not known to be needed for playing is taken out, whatever it is. In MP4 and WebM
everything is found by its distance from the beginning, so there it is overwritten in place.

A program of its own (see ``accepting.py``), so it imports nothing of ours. It writes a line that
says ``audio`` or ``video`` and then the recording, and ends with 0, or with 3 for a broken file and
6 for one that no browser plays. The formats: ISO/IEC 14496-12 (MP4), RFC 8794 and RFC 9559 (WebM),
RFC 3533, RFC 7845 and the Vorbis I specification (Ogg), ISO/IEC 11172-3 (MP3), RFC 9639 (FLAC).
"""

import resource
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

BROKEN, UNPLAYABLE = 3, 6

MEMORY = 3072 * 2**20
SECONDS = 40

AUDIO, VIDEO = "audio", "video"
Range: TypeAlias = tuple[int, int]


class Broken(Exception):
    """It is not what it claims to be."""


class Unplayable(Exception):
    """Whole, and of a kind that browsers do not play."""


def clean(data: bytes, kind: str) -> tuple[str, bytes]:
    """
    Whether a recording of *kind* is audio or video, and its bytes without anything about who made it.

    Raises :class:`Broken` or :class:`Unplayable`.
    """
    try:
        return CLEANERS[kind](data)
    except (struct.error, IndexError) as err:
        raise Broken(kind) from err


# MP4 and QuickTime: boxes in boxes -----------------------------------------------------------------------------------

KEPT_BOXES: dict[bytes, frozenset[bytes]] = {
    b"": frozenset({b"ftyp", b"styp", b"mdat", b"moov", b"moof", b"sidx", b"mfra"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
    b"edts": frozenset({b"elst"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stco", b"co64", b"stss", b"sdtp", b"sgpd", b"sbgp"}
    ),
    b"mvex": frozenset({b"mehd", b"trex"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sgpd", b"sbgp", b"sdtp"}),
    b"mfra": frozenset({b"tfra", b"mfro"}),
}
PICTURES = {b"avc1", b"avc3", b"hvc1", b"hev1", b"vp08", b"vp09", b"av01", b"mp4v"}
SOUNDS = {b"mp4a", b"Opus", b".mp3", b"alac", b"ac-3", b"ec-3"}
KEPT_IN_ENTRIES = frozenset(
    {b"avcC", b"hvcC", b"vpcC", b"av1C", b"esds", b"colr", b"pasp", b"clap", b"fiel", b"btrt", b"mdcv", b"clli"}
    | {b"SmDm", b"CoLL", b"dOps", b"alac", b"dac3", b"dec3", b"wave", b"chan"}
)


@dataclass(frozen=True)
class _Box:
    name: bytes
    start: int
    body: int
    end: int


@dataclass
class _Track:
    is_video: bool
    samples: list[Range] = field(default_factory=list)


def _clean_mp4(given: bytes) -> tuple[str, bytes]:
    data = bytearray(given)
    boxes = list(_boxes(data, 0, len(data)))
    moov = next((box for box in boxes if box.name == b"moov"), None)
    if moov is None:
        raise Broken("no moov")
    tracks = _tracks(data, moov, is_quicktime=data[8:12] == b"qt  ")
    kept = [each for track in tracks.values() for each in track.samples]
    sizes = _default_sizes(data, moov)
    for box in boxes:
        if box.name == b"moof":
            kept += _samples_of_fragment(data, box, tracks, sizes)
    _keep_known(data, b"", 0, len(data))
    for box in boxes:
        if box.name == b"mdat":
            _blank_between(data, box.body, box.end, kept)
    return VIDEO if any(track.is_video for track in tracks.values()) else AUDIO, bytes(data)


def _boxes(data: bytearray, start: int, end: int) -> Iterator[_Box]:
    """The boxes side by side. A remnant too short for one is blanked: QuickTime ends some lists with a zero."""
    at = start
    while at + 8 <= end:
        size, name, body = int.from_bytes(data[at : at + 4]), bytes(data[at + 4 : at + 8]), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16]), at + 16
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            raise Broken("a box beyond its end")
        yield _Box(name, at, body, at + size)
        at += size
    data[at:end] = bytes(end - at)


def _inside(data: bytearray, box: _Box, *path: bytes) -> _Box | None:
    """The first box of that path within *box*."""
    for name in path:
        found = next((each for each in _boxes(data, box.body, box.end) if each.name == name), None)
        if found is None:
            return None
        box = found
    return box


def _needed(data: bytearray, box: _Box, *path: bytes) -> _Box:
    found = _inside(data, box, *path)
    if found is None:
        raise Broken(f"no {path[-1]!r}")
    return found


def _free(data: bytearray, box: _Box) -> None:
    """Overwrite a box with empty space of the same length."""
    data[box.start + 4 : box.start + 8] = b"free"
    data[box.body : box.end] = bytes(box.end - box.body)


def _keep_known(data: bytearray, within: bytes, start: int, end: int) -> None:
    for box in _boxes(data, start, end):
        if box.name not in KEPT_BOXES[within]:
            _free(data, box)
        elif box.name in KEPT_BOXES:
            _keep_known(data, box.name, box.body, box.end)
        elif box.name in (b"mvhd", b"tkhd", b"mdhd"):
            # When it was made, and last changed.
            length = 16 if data[box.body] == 1 else 8
            data[box.body + 4 : box.body + 4 + length] = bytes(length)
        elif box.name == b"hdlr":
            # Who made the program that wrote it, and its name.
            data[box.body + 12 : box.end] = bytes(box.end - box.body - 12)
        elif box.name == b"dref":
            _blank_references(data, box)
        elif box.name == b"stsd":
            _blank_entries(data, box)


def _blank_references(data: bytearray, dref: _Box) -> None:
    """Sound and pictures are in this file. Where they would be elsewhere, that is an address on somebody's disk."""
    for entry in _boxes(data, dref.body + 8, dref.end):
        if not data[entry.body + 3] & 1:
            raise Broken("its samples are in another file")
        data[entry.body + 4 : entry.end] = bytes(entry.end - entry.body - 4)


def _blank_entries(data: bytearray, stsd: _Box) -> None:
    for entry in _boxes(data, stsd.body + 8, stsd.end):
        if entry.name in PICTURES:
            data[entry.start + 16 : entry.start + 32] = bytes(16)
            data[entry.start + 50 : entry.start + 82] = bytes(32)
            inner = entry.start + 86
        elif entry.name in SOUNDS:
            data[entry.start + 20 : entry.start + 24] = bytes(4)
            version = int.from_bytes(data[entry.start + 16 : entry.start + 18])
            inner = entry.start + {0: 36, 1: 52, 2: 72}.get(version, 36)
        else:
            raise Unplayable(str(entry.name))
        for box in _boxes(data, min(inner, entry.end), entry.end):
            if box.name not in KEPT_IN_ENTRIES:
                _free(data, box)


def _tracks(data: bytearray, moov: _Box, *, is_quicktime: bool) -> dict[int, _Track]:
    """Those of pictures and sound, by number; the others are taken out."""
    tracks: dict[int, _Track] = {}
    for trak in _boxes(data, moov.body, moov.end):
        if trak.name == b"trak":
            found = _track(data, trak, is_quicktime=is_quicktime)
            if found is None:
                _free(data, trak)
            else:
                tracks[found[0]] = found[1]
    if not tracks:
        raise Unplayable("neither picture nor sound")
    return tracks


def _track(data: bytearray, trak: _Box, *, is_quicktime: bool) -> tuple[int, _Track] | None:
    """Number, kind and samples of a track of pictures or sound; None for any other, such as one of places."""
    handler = _needed(data, trak, b"mdia", b"hdlr")
    kind = bytes(data[handler.body + 8 : handler.body + 12])
    if kind not in (b"vide", b"soun"):
        return None
    head = _needed(data, trak, b"tkhd")
    at = head.body + (20 if data[head.body] == 1 else 12)
    table = _needed(data, trak, b"mdia", b"minf", b"stbl")
    found = _Track(is_video=kind == b"vide")
    sizes = _inside(data, table, b"stsz")
    if sizes is not None:
        uniform = int.from_bytes(data[sizes.body + 4 : sizes.body + 8])
        if uniform and is_quicktime and not found.is_video:
            # There a sample is something else than the bytes that are said to be its size.
            raise Unplayable("uncompressed sound")
        found.samples = list(_chunks(data, table, sizes))
    return int.from_bytes(data[at : at + 4]), found


def _chunks(data: bytearray, table: _Box, stsz: _Box) -> Iterator[Range]:
    uniform, count = struct.unpack_from(">II", data, stsz.body + 4)
    sizes = () if uniform else struct.unpack_from(f">{count}I", data, stsz.body + 12)
    offsets = _offsets(data, table)
    stsc = _needed(data, table, b"stsc")
    (runs,) = struct.unpack_from(">I", data, stsc.body + 4)
    entries = [struct.unpack_from(">III", data, stsc.body + 8 + 12 * each) for each in range(runs)]
    run, sample = 0, 0
    for number, offset in enumerate(offsets, start=1):
        while run + 1 < len(entries) and entries[run + 1][0] <= number:
            run += 1
        many = min(entries[run][1] if entries else 0, count - sample)
        length = uniform * many if uniform else sum(sizes[sample : sample + many])
        sample += many
        yield offset, offset + length


def _offsets(data: bytearray, table: _Box) -> tuple[int, ...]:
    for name, letter in ((b"stco", "I"), (b"co64", "Q")):
        box = _inside(data, table, name)
        if box is not None:
            (count,) = struct.unpack_from(">I", data, box.body + 4)
            return struct.unpack_from(f">{count}{letter}", data, box.body + 8)
    return ()


def _default_sizes(data: bytearray, moov: _Box) -> dict[int, int]:
    """By track: the size of a sample that says none, of recordings written in fragments."""
    mvex = _inside(data, moov, b"mvex")
    found = {}
    for box in _boxes(data, mvex.body, mvex.end) if mvex is not None else ():
        if box.name == b"trex":
            track, _entry, _duration, size = struct.unpack_from(">IIII", data, box.body + 4)
            found[track] = size
    return found


def _samples_of_fragment(
    data: bytearray, moof: _Box, tracks: dict[int, _Track], sizes: dict[int, int]
) -> Iterator[Range]:
    """Where the samples of kept tracks are; what belongs to others is taken out."""
    end_of_last = moof.start
    for traf in _boxes(data, moof.body, moof.end):
        if traf.name != b"traf":
            continue
        head = _needed(data, traf, b"tfhd")
        flags, track = struct.unpack_from(">II", data, head.body)
        at = head.body + 8
        base = moof.start if flags & 0x20000 else end_of_last
        if flags & 0x1:
            (base,) = struct.unpack_from(">Q", data, at)
            at += 8
        at += 4 * bool(flags & 0x2) + 4 * bool(flags & 0x8)
        size = int.from_bytes(data[at : at + 4]) if flags & 0x10 else sizes.get(track, 0)
        here = base
        for run in _boxes(data, traf.body, traf.end):
            if run.name == b"trun":
                start, here = _run(data, run, base=base, here=here, size=size)
                if track in tracks:
                    yield start, here
        end_of_last = here
        if track not in tracks:
            _free(data, traf)


def _run(data: bytearray, trun: _Box, *, base: int, here: int, size: int) -> Range:
    flags, count = struct.unpack_from(">II", data, trun.body)
    at = trun.body + 8
    if flags & 0x1:
        here = base + int(struct.unpack_from(">i", data, at)[0])
        at += 4
    at += 4 * bool(flags & 0x4)
    if not flags & 0x200:
        return here, here + size * count
    words = sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    place = bool(flags & 0x100)
    table = struct.unpack_from(f">{count * words}I", data, at)
    return here, here + sum(table[place::words])


def _blank_between(data: bytearray, start: int, end: int, kept: list[Range]) -> None:
    """Blank what lies between *start* and *end* and is no sample of a kept track."""
    at = start
    for first, last in sorted(kept):
        if last <= at or first >= end:
            continue
        if first > at:
            data[at:first] = bytes(first - at)
        at = min(last, end)
    data[at:end] = bytes(end - at)


# WebM: elements in elements ------------------------------------------------------------------------------------------

EBML, SEGMENT, CLUSTER, TRACKS, TRACK, INFO = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0x1549A966
BLOCK_GROUP, BLOCK, SIMPLE_BLOCK, VOID = 0xA0, 0xA1, 0xA3, 0xEC
TRACK_NUMBER, TRACK_TYPE, CODEC, CODEC_PRIVATE, WRITTEN_BY = 0xD7, 0x83, 0x86, 0x63A2, (0x4D80, 0x5741)
CUES, SEEK_HEAD, TAGS, CHAPTERS, ATTACHMENTS = 0x1C53BB6B, 0x114D9B74, 0x1254C367, 0x1043A770, 0x1941A469
AT_THE_TOP = {EBML, SEGMENT, CLUSTER, TRACKS, INFO, CUES, SEEK_HEAD, TAGS, CHAPTERS, ATTACHMENTS}
KEPT_ELEMENTS: dict[int, frozenset[int]] = {
    0: frozenset({EBML, SEGMENT}),
    EBML: frozenset({0x4286, 0x42F7, 0x42F2, 0x42F3, 0x4282, 0x4287, 0x4285}),
    SEGMENT: frozenset({SEEK_HEAD, INFO, TRACKS, CLUSTER, CUES}),
    INFO: frozenset({0x2AD7B1, 0x4489, *WRITTEN_BY}),
    TRACKS: frozenset({TRACK}),
    TRACK: frozenset(
        {TRACK_NUMBER, 0x73C5, TRACK_TYPE, 0xB9, 0x88, 0x55AA, 0x9C, 0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F}
        | {0x55EE, 0x22B59C, 0x22B59D, CODEC, CODEC_PRIVATE, 0x56AA, 0x56BB, 0xE0, 0xE1}
    ),
    CLUSTER: frozenset({0xE7, SIMPLE_BLOCK, BLOCK_GROUP, 0xA7, 0xAB}),
    BLOCK_GROUP: frozenset({BLOCK, 0x75A1, 0x9B, 0xFB, 0xFA, 0x75A2}),
}


@dataclass(frozen=True)
class _Element:
    id: int
    start: int
    body: int
    end: int


def _clean_webm(given: bytes) -> tuple[str, bytes]:
    data = bytearray(given)
    kinds: dict[int, int] = {}
    for top in _elements(data, 0, len(data)):
        for part in _elements(data, top.body, top.end) if top.id == SEGMENT else ():
            for track in _elements(data, part.body, part.end) if part.id == TRACKS else ():
                if track.id == TRACK:
                    number, kind = _number(data, track, TRACK_NUMBER), _number(data, track, TRACK_TYPE)
                    if kind in (1, 2):
                        kinds[number] = kind
    if not kinds:
        raise Unplayable("neither picture nor sound")
    _keep_elements(data, 0, range(len(data)), set(kinds))
    return VIDEO if 1 in kinds.values() else AUDIO, bytes(data)


def _elements(data: bytearray, start: int, end: int) -> Iterator[_Element]:
    """The elements side by side. One that was written while it was recorded may not say how long it is."""
    at = start
    while at < end:
        id_length = 9 - data[at].bit_length() if data[at] else 9
        if id_length > 4:
            raise Broken("no element")
        id = int.from_bytes(data[at : at + id_length])
        size_at = at + id_length
        size_length = 9 - data[size_at].bit_length() if data[size_at] else 9
        if size_length > 8:
            raise Broken("no size")
        body = size_at + size_length
        size = int.from_bytes(data[size_at:body]) & ((1 << 7 * size_length) - 1)
        if size == (1 << 7 * size_length) - 1:
            stop = end if id == SEGMENT else _end_of_cluster(data, body, end) if id == CLUSTER else -1
        else:
            stop = body + size
        if not body <= stop <= end:
            raise Broken("an element beyond its end")
        yield _Element(id, at, body, stop)
        at = stop


def _end_of_cluster(data: bytearray, body: int, end: int) -> int:
    """Where an element of the level of clusters begins."""
    for element in _elements_until_top(data, body, end):
        if element.id in AT_THE_TOP:
            return element.start
    return end


def _elements_until_top(data: bytearray, start: int, end: int) -> Iterator[_Element]:
    at = start
    while at < end:
        if any(data[at : at + 4] == id.to_bytes(4) for id in AT_THE_TOP):
            yield _Element(int.from_bytes(data[at : at + 4]), at, at, at)
            return
        element = next(_elements(data, at, end))
        yield element
        at = element.end


def _number(data: bytearray, master: _Element, id: int) -> int:
    return next(
        (
            int.from_bytes(data[each.body : each.end])
            for each in _elements(data, master.body, master.end)
            if each.id == id
        ),
        0,
    )


def _void(data: bytearray, element: _Element) -> None:
    """Overwrite an element with empty space of the same length."""
    length = element.end - element.start
    head = bytes([VOID, 1]) + (length - 9).to_bytes(7) if length >= 9 else bytes([VOID, 0x80 | (length - 2)])
    data[element.start : element.end] = head + bytes(length - len(head))


def _keep_elements(data: bytearray, within: int, span: range, tracks: set[int]) -> None:
    for element in _elements(data, span.start, span.stop):
        if element.id not in KEPT_ELEMENTS[within] or not _is_of(data, element, tracks):
            _void(data, element)
        elif element.id in WRITTEN_BY:
            # These must be there, and may say nothing.
            data[element.body : element.end] = bytes(element.end - element.body)
        elif element.id in KEPT_ELEMENTS:
            if element.id == TRACK:
                _blank_private(data, element)
            _keep_elements(data, element.id, range(element.body, element.end), tracks)


def _is_of(data: bytearray, element: _Element, tracks: set[int]) -> bool:
    """Whether an element belongs to pictures or sound; most belong to no track at all."""
    if element.id == TRACK:
        return _number(data, element, TRACK_NUMBER) in tracks
    if element.id == BLOCK_GROUP:
        blocks = [each for each in _elements(data, element.body, element.end) if each.id == BLOCK]
        return all(_is_of(data, block, tracks) for block in blocks)
    if element.id in (BLOCK, SIMPLE_BLOCK):
        length = 9 - data[element.body].bit_length()
        number = int.from_bytes(data[element.body : element.body + length]) & ((1 << 7 * length) - 1)
        return number in tracks
    return True


def _blank_private(data: bytearray, track: _Element) -> None:
    """In a Vorbis track the comments stand in what the codec needs to begin."""
    parts = {each.id: each for each in _elements(data, track.body, track.end)}
    codec, private = parts.get(CODEC), parts.get(CODEC_PRIVATE)
    if codec is None or private is None or not data[codec.body : codec.end].startswith(b"A_VORBIS"):
        return
    at, lengths = private.body + 1, []
    for _ in range(2):
        length = 0
        while data[at] == 255:
            length, at = length + 255, at + 1
        lengths.append(length + data[at])
        at += 1
    first = at + lengths[0]
    if data[private.body] != 2 or first + lengths[1] > private.end:
        raise Broken("no Vorbis headers")
    data[first : first + lengths[1]] = _bare_comment(bytes(data[first : first + lengths[1]]))


# Ogg: packets in pages -----------------------------------------------------------------------------------------------

VORBIS, OPUS = b"\x01vorbis", b"OpusHead"


@dataclass
class _Stream:
    packets: int = 0
    """How many are complete."""
    comment: list[Range] = field(default_factory=list)
    pages: list[Range] = field(default_factory=list)


def _clean_ogg(given: bytes) -> tuple[str, bytes]:
    data = bytearray(given)
    streams: dict[int, _Stream] = {}
    begun: list[_Stream] = []
    at = 0
    while data[at : at + 4] == b"OggS":
        at = _page(data, at, streams, begun)
    if not begun or any(stream.packets < 2 for stream in begun):
        raise Broken("no pages")
    for stream in begun:
        _blank_comment(data, stream)
    # What follows the last page belongs to no sound.
    return AUDIO, bytes(data[:at])


def _page(data: bytearray, at: int, streams: dict[int, _Stream], begun: list[_Stream]) -> int:
    """Note where the comments of a stream are. Returns where the page ends."""
    begins, count = data[at + 5] & 2, data[at + 26]
    (serial,) = struct.unpack_from("<I", data, at + 14)
    lacing = data[at + 27 : at + 27 + count]
    body = at + 27 + count
    end = body + sum(lacing)
    if end > len(data) or len(lacing) != count:
        raise Broken("a page beyond its end")
    if begins:
        if not data.startswith((OPUS, VORBIS), body):
            raise Unplayable("neither Vorbis nor Opus")
        streams[serial] = _Stream()
        begun.append(streams[serial])
    stream = streams.get(serial)
    if stream is None:
        raise Broken("a page of no stream")
    place = body
    for length in lacing:
        if stream.packets == 1:
            stream.comment.append((place, place + length))
            if not stream.pages or stream.pages[-1] != (at, end):
                stream.pages.append((at, end))
        place += length
        stream.packets += length < 255
    return end


def _blank_comment(data: bytearray, stream: _Stream) -> None:
    bare = _bare_comment(b"".join(bytes(data[start:end]) for start, end in stream.comment))
    at = 0
    for start, end in stream.comment:
        data[start:end] = bare[at : at + end - start]
        at += end - start
    for start, end in stream.pages:
        data[start + 22 : start + 26] = bytes(4)
        data[start + 22 : start + 26] = _checksum(data[start:end]).to_bytes(4, "little")


def _bare_comment(packet: bytes) -> bytes:
    """A comment packet of the same length that says nothing: a vendor of spaces, and no comments."""
    if packet.startswith(b"\x03vorbis"):
        head, tail = b"\x03vorbis", b"\x01"
    elif packet.startswith(b"OpusTags"):
        head, tail = b"OpusTags", b""
    else:
        raise Broken("no comments where they belong")
    room = len(packet) - len(head) - 8 - len(tail)
    if room < 0:
        raise Broken("comments too short")
    return head + struct.pack("<I", room) + b" " * room + bytes(4) + tail


def _checksum(page: bytes | bytearray) -> int:
    crc = 0
    for byte in page:
        crc = (crc << 8 & 0xFFFFFFFF) ^ CRC_TABLE[crc >> 24 ^ byte]
    return crc


def _crc_of(value: int) -> int:
    value <<= 24
    for _ in range(8):
        value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


CRC_TABLE = [_crc_of(value) for value in range(256)]


# MP3, WAV, FLAC: written anew ----------------------------------------------------------------------------------------

KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def frame_length(data: bytes, at: int) -> int:
    """How long the MP3 frame at *at* is; 0 where none begins."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, bits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bits in (0, 15) or rate == 3:
        return 0
    kbits = KBITS[3 if version == 3 else 2][bits]
    return (144 if version == 3 else 72) * kbits * 1000 // RATES[version][rate] + (head[2] >> 1 & 1)


def _clean_mp3(data: bytes) -> tuple[str, bytes]:
    """The frames, and nothing of what stands before, between and behind them: ID3, APE, Lyrics3."""
    kept: list[Range] = []
    at = _behind_id3(data)
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            break
        length = frame_length(data, at)
        end = at + length
        is_last = end == len(data) or data[end : end + 3] == b"TAG"
        # Two in a row, or one at the end: a single one in the midst of something else is chance.
        if length and (frame_length(data, end) or is_last or (kept and kept[-1][1] == at and end <= len(data))):
            if kept and kept[-1][1] == at:
                kept[-1] = (kept[-1][0], end)
            else:
                kept.append((at, end))
            at = end
        else:
            at += 1
    if not kept:
        raise Broken("no frames")
    return AUDIO, b"".join(data[start:end] for start, end in kept)


def _behind_id3(data: bytes) -> int:
    at = 0
    while data[at : at + 3] == b"ID3" and len(data) >= at + 10:
        size = data[at + 6] << 21 | data[at + 7] << 14 | data[at + 8] << 7 | data[at + 9]
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    return at


def _clean_wav(data: bytes) -> tuple[str, bytes]:
    kept, at = [], 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"data" and (size == 0 or at + 8 + size > len(data)):
            size = len(data) - at - 8  # it was not known yet when recording began
        body = data[at + 8 : at + 8 + size]
        if name in (b"fmt ", b"fact", b"data"):
            kept.append(name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2))
        at += 8 + size + size % 2
    if [each[:4] for each in kept if each[:4] != b"fact"] != [b"fmt ", b"data"]:
        raise Broken("no sound")
    whole = b"WAVE" + b"".join(kept)
    return AUDIO, b"RIFF" + len(whole).to_bytes(4, "little") + whole


def _clean_flac(data: bytes) -> tuple[str, bytes]:
    at = _behind_id3(data)
    if data[at : at + 4] != b"fLaC":
        raise Broken("no stream")
    at, blocks, is_last = at + 4, [], False
    while not is_last:
        is_last, kind, size = bool(data[at] & 0x80), data[at] & 0x7F, int.from_bytes(data[at + 1 : at + 4])
        if at + 4 + size > len(data):
            raise Broken("a block beyond its end")
        if kind in (0, 3):
            # What the stream is like, and where to seek in it; not comments, pictures and what programs add.
            blocks.append((kind, data[at + 1 : at + 4 + size]))
        at += 4 + size
    if not blocks or blocks[0][0] != 0 or data[at : at + 1] != b"\xff":
        raise Broken("no sound")
    end = len(data) - 128 if data[-128:-125] == b"TAG" else len(data)
    heads = [
        bytes([kind | (0x80 if number == len(blocks) else 0)]) + rest for number, (kind, rest) in enumerate(blocks, 1)
    ]
    return AUDIO, b"fLaC" + b"".join(heads) + data[at:end]


CLEANERS: dict[str, Callable[[bytes], tuple[str, bytes]]] = {
    "mp4": _clean_mp4,
    "webm": _clean_webm,
    "ogg": _clean_ogg,
    "mp3": _clean_mp3,
    "wav": _clean_wav,
    "flac": _clean_flac,
}


def main() -> int:
    """Clean what comes in; the exit status says what was wrong with it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        what, cleaned = clean(sys.stdin.buffer.read(), sys.argv[1])
    except Unplayable:
        return UNPLAYABLE
    except Exception:  # a hostile file finds errors that no list of classes names
        return BROKEN
    sys.stdout.buffer.write(what.encode() + b"\n")
    sys.stdout.buffer.write(cleaned)
    return 0


if __name__ == "__main__":
    sys.exit(main())
