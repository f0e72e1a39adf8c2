"""Regions: what is read is a part of the whole, and what is written in parts is the whole."""

import io
import random

import numpy as np
import pytest
from tiffs import encoded, tifffile, values

from poolcli.io import format_named, opened, read, write
from poolcli.io.tiff import sink

KINDS = {
    "strips": ((70, 50), {"rowsperstrip": 7}),
    "tiles": ((70, 50), {"tile": (16, 32), "compression": "zlib", "predictor": True}),
    "colours": ((70, 50, 3), {"photometric": "rgb", "tile": (16, 32)}),
    "planar colours": (
        (3, 70, 50),
        {"photometric": "rgb", "planarconfig": "separate", "tile": (16, 32)},
    ),
    "bands": ((5, 70, 50), {"planarconfig": "separate", "photometric": "minisblack"}),
    "stack": ((3, 2, 40, 50), {"metadata": {"axes": "ZCYX"}, "photometric": "minisblack"}),
}


def regions(shape, seed):
    """A few regions of a map."""
    dice = random.Random(seed)
    for _ in range(8):
        ends = [sorted(dice.sample(range(size + 1), 2)) for size in shape]
        yield tuple(slice(start, end) for start, end in ends)


def pieces(shape, sides, seed):
    """A map cut into pieces, in any order."""
    starts = [range(0, size, side or size) for size, side in zip(shape, sides, strict=True)]
    places = np.stack(np.meshgrid(*starts, indexing="ij"), -1).reshape(-1, len(shape))
    places = [
        tuple(
            slice(int(start), min(int(start) + (side or size), size))
            for start, side, size in zip(place, sides, shape, strict=True)
        )
        for place in places
    ]
    random.Random(seed).shuffle(places)
    return places


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_is_a_part_of_the_whole(kind):
    shape, options = KINDS[kind]
    raw = encoded(values(shape, "uint16"), **options)
    (whole,) = read(io.BytesIO(raw))
    with opened(io.BytesIO(raw)) as source:
        for region in regions(source.headers[0].shape, 1):
            np.testing.assert_array_equal(source.read(0, region).data, whole.data[region])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [16, 20, 33])
def test_pieces_in_any_order_make_the_file(kind, side):
    shape, options = KINDS[kind]
    raw = encoded(values(shape, "uint16"), **options)
    with opened(io.BytesIO(raw)) as source:
        headers, one = source.headers, source.read(0)
    sides = [side if letter in "HW" else (1 if letter in "ND" else 0) for letter in one.layout]
    target = io.BytesIO()
    made = sink.open_sink(format_named("tiff"), target, headers, {"bigtiff": True})
    for region in pieces(one.data.shape, sides, side):
        made.write(0, region, one.data[region])
    made.finish()
    target.seek(0)
    with tifffile.TiffFile(target) as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray(), values(shape, "uint16"))
    (again,) = read(io.BytesIO(target.getvalue()))
    np.testing.assert_array_equal(again.data, one.data)


class Counting(io.BytesIO):
    """A stream that counts the bytes that are read."""

    count = 0

    def read(self, size=-1):
        found = super().read(size)
        self.count += len(found)
        return found


def test_only_the_tiles_of_a_region_are_read():
    x = values((1024, 1024), "uint16")
    with opened(io.BytesIO(encoded(x, tile=(64, 64)))) as source:
        assert source.headers[0].chunks == (64, 64)
    stream = Counting(encoded(x, tile=(64, 64)))
    made = format_named("tiff").open_source(stream, None)
    stream.count = 0
    part = made.read(0, (slice(64, 128), slice(60, 70))).data
    np.testing.assert_array_equal(part, x[64:128, 60:70])
    assert stream.count < 3 * 2 * 64 * 64


def test_a_stream_that_cannot_seek_gets_the_same_bytes(tmp_path):
    (one,) = read(io.BytesIO(encoded(values((70, 50), "uint16"))))
    whole = io.BytesIO()
    for stream in (whole, pipe := io.BytesIO(b"before")):
        if stream is pipe:
            stream.seek(0, 2)
        write([one], stream, format_named("tiff"))
    assert pipe.getvalue() == b"before" + whole.getvalue()


def test_what_is_too_large_for_32_bits_is_a_big_tiff(monkeypatch):
    (one,) = read(io.BytesIO(encoded(values((70, 50), "uint16"))))
    for limit, is_big in ((6999, True), (7000, False)):
        monkeypatch.setattr(sink, "_CLASSIC_LIMIT", limit)
        target = io.BytesIO()
        write([one], target, format_named("tiff"))
        target.seek(0)
        with tifffile.TiffFile(target) as file:
            assert file.is_bigtiff == is_big
