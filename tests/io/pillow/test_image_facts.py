"""What an image says beside its pixels comes back from each format that holds it."""

import io
import json
import struct
import zlib

import numpy as np
import pytest
from handmade import chunk, png
from PIL import Image, ImageCms, IptcImagePlugin, PngImagePlugin
from round_trips import assert_peek_agrees, back, image_map, refusal, saved, written

from poolcli.io import Header, format_named, read
from poolcli.io import dropped as dropped_by
from poolcli.io.pillow.png_facts import png_facts
from poolcli.maps.embedded_sizes import exif_resized

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
IPTC = b"\x1c\x02\x78\0\x09a caption"
ROWS = b"".join(b"\0" + row.tobytes() for row in PIXELS)
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
CHUNKS = {
    "gamma": (chunk(b"gAMA", struct.pack(">I", 55555)), 0.55555),
    "chromaticities": (
        chunk(b"cHRM", struct.pack(">8I", *range(10_000, 90_000, 10_000))),
        tuple(value / 10 for value in range(1, 9)),
    ),
    "srgb": (chunk(b"sRGB", b"\1"), 1),
    "cicp": (chunk(b"cICP", bytes([9, 16, 0, 1])), (9, 16, 0, 1)),
    "aspect": (chunk(b"pHYs", struct.pack(">IIB", 2, 1, 0)), (2.0, 1.0)),
    "date": (chunk(b"tIME", struct.pack(">H5B", 2024, 2, 29, 23, 59, 60)), "2024-02-29T23:59:60"),
    "xmp": (
        chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP.replace(b"6", b"1")),
        XMP.replace(b"6", b"1"),
    ),
}


def pooled(cli, tmp_path, raw, source, target, *more):
    (tmp_path / source).write_bytes(raw)
    ran = cli("max", "-k", 2, source, "-o", target, "--overwrite", "--report", "jsonl", *more)
    assert ran.code == 0, ran.err
    (row,) = map(json.loads, ran.text.splitlines())
    (one,) = read(tmp_path / target)
    return one.facts, row["dropped"]


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("name", CHUNKS)
def test_chunks_of_a_png(cli, tmp_path, name, place):
    data, value = CHUNKS[name]
    raw = png(16, 12, 8, 2, ROWS, **{place: data})
    facts, dropped = pooled(cli, tmp_path, raw, "a.png", "b.png")
    assert facts[name] == value
    assert dropped == []
    again = (tmp_path / "b.png").read_bytes()
    assert data in again
    assert again.index(data) < again.index(b"IDAT")


def test_texts_of_a_png(cli, tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "a title")
    info.add_text("Long", "many words, " * 200, zip=True)
    info.add_itxt("Comment", "Überschrift ☃", "de", "Kommentar")
    info.add_itxt("Long", "☃" * 2000, zip=True)
    raw = saved(Image.fromarray(PIXELS), "PNG", pnginfo=info)
    pooled(cli, tmp_path, raw, "a.png", "b.png")
    with Image.open(tmp_path / "a.png") as before, Image.open(tmp_path / "b.png") as after:
        assert after.text == before.text
        assert (after.text["Comment"].lang, after.text["Comment"].tkey) == ("de", "Kommentar")
    (one,) = read(io.BytesIO(raw))
    assert [name for name, _ in one.facts["text"]] == ["Title", "Long", "Comment", "Long"]


def test_damaged_chunks_are_none():
    bad = {
        b"gAMA": b"\0",
        b"tIME": b"\0" * 3,
        b"zTXt": b"key\0\0not zlib",
        b"iTXt": b"key",
        b"cICP": b"",
        b"pHYs": bytes(8),
    }
    behind = b"".join(chunk(*each) for each in bad.items())
    found = png_facts(io.BytesIO(png(16, 12, 8, 2, ROWS, behind=behind)))
    assert found == {"further_data": tuple(f"damaged {each.decode()}" for each in bad)}
    bomb = chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(1 << 25)))
    found = png_facts(io.BytesIO(png(16, 12, 8, 2, ROWS, behind=bomb)))
    assert found == {"further_data": ("damaged zTXt",)}


def test_exif_that_imagemagick_packed_as_text():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 1, "described"
    block = exif.tobytes()
    text = f"\nexif\n{len(block)}\n{block.hex()}\n"
    raw = png(16, 12, 8, 2, ROWS, chunk(b"tEXt", b"Raw profile type exif\0" + text.encode()))
    (one,) = read(io.BytesIO(raw))
    assert b"described" in one.facts["exif"]
    assert "text" not in one.facts


@pytest.mark.parametrize("word", ["png", "jpg", "webp", "avif", "jp2", "tif"])
@pytest.mark.parametrize("source", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_profile_exif_and_xmp_between_formats(cli, tmp_path, source, word):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 1, "described"
    exif.get_ifd(0x8769)[0xA002] = 16
    exif.get_ifd(0x8769)[0xA003] = 12
    options = {"icc_profile": ICC, "exif": exif.tobytes()}
    if source == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.replace(b"6", b"1").decode())
    else:
        options["xmp"] = XMP.replace(b"6", b"1")
    raw = saved(Image.fromarray(PIXELS), source, **options)
    facts, dropped = pooled(cli, tmp_path, raw, f"a.{source}", f"b.{word}")
    assert facts["icc"] == ICC
    kept = Image.Exif()
    kept.load(facts["exif"])
    assert kept[0x010E] == "described"
    ifd = kept.get_ifd(0x8769)
    assert (ifd[0xA002], ifd[0xA003]) == (8, 6)
    if word == "tif":
        return  # its tags are of another family
    assert facts["xmp"] == XMP.replace(b"6", b"1")
    assert dropped == []


def test_the_orientation_of_xmp_is_applied_and_reset(cli, tmp_path):
    raw = saved(Image.fromarray(PIXELS), "JPEG", xmp=XMP, quality=95)
    (one,) = read(io.BytesIO(raw))
    assert one.data.shape == (16, 12, 3)
    assert b'tiff:Orientation="1"' in one.facts["xmp"]
    pooled(cli, tmp_path, raw, "a.jpg", "b.jpg")
    assert read(tmp_path / "b.jpg")[0].data.shape == (8, 6, 3)


def test_jpeg_2000_boxes_are_as_pillow_and_others_write_them():
    one = image_map("RGB", PIXELS, icc=ICC, xmp=XMP.replace(b"6", b"1"))
    raw = written(one, "jp2")
    (again,) = read(io.BytesIO(raw))
    np.testing.assert_array_equal(again.data, PIXELS)
    assert again.facts["icc"] == ICC
    assert bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + b"<x:xmpmeta" in raw
    assert_peek_agrees(io.BytesIO(raw))


@pytest.mark.parametrize(
    "comment", [b"a comment", "Schnee ☃".encode(), b"\xff\xfe latin \xe4", b"x" * 700]
)
@pytest.mark.parametrize("kind", ["JPEG", "GIF"])
def test_comments_come_back_byte_for_byte(cli, tmp_path, kind, comment):
    raw = saved(
        Image.fromarray(PIXELS).convert("P" if kind == "GIF" else "RGB"), kind, comment=comment
    )
    _, dropped = pooled(cli, tmp_path, raw, f"a.{kind}", f"b.{kind}")
    assert dropped == []
    with Image.open(tmp_path / f"b.{kind}") as image:
        assert image.info["comment"] == comment
    _, dropped = pooled(cli, tmp_path, raw, f"a.{kind}", "b.png")
    assert dropped == ["comment"]


def test_the_comment_of_an_animation():
    frames = [image_map("RGB", PIXELS ^ bit, comment="shown", duration=50) for bit in (0, 1)]
    first, _ = read(io.BytesIO(written(frames, "gif")))
    assert first.facts["comment"] == "shown"


@pytest.mark.parametrize(
    ("unit", "density", "expected"),
    [(0, (4, 3), (4, 3)), (1, (300, 300), (300, 300)), (2, (118, 118), (118, 118))],
)
def test_the_unit_of_the_density_of_a_jpeg(cli, tmp_path, unit, density, expected):
    raw = bytearray(saved(Image.fromarray(PIXELS), "JPEG"))
    struct.pack_into(">BHH", raw, 13, unit, *density)
    _, dropped = pooled(cli, tmp_path, bytes(raw), "a.jpg", "b.jpg")
    again = (tmp_path / "b.jpg").read_bytes()
    assert struct.unpack_from(">BHH", again, 13) == (unit, *expected)
    assert dropped == []


def test_pixels_that_are_no_squares(cli, tmp_path):
    raw = png(16, 12, 8, 2, ROWS, chunk(b"pHYs", struct.pack(">IIB", 1, 1, 0)))
    facts, _ = pooled(cli, tmp_path, raw, "a.png", "b.png", "-k", "2x4")
    across, down = facts["aspect"]
    assert down / across == 2


def test_a_thumbnail_goes_with_its_picture():
    thumbnail = saved(Image.fromarray(PIXELS[:6, :8]), "JPEG")
    exif = Image.Exif()
    exif[0x010E] = "described"
    exif.get_ifd(0x8769)[0xA002] = 16
    block = exif.tobytes()[6:]
    first = struct.unpack_from(">I" if block[:2] == b"MM" else "<I", block, 4)[0]
    order = ">" if block[:2] == b"MM" else "<"
    (count,) = struct.unpack_from(f"{order}H", block, first)
    joined = bytearray(block)
    struct.pack_into(f"{order}I", joined, first + 2 + 12 * count, len(block))
    entries = ((0x0103, 3, 6), (0x0201, 4, len(block) + 42), (0x0202, 4, len(thumbnail)))
    packed = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1)
        + (struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value))
        for tag, kind, value in entries
    )
    joined += struct.pack(f"{order}H", 3) + packed + bytes(4) + thumbnail
    for prefix in (b"", b"Exif\0\0"):
        smaller = exif_resized(prefix + bytes(joined), 8, 6)
        assert len(smaller) <= len(prefix) + len(block) + 42
        again = Image.Exif()
        again.load(smaller)
        assert again[0x010E] == "described"
        assert again.get_ifd(0x8769)[0xA002] == 8
        assert not again.get_ifd(1)


@pytest.mark.parametrize(("suffix", "kind"), [("mpo", "MPO"), ("ico", "ICO")])
def test_further_pictures_are_told_of(cli, tmp_path, suffix, kind):
    image = Image.fromarray(PIXELS)
    options = {"MPO": {"save_all": True, "append_images": [image]}}
    options["ICO"] = {"sizes": [(16, 12), (8, 6)]}
    raw = saved(image, kind, **options[kind])
    _, dropped = pooled(cli, tmp_path, raw, f"a.{suffix}", "b.png")
    assert "further pictures" in dropped
    ran = cli("max", f"a.{suffix}", "-o", "c.png", "--strict")
    assert ran.code == 1
    assert "further pictures" in ran.err


def resource(number, data):
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)


def psd(*resources):
    """A PSD of one gray channel."""
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 1, 12, 16, 8, 1)
    parts = b"".join(resources)
    pixels = PIXELS[..., 0].tobytes()
    return head + bytes(4) + struct.pack(">I", len(parts)) + parts + bytes(4) + b"\0\0" + pixels


def test_resources_of_photoshop(cli, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "described"
    dots = struct.pack(">IHHIHH", 300 << 16, 1, 1, 150 << 16, 1, 1)
    raw = psd(
        resource(1005, dots),
        resource(1058, exif.tobytes().removeprefix(b"Exif\0\0")),
        resource(1060, b"<x:xmpmeta/>"),
        resource(1028, IPTC),
        resource(4000, b"of a plug-in"),
    )
    facts, dropped = pooled(cli, tmp_path, raw, "a.psd", "b.png")
    assert facts["dpi"] == pytest.approx((300, 150), rel=1e-3)
    assert facts["xmp"] == b"<x:xmpmeta/>"
    assert b"described" in facts["exif"]
    assert dropped == ["IPTC", "further data (resource 4000)"]
    facts, dropped = pooled(cli, tmp_path, raw, "a.psd", "b.jpg")
    assert facts["iptc"] == IPTC
    assert dropped == ["further data (resource 4000)"]


def test_iptc_between_jpeg_and_tiff(cli, tmp_path):
    parts = [resource(1028, IPTC), resource(1061, bytes(16)), resource(1050, b"slices")]
    content = b"Photoshop 3.0\0" + b"".join(parts)
    raw = saved(Image.fromarray(PIXELS), "JPEG")
    raw = raw[:2] + struct.pack(">HH", 0xFFED, len(content) + 2) + content + raw[2:]
    for target in ("b.jpg", "b.tif"):
        facts, dropped = pooled(cli, tmp_path, raw, "a.jpg", target)
        assert facts["iptc"] == IPTC
        assert dropped == ["further data (slices)"]
    with Image.open(tmp_path / "b.jpg") as image:  # as other programs see it
        assert IptcImagePlugin.getiptcinfo(image) == {(2, 120): b"a caption"}
    with Image.open(tmp_path / "b.tif") as image:
        assert image.tag_v2[33723] == IPTC
    facts, _ = pooled(cli, tmp_path, (tmp_path / "b.tif").read_bytes(), "c.tif", "c.jpg")
    assert facts["iptc"] == IPTC


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("exif", b"II*\0\x08\0\0\0" + bytes(70000), "EXIF"),
        ("xmp", b"x" * 70000, "XMP"),
        ("comment", "c" * 70000, "comment"),
        ("iptc", bytes(70000), "IPTC"),
        ("dpi", (1e6, 1e6), "DPI"),
    ],
)
def test_what_is_too_large_for_a_jpeg_is_told_and_costs_nothing_else(name, value, label):
    own = {"xmp": b"<x:xmpmeta/>", "dpi": (300.0, 300.0), "icc": ICC, name: value}
    one = image_map("RGB", PIXELS, **own)
    jpeg = format_named("jpg")
    assert dropped_by(own, Header.of(one), jpeg) == (label,)
    (again,) = back(one, "jpg")
    assert again.facts.keys() == own.keys() - {name}


@pytest.mark.parametrize("word", ["png", "jpg", "jp2", "webp", "tif"])
def test_a_profile_of_some_megabytes(word):
    profile = np.random.default_rng(0).bytes(2_000_000)
    (again,) = back(image_map("RGB", PIXELS, icc=profile), word)
    assert again.facts["icc"] == profile
    np.testing.assert_array_equal(again.data.shape, PIXELS.shape)


def test_a_damaged_block_of_exif_is_told():
    raw = saved(Image.fromarray(PIXELS), "JPEG", exif=b"Exif\0\0garbage!")
    (one,) = read(io.BytesIO(raw))
    assert "exif" not in one.facts
    assert one.facts["further_data"] == ("damaged EXIF",)


def test_a_qoi_keeps_what_it_says_of_colours(cli, tmp_path):
    for number in (0, 1):
        raw = bytearray(saved(Image.fromarray(PIXELS), "QOI"))
        raw[13] = number
        (tmp_path / "a.qoi").write_bytes(raw)
        assert cli("max", "a.qoi", "-o", "b.qoi", "--overwrite", "--strict").code == 0
        assert (tmp_path / "b.qoi").read_bytes()[13] == number


def test_a_qoi_that_is_cut_short_fails():
    raw = saved(Image.fromarray(PIXELS), "QOI")
    for size in (4, 12, 13, 14, 20):
        assert refusal(raw[:size])


def test_chromaticities_of_a_tiff():
    values = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
    (again,) = back(image_map("RGB", PIXELS, chromaticities=values), "tif")
    assert again.facts["chromaticities"] == pytest.approx(values)


def bmp_with_profile():
    head = struct.pack("<I2i2H6I", 124, 16, 12, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(16) + b"DEBM"
    pixels = PIXELS[::-1, :, ::-1].tobytes()
    head += bytes(48) + struct.pack("<4I", 0, 124 + len(pixels), len(ICC), 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 138) + head + pixels + ICC


def gif_with_profile_and_xmp():
    raw = saved(Image.fromarray(PIXELS).convert("P"), "GIF")
    at = 13 + (3 << ((raw[10] & 7) + 1))
    pieces = [ICC[start : start + 255] for start in range(0, len(ICC), 255)]
    blocks = b"".join(bytes([len(each)]) + each for each in pieces) + b"\0"
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    added = b"\x21\xff\x0bICCRGBG1012" + blocks + b"\x21\xff\x0bXMP DataXMP<x:xmpmeta/>" + trailer
    return raw[:at] + added + raw[at:]


def test_profiles_that_pillow_does_not_read(cli, tmp_path):
    facts, dropped = pooled(cli, tmp_path, bmp_with_profile(), "a.bmp", "b.png")
    assert facts["icc"] == ICC
    assert dropped == []
    np.testing.assert_array_equal(read(tmp_path / "a.bmp")[0].data, PIXELS)
    facts, dropped = pooled(cli, tmp_path, gif_with_profile_and_xmp(), "a.gif", "b.png")
    assert (facts["icc"], facts["xmp"], dropped) == (ICC, b"<x:xmpmeta/>", [])
    _, dropped = pooled(cli, tmp_path, gif_with_profile_and_xmp(), "a.gif", "b.gif")
    assert dropped == ["ICC profile", "XMP"]
