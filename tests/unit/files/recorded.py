"""
Small recordings made by hand, with a secret wherever their formats have a place for one.
"""

import io
import math
import struct
import wave

from lti_tool.files.recordings import _checksum

SECRET = b"Mira Holm"
SOUND = b"\x11sound\x11"
PICTURE = b"\x22picture\x22"
PLACE = b"+48.2082+016.3738/ Mira Holm"


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, bytes([version]) + flags.to_bytes(3), *parts)


def visual(name: bytes = b"avc1", *, inner: bytes = b"") -> bytes:
    fixed = bytes(6) + b"\x00\x01" + bytes(4) + b"appl" + bytes(8) + bytes(16) + b"\x00\x01"
    return box(
        name, fixed, bytes([len(SECRET)]) + SECRET.ljust(31, b"\0"), b"\x00\x18\xff\xff", box(b"avcC", b"config"), inner
    )


def audible(name: bytes = b"mp4a", *, inner: bytes = b"") -> bytes:
    return box(name, bytes(6) + b"\x00\x01" + bytes(4) + b"appl" + bytes(16)[:16], full(b"esds", b"codec"), inner)


def track(
    number: int,
    handler: bytes,
    entry: bytes,
    *,
    offsets: list[int],
    sizes: list[int],
    uniform: int = 0,
    inner: bytes = b"",
) -> bytes:
    """A track whose chunks each hold one sample."""
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry),
        full(b"stts", struct.pack(">III", 1, len(sizes), 100)),
        full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        full(
            b"stsz",
            struct.pack(">II", uniform, len(sizes)),
            *([] if uniform else [struct.pack(">I", each) for each in sizes]),
        ),
        full(b"stco", struct.pack(">I", len(offsets)), *(struct.pack(">I", each) for each in offsets)),
    )
    where = box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1)))
    media = box(
        b"mdia",
        full(b"mdhd", b"\x77\x77\x77\x77" * 2, struct.pack(">II", 1000, 100), b"\x55\xc4\0\0"),
        full(b"hdlr", bytes(4), handler, b"appl" + bytes(8), SECRET + b"\0"),
        box(b"minf", full(b"smhd", bytes(4)), where, table),
    )
    return box(b"trak", full(b"tkhd", b"\x77\x77\x77\x77" * 2, struct.pack(">I", number), bytes(60)), media, inner)


def mp4(
    *,
    brand: bytes = b"isom",
    video: bool = True,
    place: bool = True,
    sound_entry: bytes = b"",
    uniform: int = 0,
    dref: bytes = b"",
) -> bytes:
    """Picture and sound, a track of places, tags, and words between the samples."""
    start = box(b"ftyp", brand, bytes(4), b"isom")
    data = b"hidden " + SECRET + PICTURE + SOUND + PLACE + b" more " + SECRET
    at = len(start) + 8
    picture_at, sound_at = at + data.index(PICTURE), at + data.index(SOUND)
    place_at = at + data.index(PLACE)
    tags = box(b"udta", full(b"meta", SECRET), box(b"\xa9xyz", PLACE))
    tracks = [track(2, b"soun", sound_entry or audible(), offsets=[sound_at], sizes=[len(SOUND)], uniform=uniform)]
    if video:
        tracks.insert(
            0,
            track(
                1, b"vide", visual(inner=box(b"uuid", SECRET)), offsets=[picture_at], sizes=[len(PICTURE)], inner=tags
            ),
        )
    if place:
        tracks.append(track(3, b"meta", box(b"mebx", SECRET), offsets=[place_at], sizes=[len(PLACE)]))
    moov = box(b"moov", full(b"mvhd", b"\x77\x77\x77\x77" * 2, bytes(92)), *tracks, tags, box(b"free", SECRET))
    whole = start + box(b"mdat", data) + moov + box(b"uuid", SECRET) + box(b"free", SECRET)
    return whole.replace(full(b"url ", flags=1), dref) if dref else whole


def fragmented() -> bytes:
    """As browsers record it: a moov without samples, and fragments with them."""
    start = box(b"ftyp", b"iso5", bytes(4), b"iso5")
    trex = [full(b"trex", struct.pack(">IIIII", number, 1, 0, 0, 0)) for number in (1, 3)]
    moov = box(
        b"moov",
        full(b"mvhd", bytes(100)),
        track(1, b"vide", visual(), offsets=[], sizes=[]),
        track(3, b"meta", box(b"mebx", SECRET), offsets=[], sizes=[]),
        box(b"mvex", *trex),
    )

    def traf(number: int, offset: int, size: int) -> bytes:
        run = full(b"trun", struct.pack(">IiI", 1, offset, size), flags=0x201)
        return box(b"traf", full(b"tfhd", struct.pack(">I", number), flags=0x20000), run)

    length = len(box(b"moof", full(b"mfhd", bytes(4)), traf(1, 0, 0), traf(3, 0, 0)))
    at = length + 8 + len(SECRET)
    moof = box(
        b"moof",
        full(b"mfhd", struct.pack(">I", 1)),
        traf(1, at, len(PICTURE)),
        traf(3, at + len(PICTURE), len(PLACE)),
    )
    return start + moov + moof + box(b"mdat", SECRET, PICTURE, PLACE)


def element(id: int, *parts: bytes, unknown: bool = False) -> bytes:
    body = b"".join(parts)
    head = id.to_bytes((id.bit_length() + 7) // 8)
    size = (
        b"\x01" + b"\xff" * 7
        if unknown
        else b"\x08" + len(body).to_bytes(4)[0:0] + (0x10000000 | len(body)).to_bytes(4)
    )
    return head + (size if unknown else size[1:]) + body


def webm(*, video: bool = True, unknown: bool = False, doctype: bytes = b"webm", vorbis: bytes = b"") -> bytes:
    """A picture and a sound, subtitles, tags, an attachment, a title."""
    head = element(0x1A45DFA3, element(0x4286, b"\x01"), b"\x42\x82" + bytes([0x80 | len(doctype)]) + doctype)
    info = element(
        0x1549A966,
        element(0xBF, b"crc!"),
        element(0x2AD7B1, b"\x0f\x42\x40"),
        element(0x4D80, SECRET),
        element(0x5741, SECRET),
        element(0x7BA9, SECRET),
        element(0x4461, bytes(8)),
    )

    def entry(number: int, kind: int, codec: bytes, private: bytes) -> bytes:
        parts = (
            element(0xD7, bytes([number])),
            element(0x83, bytes([kind])),
            element(0x86, codec),
            element(0x63A2, private),
        )
        return element(0xAE, *parts, element(0x536E, SECRET), element(0x258688, SECRET))

    tracks = [entry(2, 2, b"A_VORBIS" if vorbis else b"A_OPUS", vorbis or b"OpusHead")]
    if video:
        tracks.insert(0, entry(1, 1, b"V_VP9", b"vp9"))
    tracks.append(entry(3, 17, b"S_TEXT/UTF8", SECRET))

    def block(number: int, data: bytes) -> bytes:
        return bytes([0x80 | number, 0, 0, 0x80]) + data

    cluster = element(
        0x1F43B675,
        element(0xE7, b"\0"),
        element(0xA3, block(1, PICTURE)),
        element(0xA3, block(2, SOUND)),
        element(0xA0, element(0xA1, block(3, PLACE)), element(0x9B, b"\x01")),
        element(0xEC, SECRET),
        unknown=unknown,
    )
    rest = (
        element(0x1254C367, element(0x7373, SECRET)),
        element(0x1941A469, element(0x61A7, SECRET)),
        element(0x1043A770, SECRET),
    )
    return head + element(0x18538067, info, element(0x1654AE6B, *tracks), cluster, cluster, *rest, unknown=unknown)


def page(packets: list[bytes], *, serial: int = 7, number: int = 0, flags: int = 0) -> bytes:
    lacing = b"".join(b"\xff" * (len(each) // 255) + bytes([len(each) % 255]) for each in packets)
    head = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack("<II", serial, number)
    made = bytearray(head + bytes(4) + bytes([len(lacing)]) + lacing + b"".join(packets))
    made[22:26] = _checksum(made).to_bytes(4, "little")
    return bytes(made)


def comments(start: bytes, tail: bytes = b"", *, many: int = 1) -> bytes:
    said = b"ARTIST=" + SECRET
    body = struct.pack("<I", 4) + b"Lavf" + struct.pack("<I", many) + (struct.pack("<I", len(said)) + said) * many
    return start + body + tail


def ogg(*, opus: bool = True, many: int = 1) -> bytes:
    first = b"OpusHead" + bytes(11) if opus else b"\x01vorbis" + bytes(23)
    second = comments(b"OpusTags", many=many) if opus else comments(b"\x03vorbis", b"\x01", many=many)
    return page([first], flags=2) + page([second], number=1) + page([SOUND], number=2, flags=4)


def mp3_frame() -> bytes:
    """417 bytes at 128 kbit/s and 44.1 kHz."""
    return b"\xff\xfb\x90\x00" + SOUND.ljust(413, b"\x33")


def mp3() -> bytes:
    id3 = b"ID3\x04\0\0" + bytes([0, 0, 0, 20]) + SECRET.ljust(20, b"\0")
    tag = b"TAG" + SECRET.ljust(125, b"\0")
    return id3 + mp3_frame() * 3 + b"APETAGEX" + SECRET + mp3_frame() * 2 + tag


def wav(*, seconds: float = 0.05) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", ""))
        made.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(at / 3))) for at in range(int(8000 * seconds))))
    told = b"LIST" + struct.pack("<I", 4 + 8 + 10) + b"INFO" + b"IART" + struct.pack("<I", 10) + SECRET + b"\0"
    whole = out.getvalue() + told
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def flac() -> bytes:
    blocks = bytes([0]) + (34).to_bytes(3) + bytes(34) + bytes([0x84]) + len(SECRET).to_bytes(3) + SECRET
    return b"fLaC" + blocks + b"\xff\xf8" + SOUND
