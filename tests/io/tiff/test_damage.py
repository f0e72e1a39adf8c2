"""Damaged TIFFs: each is read or refused in one line, whatever its tags and descriptions claim."""

import io
import random
import re
import struct
from itertools import islice

import numpy as np
import pytest
from handmade import tiff
from tiffs import encoded, tifffile, values

from poolcli.errors import FileError, PoolError
from poolcli.io import format_named, peek, read, write
from poolcli.io.tiff.directory import directories

pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")  # tifffile writes by it

STRUCTURE = (256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 330, 338)
NUMBERS = (0, 1, 2, 3, 8, 16, 1000, 2**16 - 1, 2**31, 2**32 - 1)
PHYSICAL = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}


def seeds():
    """Small files of each kind."""
    rng = np.random.default_rng(0)
    floats = rng.random((20, 30)).astype(np.float32)
    stack = values((3, 2, 12, 13), "uint16")
    yield encoded(floats)
    yield encoded(floats, tile=(16, 16), compression="zlib", predictor=True)
    yield encoded(stack, ome=True, metadata={"axes": "TZYX", **PHYSICAL})
    shown = {"Info": "x", "Labels": list("abcdef"), "LUTs": [np.zeros((3, 256), np.uint8)]}
    yield encoded(
        stack, imagej=True, resolution=(3, 3), metadata={"axes": "TZYX", "unit": "um", **shown}
    )
    yield encoded(values((5, 12, 13), "uint8"), bigtiff=True, byteorder=">")
    yield encoded(values((4, 20, 20), "uint16"), photometric="separated", planarconfig="separate")
    colours = values((3, 256), "uint16")
    yield encoded(values((40, 40), "uint8"), photometric="palette", colormap=colours)
    yield encoded(values((40, 40), "bool"))


def damaged_tag(raw, dice):
    """A number, a type, a count or a value of a tag is another."""
    order, is_big = "<" if raw[:2] == b"II" else ">", raw[2:4] in (b"+\0", b"\0+")
    word, count, entry = ("Q", "Q", 20) if is_big else ("I", "H", 12)
    (start,) = struct.unpack_from(order + word, raw, 8 if is_big else 4)
    (length,) = struct.unpack_from(order + count, raw, start)
    at = start + struct.calcsize(order + count) + dice.randrange(length) * entry
    number = dice.choice((*NUMBERS, dice.randrange(2**16), dice.randrange(len(raw))))
    change = dice.randrange(4)
    if change == 0:
        struct.pack_into(f"{order}H", raw, at, dice.choice((*STRUCTURE, dice.randrange(2**16))))
    elif change == 1:
        struct.pack_into(f"{order}H", raw, at + 2, dice.randrange(20))
    else:
        place = at + (4 if change == 2 else entry - struct.calcsize(order + word))
        struct.pack_into(order + word, raw, place, number)


def damaged_number(raw, dice):
    """A number in a text is another."""
    places = [found.span() for found in re.finditer(rb"\d+", bytes(raw))]
    if places:
        start, end = dice.choice(places)
        raw[start:end] = str(dice.choice((0, -1, 7, 10**9, 10**12))).encode()


def damaged_bytes(raw, dice):
    for _ in range(dice.randint(1, 8)):
        raw[dice.randrange(len(raw))] = dice.randrange(256)


def cut(raw, dice):
    del raw[dice.randrange(9, len(raw)) :]


def mutants(count, seed):
    dice, whole = random.Random(seed), list(seeds())
    ways = (damaged_tag, damaged_tag, damaged_number, damaged_bytes, cut)
    for _ in range(count):
        raw = bytearray(dice.choice(whole))
        damaged_tag(raw, dice)
        for way in dice.choices(ways, k=dice.randint(0, 2)):
            if way is not damaged_tag or len(raw) > 2000:
                try:
                    way(raw, dice)
                except (struct.error, IndexError, ValueError, OverflowError):
                    continue  # an earlier damage has left no directory to damage
        yield bytes(raw)


@pytest.mark.parametrize("seed", range(8))
def test_damage_is_refused_in_one_line(seed):
    words = set()
    for raw in mutants(150, seed):
        for use in (peek, read):
            try:
                use(io.BytesIO(raw))
            except PoolError as error:
                words.add(str(error))
    assert words
    assert all(each and "\n" not in each for each in words)


def test_what_is_read_is_what_its_header_says():
    for raw in islice(mutants(400, 99), 0, None, 4):
        try:
            maps = read(io.BytesIO(raw))
        except PoolError:
            continue
        headers = peek(io.BytesIO(raw)).maps
        assert [one.form for one in maps] == [header.form for header in headers]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_read_can_be_written(seed):
    for raw in mutants(120, 100 + seed):
        try:
            maps = read(io.BytesIO(raw))
            target = io.BytesIO()
            write(maps, target, format_named("tiff"))
        except PoolError:
            continue
        target.seek(0)
        for one, again in zip(maps, read(target), strict=True):
            assert one.form == again.form
            np.testing.assert_array_equal(one.data, again.data)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(share):
    raw = encoded(values((64, 64, 3), "uint16"), photometric="rgb", rowsperstrip=8, metadata=None)
    with pytest.raises(FileError):
        read(io.BytesIO(raw[: int(share * len(raw))]))


def test_strips_that_unpack_to_less_are_refused():
    import zlib

    x = np.zeros((64, 64), np.uint8)
    raw = encoded(x, compression="zlib", metadata=None)
    short = zlib.compress(bytes(100))
    (directory,) = directories(io.BytesIO(raw))
    at, size = directory.whole(273, 0), directory.whole(279, 0)
    short = short + bytes(size - len(short))
    with pytest.raises(FileError, match="cut short"):
        read(io.BytesIO(raw[:at] + short + raw[at + size :]))


@pytest.mark.parametrize("tag", [256, 257])
def test_what_tags_claim_beyond_the_file_is_refused(tag):
    raw = bytearray(encoded(np.zeros((64, 64), np.uint16), compression="zlib", metadata=None))
    for each in (tag, 278):
        place = raw.index(struct.pack("<HHI", each, 4, 1)) if tag == each else None
        if place is not None:
            struct.pack_into("<I", raw, place + 8, 2_000_000)
    with pytest.raises(FileError):
        peek(io.BytesIO(bytes(raw)))


def test_directories_in_a_circle_and_values_again_and_again():
    raw = bytearray(encoded(values((8, 8), "uint8"), metadata=None))
    (start,) = struct.unpack_from("<I", raw, 4)
    (count,) = struct.unpack_from("<H", raw, start)
    struct.pack_into("<I", raw, start + 2 + 12 * count, start)
    with pytest.raises(FileError, match="circle"):
        peek(io.BytesIO(bytes(raw)))
    blob = 60_000
    head = b"II*\0" + struct.pack("<I", 8 + blob)
    chain = b""
    for number in range(200):  # each of which claims all that is before them
        next_at = 8 + blob + (number + 1) * 18
        chain += struct.pack("<HHHIII", 1, 65000, 1, blob, 8, next_at if number < 199 else 0)
    with pytest.raises(FileError, match="claim more than the file holds"):
        peek(io.BytesIO(head + bytes(blob) + chain))


def test_texts_that_are_no_ascii_and_no_numbers():
    raw = encoded(values((8, 8), "uint8"), metadata=None, description="x" * 40)
    broken = raw.replace(b"x" * 40, bytes(range(200, 240)))
    assert read(io.BytesIO(broken))[0].data.shape == (8, 8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dtype": "complex64"}, "complex"),
        ({"photometric": "cfa"}, "mosaic"),
    ],
)
def test_what_makes_no_sense_pooled_is_refused(options, words):
    x = values((8, 8), "uint8").astype(options.pop("dtype", "uint8"))
    with pytest.raises(FileError, match=words):
        read(io.BytesIO(encoded(x, **options)))


def test_a_compression_that_nobody_has_is_named():
    raw = bytearray(encoded(values((8, 8), "uint8"), metadata=None))
    struct.pack_into("<H", raw, raw.index(struct.pack("<HHI", 259, 3, 1)) + 8, 34676)
    with pytest.raises(FileError, match=r"compression \(34676\) is unknown"):
        read(io.BytesIO(bytes(raw)))


def test_a_compression_whose_library_is_missing_names_the_extra(monkeypatch):
    import sys

    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    raw = encoded(values((8, 8), "uint8"), compression="jpeg2000")
    assert tifffile.imread(io.BytesIO(raw)).shape == read(io.BytesIO(raw))[0].data.shape
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(PoolError, match=r"pip install 'poolcli\[tiff\]'"):
        read(io.BytesIO(raw))


def test_jpeg_of_tiff_6_says_what_to_do():
    """Its places are not standard; a photometric without subsampling is no way around that."""
    for photometric in (2, 6):
        raw = tiff(8, 8, (8, 8, 8), bytes(192), t259=6, t262=photometric, t277=3)
        with pytest.raises(FileError, match=r"holds a JPEG of TIFF 6.0.*tiffcp -c lzw"):
            read(io.BytesIO(raw))


@pytest.mark.parametrize("offsets", [(9, 60000), tuple(range(8, 208))])
def test_damaged_or_countless_directories_inside_are_told_of(offsets):
    raw = tiff(8, 8, 8, bytes(64), t330=offsets)
    (one,) = read(io.BytesIO(raw))
    assert one.facts["further_data"] == ("SubIFDs",)
