"""Sources read any region as it is in the whole, and sinks take regions in any order."""

import io
from itertools import product

import numpy as np
import pytest
from handmade import npy

from poolcli.io import FORMATS, Header, opened, read, writer, written
from poolcli.io import raw_values as raw
from poolcli.maps.feature_map import FeatureMap
from poolcli.resources.extras import has_extra

SHAPE = (3, 7, 5)
REGIONS = [
    tuple(slice(*sides) for sides in region)
    for region in product([(0, 3), (1, 2)], [(0, 7), (2, 3), (4, 7)], [(0, 5), (1, 4)])
]


@pytest.mark.parametrize("short", [1, 30, 1 << 16])
@pytest.mark.parametrize("dtype", ["bool", "uint8", ">i2", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_regions_of_an_npy(tmp_path, monkeypatch, order, dtype, short):
    monkeypatch.setattr(raw, "_SHORT", short)
    x = np.asarray(
        np.arange(105).reshape(SHAPE) % 2 if dtype == "bool" else np.arange(105).reshape(SHAPE),
        dtype=dtype,
        order=order,
    )
    np.save(tmp_path / "x.npy", x)
    for readable in (tmp_path / "x.npy", io.BytesIO(npy(x))):
        with opened(readable) as source:
            assert source.headers[0].chunks == ((1, 1, 5) if order == "C" else (3, 1, 1))
            for region in REGIONS:
                part = source.read(0, region).data
                np.testing.assert_array_equal(part, x[region])
                assert part.dtype == x.dtype.newbyteorder("=")


def test_a_region_reads_little_more_than_it_is(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(1 << 20, dtype=np.uint8).reshape(1, 1024, 1024))
    read_bytes = []

    class Counting(io.FileIO):
        def readinto(self, buffer):
            read_bytes.append(len(buffer))
            return super().readinto(buffer)

    values = raw.RawValues(128, (1, 1024, 1024), np.dtype(np.uint8))
    with Counting(tmp_path / "x.npy") as stream:
        part = values.read(stream, (slice(0, 1), slice(100, 110), slice(5, 9)))
    assert part.shape == (1, 10, 4)
    assert sum(read_bytes) == 10 * 1024


WHOLE = FeatureMap(np.arange(840, dtype=np.uint8).reshape(3, 14, 20), "CHW")


@pytest.mark.complete
@pytest.mark.parametrize("record", [one for one in FORMATS if one.sink], ids=lambda one: one.name)
def test_every_format_reads_and_writes_regions(record, tmp_path):
    """What is read in regions is what is read at once, and so it is when it was written so."""
    if record.extra and not has_extra(record.extra):
        pytest.skip(f"the extra {record.extra} is not installed")
    one, path = WHOLE, tmp_path / f"a{record.suffixes[0]}"
    if "RGB" not in record.modes and "uint8" not in (record.dtypes or ("uint8",)):
        one = FeatureMap(WHOLE.data.astype(np.float32), "CHW")
    with writer([one], record).to(path, overwrite=False):
        pass
    (whole,) = read(path)
    height, width = (whole.layout.index(letter) for letter in "HW")
    with opened(path) as source:
        for rows, columns in product([slice(0, 14), slice(3, 9)], [slice(0, 20), slice(7, 8)]):
            region = [slice(0, size) for size in whole.data.shape]
            region[height], region[width] = rows, columns
            part = source.read(0, tuple(region))
            np.testing.assert_array_equal(part.data, whole.data[tuple(region)])
            assert (part.layout, part.data.dtype) == (whole.layout, whole.data.dtype)
    again, header = tmp_path / f"b{record.suffixes[0]}", Header.of(one)
    with written(again, record, [header], record.options({})) as sink:
        for start in (7, 0):
            rows = (slice(0, 3), slice(start, start + 7), slice(0, 20))
            sink.write(0, rows, one.data[rows])
    np.testing.assert_array_equal(read(again)[0].data, whole.data)
