"""Facts in a TIFF's own tags: resolution, texts, EXIF, profile, XMP and palette, by Pillow."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin
from tiffs import encoded, tifffile, values

from poolcli.io import read

TEXTS = {
    270: "a plain description",
    269: "a document",
    271: "maker",
    272: "model",
    305: "software",
    306: "2020:01:02 03:04:05",
    315: "artist",
    316: "host",
    33432: "(c)",
    65000: "a private text",
}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'


def write(path, **options):
    """A picture with every tag that is carried."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, words in TEXTS.items():
        tags.tagtype[tag] = 2
        tags[tag] = words
    tags.tagtype[700] = 1
    tags[700] = XMP
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(values((12, 16, 3), "uint8"))
    image.save(path, tiffinfo=tags, icc_profile=profile, dpi=(300, 150), **options)
    return profile


def test_tags_come_back(cli, tmp_path):
    profile = write(tmp_path / "a.tif")
    ran = cli("max", "-k", 2, "a.tif", "--report", "jsonl", "--strict")
    assert json.loads(ran.text.splitlines()[0])["dropped"] == []
    with Image.open(tmp_path / "a-max.tif") as image:
        assert {tag: image.tag_v2[tag] for tag in TEXTS} == TEXTS
        assert image.info["dpi"] == (300, 150)
        assert (image.tag_v2[700], image.info["icc_profile"]) == (XMP, profile)


def test_other_formats_get_them_and_give_them_back(cli, tmp_path):
    profile = write(tmp_path / "a.tif")
    assert cli("max", "-k", 2, "a.tif", "-o", "b.png").code == 0
    with Image.open(tmp_path / "b.png") as image:
        assert image.getexif()[306] == TEXTS[306]
        assert image.info["icc_profile"] == profile
        assert image.text["DocumentName"] == TEXTS[269]
    assert cli("max", "-k", 1, "b.png", "-o", "c.tif").code == 0
    with Image.open(tmp_path / "c.tif") as image:
        assert {tag: image.tag_v2[tag] for tag in TEXTS} == TEXTS


def test_blocks_of_exif_and_gps(cli, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "maker"
    exif.get_ifd(0x8769).update({0x9003: "2020:01:02 03:04:05", 0xA002: 16, 0xA003: 12})
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 30.0, 0.5)})
    Image.fromarray(values((12, 16, 3), "uint8")).save(tmp_path / "a.png", exif=exif)
    assert cli("max", "-k", 2, "a.png", "-o", "b.tif").code == 0
    assert cli("max", "-k", 1, "b.tif", "-o", "c.png").code == 0
    for name in ("b.tif", "c.png"):
        with Image.open(tmp_path / name) as image:
            found = image.getexif()
            assert found[0x010F] == "maker"
            inner = found.get_ifd(0x8769)
            assert (inner[0x9003], inner[0xA002], inner[0xA003]) == ("2020:01:02 03:04:05", 8, 6)
            assert found.get_ifd(0x8825)[2] == (50.0, 30.0, 0.5)


@pytest.mark.parametrize(
    ("unit", "kept"), [("INCH", "dpi"), ("CENTIMETER", "dpi"), ("NONE", "aspect")]
)
def test_units_of_the_resolution(cli, tmp_path, unit, kept):
    raw = encoded(values((8, 8), "uint8"), resolution=(100, 50), resolutionunit=unit, metadata=None)
    (one,) = read(io.BytesIO(raw))
    assert one.facts[kept] == ((254, 127) if unit == "CENTIMETER" else (100, 50))
    (tmp_path / "a.tif").write_bytes(raw)
    assert cli("max", "-k", 2, "a.tif", "-o", "b.tif").code == 0
    assert cli("max", "-k", "1x2", "a.tif", "-o", "c.tif").code == 0
    for name, expected in (("b.tif", [(100, 1), (50, 1)]), ("c.tif", [(50, 1), (50, 1)])):
        with tifffile.TiffFile(tmp_path / name) as file:
            tags = file.pages[0].tags
            if kept == "aspect" and expected[0] == expected[1]:
                continue  # square pixels, which need no word
            assert [tags[f"{axis}Resolution"].value for axis in "XY"] == expected
            assert tags["ResolutionUnit"].value.name == unit


def test_a_palette_of_sixteen_bits_stays(cli, tmp_path):
    colours = values((3, 256), "uint16")
    x = values((8, 8), "uint8")
    options = {"photometric": "palette", "colormap": colours, "metadata": None}
    (tmp_path / "a.tif").write_bytes(encoded(x, **options))
    assert cli("mode", "-k", 2, "a.tif", "-o", "b.tif").code == 0
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        np.testing.assert_array_equal(file.pages[0].tags["ColorMap"].value, colours)
    assert cli("avg", "-k", 2, "a.tif", "-o", "c.tif").code == 0
    (one,) = read(tmp_path / "c.tif")
    assert one.form.mode == "RGB"


def test_what_was_compressed_with_a_loss_is_written_without(cli, tmp_path):
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    x = np.add.outer(np.arange(64), np.arange(80)).astype(np.uint8)
    (tmp_path / "a.tif").write_bytes(encoded(np.stack([x] * 3, -1), compression="jpeg"))
    for options, name in (((), "ADOBE_DEFLATE"), (("--save", "compression=jpeg"), "JPEG")):
        assert cli("max", "a.tif", "-o", "b.tif", "--overwrite", *options).code == 0
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            assert file.pages[0].compression.name == name
            assert file.asarray().shape == (32, 40, 3)
    for options in (("compression=jpeg", "quality=80"), ("quality=80",), ("predictor=yes",)):
        words = [word for option in options for word in ("--save", option)]
        ran = cli("max", "a.tif", "-o", "b.tif", "--overwrite", *words)
        assert ran.code == (0 if options != ("quality=80",) else 1)
