"""Which files are taken, and what is left of them when they are clean."""

import io
import struct
import zlib

import pikepdf
import pytest
from PIL import Image

from lti_tool import files
from lti_tool.files import errors

MEGABYTE = 2**20
SECRET = b"Mira Holm"


def take(data: bytes, **values: object) -> files.CleanFile:
    return files.accept(data, max_bytes=MEGABYTE, **values)  # type: ignore[arg-type]


def picture(kind: str, *, size: tuple[int, int] = (6, 4), **options: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, format=kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x013B] = SECRET.decode()
    return made


def pdf(*, pages: int = 1, **options: object) -> pikepdf.Pdf:
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page(page_size=(200, 200))
    return made


def saved(document: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    document.save(out, **options)  # type: ignore[arg-type]
    return out.getvalue()


# What they are


@pytest.mark.parametrize(
    "kind, extension, media_type",
    [
        ("PNG", "png", "image/png"),
        ("JPEG", "jpg", "image/jpeg"),
        ("WEBP", "webp", "image/webp"),
        ("GIF", "gif", "image/gif"),
    ],
)
def test_pictures_are_known_by_their_content(kind: str, extension: str, media_type: str) -> None:
    taken = take(picture(kind), name="essay.txt")

    assert (taken.extension, taken.media_type) == (extension, media_type)
    with Image.open(io.BytesIO(taken.data)) as image:
        assert (image.format, image.size) == (kind, (6, 4))


def test_a_pdf_is_taken() -> None:
    taken = take(saved(pdf(pages=2)))

    assert taken.extension == "pdf"
    with pikepdf.open(io.BytesIO(taken.data)) as document:
        assert len(document.pages) == 2


def test_text_becomes_utf8_with_plain_line_ends() -> None:
    assert take(b"\xef\xbb\xbfOne\r\nTwo").data == b"One\nTwo"
    assert take("Grüße".encode("utf-16")).data == "Grüße".encode()


def test_only_its_name_tells_markdown_from_text() -> None:
    assert take(b"# Title", name="Essay.MD").media_type == "text/markdown"
    assert take(b"# Title").media_type == "text/plain"


def test_the_same_file_gives_the_same_bytes() -> None:
    for data in (picture("PNG"), picture("JPEG"), saved(pdf()), b"Notes"):
        assert take(data).sha256 == take(data).sha256


# What is not taken


def test_nothing_is_no_file() -> None:
    with pytest.raises(errors.EmptyFile):
        take(b"")


def test_a_file_over_the_cap_is_refused_before_anybody_looks_inside() -> None:
    with pytest.raises(errors.TooLarge) as refused:
        take(b"x" * (MEGABYTE + 1))

    assert refused.value.most == MEGABYTE


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\x00" + bytes(200),
        b"PK\x03\x04" + bytes(200),
        b"\x7fELF" + bytes(50),
        b"II*\x00" + bytes(50),
        b"\x00" * 100,
        b"caf\xe9",
        b"\xff\xfe\x00\xd8",
    ],
)
def test_other_kinds_are_refused(data: bytes) -> None:
    with pytest.raises(errors.UnknownKind):
        take(data, name="essay.pdf")


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n" + b"garbage" * 50,
        b"%PDF-",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR" + bytes(40),
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\x10\x00\x00\x00WEBPVP8 ",
        picture("PNG")[:60],
        picture("JPEG")[:120],
    ],
)
def test_broken_files_are_refused_not_stored(data: bytes) -> None:
    with pytest.raises(errors.BrokenFile):
        take(data)


def test_a_pdf_behind_a_password_is_refused_and_says_why() -> None:
    data = saved(pdf(), encryption=pikepdf.Encryption(user="letmein", owner="letmein"))

    with pytest.raises(errors.EncryptedFile):
        take(data)


def test_a_pdf_that_only_forbids_printing_is_taken_and_freed() -> None:
    data = saved(pdf(), encryption=pikepdf.Encryption(user="", owner="secret"))

    with pikepdf.open(io.BytesIO(take(data).data)) as document:
        assert not document.is_encrypted


def test_a_picture_that_unpacks_to_too_many_pixels_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    packed = b"IDAT" + zlib.compress(bytes(1000))
    data += struct.pack(">I", len(packed) - 4) + packed + struct.pack(">I", zlib.crc32(packed))

    with pytest.raises(errors.TooManyPixels):
        take(data)


def test_a_pdf_that_swells_is_refused() -> None:
    # Three gigabytes of zeros, as often as one block of them may stand behind itself.
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(64 * MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(64 * MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb = head + block * 47 + packer.flush()
    table = f"<< /Type /XRef /W [1 2 1] /Size 2 /Root 2 0 R /Filter /FlateDecode /Length {len(bomb)} >>"
    start = b"%PDF-1.5\n"
    data = start + b"1 0 obj\n" + table.encode() + b"\nstream\n" + bomb + b"\nendstream\nendobj\n"

    with pytest.raises(errors.BrokenFile):
        files.accept(data + f"startxref\n{len(start)}\n%%EOF\n".encode(), max_bytes=8 * MEGABYTE)


# What is left


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_lose_what_tells_who_made_them(kind: str) -> None:
    data = picture(kind, exif=exif())
    assert SECRET in data

    taken = take(data)

    assert SECRET not in taken.data
    with Image.open(io.BytesIO(taken.data)) as image:
        assert not image.getexif()


@pytest.mark.parametrize("kind", ["GIF", "JPEG"])
def test_comments_in_pictures_go(kind: str) -> None:
    data = picture(kind, comment=SECRET)
    assert SECRET in data

    assert SECRET not in take(data).data


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    taken = take(picture("JPEG", size=(60, 40), exif=exif(orientation=6)))

    with Image.open(io.BytesIO(taken.data)) as image:
        assert image.size == (40, 60)


def test_what_hides_behind_the_end_of_a_picture_is_cut_off() -> None:
    polyglot = picture("PNG") + b"<script>alert(1)</script>" + SECRET

    assert SECRET not in take(polyglot).data


def test_an_animation_keeps_moving_and_loses_its_comments() -> None:
    frames = [Image.new("P", (4, 4), color) for color in (0, 1, 2)]
    out = io.BytesIO()
    frames[0].putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    for frame in frames[1:]:
        frame.putpalette(frames[0].getpalette() or [])
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:], duration=[50, 70, 90], comment=SECRET)

    taken = take(out.getvalue())

    assert SECRET not in taken.data
    with Image.open(io.BytesIO(taken.data)) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]


def test_a_picture_in_the_colours_of_print_is_taken() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (4, 4)).save(out, format="JPEG")

    assert take(out.getvalue()).extension == "jpg"


def test_a_pdf_loses_author_scripts_attachments_and_notes_names() -> None:
    document = pdf()
    document.docinfo["/Author"] = SECRET.decode()
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = [SECRET.decode()]
    document.attachments["secret.txt"] = SECRET
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('hello')")
    document.Root.OpenAction = script
    document.Root.AA = pikepdf.Dictionary(WC=script)
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 10, 10], T=SECRET.decode(), Contents="Nice"
    )
    clip = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 10, 10])
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 10, 10], A=script)
    document.pages[0].obj.Annots = document.make_indirect(
        pikepdf.Array([document.make_indirect(each) for each in (note, clip, link)])
    )
    data = saved(document, compress_streams=False)
    assert SECRET in data

    taken = take(data)

    with pikepdf.open(io.BytesIO(taken.data)) as clean:
        assert clean.trailer.get("/Info") is None
        assert not {"/Metadata", "/OpenAction", "/AA"} & set(clean.Root.keys())
        assert not list(clean.attachments)
        notes = list(clean.pages[0].obj.Annots)
        assert [str(each.Subtype) for each in notes] == ["/Text", "/Link"]
        assert str(notes[0].Contents) == "Nice"
        assert "/T" not in notes[0]
        assert "/A" not in notes[1]
        plain = saved(clean, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert SECRET not in plain
    assert b"JavaScript" not in plain


def test_links_to_the_web_stay_in_a_pdf() -> None:
    document = pdf()
    action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.org/")
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 10, 10], A=action)
    document.pages[0].obj.Annots = pikepdf.Array([document.make_indirect(link)])

    with pikepdf.open(io.BytesIO(take(saved(document)).data)) as clean:
        (kept,) = list(clean.pages[0].obj.Annots)
        assert str(kept.A.URI) == "https://example.org/"


def test_nothing_lively_follows_a_link_in_a_pdf() -> None:
    document = pdf()
    program = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
    action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.org/", Next=program)
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 10, 10], A=action)
    document.pages[0].obj.Annots = pikepdf.Array([document.make_indirect(link)])
    with document.open_outline() as outline:
        outline.root.extend([pikepdf.OutlineItem("One", 0), pikepdf.OutlineItem("Two", 0)])

    with pikepdf.open(io.BytesIO(take(saved(document)).data)) as clean:
        (kept,) = list(clean.pages[0].obj.Annots)
        assert "/Next" not in kept.A
        with clean.open_outline() as outline:
            assert [each.title for each in outline.root] == ["One", "Two"]


def test_photos_inside_a_pdf_lose_their_exif_too() -> None:
    photo = picture("JPEG", size=(20, 20), exif=exif())
    document = pdf()
    stream = document.make_stream(
        photo, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=20, Height=20, BitsPerComponent=8
    )
    stream.Filter, stream.ColorSpace = pikepdf.Name.DCTDecode, pikepdf.Name.DeviceRGB
    document.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream))

    taken = take(saved(document))

    assert SECRET not in taken.data
    with pikepdf.open(io.BytesIO(taken.data)) as clean:
        kept = clean.pages[0].obj.Resources.XObject.Im
        assert isinstance(kept, pikepdf.Stream)
        assert pikepdf.PdfImage(kept).as_pil_image().size == (20, 20)
