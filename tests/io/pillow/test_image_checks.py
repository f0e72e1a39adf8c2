"""Images that Pillow would damage or cannot read are refused, with the reason."""

from __future__ import annotations

import io
import struct
import warnings

import pytest
from PIL import Image, features
from round_trips import refusal, saved

from poolcli.errors import FileError
from poolcli.io import (
    peek,
    read,
)
from poolcli.io.pillow.image_checks import avif_bits, jpeg_2000_bits

SMALLEST = {  # the options by which a format takes the fewest bytes
    "TGA": {"compression": "tga_rle"},
    "AVIF": {"quality": 1, "speed": 10},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"P6 1 1 65535\n" + bytes(6), "16 bits a channel"),
        (b"P6 1 1 1023\n" + bytes(6), "10 bits a channel"),
        (b"P3 1 1 300\n1 2 3\n", "9 bits a channel"),
        (b"", "empty"),
        (b"hello, world\n" * 9, "neither an array"),
        (b"\0", "neither an array"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "drawing"),
    ],
)
def test_what_pillow_would_damage_or_cannot_read(raw, words):
    assert words in refusal(raw)
    with pytest.raises(FileError):
        peek(io.BytesIO(raw))


def test_sixteen_bits_in_other_formats():
    sgi = saved(Image.new("L", (4, 4)), "SGI", bpc=2)
    assert "16 bits a channel" in refusal(sgi)
    head = b"\xff\x4f\xff\x51" + bytes(36) + struct.pack(">H", 3)
    assert jpeg_2000_bits(b"jp2 " + head + b"\x0b\1\1" * 3) == 12
    assert avif_bits(b"....av1C\x81\x04\x0c\x00") == 8
    assert avif_bits(b"....av1C\x81\x04\x4c\x00") == 10
    assert avif_bits(b"....av1C\x81\x04\x6c\x00") == 12


def test_decompression_bombs(monkeypatch):
    raw = saved(Image.new("L", (30, 20)), "PNG")
    for limit in (299, 10):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        for look in (read, peek):
            with pytest.raises(FileError, match=rf"600 pixels.* {2 * limit} .*--max-memory 1M"):
                look(io.BytesIO(raw))
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    for limit in (300, 500, 600, None):  # Pillow warns between one and two times the limit
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert read(io.BytesIO(raw))[0].data.shape == (20, 30)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_frames_are_a_bomb_together(kind, monkeypatch):
    """Each is one pixel of the file, and as large as the canvas in memory."""
    first, *more = (Image.new("RGB", (400, 300), (9 * each, 9, 9)) for each in range(20))
    raw = saved(first, kind, save_all=True, append_images=more, **SMALLEST.get(kind, {}))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 800 * 600)
    with pytest.raises(FileError, match=r"2,400,000 pixels.*--max-memory"):
        peek(io.BytesIO(raw))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2_400_000)
    assert len(peek(io.BytesIO(raw)).maps) == 20


def test_bombs_do_not_warn(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    raw = saved(Image.new("L", (30, 20)), "PNG")
    with warnings.catch_warnings(record=True) as seen:
        warnings.filterwarnings(
            "ignore", category=Image.DecompressionBombWarning
        )  # as importing poolcli.io does
        assert read(io.BytesIO(raw))[0].data.shape == (20, 30)
    assert seen == []


KINDS = ("PNG", "JPEG", "JPEG2000", "GIF", "BMP", "PCX", "PPM", "SGI", "QOI", *SMALLEST, "DDS")


@pytest.mark.parametrize("kind", KINDS)
def test_a_size_is_held_against_the_bytes_of_the_file_alone(kind):
    """One colour is packed as hard as a format can: no such file is taken for one cut short."""
    if kind in ("AVIF", "WEBP") and not features.check(kind.lower()):
        pytest.skip(f"this Pillow has no {kind}")
    raw = saved(Image.new("RGB", (600, 500), (9, 99, 200)), kind, **SMALLEST.get(kind, {}))
    assert peek(io.BytesIO(raw)).maps[0].shape[:2] == (500, 600)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_run_warns_as_pillow_does_up_to_its_limit(cli, tmp_path, monkeypatch):
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    ran = cli("max", "a.png")
    assert ran.code == 0
    assert ran.err == (
        "Warning: a.png: an image of 600 pixels, more than 500, may be a trap; it is read, as up "
        "to 1,000 are: --max-memory 1M says that it is meant\n"
    )
    assert cli("max", "a.png", "--overwrite", "-q").err == ""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 299)
    assert "give --max-memory 1M or more" in cli("max", "a.png", "--overwrite").err
    assert cli("info", "a.png").code == 0  # which decodes no pixel
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 299)
    assert cli("max", "a.png", "--overwrite", "--max-memory", "1M").err == ""
