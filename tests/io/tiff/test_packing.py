"""Tiles that are packed in any order, and written when their turn comes."""

from io import BytesIO

import numpy as np

from poolcli import io
from poolcli.io import Header
from poolcli.maps.picture import Picture


def file_of(values, order):
    """A TIFF whose bands of tiles are packed in this order, and written from the top."""
    header = Header("", values.shape, values.dtype.name, "HW", Picture("L"), {})
    record = io.format_named("tiff")
    stream = BytesIO()
    sink = record.open_sink(
        stream, [header], record.options({"compression": "deflate", "tiled": "16"})
    )
    assert isinstance(sink, io.PackingSink)
    bands = {
        top: (slice(top, top + 16), slice(0, values.shape[1])) for top in range(0, len(values), 16)
    }
    writes = {top: sink.packed(0, bands[top], values[bands[top]]) for top in order}
    for top in sorted(writes):
        writes[top]()
    sink.finish()
    return stream.getvalue()


def test_the_order_of_packing_does_not_matter(rng):
    values = rng.integers(0, 256, (64, 40), np.uint8)
    expected = file_of(values, (0, 16, 32, 48))
    assert file_of(values, (48, 16, 0, 32)) == expected
    (read,) = io.read(BytesIO(expected))
    assert (read.data == values).all()
