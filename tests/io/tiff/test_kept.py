"""TIFFs come back as they were: shape, dtype, values, and how the pixels are stored."""

import numpy as np
import pytest
from halved import halves
from tiffs import encoded, stored, tifffile, values

from poolcli.io import read

DTYPES = (
    *("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float16", "float32", "float64"),
)
KINDS = {
    "gray": ((20, 24), {"photometric": "minisblack"}),
    "white is zero": ((20, 24), {"photometric": "miniswhite"}),
    "rgb": ((20, 24, 3), {"photometric": "rgb"}),
    "rgb and near infrared": ((20, 24, 4), {"photometric": "rgb", "extrasamples": ["unspecified"]}),
    "premultiplied": ((20, 24, 4), {"photometric": "rgb", "extrasamples": ["assocalpha"]}),
    "cmyk": ((20, 24, 4), {"photometric": "separated", "planarconfig": "contig"}),
    "planar rgb": ((3, 20, 24), {"photometric": "rgb", "planarconfig": "separate"}),
    "planar bands": ((7, 20, 24), {"photometric": "minisblack", "planarconfig": "separate"}),
    "bands": ((20, 24, 7), {"photometric": "minisblack", "planarconfig": "contig"}),
    "tiled": ((50, 40), {"photometric": "minisblack", "tile": (16, 32)}),
    "tiled planar cmyk": (
        (4, 50, 40),
        {"photometric": "separated", "planarconfig": "separate", "tile": (16, 32)},
    ),
    "pages": ((3, 20, 24), {"photometric": "minisblack", "bigtiff": True, "byteorder": ">"}),
    "axes without names": ((2, 3, 20, 24), {"photometric": "minisblack"}),
    "axes": ((2, 3, 20, 24), {"photometric": "minisblack", "metadata": {"axes": "TZYX"}}),
    "colours in stacks": ((2, 3, 20, 24, 3), {"photometric": "rgb"}),
}


def layout_of(path):
    """The byte order, the kind of offsets, and shape and axes of each array."""
    with tifffile.TiffFile(path) as file:
        arrays = [(series.shape, series.axes) for series in file.series]
        return file.byteorder, file.is_bigtiff, arrays


def check_same(cli, tmp_path, x, **options):
    """Pooled by single pixels, a file is as it was."""
    (tmp_path / "a.tif").write_bytes(encoded(x, **options))
    assert cli("max", "-k", 1, "a.tif", "-o", "b.tif", "--overwrite", "-q").code == 0
    again = tifffile.imread(tmp_path / "b.tif")
    assert again.dtype == x.dtype
    np.testing.assert_array_equal(again, x)
    assert stored(tmp_path / "b.tif") == stored(tmp_path / "a.tif")
    assert layout_of(tmp_path / "b.tif") == layout_of(tmp_path / "a.tif")


@pytest.mark.parametrize("kind", ["gray", "rgb and near infrared", "tiled planar cmyk", "pages"])
@pytest.mark.parametrize("dtype", ["int8", "uint16", "float32"])
def test_usual_files_stay_as_they_are(cli, tmp_path, kind, dtype):
    shape, options = KINDS[kind]
    check_same(cli, tmp_path, values(shape, dtype), **options)


@pytest.mark.complete
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (kind, dtype)
        for kind, (shape, _) in KINDS.items()
        for dtype in DTYPES
        if dtype != "bool" or len(shape) == 2 or kind == "pages"  # tifffile writes no others
    ],
)
def test_every_dtype_in_every_kind_of_file_stays(cli, tmp_path, kind, dtype):
    shape, options = KINDS[kind]
    check_same(cli, tmp_path, values(shape, dtype), **options)


@pytest.mark.complete
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "packbits", "lzma"])
@pytest.mark.parametrize(("dtype", "predictor"), [("uint16", 2), ("float64", 3), ("int8", 1)])
def test_compressions_and_predictors_stay(cli, tmp_path, compression, dtype, predictor, byteorder):
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    predicts = predictor > 1 and compression != "packbits"
    x = values((50, 40), dtype)
    options = {"photometric": "minisblack", "tile": (16, 32), "byteorder": byteorder}
    check_same(cli, tmp_path, x, compression=compression, predictor=predicts, **options)


@pytest.mark.parametrize("name", ["lzw", "zstd", "packbits"])
def test_pillow_has_what_imagecodecs_is_faster_at(cli, tmp_path, monkeypatch, name):
    pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    from poolcli.io.tiff import codecs

    x = values((50, 40), "uint16") // 256
    raw = encoded(x, compression=name, tile=(16, 32), photometric="minisblack")
    (tmp_path / "a.tif").write_bytes(raw)
    assert cli("max", "-k", 1, "a.tif", "-o", "b.tif").code == 0
    monkeypatch.setattr(codecs, "has_extra", lambda _: False)
    assert cli("max", "-k", 1, "a.tif", "-o", "c.tif").code == 0
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "c.tif"), x)
    for path in ("a.tif", "b.tif", "c.tif"):
        np.testing.assert_array_equal(read(tmp_path / path)[0].data, x)


def test_other_readers_read_the_shape(cli, tmp_path):
    x = values((5, 8, 8), "uint16")
    (tmp_path / "a.tif").write_bytes(encoded(x))
    assert cli("max", "-k", 2, "a.tif").code == 0
    pooled = halves(x).max((-3, -1))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a-max.tif"), pooled)
    skimage = pytest.importorskip("skimage.io", reason="scikit-image is not installed")
    np.testing.assert_array_equal(skimage.imread(tmp_path / "a-max.tif"), pooled)
    imageio = pytest.importorskip("imageio.v3", reason="imageio is not installed")
    np.testing.assert_array_equal(imageio.imread(tmp_path / "a-max.tif"), pooled)


def test_signed_bytes(cli, tmp_path):
    (tmp_path / "a.tif").write_bytes(encoded(np.array([[-5, 3], [2, -128]], np.int8)))
    assert cli("max", "-k", 2, "a.tif").code == 0
    pooled = tifffile.imread(tmp_path / "a-max.tif")
    assert (pooled.dtype, pooled.tolist()) == (np.int8, [[3]])


def test_averages_of_other_samples_are_plain(cli, tmp_path):
    """Premultiplied colours, inks and near infrared are numbers: none weighs another."""
    for kind in ("premultiplied", "cmyk", "rgb and near infrared"):
        shape, options = KINDS[kind]
        x = values(shape, "uint16")
        (tmp_path / "a.tif").write_bytes(encoded(x, **options))
        assert cli("avg", "-k", 2, "a.tif", "-o", "b.tif", "--overwrite").code == 0
        means = halves(np.moveaxis(x, -1, 0)).astype(np.float64).mean((-3, -1))
        pooled = tifffile.imread(tmp_path / "b.tif")
        np.testing.assert_array_equal(pooled, np.rint(np.moveaxis(means, 0, -1)))


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_alpha_weighs(cli, tmp_path, dtype, planar):
    x = np.abs(values((8, 8, 4), dtype))
    if dtype == "float32":
        x = np.minimum(x, 1)
    file = x if planar == "contig" else np.ascontiguousarray(np.moveaxis(x, -1, 0))
    options = {"photometric": "rgb", "extrasamples": ["unassalpha"], "planarconfig": planar}
    (tmp_path / "a.tif").write_bytes(encoded(file, **options))
    assert cli("avg", "-k", 2, "a.tif").code == 0
    blocks = halves(np.moveaxis(x, -1, 0)).astype(np.float64)
    colours = (blocks[:3] * blocks[3]).sum((2, 4)) / blocks[3].sum((1, 3))
    expected = np.concatenate([colours, blocks[3].mean((1, 3))[None]])
    pooled = tifffile.imread(tmp_path / "a-avg.tif")
    if planar == "contig":
        expected = np.moveaxis(expected, 0, -1)
    if dtype == "uint16":
        np.testing.assert_array_equal(pooled, np.rint(expected))
    else:
        np.testing.assert_allclose(pooled, expected, rtol=1e-4)
