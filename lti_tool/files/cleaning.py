"""
The cleaner: reads one file from standard input, writes it anew without hidden data.

A program of its own (see ``accepting.py``), so it imports nothing of ours. It ends with 0, or
with 3 for a broken file, 4 for a PDF behind a password, 5 for too many pixels.
"""

import io
import resource
import sys
from collections.abc import Iterator
from typing import Any

BROKEN, ENCRYPTED, TOO_MANY_PIXELS = 3, 4, 5

MEMORY = 1536 * 2**20
SECONDS = 40
MOST_PIXELS = 40_000_000
"""A page of A4 at 600 dpi has 35 million. Of an animation all frames count together."""

FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF"}

LIVELY_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToE",
    "/GoToR",
    "/Rendition",
    "/Movie",
    "/Sound",
}
LIVELY_NOTES = {"/FileAttachment", "/RichMedia", "/Screen", "/Sound", "/Movie", "/3D"}
TELLING_KEYS = ("/Metadata", "/PieceInfo", "/LastModified", "/AA", "/AF", "/JS", "/XFA", "/OpenAction", "/Collection")
"""What any object of a PDF may carry beside what it shows: who made it with what, scripts, other files."""
NAMED_ATTACHMENTS = ("/JavaScript", "/EmbeddedFiles", "/Renditions")


class TooManyPixels(Exception):
    """An image that would fill the memory."""


def clean_image(data: bytes, kind: str) -> bytes:
    """The picture, upright, with no EXIF, XMP, comments, thumbnails or anything after its end."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - each kind loads only its own library

    Image.MAX_IMAGE_PIXELS = None  # counted here, before anything is unpacked
    with Image.open(io.BytesIO(data), formats=[FORMATS[kind]]) as image:
        count = getattr(image, "n_frames", 1) if kind in ("gif", "webp") else 1
        if image.width * image.height * count > MOST_PIXELS:
            raise TooManyPixels
        frames = [_plain(ImageOps.exif_transpose(frame)) for frame in _frames(image, count)]
        timing = {"duration": _durations(image, count), "loop": image.info.get("loop", 0)} if count > 1 else {}
    first, rest = frames[0], frames[1:]
    options: dict[str, Any] = {**timing, "save_all": True, "append_images": rest} if rest else {}
    if kind == "jpg":
        first = first.convert("RGB") if first.mode not in ("L", "RGB") else first
        options["quality"] = 90
    out = io.BytesIO()
    first.save(out, format=FORMATS[kind], **options)
    return out.getvalue()


def _frames(image: Any, count: int) -> Iterator[Any]:
    for number in range(count):
        image.seek(number)
        yield image


def _plain(image: Any) -> Any:
    """A copy with the pixels and what their colours mean, nothing else."""
    plain = image.copy()
    plain.info = {name: plain.info[name] for name in ("transparency",) if name in plain.info}
    return plain


def _durations(image: Any, count: int) -> list[int]:
    found = []
    for number in range(count):
        image.seek(number)
        image.load()
        found.append(int(image.info.get("duration", 100)))
    return found


def clean_pdf(data: bytes) -> bytes:
    """The pages, without document data, scripts, attached files, names of who wrote notes."""
    import pikepdf  # noqa: PLC0415

    with pikepdf.open(io.BytesIO(data)) as pdf:
        if not pdf.pages:
            raise ValueError("no pages")
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        if "/Names" in pdf.Root:
            _drop(pdf.Root.Names, NAMED_ATTACHMENTS)
        for thing in list(pdf.objects):
            _tidy(thing, pikepdf)
        for page in pdf.pages:
            _drop_lively_notes(page.obj, pikepdf)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, encryption=False, fix_metadata_version=False)
    return out.getvalue()


def _tidy(thing: Any, pikepdf: Any) -> None:
    if isinstance(thing, pikepdf.Array):
        nested = list(thing)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        _drop(thing, TELLING_KEYS)
        action = thing.get("/A")
        if isinstance(action, pikepdf.Dictionary) and str(action.get("/S")) in LIVELY_ACTIONS:
            del thing["/A"]
        if "/S" in thing and "/Next" in thing:
            # What an action does after what it does. Items of an outline have a next, too, but no kind.
            del thing["/Next"]
        if "/Subtype" in thing and "/Rect" in thing and thing.get("/Subtype") != pikepdf.Name.Widget:
            _drop(thing, ("/T", "/M", "/CreationDate"))
        if isinstance(thing, pikepdf.Stream) and thing.get("/Filter") == pikepdf.Name.DCTDecode:
            thing.write(_bare_jpeg(thing.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)
        nested = [thing[key] for key in thing.keys()]  # noqa: SIM118 - not a mapping
    else:
        return
    for inner in nested:
        # Indirect objects come by themselves; here only what stands inside this one.
        if isinstance(inner, pikepdf.Object) and not inner.is_indirect:
            _tidy(inner, pikepdf)


def _drop(thing: Any, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key in thing:
            del thing[key]


def _drop_lively_notes(page: Any, pikepdf: Any) -> None:
    """Take notes that carry files or media off a page, and unmask who wrote the others."""
    notes = page.get("/Annots")
    if isinstance(notes, pikepdf.Array):
        page.Annots = pikepdf.Array([note for note in notes if str(note.get("/Subtype")) not in LIVELY_NOTES])


def _bare_jpeg(data: bytes) -> bytes:
    """A JPEG without EXIF, XMP, IPTC and comments; its pixels stay untouched."""
    kept, at = bytearray(data[:2]), 2
    while data[at : at + 1] == b"\xff" and len(data) >= at + 4:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4]) + 2
        if marker == 0xDA:
            break
        if marker not in (0xE1, 0xED, 0xFE):
            kept += data[at : at + length]
        at += length
    return bytes(kept + data[at:])


def main() -> int:
    """Clean what comes in; the exit status says what was wrong with it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    kind, data = sys.argv[1], sys.stdin.buffer.read()
    try:
        cleaned = clean_pdf(data) if kind == "pdf" else clean_image(data, kind)
    except TooManyPixels:
        return TOO_MANY_PIXELS
    except Exception as err:  # a hostile file finds errors that no list of classes names
        return ENCRYPTED if type(err).__name__ == "PasswordError" else BROKEN
    sys.stdout.buffer.write(cleaned)
    return 0


if __name__ == "__main__":
    sys.exit(main())
