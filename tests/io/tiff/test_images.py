"""Which pages of a TIFF are maps: pyramids, masks, slides, and pages of different shapes."""

import io
import json

import numpy as np
import pytest
from halved import halves
from PIL import Image
from tiffs import encoded, tifffile, values

from poolcli.io import read


def rgb(height=64, width=80):
    return values((height, width, 3), "uint8")


def test_pyramids_are_read_at_their_finest_level(tmp_path):
    x = rgb()
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        options = {"photometric": "rgb", "tile": (32, 32)}
        file.write(x, subifds=2, **options)
        file.write(x[::2, ::2], subfiletype=1, **options)
        file.write(x[::4, ::4], subfiletype=1, **options)
    with tifffile.TiffWriter(tmp_path / "b.tif") as file:  # as GDAL has them, one after another
        file.write(x, photometric="rgb", metadata=None)
        file.write(x[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    for name in ("a.tif", "b.tif"):
        (one,) = read(tmp_path / name)
        np.testing.assert_array_equal(one.data, x)


def test_pages_of_different_kinds_are_maps_of_their_own(cli, tmp_path):
    pages = (rgb(), values((20, 80), "int16"), values((10, 8), "float32"))
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in pages:
            file.write(page, metadata=None)
    assert cli("max", "-k", 2, "a.tif").code == 0
    with tifffile.TiffFile(tmp_path / "a-max.tif") as file:
        assert [page.dtype.name for page in file.pages] == ["uint8", "int16", "float32"]
        pooled = [page.asarray() for page in file.pages]
    np.testing.assert_array_equal(pooled[1], halves(pages[1]).max((-3, -1)))
    np.testing.assert_array_equal(pooled[2], halves(pages[2]).max((-3, -1)))


def test_several_arrays_keep_their_shapes(cli, tmp_path):
    shapes = ((3, 8, 10), (2, 2, 6, 8))
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for shape in shapes:
            file.write(values(shape, "uint16"), photometric="minisblack")
    assert cli("max", "-k", 2, "a.tif").code == 0
    with tifffile.TiffFile(tmp_path / "a-max.tif") as file:
        for series, shape in zip(file.series, shapes, strict=True):
            expected = halves(values(shape, "uint16")).max((-3, -1))
            np.testing.assert_array_equal(series.asarray(), expected)


def test_a_layout_names_axes_that_have_no_names(cli, tmp_path):
    x = values((2, 4, 8, 10), "uint16")
    (tmp_path / "a.tif").write_bytes(encoded(x, photometric="minisblack"))
    (one,) = read(tmp_path / "a.tif")
    assert (one.layout, one.data.shape) == ("NHW", (8, 8, 10))
    (one,) = read(tmp_path / "a.tif", "NDHW")
    assert (one.layout, one.data.shape) == ("NDHW", (2, 4, 8, 10))
    assert cli("max", "-k", 2, "a.tif", "--layout", "CDHW", "-o", "b.tif").code == 0
    pooled = x.reshape(2, 2, 2, 4, 2, 5, 2).max((2, 4, 6))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), pooled)
    ran = cli("max", "-k", 2, "a.tif", "--layout", "HW")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "2 axes" in ran.err


def test_slides_are_their_finest_level(cli, tmp_path):
    x = rgb()
    about = "Aperio Image Library v11\n80x64 [0,0 80x64] (32x32) JPEG|AppMag = 40|MPP = 0.25"
    with tifffile.TiffWriter(tmp_path / "a.svs") as file:
        options = {"photometric": "rgb", "metadata": None}
        file.write(x, tile=(32, 32), description=about, **options)
        file.write(x[::4, ::4], description="Aperio Image Library v11\nthumbnail", **options)
    ran = cli("max", "-k", 2, "a.svs", "-o", "b.tif", "--report", "jsonl")
    dropped = json.loads(ran.text.splitlines()[0])["dropped"]
    assert dropped == ["further pictures", "further data (ImageDescription)"]
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert len(file.pages) == 1
        assert 'PhysicalSizeX="0.5"' in file.ome_metadata
        np.testing.assert_array_equal(
            file.asarray(), np.moveaxis(halves(np.moveaxis(x, -1, 0)).max((-3, -1)), 0, -1)
        )


def test_palettes_with_alpha_and_stacks_of_palettes(cli, tmp_path):
    indices = Image.fromarray(values((8, 8), "uint8") % 4, "L").convert("P")
    indices.putpalette([9, 8, 7, 200, 100, 0, 3, 2, 1, 255, 254, 253])
    image = indices.convert("PA")
    image.putalpha(Image.fromarray(values((8, 8), "uint8", seed=1)))
    image.save(tmp_path / "a.tif")
    (one,) = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(one.data, np.asarray(image.convert("RGBA")))
    assert cli("avg", "-k", 2, "a.tif").code == 0
    x, colours = values((3, 8, 8), "uint8"), values((3, 256), "uint16")
    options = {"photometric": "palette", "colormap": colours}
    (tmp_path / "b.tif").write_bytes(encoded(x, **options))
    assert cli("max", "-k", 1, "b.tif", "-o", "c.tif").code == 0
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "c.tif"), x)
    assert cli("avg", "-k", 1, "b.tif", "-o", "d.tif").code == 0
    (one,) = read(tmp_path / "d.tif")  # colours, for no index is a mean of others
    np.testing.assert_array_equal(one.data, np.moveaxis((colours >> 8)[:, x], 0, -1))


def test_a_mask_of_several_pages_is_told_to_be_gone(cli, tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(values((8, 8), "uint8"), metadata=None)
        file.write(values((8, 8), "uint8"), metadata=None)
        file.write(values((8, 8), "bool"), subfiletype=4, metadata=None)
    ran = cli("max", "-k", 2, "a.tif", "--report", "jsonl")
    assert json.loads(ran.text.splitlines()[0])["dropped"] == ["mask of pixels"]
    assert cli("max", "-k", 2, "a.tif", "--strict", "--overwrite").code == 1


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_orientation_is_applied_to_any_samples(turn, planar):
    x = values((6, 9, 5), "uint16")
    stored = x if planar == "contig" else np.ascontiguousarray(np.moveaxis(x, -1, 0))
    options = {"photometric": "minisblack", "planarconfig": planar, "metadata": None}
    raw = encoded(stored, **options, extratags=[(274, 3, 1, turn, True)])
    (one,) = read(io.BytesIO(raw))
    gray = Image.fromarray(np.arange(54, dtype=np.uint8).reshape(6, 9))
    exif = Image.Exif()
    exif[0x0112] = turn
    with io.BytesIO() as stream:
        gray.save(stream, "PNG", exif=exif)
        (upright,) = read(io.BytesIO(stream.getvalue()))
    expected = x.reshape(54, 5)[upright.data]
    data = one.data if one.layout == "HWC" else np.moveaxis(one.data, 0, -1)
    np.testing.assert_array_equal(data, expected)
