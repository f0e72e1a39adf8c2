"""ImageJ's TIFFs: sizes of pixels in their unit, hyperstacks, and how an image is shown."""

import io
import json
from fractions import Fraction

import numpy as np
import pytest
from halved import halves
from tiffs import encoded, tifffile, values

from poolcli.io import read
from poolcli.io.tiff import imagej
from poolcli.maps.facts import PixelSize

UNITS = {"unit": "um", "spacing": 1.5}
SHOWN = {
    "Ranges": (0.0, 99.0, 5.0, 6.0),
    "LUTs": [np.arange(768, dtype=np.uint8).reshape(3, 256) // (number + 1) for number in (0, 1)],
    "Info": "made by hand",
    "mode": "composite",
}


def write(path, x, axes, **metadata):
    options = {"imagej": True, "resolution": (40 / 13, 20 / 13)}
    path.write_bytes(encoded(x, metadata={"axes": axes, **UNITS, **metadata}, **options))


def opened(path):
    """What another reader finds: metadata, resolution, axes and values."""
    with tifffile.TiffFile(path) as file:
        tags = file.pages[0].tags
        resolution = [tags[f"{axis}Resolution"].value for axis in "XY"]
        return file.imagej_metadata, resolution, file.series[0].axes, file.asarray()


def test_sizes_of_pixels(cli, tmp_path):
    x = values((6, 8, 8), "uint16")
    write(tmp_path / "a.tif", x, "ZYX")
    assert cli("max", "-k", "1x2x2", "a.tif").code == 0
    metadata, resolution, axes, pooled = opened(tmp_path / "a-max.tif")
    assert resolution == [(20, 13), (10, 13)]
    assert (metadata["unit"], metadata["spacing"], axes) == ("um", 1.5, "ZYX")
    np.testing.assert_array_equal(pooled, halves(x).max((-3, -1)))


def test_stacks_pool_in_three_dimensions(cli, tmp_path):
    x = values((6, 8, 8), "float32")
    write(tmp_path / "a.tif", x, "ZYX")
    assert cli("max", "-k", "2x2x2", "a.tif").code == 0
    metadata, resolution, _, pooled = opened(tmp_path / "a-max.tif")
    assert resolution == [(20, 13), (10, 13)]
    assert (metadata["slices"], metadata["images"], metadata["spacing"]) == (3, 3, 3.0)
    np.testing.assert_array_equal(pooled, x.reshape(3, 2, 4, 2, 4, 2).max((1, 3, 5)))


def test_hyperstacks_and_how_they_are_shown(cli, tmp_path):
    x = values((2, 3, 2, 8, 8), "uint16")
    labels = [f"plane {number}" for number in range(12)]
    write(tmp_path / "a.tif", x, "TZCYX", Labels=labels, finterval=0.5, **SHOWN)
    assert cli("max", "-k", "1x2x2", "a.tif").code == 0
    metadata, _, axes, pooled = opened(tmp_path / "a-max.tif")
    assert axes == "TZCYX"
    np.testing.assert_array_equal(pooled, halves(x).max((-3, -1)))
    assert (metadata["Ranges"], metadata["Info"]) == (SHOWN["Ranges"], SHOWN["Info"])
    assert (metadata["mode"], metadata["finterval"], metadata["Labels"]) == (
        "composite",
        0.5,
        labels,
    )
    np.testing.assert_array_equal(metadata["LUTs"], SHOWN["LUTs"])
    ran = cli("max", "-k", "3x2x2", "a.tif", "-o", "b.tif", "--report", "jsonl")
    assert json.loads(ran.text.splitlines()[0])["dropped"] == ["what ImageJ says"]
    metadata, _, axes, _ = opened(tmp_path / "b.tif")
    assert axes == "TCYX"
    assert "Labels" not in metadata  # they were those of planes
    np.testing.assert_array_equal(metadata["LUTs"], SHOWN["LUTs"])


def test_colours(cli, tmp_path):
    x = values((4, 8, 8, 3), "uint8")
    write(tmp_path / "a.tif", x, "ZYXS")
    assert cli("max", "-k", "2x2x2", "a.tif").code == 0
    _, resolution, axes, pooled = opened(tmp_path / "a-max.tif")
    assert (axes, resolution[0]) == ("ZYXS", (20, 13))
    np.testing.assert_array_equal(pooled, x.reshape(2, 2, 4, 2, 4, 2, 3).max((1, 3, 5)))


def test_planes_without_directories(tmp_path):
    """ImageJ writes one directory where a file is larger than 4 GB."""
    x = values((5, 8, 8), "uint16")
    whole = encoded(x, imagej=True, metadata={"axes": "ZYX"})
    with tifffile.TiffFile(io.BytesIO(whole)) as file:
        page = file.pages[0]
        next_offset = page.offset + 2 + 12 * len(page.tags)
    cut = bytearray(whole)
    cut[next_offset : next_offset + 4] = bytes(4)
    (tmp_path / "a.tif").write_bytes(cut)
    (one,) = read(tmp_path / "a.tif")
    assert one.layout == "DHW"
    np.testing.assert_array_equal(one.data, x)


def test_what_imagej_cannot_hold_is_written_as_ome(cli, tmp_path):
    write(tmp_path / "a.tif", values((4, 8, 8), "uint16"), "ZYX")
    ran = cli("avg", "-k", 2, "a.tif", "--dtype", "float64", "-o", "b.tif", "--report", "jsonl")
    assert json.loads(ran.text.splitlines()[0])["dropped"] == ["what ImageJ says"]
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.is_ome
        assert 'PhysicalSizeX="0.65"' in file.ome_metadata


def test_origins_move():
    stack = imagej.parsed("ImageJ=1.53\nunit=mm\nxorigin=3\n")
    sizes, origins = imagej.sizes_of(stack, (Fraction(2), Fraction(2)))
    assert sizes == {"H": PixelSize(0.5, "mm"), "W": PixelSize(0.5, "mm")}
    assert origins == {"W": -1.5}
    facts = {
        "spacing": {"W": PixelSize(1.0, "mm")},
        "origin": {"W": -1.25},
        "imagej": {"lines": {}},
    }
    assert "xorigin=1.25\n" in imagej.described((1, 1, 1), facts, is_colour=False)


@pytest.mark.parametrize("order", ["<", ">"])
def test_blocks_come_back_and_damage_is_none(order):
    parts = {"info": (b"a\0",), "labels": (b"1", b"22"), "luts": (b"xyz",)}
    counts, raw = imagej.packed(parts, order)
    assert imagej.blocks(counts, raw, order) == parts
    assert imagej.blocks(counts, raw[:-1], order) == {}
    assert imagej.blocks((), b"", order) == {}
    assert imagej.blocks((4, 2**31), raw, order) == {}
