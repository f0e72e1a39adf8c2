"""Pyramids in a TIFF: levels behind a page, or below the planes of a stack, and as a COG."""

import warnings

import numpy as np
import pytest

import poolcli
from poolcli import io

rasterio = pytest.importorskip("rasterio")
tifffile = pytest.importorskip("tifffile")
pytestmark = [
    pytest.mark.complete,
    pytest.mark.filterwarnings("ignore:Dataset has no geotransform"),
]

PIXELS = np.random.default_rng(0).integers(0, 250, (190, 130, 3)).astype("u1")


@pytest.fixture
def map_of_the_ground(tmp_path):
    profile = {"driver": "GTiff", "width": 130, "height": 190, "count": 3, "dtype": "uint8"}
    place = {"crs": "EPSG:32632", "transform": rasterio.Affine(2, 0, 1000, 0, -2, 5000)}
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    with rasterio.open(
        tmp_path / "x.tif", "w", **profile, **place, **tiles, photometric="RGB"
    ) as file:
        file.write(PIXELS.transpose(2, 0, 1))


def levels_of(path):
    with tifffile.TiffFile(path) as file:
        return [level.asarray() for level in file.series[0].levels]


def expected(op, x, layout, count, **options):
    made = poolcli.pool(x, "pyramid", op=op, levels=count, layout=layout, dtype=x.dtype, **options)
    return [x, *made]


def same(found, wanted):
    return len(found) == len(wanted) and all(map(np.array_equal, found, wanted))


@pytest.mark.parametrize("limit", [(), ("--max-memory", "600k", "-j", 2)])
def test_levels_are_overviews(cli, tmp_path, map_of_the_ground, limit):
    words = ("pyramid", "--op", "avg", "--smallest", 40, "x.tif", "-o", "y.tif")
    assert cli(*words, *limit).code == 0
    assert same(levels_of(tmp_path / "y.tif"), expected("avg", PIXELS, "HWC", 3))
    with rasterio.open(tmp_path / "y.tif") as file:
        assert file.overviews(1) == [2, 4, 8]
        assert (file.crs.to_epsg(), file.transform.a, file.block_shapes[0]) == (32632, 2, (64, 64))
        assert np.array_equal(file.read(1), PIXELS[..., 0])


def test_a_file_does_not_depend_on_threads_or_memory(cli, tmp_path, map_of_the_ground):
    words = ("pyramid", "--op", "mode", "--levels", 3, "x.tif")
    files = []
    for name, limit in (("a", ()), ("b", ("--max-memory", "600k", "-j", 1)), ("c", ("-j", 3))):
        more = (*limit, *(("--max-memory", "600k") if name == "c" else ()))
        assert cli(*words, "-o", f"{name}.tif", *more).code == 0
        files.append((tmp_path / f"{name}.tif").read_bytes())
    assert files[1] == files[2]
    assert same(levels_of(tmp_path / "a.tif"), levels_of(tmp_path / "b.tif"))


def test_a_valid_cog_has_these_levels(cli, tmp_path, map_of_the_ground):
    cogeo = pytest.importorskip("rio_cogeo")
    words = ("pyramid", "--op", "max", "--levels", 2, "x.tif", "-o", "y.tif")
    assert cli(*words, "--save", "cog=true").code == 0
    assert cogeo.cog_validate(tmp_path / "y.tif") == (True, [], [])
    wanted = expected("max", PIXELS, "HWC", 2)
    assert same(levels_of(tmp_path / "y.tif"), wanted)
    ran = cli(*words, "--overwrite", "--save", "cog=true", "--save", "overviews=2")
    assert (ran.code, "so does pyramid: leave them out" in ran.err) == (1, True)


class TestOme:
    @pytest.fixture
    def stack(self, tmp_path):
        x = np.random.default_rng(1).integers(0, 9, (2, 5, 120, 90)).astype("u2")
        sizes = {
            f"PhysicalSize{axis}": size for axis, size in zip("XYZ", (0.5, 0.5, 2), strict=True)
        }
        units = {f"PhysicalSize{axis}Unit": "\u00b5m" for axis in "XYZ"}
        metadata = {"axes": "CZYX", **sizes, **units}
        tifffile.imwrite(tmp_path / "x.ome.tif", x, metadata=metadata, ome=True)
        return x

    @pytest.mark.parametrize("limit", [(), ("--max-memory", "300k", "-j", 2)])
    @pytest.mark.parametrize("name", ["y.ome.tif", "y.tif"])
    def test_levels_are_below_their_planes(self, cli, tmp_path, stack, name, limit):
        words = ("pyramid", "--op", "mode", "--isotropic", "--smallest", 30, "x.ome.tif")
        assert cli(*words, "-o", name, *limit).code == 0
        wanted = expected("mode", stack, "CDHW", 2, kernel=(1, 2, 2))
        assert same(levels_of(tmp_path / name), wanted)
        with tifffile.TiffFile(tmp_path / name) as file:
            assert (file.is_ome, file.series[0].axes, len(file.pages)) == (True, "CZYX", 10)
            assert 'PhysicalSizeZ="2.0"' in file.ome_metadata
        (image,) = io.read(tmp_path / name)
        assert np.array_equal(image.data, stack)

    def test_levels_with_fewer_planes_are_refused(self, cli, stack):
        ran = cli("pyramid", "--op", "mode", "--levels", 1, "x.ome.tif", "-o", "y.ome.tif")
        assert (ran.code, "give a --kernel that pools no depth" in ran.err) == (1, True)


@pytest.mark.parametrize("limit", [(), ("--max-memory", "300k")])
@pytest.mark.parametrize("save", [(), ("--save", "cog=true")])
@pytest.mark.parametrize("op", ["max", "avg"])
def test_levels_have_masks_as_the_map_has(cli, tmp_path, limit, save, op):
    valid = np.random.default_rng(0).random((188, 128)) < 0.3
    valid[:50, :40] = False
    profile = {"driver": "GTiff", "width": 128, "height": 188, "count": 1, "dtype": "uint8"}
    pixels = PIXELS[:188, :128, 0]
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(tmp_path / "x.tif", "w", **profile, tiled=True) as file,
    ):
        file.write(pixels, 1)
        file.write_mask(valid)
    words = ("pyramid", "--op", op, "--levels", 2, "x.tif", "-o", "y.tif", "--strict")
    ran = cli(*words, *save, *limit)
    assert ran.code == 0, ran.err
    with rasterio.open(tmp_path / "y.tif") as file:
        assert file.overviews(1) == [2, 4]
        assert np.array_equal(file.read_masks(1) != 0, valid)
        assert np.array_equal(file.read(1)[valid], pixels[valid])
    for level, side in enumerate((2, 4)):
        masked = np.ma.array(pixels.astype(float), mask=~valid)
        cells = masked.reshape(188 // side, side, 128 // side, side).transpose(0, 2, 1, 3)
        cells = cells.reshape(188 // side, 128 // side, -1)
        wanted = cells.max(-1) if op == "max" else cells.mean(-1)
        with rasterio.open(tmp_path / "y.tif", overview_level=level) as file:
            found, kept = file.read(1), file.read_masks(1) != 0
        assert np.array_equal(kept, ~np.ma.getmaskarray(wanted))
        assert np.array_equal(found[kept], np.rint(wanted.data[kept]))


def test_levels_of_a_palette(cli, tmp_path):
    from PIL import Image

    image = Image.fromarray(PIXELS).convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    image.save(tmp_path / "x.png")
    words = ("pyramid", "--levels", 2, "x.png")
    assert cli(*words, "--op", "mode", "-o", "mode.tif").code == 0
    assert cli(*words, "--op", "avg", "-o", "avg.tif").code == 0
    indices, colours = np.asarray(image), np.asarray(image.convert("RGB"))
    assert same(levels_of(tmp_path / "mode.tif"), expected("mode", indices, "HW", 2))
    assert same(levels_of(tmp_path / "avg.tif"), expected("avg", colours, "HWC", 2))


def test_levels_of_pages(cli, tmp_path):
    from PIL import Image

    pages = [Image.fromarray(PIXELS[..., 0]), Image.fromarray(PIXELS[:50, :40, 1])]
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    assert cli("pyramid", "--op", "max", "--smallest", 50, "x.tif", "-o", "y.tif").code == 0
    with tifffile.TiffFile(tmp_path / "y.tif") as file:
        shapes = [[level.shape for level in series.levels] for series in file.series]
    assert shapes == [[(190, 130), (95, 65), (48, 33)], [(50, 40), (25, 20)]]


@pytest.mark.parametrize("shape", [(190, 130), (5, 190, 130)])
def test_levels_of_what_tifffile_wrote(cli, tmp_path, caplog, shape):
    """Its description tells the shape, of each level, too."""
    x = np.random.default_rng(2).integers(0, 9, shape).astype("u2")
    tifffile.imwrite(tmp_path / "x.tif", x)
    assert cli("pyramid", "--op", "mode", "--smallest", 50, "x.tif", "-o", "y.tif").code == 0
    wanted = expected("mode", x, "NHW"[-x.ndim :], 2)
    assert same(levels_of(tmp_path / "y.tif"), wanted)
    assert not caplog.records


def test_an_array_has_levels_of_one_dtype(cli, tmp_path):
    np.save(tmp_path / "x.npy", PIXELS[..., 0])
    assert cli("pyramid", "--op", "avg", "--levels", 1, "x.npy", "-o", "y.tif").code == 0
    assert {level.dtype for level in levels_of(tmp_path / "y.tif")} == {np.dtype("f4")}


@pytest.mark.parametrize("words", ["-o out/", "--name {stem}-{level}.tif"])
def test_levels_in_files_of_their_own(cli, tmp_path, map_of_the_ground, words):
    assert cli("pyramid", "--op", "max", "--levels", 2, "x.tif", *words.split()).code == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, level in enumerate(expected("max", PIXELS, "HWC", 2)[1:], start=1):
            folder = tmp_path / ("out" if "out" in words else "")
            assert same(levels_of(folder / f"x-{number}.tif"), [level])
